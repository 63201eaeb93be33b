// How much a shard reads at once, and what lanes do while a source takes longer to read than the function to run.

import { expect, test } from "vitest";
import { aDrivenMapping } from "./driven-mapping.ts";
import { keysApart } from "./told-house.ts";

test("B-2: with more to read, a batch waits for its size, also where reading had to stand still in between", async () => {
  const lane = { tumblingMs: 0, batchSize: 300 };
  const told = await aDrivenMapping(() => ({}), lane, { readMs: 50 });
  told.put(5_000);
  await told.pass(10);
  const closed = told.entries().filter((entry) => entry.kind === "batch-closed");
  expect(closed.map(({ recordCount, closedBy }) => [recordCount, closedBy])).toEqual([
    ...Array.from({ length: 16 }, () => [300, "size"]),
    [200, "caught up"],
  ]);
});

test("B-2, B-7: a lane whose key is rare delivers what it has once a read brings it nothing, and waits for no backlog's end", async () => {
  const [rare, busy] = keysApart(2);
  const lane = { tumblingMs: 0, batchSize: 100 };
  const told = await aDrivenMapping(() => ({}), lane, { readMs: 50, factor: 2 });
  told.put(1, rare);
  told.put(20_000, busy);
  await told.pass(60);
  const entries = told.entries();
  const single = entries.findIndex((entry) => entry.kind === "batch-closed" && entry.recordCount === 1);
  const readsBefore = entries.slice(0, single).filter((entry) => entry.kind === "read");
  expect(entries[single]).toMatchObject({ closedBy: "caught up" });
  expect(readsBefore.map(({ isCaughtUp }) => isCaughtUp)).toEqual([false, false]);
});

test("P-15: one read brings at most 10,000 records and about 12 MB of event, however many lanes there is room in", async () => {
  const lane = { tumblingMs: 0, batchSize: 10_000 };
  const many = await aDrivenMapping(() => ({}), lane, { factor: 10 });
  many.put(25_000);
  await many.pass(10);
  const reads = many.entries().filter((entry) => entry.kind === "read");
  expect(reads.map(({ recordCount }) => recordCount)).toEqual([10_000, 10_000, 5_000]);

  const large = await aDrivenMapping(() => ({}), lane, { factor: 10 });
  large.put(30, "k", "x".repeat(1_000_000));
  await large.pass(10);
  const largeReads = large.entries().filter((entry) => entry.kind === "read");
  expect(largeReads[0]?.recordCount).toBe(9);
});
