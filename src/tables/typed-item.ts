// Whether two items are the same to DynamoDB (D-7). Pure.

import type { AttributeValue, Item } from "../kinds/dynamodb/attribute-value.ts";

/** Sets have no order, and neither have the members of a map. */
export function isSameItem(one: Item, other: Item): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSameValue(one[name] ?? {}, other[name] ?? {}))
  );
}

function isSameValue(one: AttributeValue, other: AttributeValue): boolean {
  const [type = ""] = Object.keys(one);
  const left = one[type];
  const right = other[type];
  if (right === undefined) return false;
  if (type === "L") {
    const [lefts, rights] = [listOf(left), listOf(right)];
    return lefts.length === rights.length && lefts.every((each, index) => isSameValue(each, rights[index] ?? {}));
  }
  if (type === "M") return isSameItem({ ...Object(left) }, { ...Object(right) });
  if (type === "SS" || type === "NS" || type === "BS") {
    const rights = new Set<unknown>(listOf(right));
    const lefts: readonly unknown[] = listOf(left);
    return lefts.length === rights.size && lefts.every((each) => rights.has(each));
  }
  return left === right;
}

const listOf = (content: unknown): readonly AttributeValue[] => (Array.isArray(content) ? content : []);
