// The calls on tables and items: they are the tables' own, which judge and answer them in the client's very form.

import { type TableOperation, tableOperations } from "../../ports/item-tables.ts";

export const isTableOperation = (name: string): name is TableOperation =>
  tableOperations.some((operation) => operation === name);
