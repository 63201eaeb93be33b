// What a Kinesis operation answers, before it is JSON 1.1 or CBOR: the two write bytes and instants in their own ways.

import { decode, encode, Tagged } from "cborg";

/** An instant, epoch ms. JSON: seconds with fraction. CBOR: tag 1 over whole milliseconds, as AWS's services write it. */
export class Instant {
  readonly atMs: number;

  constructor(atMs: number) {
    this.atMs = atMs;
  }
}

export type WireValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | Instant
  | readonly WireValue[]
  | { readonly [member: string]: WireValue };

export type WireObject = { readonly [member: string]: WireValue };

export type Encoding = "json" | "cbor";

export const contentTypes: { readonly [E in Encoding]: string } = {
  json: "application/x-amz-json-1.1",
  cbor: "application/x-amz-cbor-1.1",
};

export function encodeWire(value: WireObject, encoding: Encoding): Buffer {
  if (encoding === "json") return Buffer.from(JSON.stringify(convert(value, jsonLeaf)));
  const bytes = encode(convert(value, cborLeaf));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const jsonLeaf = (leaf: Uint8Array | Instant): unknown =>
  leaf instanceof Instant
    ? leaf.atMs / 1_000
    : Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength).toString("base64");

const cborLeaf = (leaf: Uint8Array | Instant): unknown =>
  // A Buffer would be written as another type than the bytes that it holds.
  leaf instanceof Instant
    ? new Tagged(1, Math.round(leaf.atMs))
    : new Uint8Array(leaf.buffer, leaf.byteOffset, leaf.byteLength);

function convert(value: WireValue, leaf: (each: Uint8Array | Instant) => unknown): unknown {
  if (value instanceof Uint8Array || value instanceof Instant) return leaf(value);
  if (Array.isArray(value)) return value.map((each: WireValue) => convert(each, leaf));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, convert(each, leaf)]));
}

export type Decoded = { readonly kind: "value"; readonly value: unknown } | { readonly kind: "malformed" };

/** Bounded by the body's own bound. Instants in CBOR become seconds, as JSON has them. */
export function decodeWire(body: Uint8Array, encoding: Encoding): Decoded {
  try {
    if (encoding === "json") {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
      return { kind: "value", value: JSON.parse(text) };
    }
    return { kind: "value", value: decode(body, { tags: { 1: secondsOf } }) };
  } catch {
    // Broken text, broken CBOR, or nesting beyond the stack (a RangeError): one answer for all of them.
    return { kind: "malformed" };
  }
}

function secondsOf(content: () => unknown): unknown {
  const atMs = content();
  return typeof atMs === "number" ? atMs / 1_000 : atMs;
}
