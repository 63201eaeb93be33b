// How SQLite carries out what queues ask of it: no statement looks through all messages or groups, or sorts them, so that a queue with a
// hundred thousand held messages is as quick as one with ten.

import { expect, onTestFinished, test } from "vitest";
import { createQueueTable } from "../../src/stores/queue-table.ts";
import { openStoreDatabase } from "../../src/stores/store-database.ts";

test("no statement of the queues looks through a whole table, or sorts what it finds", () => {
  const database = openStoreDatabase(":memory:");
  onTestFinished(() => database.close());
  const statements: string[] = [];
  createQueueTable(
    {
      ...database,
      prepare(sql) {
        statements.push(sql);
        return database.prepare(sql);
      },
    },
    { nowMs: () => 0, uuid: () => "" },
  );
  const dear = statements.flatMap((sql) => {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    const steps = plan.map((step) => String(step["detail"]));
    return steps
      .filter((step) => /^SCAN (messages|queue_groups|deduplications)|TEMP B-TREE FOR ORDER BY/.test(step))
      .map((step) => [sql, step]);
  });
  expect(statements.length).toBeGreaterThan(25);
  expect(dear).toEqual([]);
});
