// Tables in memory, with a switch that makes every change fail.

import type { Row, TableName, Tables } from "../../../src/ports/tables.ts";

export interface MemoryTables extends Tables {
  isBroken: boolean;
  readonly changeCount: () => number;
}

export function memoryTables(): MemoryTables {
  const tables = new Map<TableName, Map<string, string>>();
  let changes = 0;
  const tableOf = (name: TableName): Map<string, string> => {
    const table = tables.get(name) ?? new Map<string, string>();
    tables.set(name, table);
    return table;
  };
  return {
    isBroken: false,
    changeCount: () => changes,
    async list(name): Promise<readonly Row[]> {
      return [...tableOf(name)]
        .map(([key, value]) => ({ key, value }))
        .sort((one, other) => (one.key < other.key ? -1 : 1));
    },
    async get(name, key) {
      return tableOf(name).get(key) ?? null;
    },
    async change(list) {
      if (this.isBroken) throw new Error("the disk is full");
      changes += 1;
      for (const change of list) {
        if (change.kind === "put") tableOf(change.table).set(change.key, change.value);
        else tableOf(change.table).delete(change.key);
      }
    },
  };
}
