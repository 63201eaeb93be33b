// A stream that is deleted and made again while a mapping runs: with other shards, at once or after a while.

import { expect, test } from "vitest";
import { aHouse, shard, type ToldHouse } from "./told-house.ts";

const remake = ({ stream }: ToldHouse, shardCount: number): void => {
  stream.remove();
  for (const index of Array(shardCount).keys()) stream.addShard(shard(index), []);
};

test.each([
  ["TRIM_HORIZON", 0],
  ["TRIM_HORIZON", 4_000],
  ["LATEST", 0],
  ["LATEST", 4_000],
])("H-5: with more shards, each is read from its beginning (%s, away for %i ms)", async (position, awayMs) => {
  const told = await aHouse();
  const uuid = await told.map({ StartingPosition: position });
  told.put("old");
  await told.untilCalls(1);
  told.stream.remove();
  await told.house.pass(awayMs);
  remake(told, 3);
  for (const index of [0, 1, 2]) told.put(`new${index}`, { shard: shard(index) });
  await told.house.pass(20_000);
  expect(told.calls().flat().toSorted()).toEqual(["new0", "new1", "new2", "old"]);
  expect((await told.get(uuid))["LastProcessingResult"]).toBe("OK");
});

test("H-5: so it is while the records of the old one still fail", async () => {
  let isBroken = true;
  const told = await aHouse(({ labels }) => ({ throws: isBroken && labels.includes("poison") }), { shards: 2 });
  await told.map({ BatchSize: 1 });
  told.put("poison", { shard: shard(1) });
  told.put("behind", { shard: shard(1) });
  await told.house.pass(10_000);
  remake(told, 1);
  told.put("new", { shard: shard(0) });
  await told.house.pass(10_000);
  expect(told.calls().flat()).toContain("new");
  isBroken = false;
  await told.house.pass(60_000);
  expect(told.calls().slice(-2)).toEqual([["poison"], ["behind"]]);
});

test("with fewer shards, those that are no more are let go, and are read again when they come back", async () => {
  const told = await aHouse(() => ({}), { shards: 2 });
  const uuid = await told.map();
  told.stream.remove();
  await told.house.pass(10_000);
  expect((await told.get(uuid))["LastProcessingResult"]).toMatch(/^PROBLEM: Stream not found/);
  remake(told, 1);
  told.put("1", { shard: shard(0) });
  await told.house.pass(10_000);
  expect((await told.get(uuid))["LastProcessingResult"]).toBe("OK");
  remake(told, 2);
  told.put("2", { shard: shard(1) });
  await told.house.pass(10_000);
  told.house.crash();
  told.put("3", { shard: shard(1) });
  await told.house.pass(10_000);
  expect(told.calls()).toEqual([["1"], ["2"], ["3"]]);
});

test("P-8: a shard that had been closed and is open in the new stream is read", async () => {
  const told = await aHouse();
  await told.map();
  told.put("1", { shard: shard(0) });
  told.stream.closeShard(shard(0));
  told.stream.addShard(shard(1), [shard(0)]);
  await told.house.pass(5_000);
  remake(told, 1);
  told.put("2", { shard: shard(0) });
  await told.house.pass(10_000);
  expect(told.calls()).toEqual([["1"], ["2"]]);
});
