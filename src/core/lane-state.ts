// What a lane is, what it is fed, and what it asks for. The moves are in lane.ts.

import type { Batch } from "./batch.ts";
import type { OpenBatch } from "./batch-assembler.ts";
import type { Closer } from "./closer.ts";
import type { Verdict } from "./decide.ts";
import type { Outcome } from "./outcome.ts";
import type { Rec } from "./record.ts";
import type { TumblingWindow, WindowNote, WindowPart } from "./tumbling.ts";
import { nothingWaits, type Waiting } from "./waiting.ts";

export type Phase =
  | { readonly kind: "ready" }
  | { readonly kind: "inFlight" }
  | { readonly kind: "backingOff"; readonly untilMs: number }
  | { readonly kind: "stopped" };

/** What stands before a call: nothing, or a person who has paused the mapping; `one` lets the next call through, then shuts. */
export type Gate = "open" | "one" | "shut";

export interface Lane<R extends Rec> {
  readonly waiting: Waiting<R>;
  readonly open: OpenBatch | null;
  /** The last is next. */
  readonly stack: readonly Batch<R>[];
  readonly phase: Phase;
  readonly windowFromMs: number | null;
  readonly isCaughtUp: boolean;
  readonly isPaused: boolean;
  readonly isEnded: boolean;
  readonly isStopping: boolean;
  readonly gate: Gate;
  readonly nextId: number;
  readonly nextNumber: number;
  readonly lastOrdinal: number;
  readonly tumbling: TumblingWindow | null;
  /** Of these epochs nothing is left once the call that is out has ended. Empty while none is out. */
  readonly withdrawn: readonly number[];
  /** The instant of the last step. */
  readonly steppedAtMs: number;
}

export type LaneEvent<R extends Rec> =
  /** What one read gave this lane, filtered; may be empty. `isCaughtUp`: there was nothing more to read for it. */
  | { readonly kind: "arrived"; readonly records: readonly R[]; readonly isCaughtUp: boolean }
  | HandedEvent<R>
  /** Reading stands still until something is finished, or cannot go on; `resumed` or the next `arrived` lifts it (E-65). */
  | { readonly kind: "paused" }
  /** A read is out again. */
  | { readonly kind: "resumed" }
  /** The call that is out has ended. `jitterMs`: what is added to a retry's wait, 0 by default (E-20). */
  | { readonly kind: "returned"; readonly outcome: Outcome; readonly jitterMs?: number }
  /** A person pauses, steps or resumes. Batches close as ever; what is in hand waits before its call, a retry or half too. */
  | { readonly kind: "gate"; readonly gate: Gate }
  /** Time has passed, or settings have changed. Never wrong. */
  | { readonly kind: "woke" }
  /** The unit is closed and read to its end: everything left goes out, then the window closes (W-17). */
  | { readonly kind: "ended" }
  /** What is out may end; nothing more starts. What is unfinished will be read again (H-6, H-7). */
  | { readonly kind: "stop" };

/** What a source with a consumer group feeds a lane. */
export type HandedEvent<R extends Rec> =
  /** A finished batch: a lane without one in hand takes it as its own (M-207). */
  | {
      readonly kind: "handed";
      readonly records: readonly R[];
      readonly closer: Closer;
      /** Null: there is no window. */
      readonly windowOpenMs: number | null;
    }
  /** No function can be given this record: it is given up by itself, whatever is in hand (M-414). */
  | { readonly kind: "unfit"; readonly record: R; readonly condition: Condition }
  /** These partitions are somebody else's now: nothing of them is called with any more (M-807, M-808). */
  | { readonly kind: "withdrawn"; readonly epochs: readonly number[] };

export type Condition =
  | "RetryAttemptsExhausted"
  | "RecordAgeExceeded"
  /** Alone over the event's limit, where such a record is never called (R-301, M-306, X-301). */
  | "MaximumPayloadSizeExceeded"
  /** Its registry knows no such schema, or its bytes do not fit it: never called (M-414). */
  | "SCHEMA_NOT_FOUND"
  | "DESERIALIZATION_ERROR"
  /** Its own time is over. */
  | "MessageExpired";

/** `heldTooLong`: the source would soon take the records back itself. `failed`: so is a failure answered here (`requeue`). */
export type LetGo = "heldTooLong" | "failed";

export type Effect<R extends Rec> =
  /** For the journal: a first batch has closed. `windowOpenMs`: how long the window ran; null without one. */
  | {
      readonly kind: "closed";
      readonly batch: Batch<R>;
      readonly eventBytes: number;
      readonly windowOpenMs: number | null;
      /** Null: outside tumbling windows. */
      readonly window: WindowNote | null;
    }
  /**
   * Call the function. `attempt` counts from 1. With `isTooLarge` the runtime does not call and returns `tooLarge` at once, in
   * a turn of its own; an invoker that finds an event too large may do the same (B-12).
   */
  | {
      readonly kind: "invoke";
      readonly batch: Batch<R>;
      readonly attempt: number;
      readonly eventBytes: number;
      readonly isTooLarge: boolean;
      readonly window: WindowPart | null;
    }
  /**
   * For the journal: what follows a call. `batch` with the call counted; `attempt` the number it had; `next` the new
   * identities in the order in which they will run; `retryAtMs` for a retry.
   */
  | {
      readonly kind: "decided";
      readonly batch: Batch<R>;
      readonly attempt: number;
      readonly outcome: Outcome;
      readonly verdict: Verdict["kind"];
      readonly retryAtMs: number | null;
      readonly next: readonly Batch<R>[];
    }
  /** These have ended well: they count towards the watermark. */
  | { readonly kind: "finish"; readonly records: readonly R[] }
  /**
   * Report these, then count them towards the watermark (O-14, O-15). `outcome` is what decided it, null for age. `rest`: what
   * age left of the batch, a new identity (E-12, E-13).
   */
  | {
      readonly kind: "giveUp";
      readonly batch: Batch<R>;
      readonly condition: Condition;
      readonly outcome: Outcome | null;
      readonly window: WindowPart | null;
      readonly rest: Batch<R> | null;
    }
  /** Their partitions are somebody else's now, who calls with them: here they have left (M-808). */
  | { readonly kind: "givenBack"; readonly records: readonly R[] }
  /** Nothing is tried any more: whatever is unfinished goes back to the source, which hands it out again. */
  | { readonly kind: "letGo"; readonly why: LetGo }
  /** Send `woke` at this instant; replaces the one before. */
  | { readonly kind: "wakeAt"; readonly atMs: number };

export interface Stepped<R extends Rec> {
  readonly lane: Lane<R>;
  readonly effects: readonly Effect<R>[];
}

/** An empty lane; with the window that was open at the checkpoint (W-18). */
export function createLane<R extends Rec>(window: TumblingWindow | null = null, gate: Gate = "open"): Lane<R> {
  return {
    waiting: nothingWaits,
    open: null,
    stack: [],
    phase: { kind: "ready" },
    windowFromMs: null,
    isCaughtUp: false,
    isPaused: false,
    isEnded: false,
    isStopping: false,
    gate,
    nextId: 1,
    nextNumber: 1,
    lastOrdinal: -1,
    tumbling: window,
    withdrawn: [],
    steppedAtMs: Number.NEGATIVE_INFINITY,
  };
}

/** A batch is in hand, due, and only the gate is before its call. */
export function isAtGate<R extends Rec>(lane: Lane<R>): boolean {
  return lane.gate === "shut" && lane.phase.kind === "ready" && lane.stack.length > 0;
}

/** Nothing waits, nothing is in hand, no window is open: a unit that has ended is over when all its lanes are. */
export function isDrained<R extends Rec>(lane: Lane<R>): boolean {
  return lane.waiting.count === 0 && lane.stack.length === 0 && lane.tumbling === null;
}
