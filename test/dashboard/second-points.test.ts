// Points of the charts: counts by difference of counters, the rest from what was heard, bounded.

import { expect, test } from "vitest";
import { createSecondPoints } from "../../src/dashboard/second-points.ts";
import { noCounts } from "../../src/runtime/counters.ts";
import { at, decided, entry, process, viewOf } from "../cli/live/moment.ts";

const view = (counts: Partial<typeof noCounts>, runningCount = 0, uuid = process) =>
  viewOf(uuid, "f", { counters: { ...noCounts, ...counts }, runningCount });

test("a second's counts are what the counters grew by; fill, latency and age what was heard", () => {
  const points = createSecondPoints();
  points.tick([view({})], 1_000);
  points.learn(
    [
      entry(at("1"), process, "l", {
        kind: "batch-closed",
        batch: "1",
        closedBy: "size",
        recordCount: 5,
        payloadBytes: 1,
        windowMs: null,
        first: null,
        last: null,
        oldestArrivedAtMs: null,
      }),
      entry(at("1"), process, "l", decided("1", "r", { tookMs: 30, iteratorAgeMs: 400 })),
      entry(at("1"), process, "l", decided("2", "r", { tookMs: 10, iteratorAgeMs: 900 })),
    ],
    () => 10,
  );
  const [all, own] = points.tick([view({ polled: 12, batches: 3, invocations: 4, invokeErrors: 1 }, 2)], 2_000);
  const expected = {
    second: 1,
    records: 12,
    batches: 3,
    invocations: 4,
    failed: 1,
    fill: 0.5,
    tookP50Ms: 10,
    tookP99Ms: 30,
    iteratorAgeMs: 900,
    running: 2,
  };
  expect(all).toEqual({ ...expected, mapping: null });
  expect(own).toEqual({ ...expected, mapping: process });
  const [next] = points.tick([view({ polled: 12, batches: 3, invocations: 4, invokeErrors: 1 })], 3_000);
  expect(next).toMatchObject({ second: 2, records: 0, fill: null, tookP99Ms: null });
});

test("a mapping that begins anew counts from nothing, and never backwards", () => {
  const points = createSecondPoints();
  points.tick([view({ polled: 100 })], 1_000);
  expect(points.tick([view({ polled: 3 })], 2_000)[0]?.records).toBe(0);
  expect(points.tick([view({ polled: 8 })], 3_000)[0]?.records).toBe(5);
});

test("over night: fifteen minutes are kept, of twenty mappings and of all together", () => {
  const points = createSecondPoints();
  const many = Array.from({ length: 30 }, (_, index) => view({}, 1, `m${index}`));
  for (let second = 1; second <= 2_000; second += 1) points.tick(many, second * 1_000);
  const kept = points.all();
  expect(kept).toHaveLength(900 * 21);
  expect(kept[0]?.second).toBe(1_100);
  expect(kept.at(-21)).toMatchObject({ mapping: null, running: 30 });
});
