// What the dashboard's page is given, four times a second from a running server, or once for each instant of a recorded journal: types alone,
// shared by the server and the page. Instants are epoch ms, lengths ms, sizes bytes. All that is shown is in a frame: a page keeps nothing
// but the rows and the points that later frames add to.
//
// D1  A frame is bounded: 2,000 batches at most in the first one, 50 lanes a mapping, 200 rows of batches a second.
// D2  What is a sample says so (`shownOf`).

import type { FunctionThreadReport } from "../ports/function-threads.ts";
import type { OutcomeName, Verdict } from "../ports/journal.ts";

export interface Frame {
  /** Rises by one; a page that misses one asks for a whole frame by connecting again. */
  readonly number: number;
  /** True: all of it; else `batches` and `seconds` hold what is new since the frame before, and all else is whole as ever. */
  readonly isWhole: boolean;
  /** The server's clock, or the instant of the journal that is shown. */
  readonly atMs: number;
  readonly origin: FrameOrigin;
  readonly mappings: readonly MappingFrame[];
  /** Oldest first. */
  readonly batches: readonly BatchRow[];
  /** One row stands for so many; 1: all are shown. Counts and failures are complete either way. */
  readonly shownOf: number;
  readonly failing: readonly FailingFrame[];
  readonly functions: readonly FunctionFrame[];
  readonly destinations: readonly DestinationFrame[];
  /** Oldest first; a page keeps 15 minutes of them and makes minutes of older ones, 24 hours of those. */
  readonly seconds: readonly SecondPoint[];
  /** State changes and give-ups since the frame before, for the one polite announcement. */
  readonly news: readonly string[];
}

export type FrameOrigin =
  | { readonly kind: "server"; readonly version: string; readonly store: string; readonly isReadOnly: boolean }
  | {
      readonly kind: "file";
      readonly version: string;
      readonly name: string;
      readonly fromMs: number;
      readonly toMs: number;
      readonly isReadOnly: true;
    };

export interface MappingFrame {
  readonly uuid: string;
  /** `kinesis:orders` and the whole ARN. */
  readonly source: string;
  readonly eventSourceArn: string;
  readonly family: "stream" | "queue" | "broker" | "topic" | "changes";
  readonly functionName: string;
  readonly state: string;
  readonly isPaused: boolean;
  readonly lastResult: string;
  /** AWS's members; `isChanged`: not the default. */
  readonly settings: readonly { readonly member: string; readonly value: string; readonly isChanged: boolean }[];
  readonly batchSize: number;
  readonly windowMs: number | null;
  readonly lagCount: number;
  /** Arrival of the oldest record that waits; null: none does. */
  readonly oldestAtMs: number | null;
  readonly runningCount: number;
  readonly batchCount: number;
  readonly failedCount: number;
  readonly gaveUpCount: number;
  /** Of a queue: what lies in it; null: another family, or not known. */
  readonly queue: { readonly visible: number; readonly inFlight: number; readonly delayed: number } | null;
  /** The most urgent first. */
  readonly lanes: readonly LaneFrame[];
  /** Lanes that are not in the list: the ones with least to tell. */
  readonly moreLanes: number;
}

/** A lane of a stream, a partition, a poller of a queue or broker, the one place of a change stream. */
export interface LaneFrame {
  readonly lane: string;
  /** `shard 0`, `shard 0 lane 3`, `partition 2`, `poller 1`. */
  readonly label: string;
  /** Shortened by the page; null: nothing has ended yet, or the source has no positions. */
  readonly checkpoint: string | null;
  readonly lagCount: number;
  readonly oldestAtMs: number | null;
  /** Of the batch in the lane's hands, whether a call runs; null: it has none, or that one is in its way (`heldBy`). */
  readonly batch: "runs" | "waits" | null;
  /** The batch that is being assembled; null: nothing waits, or a batch is in hand. */
  readonly assembling: {
    readonly recordCount: number;
    /** Null: a journal does not tell it. */
    readonly eventBytes: number | null;
    readonly eventLimitBytes: number;
    readonly windowFromMs: number | null;
    /** `size`, `window`, …: the limit that will fire first. */
    readonly closedBy: string;
    readonly closesAtMs: number | null;
  } | null;
  /** The failing batch that is in its way. */
  readonly heldBy: { readonly batch: string; readonly sinceMs: number } | null;
  readonly tumbling: {
    readonly startMs: number;
    readonly endMs: number;
    readonly stateBytes: number;
    readonly stateLimitBytes: number;
  } | null;
}

export interface BatchRow {
  /** Rises in the order of closing. */
  readonly id: number;
  readonly mapping: string;
  readonly lane: string;
  readonly label: string;
  readonly batch: string;
  readonly closedAtMs: number;
  readonly closedBy: string;
  readonly recordCount: number;
  readonly payloadBytes: number;
  readonly windowMs: number | null;
  readonly requestId: string | null;
  readonly attempt: number;
  readonly tookMs: number | null;
  /** Null: it runs, or it was not heard. A row comes again, with the same id, once it has one. */
  readonly outcome: OutcomeName | null;
  readonly verdict: Verdict | null;
  /** `split 5 + 5`, `retry in 0.40 s`; empty: nothing follows. */
  readonly next: string;
  /** `outcome not heard (sample)`: its lane has gone on, or is free; empty: it was heard, or is still to come. */
  readonly unheard: string;
}

export interface FailingFrame {
  readonly mapping: string;
  readonly lane: string;
  readonly label: string;
  readonly batch: string;
  readonly closedAtMs: number;
  /** Null: not over yet. */
  readonly endedAtMs: number | null;
  readonly error: string;
  readonly root: TreeNodeFrame;
}

/** How a batch of a failing tree stands. The terminal's live view tells it by the same words. */
export type NodeState =
  | "waiting"
  | "running"
  | "done"
  | "retrying"
  /** Refused without an attempt: throttled, a fault. */
  | "refused"
  | "split"
  /** A part has succeeded, or was too old; the rest is a new batch. */
  | "parted"
  | "gave-up"
  /** What it held, or what of it failed, comes back in another batch of its queue. */
  | "returned"
  /** It has ended, and how was not heard. */
  | "unheard";

export interface TreeNodeFrame {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly state: NodeState;
  readonly outcome: OutcomeName | null;
  readonly attempt: number;
  readonly tookMs: number | null;
  readonly requestId: string | null;
  readonly retryAtMs: number | null;
  readonly condition: string | null;
  readonly destination: string | null;
  readonly checkpoint: string | null;
  readonly children: readonly TreeNodeFrame[];
}

export interface FunctionFrame {
  readonly name: string;
  readonly invocationCount: number;
  readonly failedCount: number;
  readonly timedOutCount: number;
  readonly throttledCount: number;
  readonly threads: readonly FunctionThread[];
  /** Newest last, 200 at most. */
  readonly logs: readonly {
    readonly atMs: number;
    readonly requestId: string;
    readonly stream: "stdout" | "stderr";
    readonly text: string;
  }[];
}

export type FunctionThread = FunctionThreadReport;

export interface DestinationFrame {
  readonly arn: string;
  /** `sqs:orders-failed`. */
  readonly name: string;
  readonly kind: "queue" | "topic" | "bucket" | "kafka" | "dead-letter queue";
  readonly documentCount: number;
  readonly refusedCount: number;
  readonly lastCondition: string;
  /** Of a dead-letter queue: the queues whose messages it takes, and what lies in it. */
  readonly deadLettersOf: readonly string[];
  readonly messageCount: number | null;
}

/** A second of all mappings together, or of one. */
export interface SecondPoint {
  /** Epoch seconds. */
  readonly second: number;
  /** Null: of all. */
  readonly mapping: string | null;
  readonly records: number;
  readonly batches: number;
  readonly invocations: number;
  readonly failed: number;
  /** Mean share of BatchSize of the batches closed in it, 0 to 1; null: none. */
  readonly fill: number | null;
  readonly tookP50Ms: number | null;
  readonly tookP99Ms: number | null;
  readonly iteratorAgeMs: number | null;
  readonly running: number;
}

/** A mark of the scrubber. */
export interface JournalMark {
  readonly atMs: number;
  readonly kind: "failed" | "gave-up" | "throttled" | "state" | "problem";
  readonly text: string;
}
