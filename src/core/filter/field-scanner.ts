// Picks the values of a field tree out of JSON text without building anything else. The whole text is checked on the way, so
// that "it is JSON" means the same as for any other reader; what no pattern names is only stepped over. Numbers keep their
// spelling (F-31), and of members that come twice all values count (F-26).

import { JsonCursor } from "../json/cursor.ts";
import { childOf, type FieldNode } from "./field-tree.ts";
import type { FoundFields, Frame } from "./found-fields.ts";

/**
 * What a text is as a payload (F-72): `json` when all of it is one object or list (its values are then in `found`), else
 * `plain`. After `plain` the content of `found` means nothing.
 */
export function scanPayload(text: string, node: FieldNode, found: FoundFields): "json" | "plain" {
  const cursor = new JsonCursor(text);
  const code = cursor.peek();
  if (code !== 123 && code !== 91) {
    return "plain";
  }
  const isRead = code === 123 ? scanObject(cursor, node, null, found, 1) : scanArray(cursor, node, null, found, 1);
  return isRead && cursor.atEnd() ? "json" : "plain";
}

/** Reads a whole event, which has to be a JSON object (F-27). */
export function scanEvent(text: string, node: FieldNode, found: FoundFields): "object" | "other JSON" | "not JSON" {
  const cursor = new JsonCursor(text);
  if (cursor.peek() === 123) {
    return scanObject(cursor, node, null, found, 1) && cursor.atEnd() ? "object" : "not JSON";
  }
  return cursor.skipValue(0) && cursor.atEnd() ? "other JSON" : "not JSON";
}

function scanObject(
  cursor: JsonCursor,
  node: FieldNode,
  frame: Frame | null,
  found: FoundFields,
  depth: number,
): boolean {
  found.meetObject(node.slot);
  if (!cursor.open(depth)) {
    return false;
  }
  if (cursor.peek() === 125) {
    cursor.at += 1;
    return true;
  }
  for (;;) {
    if (!cursor.atName()) {
      return false;
    }
    const name = cursor.string();
    if (name === null || !cursor.colon()) {
      return false;
    }
    const child = childOf(node, name);
    if (!(child === undefined ? cursor.skipValue(depth) : scanValue(cursor, child, frame, found, depth))) {
      return false;
    }
    const more = cursor.more(125);
    if (more !== "more") {
      return more === "end";
    }
  }
}

function scanValue(
  cursor: JsonCursor,
  node: FieldNode,
  frame: Frame | null,
  found: FoundFields,
  depth: number,
): boolean {
  switch (cursor.peek()) {
    case 123:
      return scanObject(cursor, node, frame, found, depth + 1);
    case 91:
      return scanArray(cursor, node, frame, found, depth + 1);
    default:
      return scanScalar(cursor, node, frame, found, depth, false);
  }
}

function scanArray(
  cursor: JsonCursor,
  node: FieldNode,
  frame: Frame | null,
  found: FoundFields,
  depth: number,
): boolean {
  if (!cursor.open(depth)) {
    return false;
  }
  if (cursor.peek() === 93) {
    cursor.at += 1;
    return true;
  }
  const array = found.openArray();
  for (;;) {
    const code = cursor.peek();
    if (code === 123 || code === 91) {
      const element = found.openElement(array, frame);
      const isRead =
        code === 123
          ? scanObject(cursor, node, element, found, depth + 1)
          : scanArray(cursor, node, element, found, depth + 1);
      if (!isRead) {
        return false;
      }
      found.close(element);
    } else if (!scanScalar(cursor, node, frame, found, depth, true)) {
      return false;
    }
    const more = cursor.more(93);
    if (more !== "more") {
      found.close(array);
      return more === "end";
    }
  }
}

function scanScalar(
  cursor: JsonCursor,
  node: FieldNode,
  frame: Frame | null,
  found: FoundFields,
  depth: number,
  isInList: boolean,
): boolean {
  const slot = node.slot;
  if (slot < 0) {
    return cursor.skipValue(depth);
  }
  const code = cursor.peek();
  if (code === 34) {
    const text = cursor.string();
    if (text === null) {
      return false;
    }
    found.add(slot, "string", text, frame, isInList);
    return true;
  }
  if (code === 116 || code === 102 || code === 110) {
    const word = code === 116 ? "true" : code === 102 ? "false" : "null";
    found.add(slot, word, word, frame, isInList);
    return cursor.word(word);
  }
  if (!cursor.startsNumber()) {
    return cursor.unexpected();
  }
  const text = cursor.number();
  if (text === null) {
    return false;
  }
  found.add(slot, "number", text, frame, isInList);
  return true;
}
