// Extended JSON as values, from texts relaxed or canonical: documents as Maps, which keep the order of their members, integers as bigint
// doubles as numbers, dates as dates. What has no form of its own in the language stays the document that it is in the text.
// Writing them is extendedJson's (src/kinds/documentdb).

import { type JsonNode, readJson } from "../core/json/read-json.ts";

export type DocumentValue = string | number | bigint | boolean | null | Date | readonly DocumentValue[] | DocumentMap;

export type DocumentMap = Map<string, DocumentValue>;

const INTEGER = /^-?\d+$/;
const INT64_MOST = 2n ** 63n - 1n;
const INT64_LEAST = -(2n ** 63n);

/** A text: what is wrong with it, in a sentence. */
export function parseDocument(text: string): DocumentMap | string {
  const read = readJson(text);
  if (read.kind === "broken") return `This is no JSON: ${read.reason}.`;
  try {
    const value = valueOf(read.value);
    return value instanceof Map ? value : "A document is a JSON object.";
  } catch (error) {
    if (error instanceof FormError) return error.message;
    throw error;
  }
}

/** A type's object that is not what the type needs; ends within this file. */
class FormError extends Error {}

function valueOf(node: JsonNode): DocumentValue {
  switch (node.kind) {
    case "object":
      return objectValue(new Map(node.members.map(({ name, value }) => [name, valueOf(value)])));
    case "array":
      return node.items.map(valueOf);
    case "string":
    case "boolean":
      return node.value;
    case "number":
      return numberValue(node.text);
    case "null":
      return null;
  }
}

function numberValue(text: string): bigint | number {
  if (!INTEGER.test(text)) return Number(text);
  const value = BigInt(text);
  return value >= INT64_LEAST && value <= INT64_MOST ? value : Number(text);
}

function objectValue(map: DocumentMap): DocumentValue {
  const [only, ...others] = map;
  if (only === undefined || others.length > 0 || !only[0].startsWith("$")) return map;
  const [type, held] = only;
  switch (type) {
    case "$numberInt":
    case "$numberLong":
      return integerValue(type, held, type === "$numberInt" ? 32 : 64);
    case "$numberDouble":
      return doubleValue(held);
    case "$date":
      return dateValue(held);
    case "$oid":
      if (typeof held === "string" && /^[0-9a-f]{24}$/i.test(held)) return new Map([[type, held.toLowerCase()]]);
      throw new FormError("$oid has 24 hexadecimal digits.");
    case "$uuid":
      return uuidValue(held);
    default:
      return map;
  }
}

function integerValue(type: string, held: DocumentValue, bitCount: number): bigint {
  const value = typeof held === "string" && INTEGER.test(held) ? BigInt(held) : null;
  if (value !== null && BigInt.asIntN(bitCount, value) === value) return value;
  throw new FormError(`${type} has an integer of ${bitCount} bits as text: {"${type}": "1"}.`);
}

function doubleValue(held: DocumentValue): number {
  const value = typeof held === "string" && held.trim() !== "" ? Number(held) : Number.NaN;
  if (Number.isNaN(value) && held !== "NaN")
    throw new FormError('$numberDouble has a number as text: {"$numberDouble": "1.5"}.');
  return value;
}

function dateValue(held: DocumentValue): Date {
  const date =
    typeof held === "bigint" ? new Date(Number(held)) : new Date(typeof held === "string" ? held : Number.NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new FormError('$date has a date: {"$date": "2026-01-01T00:00:00Z"}, or {"$date": {"$numberLong": "0"}} in ms.');
}

function uuidValue(held: DocumentValue): DocumentValue {
  const digits = typeof held === "string" ? held.replaceAll("-", "") : "";
  if (!/^[0-9a-f]{32}$/i.test(digits)) throw new FormError("$uuid has 32 hexadecimal digits.");
  const binary: DocumentMap = new Map([
    ["base64", Buffer.from(digits, "hex").toString("base64")],
    ["subType", "04"],
  ]);
  return new Map([["$binary", binary]]);
}
