// The schemas of a registry, each asked for once and kept: what a number means never changes. What is unknown is asked for anew by the next
// record that has it, as a producer may register a schema late.

import type { SourceProblem } from "../../../src/ports/source.ts";
import type { AskRegistry } from "./registry-client.ts";
import { unusableProblem } from "./registry-problems.ts";
import type { ReadySchema, ReferencedSchema, RegistrySchema } from "./schema.ts";

export type ShelfAnswer =
  | { readonly kind: "ready"; readonly schema: ReadySchema }
  | { readonly kind: "unknown" }
  | { readonly kind: "problem"; readonly problem: SourceProblem };

export interface SchemaShelf {
  get(schemaId: number): Promise<ShelfAnswer>;
}

interface TextAnswer {
  readonly kind: "text";
  readonly schema: RegistrySchema;
}

/** Against registries whose schemas refer to one another in a circle. */
const MOST_REFERENCES = 1_000;

export function createSchemaShelf(ask: AskRegistry): SchemaShelf {
  const ready = new Map<number, ShelfAnswer>();
  /** All who ask meanwhile get the same answer. */
  const asked = new Map<number, Promise<ShelfAnswer>>();

  async function fetched(schemaId: number): Promise<ShelfAnswer> {
    const answer = await readSchema(ask, schemaId);
    if (answer.kind !== "text") return answer;
    try {
      const schema = await readyOf(answer.schema);
      ready.set(schemaId, { kind: "ready", schema });
      return { kind: "ready", schema };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { kind: "problem", problem: unusableProblem(`schema ${schemaId} of the schema registry`, why) };
    }
  }

  return {
    async get(schemaId) {
      const kept = ready.get(schemaId);
      if (kept !== undefined) return kept;
      const asking = asked.get(schemaId) ?? fetched(schemaId).finally(() => asked.delete(schemaId));
      asked.set(schemaId, asking);
      return asking;
    },
  };
}

/** The libraries are loaded with the first schema that needs them. */
async function readyOf(schema: RegistrySchema): Promise<ReadySchema> {
  switch (schema.schemaType) {
    case "AVRO":
      return (await import("./avro-schema.ts")).avroSchema(schema);
    case "JSON":
      return (await import("./json-schema.ts")).jsonSchema(schema);
    case "PROTOBUF":
      return (await import("./protobuf-schema.ts")).protobufSchema(schema);
  }
}

async function readSchema(
  ask: AskRegistry,
  schemaId: number,
): Promise<TextAnswer | Exclude<ShelfAnswer, { kind: "ready" }>> {
  const answer = await ask(`/schemas/ids/${schemaId}`);
  if (answer.kind !== "found") return answer;
  const told = toldSchema(answer.body);
  if (told === null) return noSchema(`schema ${schemaId}`);
  const references = new Map<string, ReferencedSchema>();
  const flaw = await readReferences(ask, told.references, references);
  if (flaw !== null) return flaw;
  return {
    kind: "text",
    schema: { schemaType: told.schemaType, text: told.text, references: [...references.values()] },
  };
}

/** Deepest first, each once. Null: all are there. */
async function readReferences(
  ask: AskRegistry,
  wanted: readonly Reference[],
  found: Map<string, ReferencedSchema>,
  seen = new Set<string>(),
): Promise<Exclude<ShelfAnswer, { kind: "ready" }> | null> {
  for (const { name, subject, version } of wanted) {
    const key = `${subject} ${version}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MOST_REFERENCES) return noSchema(`a schema with more than ${MOST_REFERENCES} references`);
    const answer = await ask(`/subjects/${encodeURIComponent(subject)}/versions/${version}`);
    if (answer.kind !== "found") return answer;
    const told = toldSchema(answer.body);
    if (told === null) return noSchema(`version ${version} of subject ${subject}`);
    const flaw = await readReferences(ask, told.references, found, seen);
    if (flaw !== null) return flaw;
    found.set(key, { name, text: told.text });
  }
  return null;
}

function noSchema(which: string): Exclude<ShelfAnswer, { kind: "ready" }> {
  return {
    kind: "problem",
    problem: unusableProblem(which, "it is not Avro, JSON Schema or Protobuf as registries tell it"),
  };
}

interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** Null: the body is none that says a schema. A schema without a type is Avro. */
function toldSchema(
  body: unknown,
): (Omit<RegistrySchema, "references"> & { readonly references: readonly Reference[] }) | null {
  if (typeof body !== "object" || body === null || !("schema" in body) || typeof body.schema !== "string") return null;
  const schemaType = "schemaType" in body ? body.schemaType : "AVRO";
  if (schemaType !== "AVRO" && schemaType !== "JSON" && schemaType !== "PROTOBUF") return null;
  const references = "references" in body && Array.isArray(body.references) ? body.references : [];
  return { schemaType, text: body.schema, references: references.filter(isReference) };
}

function isReference(value: unknown): value is Reference {
  if (typeof value !== "object" || value === null) return false;
  if (!("name" in value) || !("subject" in value) || !("version" in value)) return false;
  return typeof value.name === "string" && typeof value.subject === "string" && Number.isInteger(value.version);
}
