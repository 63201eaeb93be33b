// A call in the query protocol as the body that the same call has in JSON: names with dots become lists and maps by the call's shape.
// What is no number stays a text, and is refused as one where a number is due.

import { type QueryNode, queryTree } from "../http/query-tree.ts";
import type { Shape, Structure } from "../shape.ts";
import { queryNameOf } from "./query-names.ts";
import { type SqsOperation, sqsShapes } from "./sqs-shapes.ts";

/** `queueUrl` is the address that the client called, where that is a queue's: it counts where the form names no queue. */
export function queryBody(operation: SqsOperation, form: URLSearchParams, queueUrl: string | null): object {
  const shape: Structure = sqsShapes[operation];
  const body = structureOf(queryTree(form), shape, { operation });
  if (queueUrl === null || !("QueueUrl" in shape.members)) return body;
  return { QueueUrl: queueUrl, ...body };
}

interface Reading {
  readonly operation: SqsOperation;
}

function structureOf(node: QueryNode, shape: Structure, reading: Reading): object {
  const members = Object.entries(shape.members).flatMap(([member, of]): [string, unknown][] => {
    const value = memberOf(node, member, of, reading);
    return value === undefined ? [] : [[member, value]];
  });
  return Object.fromEntries(members);
}

/** Undefined: the form does not have it. */
function memberOf(node: QueryNode, member: string, shape: Shape, reading: Reading): unknown {
  const called = queryNameOf(reading.operation, member);
  const found = node.members.get(called?.name ?? member);
  if (found === undefined) return undefined;
  if (shape.kind === "list") return itemsOf(found).map((item) => valueOf(item, shape.item, reading));
  if (shape.kind !== "map") return valueOf(found, shape, reading);
  const { key, value } = called?.pair ?? { key: "Name", value: "Value" };
  const pairs = itemsOf(found).flatMap((item): [string, unknown][] => {
    const name = partOf(item, key)?.value ?? null;
    const part = partOf(item, value);
    if (name === null) return [];
    return [[name, part === undefined ? null : valueOf(part, shape.value, reading)]];
  });
  return Object.fromEntries(pairs);
}

/** Some clients write a pair's parts in lower case, `.entry.1.key`. */
const partOf = (item: QueryNode, name: string): QueryNode | undefined =>
  item.members.get(name) ??
  item.members.get(name.toLowerCase()) ??
  (name === "Name" ? item.members.get("key") : undefined);

/** In the order of their numbers; a single one may have none. */
function itemsOf(node: QueryNode): readonly QueryNode[] {
  const nested = node.members.get("member") ?? node.members.get("entry");
  if (nested !== undefined) return itemsOf(nested);
  if (node.value !== null && node.members.size === 0) return node.value === "" ? [] : [node];
  const numbered = [...node.members].filter(([part]) => /^\d{1,9}$/.test(part));
  return numbered.toSorted(([one], [other]) => Number(one) - Number(other)).map(([, item]) => item);
}

function valueOf(node: QueryNode, shape: Shape, reading: Reading): unknown {
  switch (shape.kind) {
    case "structure":
      return structureOf(node, shape, reading);
    case "integer":
      return /^-?\d{1,15}$/.test(node.value ?? "") ? Number(node.value) : node.value;
    default:
      return node.value;
  }
}
