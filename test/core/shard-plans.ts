// Plans of whole shards, drawn for the laws.

import fc from "fast-check";
import { baseSettings } from "./lane-story.ts";
import type { Plan, PlannedRecord } from "./shard-story.ts";

export const EVENT_LIMIT_BYTES = 1_000;

const records = fc
  .array(
    fc.record({
      key: fc.constantFrom("a", "b", "c", "d", "e"),
      gapMs: fc.constantFrom(0, 0, 0, 1, 50, 700, 20_000),
      sizeBytes: fc.constantFrom(20, 20, 20, 100, 100, 300, 300, 500, 986, 987),
      isPoison: fc.constantFrom(false, false, false, true),
      isFiltered: fc.constantFrom(false, false, true),
    }),
    { maxLength: 40 },
  )
  .map((list) => {
    let arrivedAtMs = 0;
    return list.map(({ gapMs, ...record }): PlannedRecord => {
      arrivedAtMs += gapMs;
      return { ...record, arrivedAtMs };
    });
  });

const settings = fc
  .record({
    batchSize: fc.constantFrom(1, 2, 3, 7, 100),
    windowMs: fc.constantFrom(0, 0, 1_000, 5_000),
    windowFrom: fc.constantFrom("previousInvocation" as const, "firstRecord" as const),
    // Poison without a limit would never end, so an age is always there when retries are not limited.
    limits: fc.constantFrom(
      { retries: 0, maxAgeMs: -1 },
      { retries: 1, maxAgeMs: -1 },
      { retries: 2, maxAgeMs: 60_000 },
      { retries: -1, maxAgeMs: 60_000 },
    ),
    isBisecting: fc.boolean(),
    isReporting: fc.boolean(),
  })
  .map(({ limits, ...some }) => ({ ...baseSettings, ...some, ...limits, eventLimitBytes: EVENT_LIMIT_BYTES }));

export const plans: fc.Arbitrary<Plan> = fc.record({
  records,
  settings,
  factor: fc.constantFrom(1, 1, 2, 5),
  chunk: fc.constantFrom(1, 3, 10, 100),
  tookMs: fc.constantFrom(0, 5, 3_000),
  reportMs: fc.constantFrom(0, 30, 5_000),
  refuseEvery: fc.constantFrom(0, 0, 2, 5),
  crashAfter: fc.option(fc.nat(120)),
});
