// Tables for tests that have none.

import type { ItemTables } from "../../../src/ports/item-tables.ts";

export const noTables: ItemTables = {
  call: () => Promise.resolve({ status: 500, body: "{}" }),
  streams: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};
