// The control plane's tables in the store's file: JSON texts by table and key. Main is the only writer.

import type { Row, TableChange, TableName } from "../ports/tables.ts";
import { assertNever } from "../core/assert-never.ts";
import type { StoreDatabase } from "./store-database.ts";

export interface ValueTables {
  /** In order of key. */
  list(table: TableName): readonly Row[];
  get(table: TableName, key: string): string | null;
  change(changes: readonly TableChange[]): void;
}

export function createValueTables(database: StoreDatabase): ValueTables {
  const select = database.prepare("SELECT key, value FROM tables WHERE name = ? ORDER BY key");
  const selectOne = database.prepare("SELECT value FROM tables WHERE name = ? AND key = ?");
  const put = database.prepare(
    "INSERT INTO tables (name, key, value) VALUES (?, ?, ?) ON CONFLICT (name, key) DO UPDATE SET value = excluded.value",
  );
  const remove = database.prepare("DELETE FROM tables WHERE name = ? AND key = ?");
  return {
    list: (table) => select.all(table).map((row) => ({ key: String(row["key"]), value: String(row["value"]) })),
    get(table, key) {
      const row = selectOne.get(table, key);
      return row === undefined ? null : String(row["value"]);
    },
    change(changes) {
      for (const change of changes) {
        switch (change.kind) {
          case "put":
            put.run(change.table, change.key, change.value);
            break;
          case "delete":
            remove.run(change.table, change.key);
            break;
          default:
            assertNever(change);
        }
      }
    },
  };
}
