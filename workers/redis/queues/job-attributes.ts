// The message attributes that an app's own job names in its data, in the form that SQS's clients give them, as the text in which the
// SQS edge keeps attributes. What is no attribute is passed over: a job is never refused for it.

import { type MessageAttribute, storedText } from "../../../src/kinds/sqs/stored-attributes.ts";

/** Null: none. A text is a String, a number a Number; else `{ DataType, StringValue }` or `{ DataType, BinaryValue }` with base64. */
export function attributesTextOf(member: unknown): string | null {
  if (typeof member !== "object" || member === null || Array.isArray(member)) return null;
  const attributes = Object.entries(member)
    .map(([name, value]) => attributeOf(name, value))
    .filter((attribute) => attribute !== null)
    // Their digest is of this order.
    .toSorted((one, other) => Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)));
  return storedText(attributes);
}

function attributeOf(name: string, value: unknown): MessageAttribute | null {
  if (typeof value === "string") return { name, type: "String", isBinary: false, value };
  if (typeof value === "number") return { name, type: "Number", isBinary: false, value: String(value) };
  if (typeof value !== "object" || value === null) return null;
  const members: Readonly<Record<string, unknown>> = { ...value };
  const { DataType: type, StringValue: text, BinaryValue: binary } = members;
  if (typeof type !== "string") return null;
  if (typeof text === "string") return { name, type, isBinary: false, value: text };
  return typeof binary === "string" ? { name, type, isBinary: true, value: binary } : null;
}
