// The JSON Schema of scenario files for editors: what the schema says that reads them, with the forms of members as words of their
// descriptions, and the names of AWS's own members of a mapping, so that they complete.

import { memberShapes } from "../control/mapping/mapping-members.ts";
import { isObject } from "../sim/scenario.ts";
import { type JsonSchema, scenarioJsonSchema } from "../sim/scenario-schema.ts";

/** The text of docs/millrace.scenario.schema.json. */
export const scenarioSchemaText = (): string => `${JSON.stringify(scenarioEditorSchema(), null, 1)}\n`;

export function scenarioEditorSchema(): JsonSchema {
  const schema = readable(scenarioJsonSchema());
  return isObject(schema) ? withMappingMembers(schema) : {};
}

/** All the way down. */
function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (!isObject(value)) return value;
  const { "x-form": form, description, ...rest } = value;
  const inner = Object.fromEntries(Object.entries(rest).map(([name, each]) => [name, readable(each)]));
  // A member of a file may be called `description` as well: then it is a schema.
  if (isObject(description)) return { description: readable(description), ...inner };
  const words = [description, typeof form === "string" ? `(${form})` : null].filter((each) => typeof each === "string");
  return words.length === 0 ? inner : { description: words.join(" "), ...inner };
}

/** What AWS refuses may stand there too, as a scenario may be about just that: names are offered, and nothing is forbidden. */
function withMappingMembers(schema: JsonSchema): JsonSchema {
  const { properties } = schema;
  if (!isObject(properties) || !isObject(properties["mapping"])) return schema;
  const members = Object.fromEntries(Object.keys(memberShapes).map((name) => [name, {}]));
  const mapping = { ...properties["mapping"], properties: members };
  return { ...schema, properties: { ...properties, mapping } };
}
