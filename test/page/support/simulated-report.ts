// A load report as `millrace load` makes it: a sweep of twelve settings, simulated, with a function that takes its time, fails now and then
// and cannot take poisoned records. The same to the byte each time.

import { parseExpectation } from "../../../src/load/expect/expectation.ts";
import { loadRun } from "../../../src/load/figures/load-run.ts";
import { loadReport } from "../../../src/load/load-report.ts";
import type { LoadPlan } from "../../../src/load/plan/plan.ts";
import { plannedRuns } from "../../../src/load/plan/planned-runs.ts";
import type { LoadReport, LoadRun } from "../../../src/load/report.ts";
import { simulateLoad } from "../../../src/wiring/load/simulate-load.ts";
import { model, smallPlan } from "../../load/support/simulated-plans.ts";

const plan: LoadPlan = {
  ...smallPlan,
  name: "orders",
  source: { kind: "kinesis", text: "kinesis:orders", stream: "orders", shards: 4 },
  mapping: {
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 1,
    MaximumRetryAttempts: 2,
    BisectBatchOnFunctionError: true,
  },
  function: {
    ...smallPlan.function,
    name: "orders.process",
    memoryMb: 512,
    does: { ...model, took: { kind: "lognormal", p50Ms: 40, p99Ms: 200 }, coldStartMs: 180, errorShare: 0.02 },
  },
  send: {
    ...smallPlan.send,
    phases: [
      { kind: "ramp", from: 60, to: 240, forMs: 60_000 },
      { kind: "burst", count: 1_500 },
      { kind: "rate", perSecond: 200, forMs: 60_000 },
    ],
    arrivals: "poisson",
    isPerShard: false,
    keys: { count: 64, prefix: "customer-", distribution: "zipf", hotShare: null },
    poisonShare: 0.0002,
  },
  sweep: [
    { member: "BatchSize", values: [10, 100, 1_000] },
    { member: "MaximumBatchingWindowInSeconds", values: [0, 1, 2, 5] },
  ],
};

export async function aSimulatedReport(): Promise<LoadReport> {
  const { prices } = plan;
  const runs: LoadRun[] = [];
  for (const run of plannedRuns(plan)) runs.push(loadRun(await simulateLoad(run), prices));
  const thresholds = ["iteratorAge.p99 < 2s", "toDone.p99 < 10s"].map(parseExpectation);
  return loadReport({ version: "0.1.0", plan: { ...plan }, swept: plan.sweep, prices, thresholds, runs });
}
