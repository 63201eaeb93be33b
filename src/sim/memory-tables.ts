// The control plane's tables in the world: nothing is kept beyond it.

import type { TableName, Tables } from "../ports/tables.ts";

export function createMemoryTables(): Tables {
  const tables = new Map<TableName, Map<string, string>>();
  const of = (name: TableName): Map<string, string> => {
    const table = tables.get(name) ?? new Map<string, string>();
    tables.set(name, table);
    return table;
  };
  return {
    list: (name) =>
      Promise.resolve([...of(name)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value }))),
    get: (name, key) => Promise.resolve(of(name).get(key) ?? null),
    change(changes) {
      for (const change of changes) {
        if (change.kind === "put") of(change.table).set(change.key, change.value);
        else of(change.table).delete(change.key);
      }
      return Promise.resolve();
    },
  };
}
