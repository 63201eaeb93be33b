// Which tables a call on items writes to, and how often: read from the call's own JSON, after it was carried out.

import type { TableOperation } from "../../ports/item-tables.ts";

/** By table's name; empty: the call writes to none, or its body cannot be read. */
export function writtenTables(operation: TableOperation, body: Uint8Array): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (table: unknown, count: number): void => {
    // It may be named by its ARN.
    const name = typeof table === "string" ? (/:table\/([^/]+)/.exec(table)?.[1] ?? table) : null;
    if (name !== null && count > 0) counts.set(name, (counts.get(name) ?? 0) + count);
  };
  switch (operation) {
    case "PutItem":
    case "UpdateItem":
    case "DeleteItem":
      add(member(parsed(body), "TableName"), 1);
      break;
    case "BatchWriteItem":
      for (const [table, requests] of Object.entries(Object(member(parsed(body), "RequestItems"))))
        add(table, listOf(requests).length);
      break;
    case "TransactWriteItems":
      for (const item of listOf(member(parsed(body), "TransactItems")))
        for (const kind of ["Put", "Update", "Delete"]) add(member(member(item, kind), "TableName"), 1);
      break;
    default:
  }
  return counts;
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8"));
  } catch {
    // Such a call was refused.
    return null;
  }
}

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
