// A source that takes longer to read than the function takes to run.

import { expect, test } from "vitest";
import { aDrivenMapping } from "./driven-mapping.ts";

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
