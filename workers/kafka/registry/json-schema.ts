// JSON Schema by ajv: drafts 6 and 7, 2019-09 and 2020-12 by what `$schema` says, draft 7 where it says nothing. What is delivered is the
// record's own text, so that each digit stays.

import type { Ajv } from "ajv";
import type { ReadySchema, RegistrySchema } from "./schema.ts";

/** `strict` would refuse keywords that serialisers put in for themselves. Formats are looked at by nobody, as the newer drafts have it. */
const options = { strict: false, allErrors: false, validateFormats: false, logger: false } as const;

/** Throws where the schema is of no use. */
export async function jsonSchema({ text, references }: RegistrySchema): Promise<ReadySchema> {
  const schema: unknown = JSON.parse(text);
  const ajv = await validatorOf(memberOf(schema, "$schema"));
  const base = memberOf(schema, "$id");
  for (const { name, text: referenced } of references) {
    // A `$ref` is the reference's name, by itself or seen from the schema's own id.
    for (const key of new Set([name, seenFrom(base, name)])) ajv.addSchema(objectOf(referenced), key);
  }
  const fits = ajv.compile(typeof schema === "boolean" ? schema : objectOf(text));
  return {
    dataFormat: "JSON",
    jsonOf: (data) => {
      const json = new TextDecoder("utf-8", { fatal: true }).decode(data);
      const value: unknown = JSON.parse(json);
      if (fits(value) !== true) throw new Error(ajv.errorsText(fits.errors));
      return json;
    },
  };
}

async function validatorOf(dialect: unknown): Promise<Ajv> {
  const name = typeof dialect === "string" ? dialect : "";
  if (name.includes("2020-12")) return new (await import("ajv/dist/2020.js")).Ajv2020(options);
  if (name.includes("2019-09")) return new (await import("ajv/dist/2019.js")).Ajv2019(options);
  const ajv = new (await import("ajv")).Ajv(options);
  if (name.includes("draft-06")) {
    const { default: draft6 } = await import("ajv/dist/refs/json-schema-draft-06.json", { with: { type: "json" } });
    ajv.addMetaSchema(draft6);
  }
  return ajv;
}

function seenFrom(base: unknown, name: string): string {
  return typeof base === "string" && URL.canParse(name, base) ? new URL(name, base).href : name;
}

function objectOf(text: string): object {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw new Error("a JSON Schema is an object or a boolean");
  return value;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
