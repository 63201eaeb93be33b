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

/** Instant, ms from the run's beginning, and records of each first batch, in order of closing. */
export const sizesIn = (observation: LoadObservation): readonly (readonly [number, number])[] =>
  closedIn(observation)
    .toSorted((one, other) => one.atMs - other.atMs)
    .map(({ atMs, recordCount }) => [atMs - observation.startedAtMs, recordCount]);

/** By lane, everything that was decided, without what is drawn. */
export function courseOf({ entries, startedAtMs }: LoadObservation): readonly string[] {
  const lines: string[] = [];
  for (const entry of entries) {
    const at = `${entry.lane.slice(37)} ${entry.atMs - startedAtMs}`;
    if (entry.kind === "batch-closed")
      lines.push(
        `${at} closed ${entry.recordCount} ${entry.closedBy} ${entry.payloadBytes} ${entry.first} ${entry.last}`,
      );
    if (entry.kind === "decided")
      lines.push(`${at} ${entry.outcome} ${entry.verdict} ${entry.attempt} ${entry.recordCount} ${entry.retryAfterMs}`);
    if (entry.kind === "gave-up") lines.push(`${at} gave up ${entry.recordCount} ${entry.first}`);
  }
  return lines.toSorted();
}
