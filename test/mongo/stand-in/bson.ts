// Documents as the stand-in holds them: decoded so that no number changes its BSON type (an int stays an int, a long a long), and
// compared as the server compares them: numbers by value, all else by type and value. A value of the deprecated type "undefined"
// comes back as null.

import { BSON, Decimal128, Double, Int32, Long, Timestamp } from "mongodb";

export type Doc = Readonly<Record<string, unknown>>;

const asWritten = { promoteValues: false, bsonRegExp: true } as const;

export function readDoc(bytes: Uint8Array): Doc {
  return BSON.deserialize(bytes, asWritten);
}

export function writeDoc(doc: Doc): Uint8Array {
  return BSON.serialize(doc, { ignoreUndefined: false });
}

export function sizeOfDoc(doc: Doc): number {
  return BSON.calculateObjectSize(doc, { ignoreUndefined: false });
}

/** An embedded document, and no value that has a type of its own. */
export function isDoc(value: unknown): value is Doc {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !("_bsontype" in value) && !(value instanceof Date) && !(value instanceof Uint8Array);
}

export function docAt(doc: Doc, name: string): Doc {
  const value = doc[name];
  return isDoc(value) ? value : {};
}

export function listAt(doc: Doc, name: string): readonly unknown[] {
  const value = doc[name];
  return Array.isArray(value) ? value : [];
}

export function docsAt(doc: Doc, name: string): readonly Doc[] {
  return listAt(doc, name).filter(isDoc);
}

export function textAt(doc: Doc, name: string): string {
  const value = doc[name];
  return typeof value === "string" ? value : "";
}

export function numberAt(doc: Doc, name: string, otherwise: number): number {
  return numberOf(doc[name]) ?? otherwise;
}

/** A number of any type, or null. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Int32 || value instanceof Double) return value.value;
  if (value instanceof Timestamp) return null;
  if (value instanceof Long) return value.toNumber();
  return value instanceof Decimal128 ? Number(value.toString()) : null;
}

function isTrue(value: unknown): boolean {
  const number = numberOf(value);
  return number === null ? value !== false && value !== null && value !== undefined : number !== 0;
}

export function isTrueAt(doc: Doc, name: string, otherwise = false): boolean {
  return doc[name] === undefined ? otherwise : isTrue(doc[name]);
}

/** A text that two values share if and only if the server takes them for equal. */
export function keyOf(value: unknown): string {
  if (value instanceof Long && !(value instanceof Timestamp)) return `number ${value.toString()}`;
  const number = numberOf(value);
  if (number !== null && !(value instanceof Decimal128)) return `number ${number}`;
  return Buffer.from(writeDoc({ value })).toString("base64");
}

/** Equal, and of the same type of number, too. */
export function areIdentical(one: unknown, other: unknown): boolean {
  return Buffer.from(writeDoc({ one })).equals(writeDoc({ one: other }));
}

export function areSame(one: unknown, other: unknown): boolean {
  return keyOf(one ?? null) === keyOf(other ?? null);
}

/** Below 0, 0, above 0; null for values of kinds that have no order among each other. */
export function compareValues(one: unknown, other: unknown): number | null {
  const [left, right] = [orderOf(one), orderOf(other)];
  if (left === null || right === null || typeof left !== typeof right) return null;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function orderOf(value: unknown): number | bigint | string | null {
  if (value instanceof Timestamp) return value.toBigInt();
  const number = numberOf(value);
  if (number !== null) return number;
  if (value instanceof Date) return `date ${String(value.getTime() + 1e15).padStart(20, "0")}`;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "string") return `text ${value}`;
  return isObjectId(value) ? `id ${String(value)}` : null;
}

function isObjectId(value: unknown): boolean {
  return typeof value === "object" && value !== null && "_bsontype" in value && value._bsontype === "ObjectId";
}

/** The same document; what is done to one does not show in the other. */
export function copyOf(doc: Doc): Record<string, unknown> {
  return { ...readDoc(writeDoc(doc)) };
}
