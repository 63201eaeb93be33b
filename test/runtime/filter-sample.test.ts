// The sample of what a filter passes over: seldom, never a record, and complete in its counts.

import { expect, test } from "vitest";
import { aHouse } from "./told-house.ts";

const orders = { FilterCriteria: { Filters: [{ Pattern: '{"data":{"type":["order"]}}' }] } };

test("F-81: a sample a second at most however many records are passed over, the last one among them, and counts that add up", async () => {
  const house = await aHouse();
  await house.map(orders);
  for (let index = 0; index < 300; index++) {
    house.put(`view-${index}`, { data: { type: "view" } });
    await house.house.pass(10);
  }
  const { position } = house.house.put("orders", { key: "last", data: '{"type":"last"}' });
  await house.house.pass(5_000);
  const samples = house.house.entries().flatMap((entry) => (entry.kind === "filtered" ? [entry] : []));
  expect(samples.length).toBeGreaterThanOrEqual(3);
  expect(samples.length).toBeLessThanOrEqual(5);
  expect(samples.reduce((sum, { filteredCount }) => sum + filteredCount, 0)).toBe(301);
  expect(samples.at(-1)).toMatchObject({ position, why: 'data.type "last", "order": it is another text' });
  for (const [index, { atMs }] of samples.entries())
    expect(atMs - (samples[index - 1]?.atMs ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(1_000);
});

test("without a filter, and where everything passes, there is no sample", async () => {
  const house = await aHouse();
  await house.map(orders);
  house.addFunction("other", () => ({}));
  await house.map({ FunctionName: "other" });
  house.put("a", { data: { type: "order" } });
  await house.house.pass(3_000);
  expect(house.house.entries().filter(({ kind }) => kind === "filtered")).toEqual([]);
});

test("H-2: what was there before a first start at LATEST is told once, and not after a restart", async () => {
  const house = await aHouse();
  house.putAll(["a", "b"]);
  await house.map({ StartingPosition: "LATEST" });
  house.house.crash();
  await house.house.pass(1_000);
  const placed = house.house.entries().filter(({ kind }) => kind === "unit-placed");
  expect(placed).toMatchObject([{ earlierCount: 2 }]);
});
