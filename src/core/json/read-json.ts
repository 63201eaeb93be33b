// JSON text as a tree that keeps what JSON.parse loses: members that come twice, their order, how numbers are spelled, and where
// everything stands. Meant for what people write (patterns, lines of cases), not for payloads in bulk.

import { JsonCursor } from "./cursor.ts";

/** `start` and `end` are offsets in UTF-16 units; `end` is one behind the last character. */
interface Span {
  readonly start: number;
  readonly end: number;
}

export interface JsonMember {
  readonly name: string;
  readonly nameStart: number;
  readonly value: JsonNode;
}

export type JsonNode = Span &
  (
    | { readonly kind: "object"; readonly members: readonly JsonMember[] }
    | { readonly kind: "array"; readonly items: readonly JsonNode[] }
    | { readonly kind: "string"; readonly value: string }
    /** `text` is the number as it was written. */
    | { readonly kind: "number"; readonly text: string }
    | { readonly kind: "boolean"; readonly value: boolean }
    | { readonly kind: "null" }
  );

export type ReadJson =
  | { readonly kind: "value"; readonly value: JsonNode }
  | { readonly kind: "broken"; readonly reason: string; readonly offset: number };

/** Reads the whole text as one JSON value. Never throws. */
export function readJson(text: string): ReadJson {
  const cursor = new JsonCursor(text);
  const value = readValue(cursor, 0);
  if (value === null || !cursor.atEnd()) {
    return { kind: "broken", reason: cursor.problem ?? "not JSON", offset: cursor.problemAt };
  }
  return { kind: "value", value };
}

/** The member called `name`, the last one if it comes twice. */
export function memberOf(node: JsonNode, name: string): JsonNode | null {
  return node.kind === "object" ? (node.members.findLast((member) => member.name === name)?.value ?? null) : null;
}

function readValue(cursor: JsonCursor, depth: number): JsonNode | null {
  const code = cursor.peek();
  const start = cursor.at;
  switch (code) {
    case 34: {
      const value = cursor.string();
      return value === null ? null : { kind: "string", value, start, end: cursor.at };
    }
    case 123:
      return readObject(cursor, depth + 1);
    case 91:
      return readArray(cursor, depth + 1);
    case 116:
      return cursor.word("true") ? { kind: "boolean", value: true, start, end: cursor.at } : null;
    case 102:
      return cursor.word("false") ? { kind: "boolean", value: false, start, end: cursor.at } : null;
    case 110:
      return cursor.word("null") ? { kind: "null", start, end: cursor.at } : null;
    default: {
      if (!cursor.startsNumber()) {
        cursor.unexpected();
        return null;
      }
      const text = cursor.number();
      return text === null ? null : { kind: "number", text, start, end: cursor.at };
    }
  }
}

function readObject(cursor: JsonCursor, depth: number): JsonNode | null {
  const start = cursor.at;
  const members: JsonMember[] = [];
  if (!cursor.open(depth)) {
    return null;
  }
  if (cursor.peek() === 125) {
    cursor.at += 1;
    return { kind: "object", members, start, end: cursor.at };
  }
  for (;;) {
    if (!cursor.atName()) {
      return null;
    }
    const nameStart = cursor.at;
    const name = cursor.string();
    if (name === null || !cursor.colon()) {
      return null;
    }
    const value = readValue(cursor, depth);
    if (value === null) {
      return null;
    }
    members.push({ name, nameStart, value });
    const more = cursor.more(125);
    if (more !== "more") {
      return more === "end" ? { kind: "object", members, start, end: cursor.at } : null;
    }
  }
}

function readArray(cursor: JsonCursor, depth: number): JsonNode | null {
  const start = cursor.at;
  const items: JsonNode[] = [];
  if (!cursor.open(depth)) {
    return null;
  }
  if (cursor.peek() === 93) {
    cursor.at += 1;
    return { kind: "array", items, start, end: cursor.at };
  }
  for (;;) {
    const value = readValue(cursor, depth);
    if (value === null) {
      return null;
    }
    items.push(value);
    const more = cursor.more(93);
    if (more !== "more") {
      return more === "end" ? { kind: "array", items, start, end: cursor.at } : null;
    }
  }
}
