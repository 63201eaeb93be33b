// Plans of simulated load runs for tests: a small one, of which a test changes what it is about.

import type { LoadObservation } from "../../../src/load/observation.ts";
import type { HandlerModel, LoadPlan, PlannedRun } from "../../../src/load/plan/plan.ts";
import type { Entry } from "../../../src/ports/journal.ts";

export const model: HandlerModel = {
  kind: "model",
  took: { kind: "fixed", ms: 40 },
  perRecordMs: 0,
  coldStartMs: 0,
  errorShare: 0,
  throttleShare: 0,
  onPoison: "throw",
};

/** One shard, a record every 20 ms for a second, 40 ms a call. */
export const smallPlan: LoadPlan = {
  name: "small",
  run: "simulated",
  seed: 1,
  repetitions: 1,
  waitMs: 60_000,
  source: { kind: "kinesis", text: "kinesis:orders", stream: "orders", shards: 1 },
  mapping: { BatchSize: 100, MaximumBatchingWindowInSeconds: 1 },
  function: { name: "process", timeoutMs: 3_000, memoryMb: 128, reservedConcurrency: null, does: model },
  send: {
    phases: [{ kind: "rate", perSecond: 50, forMs: 1_000 }],
    arrivals: "even",
    isPerShard: true,
    keys: { count: 1, prefix: "k", distribution: "round-robin", hotShare: null },
    size: { kind: "fixed", bytes: 1_000 },
    poisonShare: 0,
    data: { n: "${n}" },
  },
  sweep: [],
  expect: [],
  prices: { perMillionRequests: 0.2, perGbSecond: 0.0000166667, memoryMb: 128, note: "" },
};

export const runOf = (plan: LoadPlan): PlannedRun => ({ name: "as planned", swept: {}, repetition: 1, plan });

type Closed = Extract<Entry, { kind: "batch-closed" }>;

export const closedIn = ({ entries }: LoadObservation): readonly Closed[] =>
  [...entries].filter((entry) => entry.kind === "batch-closed");
