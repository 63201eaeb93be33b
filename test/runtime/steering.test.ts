// Pausing a mapping, stepping through it and letting it go on, under virtual time, from the control plane down.

import { expect, test } from "vitest";
import { aHouse, range, shard } from "./told-house.ts";

type Told = Awaited<ReturnType<typeof aHouse>>;

const factsOf = (told: Told): readonly string[] =>
  told.house.entries().flatMap(({ kind }) => (kind === "mapping-paused" || kind === "mapping-resumed" ? [kind] : []));

const isPaused = (told: Told, uuid: string): boolean =>
  told.house.control.views().find((view) => view.uuid === uuid)?.isPaused ?? false;

/** Lets one call through, and time for it. */
async function step(told: Told, uuid: string): Promise<readonly (readonly string[])[]> {
  expect(told.house.control.steer(uuid, "step")).toBe("done");
  await told.house.pass(5_000);
  return told.calls();
}

test("E-18, E-20: each retry and each half of a paused mapping needs a step of its own; then all goes on", async () => {
  const told = await aHouse(({ labels }) => ({ throws: labels.includes("3") }));
  const uuid = await told.map({ BatchSize: 4, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1 });
  expect(told.house.control.steer(uuid, "pause")).toBe("done");
  told.putAll(range(1, 12));
  await told.house.pass(3_600_000);
  expect(told.calls()).toEqual([]);
  expect((await told.get(uuid))["State"]).toBe("Enabled");
  expect(isPaused(told, uuid)).toBe(true);

  const calls = [["1", "2", "3", "4"], ["1", "2"], ["3", "4"], ["3"], ["3"], ["4"]];
  for (const [index] of calls.entries()) expect(await step(told, uuid)).toEqual(calls.slice(0, index + 1));
  expect(told.committed(uuid)).toBe("4");
  expect(told.documents().length).toBe(1);

  expect(told.house.control.steer(uuid, "resume")).toBe("done");
  await told.house.pass(5_000);
  expect(told.calls().slice(calls.length)).toEqual([range(5, 8), range(9, 12)]);
  expect(told.committed(uuid)).toBe("12");
  expect(factsOf(told)).toEqual(["mapping-paused", "mapping-resumed"]);
});

test("E-65: a paused mapping reads ahead no further than its bounds, and loses nothing", async () => {
  const told = await aHouse();
  const uuid = await told.map({ BatchSize: 10 });
  told.house.control.steer(uuid, "pause");
  const labels = range(1, 5_000);
  told.putAll(labels);
  await told.house.pass(60_000);
  const readCount = told.house.entries().reduce((sum, each) => sum + (each.kind === "read" ? each.recordCount : 0), 0);
  expect(readCount).toBeLessThan(2_500);
  expect(told.calls()).toEqual([]);
  told.house.control.steer(uuid, "resume");
  await told.house.pass(60_000);
  expect(told.calls().flat()).toEqual(labels);
});

test("a call in flight ends as ever, and one step that finds nothing waits for the next call; steps do not add up", async () => {
  const told = await aHouse(() => ({ tookMs: 10_000 }));
  const uuid = await told.map({ BatchSize: 1 });
  told.putAll(["a", "b"]);
  await told.house.pass(5_000);
  told.house.control.steer(uuid, "pause");
  await told.house.pass(60_000);
  expect([told.calls(), told.committed(uuid)]).toEqual([[["a"]], "a"]);

  told.house.control.steer(uuid, "step");
  await told.house.pass(60_000);
  for (const _each of range(1, 3)) told.house.control.steer(uuid, "step");
  told.putAll(["c", "d"]);
  await told.house.pass(60_000);
  expect(told.calls()).toEqual([["a"], ["b"], ["c"]]);
});

test("a step goes to one call of one shard, the one whose record is oldest", async () => {
  const told = await aHouse(() => ({}), { shards: 2 });
  const uuid = await told.map({ BatchSize: 1 });
  told.house.control.steer(uuid, "pause");
  told.put("old", { shard: shard(1) });
  await told.house.pass(1_000);
  told.put("new", { shard: shard(0) });
  await told.house.pass(1_000);
  expect(await step(told, uuid)).toEqual([["old"]]);
  expect(await step(told, uuid)).toEqual([["old"], ["new"]]);
});

test("E-66: a pause outlasts new settings, another factor and a thread that dies, but no disabling", async () => {
  const told = await aHouse();
  const uuid = await told.map({ BatchSize: 1 });
  told.house.control.steer(uuid, "pause");
  told.put("a");
  await told.update(uuid, { ParallelizationFactor: 3 });
  await told.untilState(uuid, "Enabled");
  await told.house.pass(60_000);
  told.house.crash();
  await told.house.pass(60_000);
  expect(told.calls()).toEqual([]);
  expect(await step(told, uuid)).toEqual([["a"]]);

  told.put("b");
  await told.update(uuid, { Enabled: false });
  await told.untilState(uuid, "Disabled");
  expect(isPaused(told, uuid)).toBe(false);
  expect(["pause", "step", "resume"].map((command) => told.house.control.steer(uuid, command as "pause"))).toEqual([
    "notRunning",
    "notRunning",
    "notRunning",
  ]);
  await told.update(uuid, { Enabled: true });
  await told.house.pass(60_000);
  expect(told.calls()).toEqual([["a"], ["b"]]);
});

test("what is not there, or not paused, is told so", async () => {
  const told = await aHouse();
  const uuid = await told.map();
  expect(told.house.control.steer("nobody", "pause")).toBe("missing");
  expect(told.house.control.steer(uuid, "step")).toBe("notPaused");
  expect(told.house.control.steer(uuid, "resume")).toBe("done");
  expect(factsOf(told)).toEqual([]);
});
