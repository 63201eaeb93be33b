// What a load test has found: values alone, the same for the terminal, `--json`, the page and a comparison. A run is folded from the
// journal and from what the generator has sent; nothing here is a wish of the plan. Times are ms, sizes bytes, shares 0 to 1.
//
// L1  Of a simulated run the same plan, seed and version make the same bytes: no wall clock, no path, no fresh id.
// L2  First batches are counted apart from their retries, halves and rests.

import type { ClosedByWord } from "../core/closer.ts";

export interface LoadReport {
  readonly format: 1;
  /** Millrace's version. */
  readonly version: string;
  /** The plan as it was carried out, its defaults filled in. */
  readonly plan: Readonly<Record<string, unknown>>;
  /** One a setting of the sweep and repetition, in order; one, without a sweep. */
  readonly runs: readonly LoadRun[];
  /** What `--sweep` varies; none: an empty list. */
  readonly swept: readonly { readonly member: string; readonly values: readonly (number | string | boolean)[] }[];
  readonly expectations: readonly Expectation[];
  readonly prices: Prices;
}

export interface LoadRun {
  /** `as planned`, or `BatchSize=10 MaximumBatchingWindowInSeconds=1`; repetitions have the same name. */
  readonly name: string;
  /** What the sweep set, by member. */
  readonly swept: Readonly<Record<string, number | string | boolean>>;
  /** From 1, of a setting's runs. */
  readonly repetition: number;
  readonly mode: "simulated" | "live";
  /** Null: live. */
  readonly seed: number | null;
  /** Of a live run: `2 cores, Node 24.21.0, linux`. */
  readonly machine: string | null;
  /** `kinesis:orders`, as everywhere. */
  readonly source: string;
  /** `the embedded store`, `Redis at 127.0.0.1:6379`, `virtual time`. */
  readonly place: string;
  readonly functionName: string;
  readonly family: "stream" | "queue" | "broker" | "topic" | "changes";
  /** All settings of the mapping that matter, AWS's names; `isChanged`: not the default. */
  readonly settings: readonly { readonly member: string; readonly value: string; readonly isChanged: boolean }[];
  /** Units (shards, partitions) times factor; of a queue or broker the most invocations at once; null: not limited. */
  readonly allowedConcurrency: number | null;
  readonly batchSize: number;
  /** Null: the mapping has none. */
  readonly windowMs: number | null;
  /** Ctrl-C: what was measured until then is reported all the same. `stalled`: records were left, and none ended for a long time. */
  readonly endedBy: "plan" | "interrupted" | "stalled";
  /** From the plan's begin to its last arrival, or, if it was interrupted, to the last one that was sent; and until all had ended. */
  readonly sendMs: number;
  readonly totalMs: number;
  readonly loader: Loader;
  readonly counts: LoadCounts;
  readonly batches: BatchFigures;
  readonly latency: LatencyFigures;
  /** In order, from the run's beginning; each covers `binSeconds`. */
  readonly seconds: readonly SecondFigures[];
  /** 1; of a run of more than 300 s so many that `seconds` stays below 300 entries. Counts are of the whole time, not a second's. */
  readonly binSeconds: number;
  readonly concurrency: { readonly mean: number; readonly most: number };
  /** The busiest 50; by lane the shares of the run's time, which add up to 1. */
  readonly lanes: readonly {
    readonly lane: string;
    readonly running: number;
    readonly held: number;
    readonly assembling: number;
    readonly idle: number;
  }[];
  readonly failures: FailureFigures;
  readonly cost: CostFigures;
  readonly findings: readonly Finding[];
  /** What the plan's keys were: the share of the most frequent one; null: the source has no keys. */
  readonly topKeyShare: number | null;
}

export interface Loader {
  readonly plannedCount: number;
  readonly sentCount: number;
  /** Records that the source refused, after retries: they are in no other figure. */
  readonly refusedCount: number;
  readonly bytes: number;
  /** Records a second that this generator can send to this source, measured just before; null: virtual time has none. */
  readonly ceilingPerSecond: number | null;
  /** Of the ceiling, at the plan's busiest second. */
  readonly ceilingShare: number | null;
  /** Sent later than planned: by how much, at the 99th percentile. */
  readonly lateP99Ms: number;
  /** It sent under 99 % of the plan in time, or came above 80 % of its ceiling. */
  readonly isLimit: boolean;
}

export interface LoadCounts {
  readonly sent: number;
  /** Passed the filter; null: the mapping has none. Of them each is done, given up or open. */
  readonly matched: number | null;
  readonly done: number;
  /** Those among them that a queue made dead letters. */
  readonly gaveUp: number;
  /** Deliveries to the function, retries and all. */
  readonly deliveries: number;
  /** Neither done nor given up when the run ended. */
  readonly open: number;
  /** Calls that ran the function: throttles, faults and events over the limit did not. */
  readonly invocations: number;
  readonly firstBatches: number;
  readonly retries: number;
  readonly splits: number;
  readonly rests: number;
  readonly throttles: number;
  readonly faults: number;
  readonly timeouts: number;
  /** After them something was tried again or given up. */
  readonly failedInvocations: number;
  readonly documents: number;
  readonly deadLetters: number;
  readonly coldStarts: number | null;
}

export interface BatchFigures {
  /** By closing reason, most frequent first; first batches only. */
  readonly reasons: readonly {
    readonly closedBy: ClosedByWord;
    readonly count: number;
    /** Batches by fill: 20 bins of 5 % of BatchSize, the last holds 100 %. */
    readonly fillBins: readonly number[];
    /** Batches by size of the event, by the bounds of `sizeBoundsBytes`. */
    readonly sizeBins: readonly number[];
    /** Batches closed in the time of each entry of `seconds`. */
    readonly perSecond: readonly number[];
    readonly meanRecords: number;
    readonly medianRecords: number;
  }[];
  /** Upper bounds, ascending, a factor of 2 apart; the last one is 6,291,456 or the source's own limit. */
  readonly sizeBoundsBytes: readonly number[];
  readonly eventLimitBytes: number;
  readonly meanRecords: number;
  readonly medianRecords: number;
  readonly largestBytes: number;
  readonly medianTookMs: number;
}

/** p50 and so on: exact, by nearest rank, of all values. */
export interface Percentiles {
  /** 0: there were none, and all figures are 0. */
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly mean: number;
  /** For the curve: value at each of these percentiles, 0 to 99.99. */
  readonly curve: readonly { readonly percentile: number; readonly ms: number }[];
}

/**
 * To the start of the first call that had the record, and to the end of the call by which it was done or given up. Records that were
 * still open when the run ended are in none.
 */
export interface LatencyFigures {
  /** From each record's planned arrival: what a loader that came late, or waited for an answer, did not send in time counts (coordinated omission). */
  readonly toStart: Percentiles;
  readonly toDone: Percentiles;
  /** From the actual send. */
  readonly fromSendToStart: Percentiles;
  /** Says so where records could not all be told from one another: `… told apart by their order`; null: each is itself. */
  readonly sampled: string | null;
}

export interface SecondFigures {
  /** Where it begins, from 0. */
  readonly second: number;
  readonly planned: number;
  readonly sent: number;
  readonly done: number;
  /** Invocations running at its end. */
  readonly running: number;
  readonly invocations: number;
  /** Records that were sent and have not ended at its end, and the oldest one's age since it was sent. */
  readonly waiting: number;
  readonly oldestMs: number;
  /** Highest iterator age (M-9), or of a queue the age of its oldest message at a call; null: none ended. */
  readonly iteratorAgeMs: number | null;
  /** Of the records that were planned for it; null: none of them has been started. */
  readonly toStartP50Ms: number | null;
  readonly toStartP99Ms: number | null;
}

export interface FailureFigures {
  /** Batch identities by their number of attempts: the first entry is one attempt. */
  readonly attempts: readonly number[];
  /** Deliveries for one record that was done or given up, on average: 1 where nothing fails. */
  readonly invocationsPerRecord: number;
  /** The ten that cost most invocations, the root's number and lane first. */
  readonly trees: readonly {
    readonly batch: string;
    readonly lane: string;
    readonly invocations: number;
    readonly gaveUp: number;
    readonly heldMs: number;
    /** The story as in explain: calls in order, depth first. */
    readonly story: string;
  }[];
  /** Of each attempt at its end (M-9); of a queue or broker the age of its oldest message at each call. */
  readonly iteratorAge: Percentiles;
  /** What the first call that failed said, the first line of it; null: none has failed. Throttled calls have not. */
  readonly firstError: { readonly type: string; readonly message: string } | null;
}

/** USD; an input, printed with the report. Defaults are AWS's list prices as they were when this was written, and are said to be. */
export interface Prices {
  readonly perMillionRequests: number;
  readonly perGbSecond: number;
  readonly memoryMb: number;
  readonly note: string;
}

export interface CostFigures {
  readonly requests: number;
  readonly gbSeconds: number;
  readonly totalUsd: number;
  readonly perHourUsd: number;
  readonly perMillionRecordsUsd: number;
}

export type FindingName =
  | "loader"
  | "window"
  | "alone"
  | "payload"
  | "behind"
  | "hot-key"
  | "poison"
  | "no-limit"
  | "stalled"
  | "suffix"
  | "throttle"
  | "visibility"
  | "thin"
  | "too-few"
  | "none";

export interface Finding {
  readonly name: FindingName;
  /** What limits it, and what would change that, with the figures: one or two sentences. */
  readonly text: string;
  /** Rules that it rests on: `B-1`. */
  readonly rules: readonly string[];
}

export interface Expectation {
  /** As it was given: `iteratorAge.p99 < 2s`. */
  readonly text: string;
  /** Run by run, in order: what was found, in the expectation's unit, and whether it holds. */
  readonly results: readonly {
    readonly value: number | null;
    /** `0.06 s`. */
    readonly shown: string;
    readonly isMet: boolean;
  }[];
  readonly isMet: boolean;
}
