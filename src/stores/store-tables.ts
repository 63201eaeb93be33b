// The Tables port over the store thread.

import type { Tables } from "../ports/tables.ts";
import type { StoreClient } from "./store-client.ts";

export function createTables(client: StoreClient): Tables {
  return {
    list: (table) => client.ask("table-list", { table }),
    get: (table, key) => client.ask("table-get", { table, key }),
    async change(changes) {
      await client.ask("table-change", { changes });
    },
  };
}
