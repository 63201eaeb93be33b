// The JSON Schema of load plans for editors: what the schema says that reads them, with the forms of members as words of their descriptions,
// and the members of a mapping filled in from the service model.

import type { JsonSchema } from "../../config/config-schema.ts";
import { isObject } from "../../sim/scenario.ts";
import { planJsonSchema } from "../../wiring/load/plan-schema.ts";
import { mappingWithShapes, readable } from "../editor-schema.ts";

/** The text of docs/millrace.load.schema.json. */
export const planSchemaText = (): string => `${JSON.stringify(planEditorSchema(), null, 1)}\n`;

export function planEditorSchema(): JsonSchema {
  const { $schema, title, description, properties, ...schema } = planJsonSchema();
  const members = isObject(properties) ? properties : {};
  const mapping = isObject(members["mapping"]) ? mappingWithShapes(members["mapping"]) : {};
  return { $schema, title, description, ...readable({ ...schema, properties: { ...members, mapping } }) };
}
