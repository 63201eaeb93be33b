// Picks the values of a field tree out of plain JavaScript values (a record's metadata, an event that is parsed already). What
// JSON cannot hold contributes nothing. A number's spelling is JavaScript's; a bigint stands for an integer spelled out.

import { DEPTH_LIMIT } from "../json/cursor.ts";
import { childOf, type FieldNode } from "./field-tree.ts";
import type { FoundFields, Frame } from "./found-fields.ts";

/** Adds the values below an object's own members. What nests deeper than DEPTH_LIMIT contributes nothing. */
export function walkObject(value: object, node: FieldNode, frame: Frame | null, found: FoundFields, depth = 1): void {
  found.meetObject(node.slot);
  if (node.children.size === 0 || depth > DEPTH_LIMIT) {
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    const child = childOf(node, name);
    if (child !== undefined) {
      walkValue(member, child, frame, found, depth, false);
    }
  }
}

function walkArray(
  list: readonly unknown[],
  node: FieldNode,
  frame: Frame | null,
  found: FoundFields,
  depth: number,
): void {
  if (depth > DEPTH_LIMIT) {
    return;
  }
  const array = found.openArray();
  for (const item of list) {
    if (typeof item === "object" && item !== null) {
      const element = found.openElement(array, frame);
      walkValue(item, node, element, found, depth, true);
      found.close(element);
    } else {
      walkValue(item, node, frame, found, depth, true);
    }
  }
  found.close(array);
}

function walkValue(
  value: unknown,
  node: FieldNode,
  frame: Frame | null,
  found: FoundFields,
  depth: number,
  isInList: boolean,
): void {
  if (Array.isArray(value)) {
    walkArray(value, node, frame, found, depth + 1);
  } else if (typeof value === "object" && value !== null) {
    walkObject(value, node, frame, found, depth + 1);
  } else if (node.slot >= 0) {
    walkScalar(value, node.slot, frame, found, isInList);
  }
}

function walkScalar(value: unknown, slot: number, frame: Frame | null, found: FoundFields, isInList: boolean): void {
  switch (typeof value) {
    case "string":
      found.add(slot, "string", value, frame, isInList);
      return;
    case "number":
      if (Number.isFinite(value)) {
        found.add(slot, "number", String(value), frame, isInList);
      }
      return;
    case "bigint":
      found.add(slot, "number", String(value), frame, isInList);
      return;
    case "boolean": {
      const word = value ? "true" : "false";
      found.add(slot, word, word, frame, isInList);
      return;
    }
    default:
      if (value === null) {
        found.add(slot, "null", "null", frame, isInList);
      }
  }
}
