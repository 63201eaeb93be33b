// Load plans on streams whose right answer is known give it to the digit under virtual time.

import { describe, expect, it } from "vitest";
import type { LoadPlan } from "../../src/load/plan/plan.ts";
import { loadRun } from "../../src/load/figures/load-run.ts";
import { simulateLoad } from "../../src/wiring/load/simulate-load.ts";
import { closedIn, courseOf, model, runOf, sizesIn, smallPlan } from "./support/simulated-plans.ts";

const { send } = smallPlan;
const even = (perSecond: number, forMs: number): LoadPlan["send"]["phases"] => [{ kind: "rate", perSecond, forMs }];
const keysOf = (count: number): LoadPlan["send"]["keys"] => ({
  count,
  prefix: "k",
  distribution: "round-robin",
  hotShare: null,
});

describe("batches of a simulated load run", () => {
  it("an arrival exactly at the window's edge is not in its batch, and the next window begins as the call ends (B-4)", async () => {
    const seen = await simulateLoad(runOf({ ...smallPlan, send: { ...send, phases: even(50, 3_080) } }));
    // 0 to 980 ms, then 1,000 to 2,020 and 2,040 to 3,060: each window ends at the instant of an arrival.
    expect(sizesIn(seen)).toEqual([
      [1_000, 50],
      [2_040, 52],
      [3_080, 52],
    ]);
    expect(new Set(closedIn(seen).map(({ closedBy }) => closedBy))).toEqual(new Set(["window"]));
    expect(seen.endedAtMs - seen.startedAtMs).toBe(3_120);
  });

  it("records of one size fill 6,291,456 bytes to the last that fits (B-11)", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      mapping: { BatchSize: 10_000, MaximumBatchingWindowInSeconds: 1 },
      send: { ...send, size: { kind: "fixed", bytes: 10_000 }, phases: [{ kind: "burst", count: 1_000 }] },
    };
    const seen = await simulateLoad(runOf(plan));
    const arn = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
    const record = JSON.stringify({
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey: "k1",
        sequenceNumber: "4".repeat(42),
        data: "d".repeat(13_336), // 10,000 bytes in base64
        approximateArrivalTimestamp: seen.startedAtMs / 1_000,
      },
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: `shardId-000000000000:${"4".repeat(42)}`,
      eventName: "aws:kinesis:record",
      invokeIdentityArn: "arn:aws:iam::000000000000:role/process",
      awsRegion: "us-east-1",
      eventSourceARN: arn,
    });
    // `{"Records":[` and `]}` are 14 bytes; a comma stands between two records.
    const fitting = Math.floor((6_291_456 - 14 + 1) / (record.length + 1));
    const bytesOf = (count: number): number => 14 + count * record.length + count - 1;
    const closed = closedIn(seen);
    expect(closed.map(({ recordCount, closedBy }) => [recordCount, closedBy])).toEqual([
      [fitting, "payload"],
      [fitting, "payload"],
      [1_000 - 2 * fitting, "window"],
    ]);
    expect(closed.map(({ payloadBytes }) => payloadBytes)).toEqual(
      [fitting, fitting, 1_000 - 2 * fitting].map(bytesOf),
    );
    expect(bytesOf(fitting + 1)).toBeGreaterThan(6_291_456);
  });

  it("one hot key keeps one of ten lanes, whatever the factor (P-6, E-62)", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      mapping: { BatchSize: 1, ParallelizationFactor: 10 },
      send: { ...send, isPerShard: false, phases: even(100, 10_000), keys: keysOf(1) },
    };
    const hot = await simulateLoad(runOf(plan));
    expect(hot.allowedConcurrency).toBe(10);
    expect(new Set(closedIn(hot).map(({ lane }) => lane)).size).toBe(1);
    // 1,000 records one after another, 40 ms each, without a break.
    expect(hot.endedAtMs - hot.startedAtMs).toBe(40_000);
    expect(loadRun(hot, plan.prices).concurrency.most).toBe(1);
    // A hundred keys are spread over the ten lanes.
    const spread = await simulateLoad(runOf({ ...plan, send: { ...plan.send, keys: keysOf(100) } }));
    expect(spread.endedAtMs - spread.startedAtMs).toBeLessThan(12_000);
  });

  it("a full batch waits for no window (B-1, B-5)", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      mapping: { BatchSize: 100, MaximumBatchingWindowInSeconds: 5 },
      send: { ...send, phases: even(1_000, 1_000) },
    };
    const seen = await simulateLoad(runOf(plan));
    // The hundredth of each hundred, at 99, 199 … ms, fills a batch; the call before has ended at 139, 239 …
    expect(sizesIn(seen)).toEqual(Array.from({ length: 10 }, (_, index) => [99 + 100 * index, 100]));
    expect(new Set(closedIn(seen).map(({ closedBy }) => closedBy))).toEqual(new Set(["size"]));
  });

  it("without a window a batch has what came while the call before was out (B-2)", async () => {
    const plan: LoadPlan = { ...smallPlan, mapping: { BatchSize: 100 }, send: { ...send, phases: even(50, 1_000) } };
    const seen = await simulateLoad(runOf(plan));
    // 0; 20; then 40 and 60 at 80 ms, 80 and 100 at 120 ms …: what arrives as a call ends comes after it.
    expect(sizesIn(seen)).toEqual([[0, 1], [40, 1], ...Array.from({ length: 24 }, (_, index) => [80 + 40 * index, 2])]);
    expect(new Set(closedIn(seen).map(({ closedBy }) => closedBy))).toEqual(new Set(["caught up"]));
  });

  it("four shards, an arrival every 20 ms on each, a window of 1 s and 40 ms a call: 92 batches, and each latency to the digit (B-4)", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      source: { kind: "kinesis", text: "kinesis:orders", stream: "orders", shards: 4 },
      send: { ...send, keys: keysOf(64), phases: even(50, 23_880) },
    };
    const seen = await simulateLoad(runOf(plan));
    const run = loadRun(seen, plan.prices);
    expect(run.counts.firstBatches).toBe(92);
    expect(run.batches.meanRecords).toBeCloseTo(51.913, 3);
    const { toStart, toDone } = run.latency;
    expect([toStart.p50, toStart.p90, toStart.p99, toStart.max]).toEqual([520, 940, 1_040, 1_040]);
    expect([toDone.p50, toDone.p90, toDone.p99, toDone.max]).toEqual([560, 980, 1_080, 1_080]);
    // The last record of a batch came 20 ms before it closed; 40 ms later its call has ended (M-9).
    expect(run.failures.iteratorAge.max).toBe(60);
    expect(run.concurrency.most).toBe(4);
    expect(run.concurrency.mean).toBeCloseTo((92 * 40) / 23_920, 3);
    expect(run.counts.done).toBe(4_776);
  });

  it("a table's records are puts of items, and one that changes nothing is none (D-7)", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      source: { kind: "dynamodb", text: "dynamodb:orders", table: "orders", keyName: "id", view: "NEW_AND_OLD_IMAGES" },
      mapping: { BatchSize: 10 },
      send: { ...send, isPerShard: false, phases: [{ kind: "burst", count: 20 }] },
    };
    const seen = await simulateLoad(runOf(plan));
    expect(closedIn(seen).map(({ recordCount, closedBy }) => [recordCount, closedBy])).toEqual([
      [10, "size"],
      [10, "size"],
    ]);
    const same = await simulateLoad(runOf({ ...plan, send: { ...plan.send, data: { state: "open" } } }));
    expect([same.sent.length, same.refusedCount, same.plannedCount]).toEqual([1, 19, 20]);
  });
});

describe("what is kept back makes no difference", () => {
  const busy: LoadPlan = {
    ...smallPlan,
    source: { kind: "kinesis", text: "kinesis:orders", stream: "orders", shards: 3 },
    function: { ...smallPlan.function, does: { ...model, took: { kind: "fixed", ms: 37 }, perRecordMs: 1 } },
    send: {
      ...send,
      arrivals: "poisson",
      isPerShard: false,
      phases: [...even(400, 3_000), { kind: "burst", count: 700 }, { kind: "pause", forMs: 1_500 }, ...even(30, 2_000)],
      keys: { count: 40, prefix: "k", distribution: "zipf", hotShare: 0.3 },
      size: { kind: "between", min: 100, max: 40_000 },
      poisonShare: 0.01,
    },
  };
  const retrying = { MaximumRetryAttempts: 2, BisectBatchOnFunctionError: true };
  it.each([
    ["a window and one lane", { BatchSize: 50, MaximumBatchingWindowInSeconds: 1, ...retrying }],
    ["no window", { BatchSize: 50, ...retrying }],
    [
      "several lanes with a window",
      { BatchSize: 7, MaximumBatchingWindowInSeconds: 1, ParallelizationFactor: 4, ...retrying },
    ],
    ["several lanes without one", { BatchSize: 10_000, ParallelizationFactor: 10, ...retrying }],
    ["an age", { BatchSize: 3, MaximumRecordAgeInSeconds: 60, ...retrying }],
    ["payload", { BatchSize: 10_000, MaximumBatchingWindowInSeconds: 3, ...retrying }],
    ["tumbling windows", { BatchSize: 20, TumblingWindowInSeconds: 1, ...retrying }],
    [
      "a filter",
      {
        BatchSize: 20,
        MaximumBatchingWindowInSeconds: 1,
        FilterCriteria: { Filters: [{ Pattern: '{"data":{"n":[{"numeric":[">",300]}]}}' }] },
      },
    ],
  ])("%s (B-1 to B-7)", async (_name, mapping) => {
    const run = runOf({ ...busy, mapping: { ...mapping, MaximumRetryAttempts: 2 } });
    const late = await simulateLoad(run);
    const eager = await simulateLoad(run, { isKeptBackNever: true });
    expect(courseOf(late).length).toBeGreaterThan(20);
    expect(courseOf(late)).toEqual(courseOf(eager));
    expect(late.endedAtMs).toBe(eager.endedAtMs);
    expect(late.endedBy).toBe("plan");
  });
});
