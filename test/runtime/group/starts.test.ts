// Where a mapping on a topic begins, and how it lives with one that cannot be read.

import { expect, test } from "vitest";
import { calmStore } from "../../../src/sim/virtual-checkpoints.ts";
import { calmTopic } from "../../../src/sim/virtual-log.ts";
import { STARTS_AT_MS, tellGroup } from "./told-group.ts";

const MISSING = "PROBLEM: Connection error. Please check your event source connection configuration.";

test("TM-39, M-206, M-505: LATEST is a cut at the instant of creation; what comes before the first poll is delivered", async () => {
  // Words take a while: the place is known, and no member has joined yet.
  const told = tellGroup({ start: { kind: "latest" }, fates: { ...calmTopic, delayMs: () => 1_000 } });
  told.produce(0, 5);
  const { runner } = told.mapping();
  runner.start();
  await told.pass(1_500);
  told.produce(0, 1);
  await told.pass(20_000);
  told.produce(0, 1);
  await told.pass(20_000);
  expect(told.shown()).toBe("[p0:5] [p0:6]");
  expect(told.heard).toEqual(["positioned"]);
});

test("TM-39, M-505: the cut is kept over a restart that comes before anything was committed", async () => {
  const told = tellGroup({ start: { kind: "latest" }, lane: { windowMs: 60_000 } });
  told.produce(0, 5);
  const one = told.mapping();
  one.runner.start();
  await told.pass(1_000);
  one.kill();
  told.produce(0, 3);
  const other = told.mapping();
  other.runner.start();
  await told.pass(120_000);
  expect(told.shown()).toBe("[p0:5-7]");
});

test("TM-40, M-502: what the group has committed comes before the starting position, partition by partition", async () => {
  const told = tellGroup({ partitionCount: 2 });
  for (const partition of [0, 1]) told.produce(partition, 5);
  told.topic.setCommitted(0, 3n);
  told.mapping().runner.start();
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:3-4 p1:0-4]");
});

test("TM-41, M-503: AT_TIMESTAMP is in each partition the first record from then on, or the end", async () => {
  const told = tellGroup({ partitionCount: 2, start: { kind: "atTimestamp", atMs: STARTS_AT_MS - 500 } });
  told.topic.produce(0, ["a", "b", "c", "d", "e"], { atMs: STARTS_AT_MS - 1_000 });
  told.topic.produce(0, ["f"], { atMs: STARTS_AT_MS - 100 });
  told.topic.produce(1, ["a", "b"], { atMs: STARTS_AT_MS - 1_000 });
  told.mapping().runner.start();
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:5]");
  told.produce(1, 1);
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:5] [p1:2]");
});

test("TM-42, M-504: a partition that appears later is read from its beginning, with LATEST, too", async () => {
  const told = tellGroup({ start: { kind: "latest" } });
  told.mapping().runner.start();
  await told.pass(1_000);
  told.topic.addPartition(30_000);
  told.produce(1, 5);
  await told.pass(60_000);
  expect(told.shown()).toBe("[p1:0-4]");
});

test("TM-43, M-506: a place that has left the log: on with the oldest record, and the journal says which", async () => {
  const told = tellGroup();
  told.produce(0, 60);
  told.topic.trim(0, 50n);
  told.topic.setCommitted(0, 10n);
  told.mapping().runner.start();
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:50-59]");
  expect(told.facts("lost")).toMatchObject([{ after: "9", before: "50", count: 40 }]);
});

test("TM-43, M-506: a place beyond a log that was made anew: on with its first record", async () => {
  const told = tellGroup();
  told.produce(0, 60);
  told.topic.setCommitted(0, 90n);
  told.mapping().runner.start();
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:0-59]");
  expect(told.facts("lost")).toMatchObject([{ after: "89", before: "0", count: null }]);
});

test.each(["trimHorizon", "latest"] as const)(
  "TM-50, M-706: a topic that is not there is no obstacle to be Enabled; once it is, all of it is read (%s)",
  async (kind) => {
    const told = tellGroup({ start: { kind } });
    told.topic.disappear();
    const { runner } = told.mapping();
    runner.start();
    await told.pass(300_000);
    expect(told.heard.toSorted()).toEqual([MISSING, "positioned"]);
    expect(runner.summary().problemText).toBe(MISSING);
    told.topic.appear();
    told.produce(0, 3);
    await told.pass(120_000);
    expect(told.shown()).toBe("[p0:0-2]");
    expect(told.heard.at(-1)).toBe("well");
    expect(runner.summary().problemText).toBeNull();
  },
);

test("M-706: AT_TIMESTAMP of a topic that is not there is looked up when it is", async () => {
  const told = tellGroup({ start: { kind: "atTimestamp", atMs: STARTS_AT_MS } });
  told.topic.disappear();
  told.mapping().runner.start();
  await told.pass(10_000);
  told.topic.appear();
  told.topic.produce(0, ["before"], { atMs: STARTS_AT_MS - 1 });
  told.produce(0, 1);
  await told.pass(120_000);
  expect(told.shown()).toBe("[p0:1]");
});

test("M-705: a broker that cannot be reached at the start is a problem of an Enabled mapping, and mends", async () => {
  const told = tellGroup({ start: { kind: "latest" } });
  told.topic.goAway();
  const { runner } = told.mapping();
  runner.start();
  await told.pass(60_000);
  expect(told.heard).toEqual([MISSING, "positioned"]);
  told.topic.comeBack(false);
  await told.pass(10_000);
  told.produce(0, 1);
  await told.pass(10_000);
  expect(told.heard.at(-1)).toBe("well");
  expect(told.shown()).toBe("[p0:0]");
});

test("M-505: places that cannot be stored are looked up again, and nobody joins before", async () => {
  let isDown = true;
  const told = tellGroup({
    start: { kind: "latest" },
    store: { ...calmStore, save: () => ({ delayMs: 0, what: isDown ? "fail" : "keep" }) },
  });
  told.mapping().runner.start();
  await told.pass(10_000);
  expect(told.facts("unit-opened")).toEqual([]);
  isDown = false;
  await told.pass(10_000);
  expect(told.facts("unit-opened")).toHaveLength(1);
});

test("a newer generation stops the older one before it joins", async () => {
  const told = tellGroup();
  const older = told.mapping();
  const newer = told.mapping();
  older.runner.start();
  await told.pass(1_000);
  expect(told.heard).toEqual(["fenced"]);
  newer.runner.start();
  await told.pass(1_000);
  expect(told.heard).toEqual(["fenced", "positioned"]);
});
