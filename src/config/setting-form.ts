// What may stand at a place of the configuration, in words for a person: read back from the JSON Schema, so that no bound and no
// default is written twice.

import type { JsonSchema } from "./config-schema.ts";
import type { Path } from "./config-document.ts";

const isSchema = (value: unknown): value is JsonSchema => typeof value === "object" && value !== null;

/** The schema of the setting at the path; null where there is none. */
export function settingAt(root: JsonSchema, path: Path): JsonSchema | null {
  let here: JsonSchema = root;
  for (const step of path) {
    const next = typeof step === "number" ? here.items : (member(here, step) ?? here.additionalProperties);
    if (!isSchema(next)) return null;
    here = next;
  }
  return here;
}

/** Of what may be an object beside something else, the object's. */
export function membersOf(schema: JsonSchema): readonly (readonly [name: string, JsonSchema])[] {
  const forms: readonly unknown[] = Array.isArray(schema["anyOf"]) ? schema["anyOf"] : [schema];
  const owner = forms.filter((each) => isSchema(each)).find((each) => isSchema(each.properties));
  return isSchema(owner?.properties)
    ? Object.entries(owner.properties).flatMap(([name, each]) => (isSchema(each) ? [[name, each] as const] : []))
    : [];
}

function member(schema: JsonSchema, name: string): unknown {
  return membersOf(schema).find(([each]) => each === name)?.[1];
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** `whole seconds, 0 to 300`, or the words that the schema has. */
export function formOf(schema: JsonSchema): string {
  if (schema.type === "integer") {
    const unit = textOf(schema["x-unit"]);
    const bounds = `${Number(schema.minimum).toLocaleString("en")} to ${Number(schema.maximum).toLocaleString("en")}`;
    return `whole ${unit === "" ? "numbers" : unit}, ${bounds}`;
  }
  return textOf(schema["x-form"]);
}

/** A value to show in an example: the default, the least allowed number, or null where the setting has no obvious one. */
export function exampleOf(schema: JsonSchema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema["enum"])) return schema["enum"][0];
  if (schema.type === "boolean") return true;
  return null;
}
