// What may be expected of a run, and what a sweep and a comparison may show: a closed list, each with its unit and which way is better.

import type { LoadRun, Percentiles } from "../report.ts";

export type MetricUnit = "ms" | "share" | "count" | "bytes" | "usd" | "perSecond";

export interface Metric {
  /** `iteratorAge.p99`. */
  readonly name: string;
  readonly unit: MetricUnit;
  /** Null: neither is, as of a batch's mean. */
  readonly better: "less" | "more" | null;
  /** Null: the run has no such value. `why` says why not. */
  readonly of: (run: LoadRun) => number | null;
  readonly why: string;
  /** The sources that can have it; null: all. */
  readonly families: readonly LoadRun["family"][] | null;
}

const ranks = ["p50", "p90", "p95", "p99", "p999", "max", "mean"] as const satisfies readonly (keyof Percentiles)[];

const OF_RECORDS = ["stream", "topic", "changes"] as const satisfies Metric["families"];
const OF_MESSAGES = ["queue", "broker"] as const satisfies Metric["families"];

const isAmong = (families: Metric["families"], family: LoadRun["family"]): boolean =>
  families === null || families.includes(family);

function percentiles(
  name: string,
  why: string,
  of: (run: LoadRun) => Percentiles | null,
  families: Metric["families"] = null,
): readonly Metric[] {
  return ranks.map((rank) => ({
    name: `${name}.${rank}`,
    unit: "ms",
    better: "less",
    of: (run) => {
      const found = isAmong(families, run.family) ? of(run) : null;
      return found === null || found.count === 0 ? null : found[rank];
    },
    why,
    families,
  }));
}

function plain(name: string, unit: MetricUnit, better: Metric["better"], of: Metric["of"], why = ""): Metric {
  return { name, unit, better, of, why, families: null };
}

const NONE_STARTED = "no record has come to a call";
const NONE_ENDED = "no record has ended";
const NO_BATCH = "no batch was closed";

const of = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
const endedOf = ({ counts }: LoadRun): number => counts.done + counts.gaveUp;

export const metrics: readonly Metric[] = [
  ...percentiles("toStart", NONE_STARTED, ({ latency }) => latency.toStart),
  ...percentiles("toDone", NONE_ENDED, ({ latency }) => latency.toDone),
  ...percentiles("fromSendToStart", NONE_STARTED, ({ latency }) => latency.fromSendToStart),
  ...percentiles(
    "iteratorAge",
    "no call has ended, or the source is a queue: queueAge is its figure",
    ({ failures }) => failures.iteratorAge,
    OF_RECORDS,
  ),
  ...percentiles(
    "queueAge",
    "no call was made, or the source is no queue: iteratorAge is its figure",
    ({ failures }) => failures.iteratorAge,
    OF_MESSAGES,
  ),
  plain("batches.count", "count", "less", ({ counts }) => counts.firstBatches),
  plain("batches.mean", "count", null, (r) => (r.counts.firstBatches === 0 ? null : r.batches.meanRecords), NO_BATCH),
  plain(
    "batches.median",
    "count",
    null,
    (r) => (r.counts.firstBatches === 0 ? null : r.batches.medianRecords),
    NO_BATCH,
  ),
  plain(
    "batches.fill",
    "share",
    "more",
    (run) => (run.counts.firstBatches === 0 ? null : of(run.batches.meanRecords, run.batchSize)),
    NO_BATCH,
  ),
  plain(
    "batches.largest",
    "bytes",
    null,
    (r) => (r.counts.firstBatches === 0 ? null : r.batches.largestBytes),
    NO_BATCH,
  ),
  plain("invocations", "count", "less", ({ counts }) => counts.invocations),
  plain(
    "invocationsPerRecord",
    "count",
    "less",
    (run) => (endedOf(run) === 0 ? null : run.failures.invocationsPerRecord),
    NONE_ENDED,
  ),
  plain(
    "took.median",
    "ms",
    "less",
    (r) => (r.counts.invocations === 0 ? null : r.batches.medianTookMs),
    "no call has ended",
  ),
  plain("retries", "count", "less", ({ counts }) => counts.retries),
  plain("splits", "count", "less", ({ counts }) => counts.splits),
  plain("throttles", "count", "less", ({ counts }) => counts.throttles),
  plain("timeouts", "count", "less", ({ counts }) => counts.timeouts),
  plain("faults", "count", "less", ({ counts }) => counts.faults),
  plain("failed", "count", "less", ({ counts }) => counts.failedInvocations),
  plain("gaveUp", "count", "less", ({ counts }) => counts.gaveUp),
  plain("open", "count", "less", ({ counts }) => counts.open),
  plain("deadLetters", "count", "less", ({ counts }) => counts.deadLetters),
  plain("documents", "count", "less", ({ counts }) => counts.documents),
  plain("sent", "count", "more", ({ counts }) => counts.sent),
  plain("done", "count", "more", ({ counts }) => counts.done),
  plain(
    "donePerSecond",
    "perSecond",
    "more",
    (run) => of(run.counts.done, run.totalMs / 1_000),
    "the run took no time",
  ),
  plain("concurrency.mean", "count", null, ({ concurrency }) => concurrency.mean),
  plain("concurrency.most", "count", null, ({ concurrency }) => concurrency.most),
  plain("duration", "ms", "less", ({ totalMs }) => totalMs),
  plain("cost.total", "usd", "less", ({ cost }) => cost.totalUsd),
  plain("cost.perHour", "usd", "less", ({ cost }) => cost.perHourUsd),
  plain(
    "cost.perMillionRecords",
    "usd",
    "less",
    (run) => (endedOf(run) === 0 ? null : run.cost.perMillionRecordsUsd),
    NONE_ENDED,
  ),
];

const byName = new Map(metrics.map((metric) => [metric.name, metric]));

export const metricNamed = (name: string): Metric | null => byName.get(name) ?? null;

/** Whether a run of such a source can have it at all. */
export const isOfFamily = ({ families }: Metric, family: LoadRun["family"]): boolean => isAmong(families, family);
