// What happened, in order: one tagged union. Metrics, the terminal, explain, replay and most tests read it; nothing else is
// instrumented. Entries name ranges and exceptions, not one line a record. Order holds within a lane (lane, seq); across
// lanes only by time. `lane` is `<mapping uuid>/<unit>/<index>`; entries of a whole unit or mapping use a shorter path.

import type { ClosedByWord } from "../core/closer.ts";
import type { Condition } from "../core/lane-state.ts";
import type { WindowNote } from "../core/tumbling.ts";
import type { Position } from "./source.ts";

export type OutcomeName =
  | "ok"
  | "partial"
  | "reported"
  | "threw"
  | "timed out"
  | "out of memory"
  | "exited"
  | "init failed"
  | "too large"
  | "throttled"
  | "fault"
  | "function missing"
  | "not started";

/** Why messages of a queue were let go. `no thread`: our own cap on running functions kept their call from starting. */
export type ReturnedWhy =
  | "failed"
  | "reported"
  | "throttled too long"
  | "function missing"
  | "not called"
  | "no thread"
  | "stopped"
  | "paused too long";

/** `return`: of a queue's batch, what failed is left to come back when its visibility is over. */
export type Verdict = "done" | "retry" | "bisect" | "rest" | "give up" | "return";

/** Messages of a queue or a broker that came with one receive, as often received, in the batch's order. */
export interface NamedMessages {
  readonly receivedAtMs: number;
  /** This receive counted; null: the broker does not count them. */
  readonly receiveCount: number | null;
  /** Message ids; of RabbitMQ, whose messages have none, `EPOCH.TAG` of this delivery. */
  readonly ids: readonly string[];
}

/** Which records of a partition a batch has: one run, by their offsets. */
export interface BatchPartition {
  readonly unit: string;
  readonly first: Position;
  readonly last: Position;
  readonly recordCount: number;
  /** Of a rest with gaps: its records that were neighbours in the batch before, the first 100 runs of them (M-411). */
  readonly runs?: readonly BatchRun[];
}

export interface BatchRun {
  readonly first: Position;
  readonly last: Position;
  readonly recordCount: number;
}

export type Fact =
  /** States as the API names them; `from` is empty for a new mapping, `to` is `Gone` for one that has been deleted. */
  | { readonly kind: "mapping-state"; readonly from: string; readonly to: string; readonly reason: string }
  /** A person holds the mapping before its next call, or lets it go on. To AWS its state is as before. */
  | { readonly kind: "mapping-paused" }
  | { readonly kind: "mapping-resumed" }
  /** A request for what works on AWS and not here: nothing was stored. `answer` is what the client was told. */
  | {
      readonly kind: "refused";
      readonly operation: string;
      readonly answer: string;
      readonly what: string;
      /** Where the documents say so: `docs/honoured.md#batchsize`. */
      readonly page: string;
    }
  /**
   * Records came into a mapping's source by calls from inside its own function: so many since this was last said, once a minute at
   * most. `source`: its ARN.
   */
  | {
      readonly kind: "self-feeding";
      readonly functionName: string;
      readonly source: string;
      readonly recordCount: number;
      readonly hasFilter: boolean;
    }
  | { readonly kind: "settings"; readonly settings: Readonly<Record<string, unknown>> }
  /** A first start at LATEST: so many records were there before, up to `after`, and are not read. */
  | { readonly kind: "unit-placed"; readonly after: Position | null; readonly earlierCount: number }
  | { readonly kind: "unit-opened"; readonly after: Position | null; readonly startedFrom: string }
  | { readonly kind: "unit-ended" }
  /** Of a topic: which of its partitions a poller has in its group now, the first 100 of them. */
  | { readonly kind: "share"; readonly partitionCount: number; readonly units: readonly string[] }
  /** Of a topic's poller: its group has not answered its join for a while, as when a member was killed whose session is not over (M-821). */
  | { readonly kind: "group-awaited"; readonly sinceMs: number }
  | {
      readonly kind: "read";
      readonly recordCount: number;
      readonly filteredCount: number;
      readonly first: Position | null;
      readonly last: Position | null;
      readonly isCaughtUp: boolean;
      /** Of queues and brokers: which ones the filter has passed over, the first 1,000 of them; absent: none. */
      readonly passedOver?: readonly string[];
    }
  /** A sample, once a second a unit at most: the last record that the filter has passed over, and why. */
  | {
      readonly kind: "filtered";
      /** Passed over since the sample before. */
      readonly filteredCount: number;
      readonly position: Position;
      readonly why: string;
    }
  | {
      readonly kind: "lost";
      readonly after: Position | null;
      readonly before: Position | null;
      readonly count: number | null;
    }
  | {
      /** A KPL aggregate of which a record's hash key lies outside the shard: none of its records is delivered (P-10). */
      readonly kind: "aggregate-dropped";
      readonly position: Position;
      readonly recordCount: number;
    }
  /** No function can be given this message: settled as poison, so that its broker's dead letters have it. */
  | { readonly kind: "unsupported"; readonly position: Position; readonly why: string }
  | {
      readonly kind: "source-problem";
      readonly code: string;
      readonly text: string;
      readonly detail: string;
      /** Null: its client tries by itself. */
      readonly nextTryMs: number | null;
      /** With this one the mapping is disabled if it lasts (M-705); absent: it never is. */
      readonly disablingReason?: string;
      /** It is disabled at once. */
      readonly isFinal?: true;
      /** Of a topic: its schema registry's, not its brokers'. */
      readonly isOfRegistry?: true;
    }
  /** `isGone`: the source answers again, and has the unit no more. */
  | { readonly kind: "source-recovered"; readonly isGone?: true }
  /**
   * So many records were read and not ended: their source hands them out again. Of Kafka, `revoked`: the group has given their
   * partition to another member (M-808).
   */
  | {
      readonly kind: "given-back";
      readonly recordCount: number;
      readonly why: "stopped" | "settings" | "held too long" | "failed" | "connection lost" | "revoked";
    }
  | {
      readonly kind: "batch-closed";
      /** `29`, a half `29.1`, a rest `29+` (ux). */
      readonly batch: string;
      readonly closedBy: ClosedByWord;
      readonly recordCount: number;
      readonly payloadBytes: number;
      /** How long the window had been open, ms; null without a window. */
      readonly windowMs: number | null;
      readonly first: Position | null;
      readonly last: Position | null;
      readonly oldestArrivedAtMs: number | null;
      /** The batch's tumbling window, and why it ends with this call; absent: the mapping has none. */
      readonly tumbling?: WindowNote;
      /** Of queues and brokers: which messages, the first 1,000 of them. */
      readonly receives?: readonly NamedMessages[];
      /** Of Kafka: what it has of each partition, in the event's order, the first 100 of them. */
      readonly partitions?: readonly BatchPartition[];
    }
  | {
      readonly kind: "invoked";
      readonly batch: string;
      readonly requestId: string;
      readonly attempt: number;
      readonly recordCount: number;
    }
  /** An invocation waits: the most function threads that may run do run (`maxFunctionThreads`). Said once a wait, after a second. */
  | {
      readonly kind: "no-thread";
      readonly functionName: string;
      readonly requestId: string;
      readonly runningCount: number;
    }
  | {
      readonly kind: "decided";
      readonly batch: string;
      readonly requestId: string;
      readonly attempt: number;
      readonly outcome: OutcomeName;
      readonly verdict: Verdict;
      readonly recordCount: number;
      readonly payloadBytes: number;
      /** How many records of the batch count as failed in this attempt (M-5). */
      readonly failedCount: number;
      readonly tookMs: number;
      /** Age of the batch's last record at the end of the attempt (M-9). */
      readonly iteratorAgeMs: number | null;
      readonly executedVersion: string | null;
      readonly error: { readonly type: string; readonly message: string; readonly trace: readonly string[] } | null;
      readonly retryAfterMs: number | null;
      /** New batches: two halves, or one rest. */
      readonly next: readonly {
        readonly batch: string;
        readonly first: Position;
        readonly last: Position;
        readonly recordCount: number;
        readonly partitions?: readonly BatchPartition[];
      }[];
    }
  | {
      readonly kind: "gave-up";
      readonly batch: string;
      readonly requestId: string;
      readonly condition: Condition;
      readonly recordCount: number;
      readonly attempts: number;
      readonly first: Position | null;
      readonly last: Position | null;
      /** Destination ARN, or null where the mapping has none (O-14). */
      readonly destination: string | null;
      readonly partitions?: readonly BatchPartition[];
      /** Of a source that is acknowledged: settled so that the broker's dead letters have them, if there are any. */
      readonly isPoison?: true;
    }
  | {
      readonly kind: "reported";
      readonly batch: string;
      readonly requestId: string;
      readonly destination: string;
      readonly recordCount: number;
      readonly answer: "delivered" | "refused";
      readonly detail: string;
    }
  /** An attempt of an invocation that Invoke asked for has ended. */
  | {
      readonly kind: "invocation";
      readonly functionName: string;
      readonly requestId: string;
      readonly invocationType: "RequestResponse" | "Event";
      readonly attempt: number;
      readonly outcome: OutcomeName;
      /** `retry` and `give up` are for Event invocations. */
      readonly verdict: "done" | "retry" | "give up";
      /** Why it was given up, else null. */
      readonly condition: "RetriesExhausted" | "EventAgeExceeded" | "FunctionMissing" | null;
      readonly tookMs: number;
      readonly executedVersion: string | null;
      readonly retryAfterMs: number | null;
      readonly error: { readonly type: string; readonly message: string; readonly trace: readonly string[] } | null;
    }
  /** Messages of a queue were deleted: after a batch, or, with `batch` null, because the filter passed them over. */
  | {
      readonly kind: "deleted";
      readonly batch: string | null;
      readonly requestId: string | null;
      /** Deleted indeed. */
      readonly recordCount: number;
      /** No longer there, or received by somebody else meanwhile, or the queue did not answer while they were ours. */
      readonly missedCount: number;
      /** Which ones were missed, the first 1,000 of them; absent: none. */
      readonly missed?: readonly string[];
    }
  /** Messages of a queue were let go: they come back. `batch` null: they were in no batch yet. */
  | {
      readonly kind: "returned";
      readonly batch: string | null;
      readonly recordCount: number;
      readonly why: ReturnedWhy;
      /** When, as far as it is known; now for what was given back at a stop. */
      readonly visibleAgainAtMs: number;
      /** Which ones, the first 1,000 of them; absent: all of the batch. */
      readonly messages?: readonly string[];
    }
  /** A receive moved a message to the queue for dead letters instead of handing it out. */
  | {
      readonly kind: "dead-letter";
      readonly messageId: string;
      readonly receiveCount: number;
      readonly queue: string;
    }
  /** A queue's pollers became more or fewer. */
  | {
      readonly kind: "scaled";
      readonly from: number;
      readonly to: number;
      readonly why: "started" | "work" | "idle" | "errors" | "settings";
    }
  /** `stepCount`: of Kafka, by how many offsets the partition's committed place went on. */
  | { readonly kind: "checkpoint"; readonly after: Position | null; readonly stepCount?: number }
  | { readonly kind: "checkpoint-problem"; readonly answer: "fenced" | "failed"; readonly nextTryMs: number | null }
  | {
      readonly kind: "log";
      readonly functionName: string;
      readonly requestId: string;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
    }
  | { readonly kind: "function-version"; readonly functionName: string; readonly reason: string }
  /** `unwritable` and `writable`: not of a thread but of what is on disk, `the store` or `the journal of poller-0`. */
  | {
      readonly kind: "thread";
      readonly thread: string;
      readonly event: "started" | "failed" | "restarted" | "stopped" | "unwritable" | "writable";
      readonly detail: string;
    }
  /**
   * A message of a topic did not reach a subscriber, and is not tried again: it is in the subscription's queue for dead letters, or, where
   * `deadLetterQueue` is null, lost. `endpoint`: an ARN or an address.
   */
  | {
      readonly kind: "undelivered";
      readonly topic: string;
      readonly endpoint: string;
      readonly messageId: string;
      readonly deadLetterQueue: string | null;
      readonly detail: string;
    }
  /** What the configuration names is there already, and otherwise: what stays, and what to do about it. */
  | { readonly kind: "configured-otherwise"; readonly text: string }
  /** Entries were dropped because the journal's buffer was full: said, never silent. */
  | { readonly kind: "dropped"; readonly count: number };

export type Entry = Fact & {
  readonly atMs: number;
  /** Mapping UUID, or null for entries of the whole server. */
  readonly mapping: string | null;
  readonly lane: string;
  readonly seq: number;
};

export interface Journal {
  /**
   * Never waits and never throws. `lane` and `mapping` as in the header; the journal numbers the entry within its lane. `atMs`: the
   * instant of the turn in which it happened, epoch ms; absent: now.
   */
  append(mapping: string | null, lane: string, fact: Fact, atMs?: number): void;
}
