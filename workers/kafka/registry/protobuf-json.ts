// A Protobuf message as JSON, by Protobuf's own mapping, but with the names that the schema has (M-113): 64-bit integers are text, bytes
// base64, enums names, and what is not in the message is left out.

import type protobufjs from "protobufjs";
import type { Field, Type } from "protobufjs";
import { doubleJson, floatJson, integerDigits } from "./json-numbers.ts";
import { wellKnownJson } from "./protobuf-well-known.ts";

type Library = typeof protobufjs;

const longTypes = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);

export function protobufJson(library: Library, type: Type, message: object): string {
  const wellKnown = wellKnownJson(type.fullName, message, {
    messageJson: (named, bytes) => anyJson(library, type, named, bytes),
    fieldJson: (name) => fieldJsonOf(library, type, message, name),
  });
  if (wellKnown !== null) return wellKnown;
  return `{${membersOf(library, type, message).join(",")}}`;
}

function membersOf(library: Library, type: Type, message: object): readonly string[] {
  return type.fieldsArray
    .toSorted((one, other) => one.id - other.id)
    .filter((field) => Object.hasOwn(message, field.name) && !isEmpty(field, Reflect.get(message, field.name)))
    .map((field) => `${JSON.stringify(field.name)}:${fieldJson(library, field, Reflect.get(message, field.name))}`);
}

/** Of a well-known type: null where the message has no such field. */
function fieldJsonOf(library: Library, type: Type, message: object, name: string): string | null {
  const field = type.fields[name];
  if (field === undefined || !Object.hasOwn(message, name)) return null;
  return fieldJson(library, field, Reflect.get(message, name));
}

/** Lists and maps are members of each message that the decoder makes. */
function isEmpty(field: Field, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === null || value === undefined;
  return field.map ? Object.keys(value).length === 0 : Array.isArray(value) && value.length === 0;
}

function fieldJson(library: Library, field: Field, value: unknown): string {
  if (field instanceof library.MapField) {
    const members = Object.entries(typeof value === "object" && value !== null ? value : {}).map(
      ([key, item]) => `${JSON.stringify(mapKey(library, field.keyType, key))}:${valueJson(library, field, item)}`,
    );
    return `{${members.join(",")}}`;
  }
  if (field.repeated) {
    return `[${(Array.isArray(value) ? value : []).map((item) => valueJson(library, field, item)).join(",")}]`;
  }
  return valueJson(library, field, value);
}

/** The decoder keeps keys of 64 bits as eight characters. */
function mapKey(library: Library, keyType: string, key: string): string {
  if (!longTypes.has(keyType) || key.length !== 8) return key;
  return integerDigits(library.util.longFromHash(key, keyType.startsWith("u") || keyType === "fixed64"));
}

function valueJson(library: Library, { type, resolvedType }: Field, value: unknown): string {
  if (resolvedType instanceof library.Enum) {
    if (resolvedType.fullName === ".google.protobuf.NullValue") return "null";
    return JSON.stringify(resolvedType.valuesById[Number(value)] ?? Number(value));
  }
  if (resolvedType instanceof library.Type) {
    return protobufJson(library, resolvedType, typeof value === "object" && value !== null ? value : {});
  }
  if (longTypes.has(type)) return JSON.stringify(integerDigits(value));
  if (type === "float") return floatJson(Number(value));
  if (type === "double") return doubleJson(Number(value));
  if (type === "bytes") return JSON.stringify(value instanceof Uint8Array ? Buffer.from(value).toString("base64") : "");
  return JSON.stringify(value);
}

/** `google.protobuf.Any`: what it holds, where the schema has that type. */
function anyJson(library: Library, from: Type, url: string, bytes: Uint8Array): string {
  const members = [`"@type":${JSON.stringify(url)}`];
  const held = from.root.lookup(url.slice(url.lastIndexOf("/") + 1), [library.Type]);
  if (!(held instanceof library.Type)) {
    return `{${[...members, `"value":${JSON.stringify(Buffer.from(bytes).toString("base64"))}`].join(",")}}`;
  }
  const message = held.decode(bytes);
  const isPlain = !held.fullName.startsWith(".google.protobuf.");
  const more = isPlain ? membersOf(library, held, message) : [`"value":${protobufJson(library, held, message)}`];
  return `{${[...members, ...more].join(",")}}`;
}
