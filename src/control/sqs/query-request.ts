// A call in the query protocol as the body that the same call has in JSON: names with dots become lists and maps by the call's shape.
// What is no number stays a text, and is refused as one where a number is due.
//
// Q1  Work is bounded by the form's size: each of its names is split once, to a bounded depth, and only what the shape names is read.

import type { Shape, Structure } from "../shape.ts";
import { queryNameOf } from "./query-names.ts";
import { type SqsOperation, sqsShapes } from "./sqs-shapes.ts";

/** `SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringListValue.1` has seven parts; `.entry` and `.member` may add some. */
const MOST_PARTS = 12;

interface Node {
  text: string | null;
  readonly below: Map<string, Node>;
}

/** `queueUrl` is the address that the client called, where that is a queue's: it counts where the form names no queue. */
export function queryBody(operation: SqsOperation, form: URLSearchParams, queueUrl: string | null): object {
  const root: Node = { text: null, below: new Map() };
  for (const [name, text] of form) nodeAt(root, name.split(".", MOST_PARTS)).text ??= text;
  const shape: Structure = sqsShapes[operation];
  const read = { operation };
  const body = structureOf(root, shape, read);
  if (queueUrl === null || !("QueueUrl" in shape.members)) return body;
  return { QueueUrl: queueUrl, ...body };
}

function nodeAt(root: Node, parts: readonly string[]): Node {
  let node = root;
  for (const part of parts) {
    let next = node.below.get(part);
    if (next === undefined) {
      next = { text: null, below: new Map() };
      node.below.set(part, next);
    }
    node = next;
  }
  return node;
}

interface Reading {
  readonly operation: SqsOperation;
}

function structureOf(node: Node, shape: Structure, reading: Reading): object {
  const members = Object.entries(shape.members).flatMap(([member, of]): [string, unknown][] => {
    const value = memberOf(node, member, of, reading);
    return value === undefined ? [] : [[member, value]];
  });
  return Object.fromEntries(members);
}

/** Undefined: the form does not have it. */
function memberOf(node: Node, member: string, shape: Shape, reading: Reading): unknown {
  const called = queryNameOf(reading.operation, member);
  const found = node.below.get(called?.name ?? member);
  if (found === undefined) return undefined;
  if (shape.kind === "list") return itemsOf(found).map((item) => valueOf(item, shape.item, reading));
  if (shape.kind !== "map") return valueOf(found, shape, reading);
  const { key, value } = called?.pair ?? { key: "Name", value: "Value" };
  const pairs = itemsOf(found).flatMap((item): [string, unknown][] => {
    const name = partOf(item, key)?.text ?? null;
    const part = partOf(item, value);
    if (name === null) return [];
    return [[name, part === undefined ? null : valueOf(part, shape.value, reading)]];
  });
  return Object.fromEntries(pairs);
}

/** Some clients write a pair's parts in lower case, `.entry.1.key`. */
const partOf = (item: Node, name: string): Node | undefined =>
  item.below.get(name) ?? item.below.get(name.toLowerCase()) ?? (name === "Name" ? item.below.get("key") : undefined);

/** In the order of their numbers; a single one may have none. */
function itemsOf(node: Node): readonly Node[] {
  const nested = node.below.get("member") ?? node.below.get("entry");
  if (nested !== undefined) return itemsOf(nested);
  if (node.text !== null && node.below.size === 0) return node.text === "" ? [] : [node];
  const numbered = [...node.below].filter(([part]) => /^\d{1,9}$/.test(part));
  return numbered.toSorted(([one], [other]) => Number(one) - Number(other)).map(([, item]) => item);
}

function valueOf(node: Node, shape: Shape, reading: Reading): unknown {
  switch (shape.kind) {
    case "structure":
      return structureOf(node, shape, reading);
    case "integer":
      return /^-?\d{1,15}$/.test(node.text ?? "") ? Number(node.text) : node.text;
    default:
      return node.text;
  }
}
