// The records of a load plan: instants to the digit, keys by shard, sizes and shares, and that a seed is all their chance.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { LoadPlan, Phase, PlannedSends, PlannedSource } from "../../src/load/plan/plan.ts";
import { plannedRuns } from "../../src/load/plan/planned-runs.ts";
import { planOf } from "../../src/wiring/load/plan-file.ts";
import { plannedRecords, planTotals } from "../../src/wiring/load/planned-records.ts";
import { evenRanges, hexHashKeyOf, rangeIndexOf } from "../../src/stores/partitioner.ts";
import { partitionOfKey } from "../../src/stores/topic-partitioner.ts";

const stream: PlannedSource = { kind: "kinesis", text: "kinesis:a", stream: "a", shards: 4 };
const base = planOf({ value: { source: "kinesis:a", send: { phases: [{ burst: 1 }] } }, flagOf: () => null }, "/");

const planWith = (send: Partial<PlannedSends>, more: Partial<LoadPlan> = {}): LoadPlan => ({
  ...base,
  source: stream,
  ...more,
  send: { ...base.send, ...send },
});
const instants = (...phases: readonly Phase[]) => [...plannedRecords(planWith({ phases }))].map(({ atMs }) => atMs);

test("even arrivals are at their instants to the digit, and none at a phase's end", () => {
  expect(instants({ kind: "rate", perSecond: 50, forMs: 100 })).toEqual([0, 20, 40, 60, 80]);
  const many = instants({ kind: "rate", perSecond: 50, forMs: 3_600_000 });
  expect(many).toHaveLength(180_000);
  expect(many.at(-1)).toBe(3_599_980);
  expect(instants({ kind: "rate", perSecond: 0.5, forMs: 5_000 })).toEqual([0, 2_000, 4_000]);
  expect(instants({ kind: "rate", perSecond: 3, forMs: 1_000 })).toEqual([0, 1_000 / 3, 2_000 / 3]);
});

test("a ramp sends as much as its mean rate does, ever denser", () => {
  // From 0 to 10 a second within 1 s: 5 records, the k-th (from 0) after √(k / 5) s.
  const up = instants({ kind: "ramp", from: 0, to: 10, forMs: 1_000 });
  expect(up.map((ms) => Math.round(ms * 1_000) / 1_000)).toEqual([0, 447.214, 632.456, 774.597, 894.427]);
  expect(instants({ kind: "ramp", from: 10, to: 10, forMs: 300 })).toEqual([0, 100, 200]);
  expect(instants({ kind: "ramp", from: 500, to: 0, forMs: 30_000 })).toHaveLength(7_500);
});

test("phases follow one another, and a burst takes no time", () => {
  const all = instants(
    { kind: "burst", count: 2 },
    { kind: "pause", forMs: 1_000 },
    { kind: "rate", perSecond: 2, forMs: 1_000 },
    { kind: "burst", count: 1 },
  );
  expect(all).toEqual([0, 0, 1_000, 1_500, 2_000]);
});

test("each arrival on every shard: the same instant, a key that lies there, keys in turn", () => {
  const keys = { count: 8, prefix: "key-", distribution: "round-robin", hotShare: null } as const;
  const plan = planWith({ phases: [{ kind: "rate", perSecond: 50, forMs: 80 }], isPerShard: true, keys });
  const records = [...plannedRecords(plan)];
  expect(records.map(({ atMs }) => atMs)).toEqual([0, 0, 0, 0, 20, 20, 20, 20, 40, 40, 40, 40, 60, 60, 60, 60]);
  const ranges = evenRanges(4);
  expect(records.map(({ key }) => rangeIndexOf(ranges, hexHashKeyOf(key ?? "")))).toEqual(
    records.map((_, index) => index % 4),
  );
  expect(new Set(records.map(({ key }) => key)).size).toBe(8);
  expect(records.slice(8).map(({ key }) => key)).toEqual(records.slice(0, 8).map(({ key }) => key));
  expect(planTotals(plan)).toEqual({ count: 16, forMs: 80, lastMs: 60, busiestPerSecond: 16 });
});

test("of a topic keys lie in each partition", () => {
  const source: PlannedSource = { kind: "kafka", text: "kafka:c/t", cluster: "c", topic: "t", partitions: 3 };
  const keys = { count: 1, prefix: "k", distribution: "round-robin", hotShare: null } as const;
  const plan = planWith({ phases: [{ kind: "burst", count: 1 }], isPerShard: true, keys }, { source });
  const partitions = [...plannedRecords(plan)].map(({ key }) => partitionOfKey(Buffer.from(key ?? ""), 3));
  expect(partitions).toEqual([0, 1, 2]);
});

test("a FIFO queue's keys are its message groups", () => {
  const text = "sqs:w.fifo";
  const value = { source: text, send: { phases: [{ burst: 3 }], groups: { count: 2, distribution: "round-robin" } } };
  const records = [...plannedRecords(planOf({ value, flagOf: () => null }, "/"))];
  expect(records.map(({ key, groupId }) => [key, groupId])).toEqual([
    [null, "group-1"],
    [null, "group-2"],
    [null, "group-1"],
  ]);
});

test("a hot key has its share, the others the rest; poison its own", () => {
  const keys = { count: 10, prefix: "k", distribution: "uniform", hotShare: 0.5 } as const;
  const records = [...plannedRecords(planWith({ phases: [{ kind: "burst", count: 20_000 }], keys, poisonShare: 0.1 }))];
  const hot = records.filter(({ key }) => key === "k1").length;
  expect(hot / 20_000).toBeCloseTo(0.5, 1);
  expect(new Set(records.map(({ key }) => key)).size).toBe(10);
  const poisoned = records.filter(({ isPoison }) => isPoison);
  expect(poisoned.length / 20_000).toBeCloseTo(0.1, 1);
  expect(poisoned.every(({ data }) => JSON.parse(data).poison === true)).toBe(true);
});

test("sizes by their shares; Poisson arrivals at the same rate", () => {
  const size = {
    kind: "choices",
    choices: [
      { bytes: 50, share: 3 },
      { bytes: 500, share: 1 },
    ],
  } as const;
  const phases = [{ kind: "rate", perSecond: 1_000, forMs: 20_000 }] as const;
  const records = [...plannedRecords(planWith({ phases, size, arrivals: "poisson" }))];
  expect(records.length / 20_000).toBeCloseTo(1, 1);
  expect(records.filter(({ bytes }) => bytes === 50).length / records.length).toBeCloseTo(0.75, 1);
  expect(records.every(({ atMs }, index) => atMs >= (records[index - 1]?.atMs ?? 0) && atMs < 20_000)).toBe(true);
  expect(new Set(records.map(({ atMs }) => atMs)).size).toBeGreaterThan(records.length - 2);
});

test("property: bytes are those of the text, of exactly the size where one is said, and the text is JSON", () => {
  const data = fc.dictionary(
    fc.string({ maxLength: 8 }),
    fc.oneof(fc.constant("${n}"), fc.constant("a ${n} of ${key}"), fc.string(), fc.integer()),
  );
  const sends = fc.record({
    data,
    bytes: fc.option(fc.integer({ min: 0, max: 600 })),
    prefix: fc.string({ minLength: 1, maxLength: 5 }),
  });
  fc.assert(
    fc.property(sends, ({ data: written, bytes, prefix }) => {
      const plan = planWith({
        phases: [{ kind: "burst", count: 12 }],
        data: written,
        size: bytes === null ? null : { kind: "fixed", bytes },
        keys: { count: 12, prefix, distribution: "round-robin", hotShare: null },
      });
      const plain = [...plannedRecords({ ...plan, send: { ...plan.send, size: null } })];
      for (const [index, record] of [...plannedRecords(plan)].entries()) {
        const text = record.data;
        expect(record.bytes).toBe(Buffer.byteLength(text));
        expect(record.bytes).toBe(Math.max(bytes ?? 0, plain[index]?.bytes ?? 0));
        expect(typeof JSON.parse(text)).toBe("object");
      }
    }),
  );
});

test("the same seed makes the same records, another seed others; a size changes no key", () => {
  const plan = planWith({ phases: [{ kind: "rate", perSecond: 100, forMs: 1_000 }], arrivals: "poisson" });
  const told = (of: LoadPlan) => [...plannedRecords(of)].map(({ atMs, key }) => `${atMs} ${key}`);
  expect(told(plan)).toEqual(told(plan));
  expect(told({ ...plan, seed: 2 })).not.toEqual(told(plan));
  expect(told({ ...plan, send: { ...plan.send, size: { kind: "between", min: 50, max: 90 } } })).toEqual(told(plan));
});

test("a sweep makes a run of each combination and repetition, with its settings in place", () => {
  const plan = {
    ...planWith({}),
    repetitions: 2,
    mapping: { ParallelizationFactor: 2 },
    sweep: [
      { member: "BatchSize", values: [10, 100] },
      { member: "shards", values: [1, 8] },
      { member: "ScalingConfig.MaximumConcurrency", values: [5] },
    ],
  };
  const runs = plannedRuns(plan);
  expect(runs.map(({ name, repetition }) => `${name} #${repetition}`)).toEqual([
    "BatchSize=10 shards=1 ScalingConfig.MaximumConcurrency=5 #1",
    "BatchSize=10 shards=1 ScalingConfig.MaximumConcurrency=5 #2",
    "BatchSize=10 shards=8 ScalingConfig.MaximumConcurrency=5 #1",
    "BatchSize=10 shards=8 ScalingConfig.MaximumConcurrency=5 #2",
    "BatchSize=100 shards=1 ScalingConfig.MaximumConcurrency=5 #1",
    "BatchSize=100 shards=1 ScalingConfig.MaximumConcurrency=5 #2",
    "BatchSize=100 shards=8 ScalingConfig.MaximumConcurrency=5 #1",
    "BatchSize=100 shards=8 ScalingConfig.MaximumConcurrency=5 #2",
  ]);
  expect(runs[3]?.plan).toMatchObject({
    seed: 2,
    sweep: [],
    source: { shards: 8 },
    mapping: { ParallelizationFactor: 2, BatchSize: 10, ScalingConfig: { MaximumConcurrency: 5 } },
  });
  expect(plannedRuns({ ...plan, sweep: [], repetitions: 1 }).map(({ name }) => name)).toEqual(["as planned"]);
});
