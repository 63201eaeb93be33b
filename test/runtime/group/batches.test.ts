// Batches of a topic under the world's clock: what closes them, of what they are made, and what is committed when.

import { expect, test } from "vitest";
import { tellGroup } from "./told-group.ts";

test("TM-01, M-301, M-402: two full batches without waiting, the rest with the window; each commit after its call", async () => {
  const told = tellGroup({ lane: { batchSize: 3 } });
  told.produce(0, 7);
  const { runner, stopped } = told.mapping();
  runner.start();
  expect(runner.summary().recordResult).toBeNull();
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:0-2] [p0:3-5] [p0:6]");
  expect(told.calls.map(({ atMs }) => atMs)).toEqual([0, 0, 1_000]);
  expect(told.commits()).toBe("C0=3 C0=6 C0=7");
  expect(runner.summary()).toMatchObject({ recordResult: "OK", lagCount: 0, runningCount: 0 });
  runner.stop({ isDelete: false, graceMs: 1_000 });
  await told.pass(1_000);
  await stopped;
  expect(told.heard).toEqual(["positioned", "stopped"]);
  expect(told.topic.violations()).toEqual([]);
});
