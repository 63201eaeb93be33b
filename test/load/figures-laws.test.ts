// Laws that hold for the figures of any run, over simulated runs of plans drawn by chance: records are conserved, shares are whole,
// percentiles are those of a plain sort.

import { expect, test } from "vitest";
import { createSeededRandom } from "../../src/sim/seeded-random.ts";
import { createProgress } from "../../src/load/figures/progress.ts";
import { createNumbers, percentilesOf } from "../../src/load/figures/numbers.ts";
import { loadRun } from "../../src/load/figures/load-run.ts";
import { createRunFold } from "../../src/load/figures/run-fold.ts";
import { plannedRuns } from "../../src/load/plan/planned-runs.ts";
import type { LoadRun } from "../../src/load/report.ts";
import { planOf } from "../../src/wiring/load/plan-file.ts";
import { simulateLoad } from "../../src/wiring/load/simulate-load.ts";
import { prices } from "./support/hand-made.ts";

/** Of the ranks that count: the smallest value with so many at or below it. */
function plainly(values: readonly number[], percentile: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted.find((_, index) => 100 * (index + 1) >= percentile * sorted.length - 1e-9) ?? 0;
}

test.each([1, 2, 3, 999, 1_000, 1_001, 5_000])("percentiles of %i values are those of a plain sort", (count) => {
  const random = createSeededRandom(count);
  for (const scale of [1, 1_000, 10_000_000]) {
    for (const isWhole of [true, false]) {
      const values = Array.from({ length: count }, () => {
        const value = scale * random.draw("values");
        return isWhole ? Math.floor(value) : Math.round(1_000 * value) / 1_000;
      });
      const numbers = createNumbers();
      for (const value of values) numbers.push(value);
      const found = percentilesOf(numbers.values());
      const of = (percentile: number): number => plainly(values, percentile);
      const { p50, p90, p95, p99, p999, max } = found;
      expect({ p50, p90, p95, p99, p999, max }).toEqual({
        p50: of(50),
        p90: of(90),
        p95: of(95),
        p99: of(99),
        p999: of(99.9),
        max: Math.max(...values),
      });
      expect(found.curve[0]?.ms).toBe(Math.min(...values));
      const curve = found.curve.map(({ ms }) => ms);
      expect(curve).toEqual(curve.toSorted((one, other) => one - other));
    }
  }
});

/** A plan of chance: what fails, what is filtered, how it is batched. */
function planOfChance(seed: number) {
  const random = createSeededRandom(seed);
  const one = <T>(...of: readonly T[]): T => {
    const drawn = of[Math.floor(random.draw("plan") * of.length)];
    if (drawn === undefined) throw new Error("nothing to draw from");
    return drawn;
  };
  const isQueue = seed % 3 === 0;
  const isReporting = one(true, false);
  const window = one(0, 1, 2);
  const stream = {
    ParallelizationFactor: one(1, 3, 10),
    MaximumRetryAttempts: one(0, 1, 3),
    BisectBatchOnFunctionError: one(true, false),
  };
  const pattern = JSON.stringify({ data: { n: [{ numeric: [">", 300] }] } });
  const isFiltered = !isQueue && one(true, false);
  return planOf(
    {
      flagOf: () => null,
      value: {
        seed,
        source: isQueue
          ? { name: "sqs:orders", visibility: "30s", maxReceiveCount: 2 }
          : { name: "kinesis:orders", shards: one(1, 3) },
        mapping: {
          BatchSize: one(1, 7, 10),
          MaximumBatchingWindowInSeconds: window,
          ...(isQueue ? {} : stream),
          ...(isReporting ? { FunctionResponseTypes: ["ReportBatchItemFailures"] } : {}),
          ...(isFiltered ? { FilterCriteria: { Filters: [{ Pattern: pattern }] } } : {}),
        },
        function: { took: { min: "5ms", max: "60ms" }, errorShare: one(0, 0.05), throttleShare: one(0, 0.02) },
        send: {
          arrivals: one("even", "poisson"),
          phases: [{ rate: 100, for: "3s" }, { burst: 200 }, { pause: "1s" }, { rate: 50, for: "2s" }],
          poisonShare: one(0, 0.01),
        },
      },
    },
    "/",
  );
}

async function ranByChance(seed: number) {
  const [run] = plannedRuns(planOfChance(seed));
  if (run === undefined) throw new Error("no run");
  const kept = await simulateLoad(run);
  const progress = createProgress(kept.family);
  const fold = createRunFold(kept);
  for (const entry of kept.entries) {
    progress.take(entry);
    fold.take(entry);
  }
  return {
    kept,
    progress: progress.counts(),
    figures: loadRun({ ...kept, entries: [] }, prices, fold),
    again: loadRun(kept, prices),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])("records are conserved and shares are whole, plan %i", async (seed) => {
  const { kept, progress, figures, again } = await ranByChance(seed);
  expect(again).toEqual(figures);
  const { counts, batches, latency, seconds, lanes, concurrency } = figures;
  const matched = counts.matched ?? counts.sent;
  expect(counts.done + counts.gaveUp + counts.open).toBe(matched);
  expect(counts.open).toBe(0);
  expect(kept.endedBy).toBe("plan");
  expect(progress.ended).toBe(counts.sent);
  expect(progress.done).toBe(counts.done);
  expect(progress.gaveUp + progress.deadLetters).toBe(counts.gaveUp);
  expect(progress.filtered).toBe(counts.sent - matched);
  expect(progress.running).toBe(0);
  expect(progress.mostRunning).toBeGreaterThanOrEqual(concurrency.most);
  expect(latency.toDone.count).toBe(matched);
  expect(latency.toStart.p50).toBeLessThanOrEqual(latency.toDone.p50);
  expect(latency.fromSendToStart.max).toBeLessThanOrEqual(latency.toStart.max);
  for (const reason of batches.reasons) {
    expect(sum(reason.fillBins)).toBe(reason.count);
    expect(sum(reason.sizeBins)).toBe(reason.count);
    expect(sum(reason.perSecond)).toBe(reason.count);
  }
  expect(sum(batches.reasons.map(({ count }) => count))).toBe(counts.firstBatches);
  expect(seconds).toHaveLength(Math.ceil(figures.totalMs / 1_000));
  const total = (of: (second: LoadRun["seconds"][number]) => number): number => sum(seconds.map(of));
  expect(total(({ planned }) => planned)).toBe(counts.sent);
  expect(total(({ done }) => done)).toBe(counts.done);
  expect(total(({ invocations }) => invocations)).toBe(counts.invocations);
  expect(seconds.at(-1)).toMatchObject({ waiting: 0, running: 0, oldestMs: 0 });
  for (const { running, held, assembling, idle } of lanes) {
    expect(Math.min(running, held, assembling, idle)).toBeGreaterThanOrEqual(0);
    expect(running + held + assembling + idle).toBeCloseTo(1, 5);
  }
  expect(lanes.length).toBeLessThan(50);
  expect(sum(lanes.map(({ running }) => running))).toBeCloseTo(concurrency.mean, 2);
  expect(figures.findings.length).toBeGreaterThan(0);
  expect(figures.findings.length).toBeLessThanOrEqual(5);
});
