// The JSON Schema for editors: what the configuration's own schema says, with the members of a mapping that it hands on as they are
// filled in from the service model, and with meanings, forms and variables where an editor shows them. Draft 7, which editors know.

import { configJsonSchema, type JsonSchema } from "../config/config-schema.ts";
import { assertNever } from "../core/assert-never.ts";
import { memberShapes } from "../control/mapping/mapping-members.ts";
import type { Shape } from "../control/shape.ts";

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function editorSchema(): JsonSchema {
  const { $schema: _draft, title, ...schema } = readable(withMemberShapes(configJsonSchema()));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title,
    description: "A configuration file of Millrace",
    ...schema,
  };
}

/** The text of docs/millrace.config.schema.json, and of `millrace config schema`. */
export const editorSchemaText = (): string => `${JSON.stringify(editorSchema(), null, 2)}\n`;

function withMemberShapes(root: JsonSchema): JsonSchema {
  const properties = isSchema(root.properties) ? root.properties : {};
  const mappings = isSchema(properties["mappings"]) ? properties["mappings"] : {};
  const mapping = isSchema(mappings.items) ? mappings.items : {};
  return {
    ...root,
    properties: { ...properties, mappings: { ...mappings, items: mappingWithShapes(mapping) } },
  };
}

/** A mapping's own schema, with the members filled in that it hands on as they are. */
export function mappingWithShapes(mapping: JsonSchema): JsonSchema {
  const members = isSchema(mapping.properties) ? mapping.properties : {};
  const filled = Object.fromEntries(
    Object.entries(members).map(([name, member]) => [name, isSchema(member) ? withShape(name, member) : member]),
  );
  return { ...mapping, properties: filled };
}

/** A member that says by itself what may stand there stays as it is. */
function withShape(name: string, member: JsonSchema): JsonSchema {
  const shapes: Readonly<Record<string, Shape>> = memberShapes;
  const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  const isOpen = member.type === undefined && member["anyOf"] === undefined;
  return shape === undefined || !isOpen ? member : { ...schemaOfShape(shape), ...member };
}

function schemaOfShape(shape: Shape): JsonSchema {
  switch (shape.kind) {
    case "string":
      return withoutAbsent({
        type: "string",
        minLength: shape.min,
        maxLength: shape.max,
        pattern: shape.pattern?.expression.source,
        enum: shape.oneOf,
      });
    case "integer":
      return withoutAbsent({ type: "integer", minimum: shape.min, maximum: shape.max });
    case "number":
      return withoutAbsent({ type: "number", minimum: shape.min, maximum: shape.max });
    case "boolean":
      return { type: "boolean" };
    case "timestamp":
      return { type: "number" };
    case "blob":
      return { type: "string" };
    case "list":
      return withoutAbsent({
        type: "array",
        items: schemaOfShape(shape.item),
        minItems: shape.min,
        maxItems: shape.max,
      });
    case "map":
      return { type: "object", additionalProperties: schemaOfShape(shape.value) };
    case "structure":
      return withoutAbsent({
        type: "object",
        properties: Object.fromEntries(
          Object.entries(shape.members).map(([name, each]) => [name, schemaOfShape(each)]),
        ),
        required: shape.required,
        additionalProperties: false,
      });
    default:
      return assertNever(shape);
  }
}

const withoutAbsent = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));

/** Our own notes become words of the description, all the way down. */
export function readable(schema: JsonSchema): JsonSchema {
  const { "x-form": form, "x-unit": unit, "x-env": variable, "x-default": fallback, description, ...rest } = schema;
  const notes = [
    typeof form === "string" ? form : "",
    typeof unit === "string" && unit !== "" ? `in ${unit}` : "",
    typeof fallback === "string" ? `default: ${fallback}` : "",
    typeof variable === "string" ? `variable ${variable}` : "",
  ].filter((note) => note !== "");
  const meaning = typeof description === "string" ? description : "";
  const words = notes.length === 0 ? meaning : `${meaning} (${notes.join("; ")})`;
  const inner = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, readableValue(name, value)]));
  return { ...(words === "" ? {} : { description: words }), ...inner };
}

const subschemas = new Set(["items", "additionalProperties", "propertyNames"]);

function readableValue(name: string, value: unknown): unknown {
  if (subschemas.has(name) && isSchema(value)) return readable(value);
  if (name === "anyOf" && Array.isArray(value)) {
    return value.map((each: unknown) => (isSchema(each) ? readable(each) : each));
  }
  if (name !== "properties" || !isSchema(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, each]) => [member, isSchema(each) ? readable(each) : each]),
  );
}
