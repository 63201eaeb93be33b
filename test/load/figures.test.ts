// The figures of a run against journals written by hand, with answers worked out by hand.

import { expect, test } from "vitest";
import { loadRun } from "../../src/load/figures/load-run.ts";
import { fourShards } from "./support/four-shards.ts";
import { prices } from "./support/hand-made.ts";

test("a lane's 50, then 52 every 1.04 s: the figures that are drawn for it (B-4, M-9, P-6)", () => {
  const run = loadRun(fourShards(), prices);
  expect(run.counts).toMatchObject({ sent: 4_800, invocations: 92, firstBatches: 92, open: 24, retries: 0 });
  expect(run.batches).toMatchObject({ meanRecords: 51.913, medianRecords: 52 });
  expect(run.batches.reasons.map(({ closedBy, count }) => [closedBy, count])).toEqual([["window", 92]]);
  expect(run.latency.toStart).toMatchObject({ p50: 520, p90: 940, p99: 1_040, max: 1_040 });
  expect(run.latency.toDone).toMatchObject({ p50: 560, p90: 980, p99: 1_080, max: 1_080 });
  expect(run.concurrency).toEqual({ mean: 0.153, most: 4 });
  expect(run.seconds.at(-1)).toMatchObject({ second: 23, waiting: 24, oldestMs: 120, running: 0, invocations: 4 });
  expect(run.failures.iteratorAge).toMatchObject({ p50: 60, p99: 60 });
  expect(run.lanes[0]).toMatchObject({ lane: "shard 0", held: 0, running: 0.038333 });
});
