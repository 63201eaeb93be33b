// What went into a queue's mapping and what came out of it, in order: messages as they were sent, what the queue answered to the mapping's
// receives, deletes and changes of visibility, calls and answers as the function sees them. Checkers read this and nothing else.

import type { Fault } from "./fault.ts";

export interface SentMessage {
  readonly id: string;
  /** Its number among all messages of the run. */
  readonly number: number;
  /** FIFO; null for a standard queue. */
  readonly groupId: string | null;
  readonly atMs: number;
  /** Receives in another queue, of which it was a dead letter. */
  readonly earlierCount: number;
  /** With its delay. */
  readonly visibleAtMs: number;
  /** The mapping's filter passes it over. */
  readonly isFiltered: boolean;
}

/** A message as a receive hands it out, or as an event shows it. */
export interface SeenMessage {
  readonly id: string;
  /** Without it nothing of this receive can be deleted. */
  readonly receipt: string;
  /** ApproximateReceiveCount. */
  readonly count: number;
}

export type QueueHappening =
  | { readonly kind: "sent"; readonly message: SentMessage }
  /** A process begins. One that it replaces may still run. */
  | { readonly kind: "started"; readonly life: number; readonly atMs: number }
  | { readonly kind: "positioned"; readonly life: number }
  /** It was asked to stop and has: nothing of it runs (H-7). */
  | { readonly kind: "stopped"; readonly life: number; readonly isForced: boolean; readonly atMs: number }
  | { readonly kind: "crashed"; readonly life: number; readonly atMs: number }
  | {
      readonly kind: "received";
      readonly life: number;
      readonly messages: readonly SeenMessage[];
      /** By the wall clock. */
      readonly hiddenUntilMs: number;
      /** The answer got lost on its way: nobody has these messages. */
      readonly isLost: boolean;
      readonly atMs: number;
    }
  /** A standard queue hands these out a second time, as it may: they stay visible. */
  | { readonly kind: "repeated"; readonly ids: readonly string[] }
  | { readonly kind: "dead-lettered"; readonly id: string; readonly count: number; readonly atMs: number }
  /** The mapping asks for this, whatever comes of it. */
  | { readonly kind: "delete-asked"; readonly life: number; readonly receipt: string; readonly atMs: number }
  /** The queue has deleted it, by its last receipt. */
  | { readonly kind: "deleted"; readonly receipt: string; readonly atMs: number }
  | {
      readonly kind: "visibility-changed";
      readonly life: number;
      readonly receipt: string;
      readonly hiddenUntilMs: number;
      readonly atMs: number;
    }
  /** By somebody else: all that lay there has gone. */
  | { readonly kind: "purged"; readonly atMs: number }
  | {
      readonly kind: "called";
      readonly call: number;
      readonly life: number;
      readonly requestId: string;
      readonly messages: readonly SeenMessage[];
      readonly eventBytes: number;
      readonly atMs: number;
    }
  | {
      readonly kind: "returned";
      readonly call: number;
      /** Ids of those that have not ended well. */
      readonly failed: readonly string[];
      /** Not run: throttled, or refused otherwise. */
      readonly isRefused: boolean;
      readonly atMs: number;
    }
  | { readonly kind: "fault"; readonly fault: Fault; readonly number: number; readonly atMs: number }
  /** The world has had its time, and the mapping still runs: everything is owed now. */
  | { readonly kind: "over"; readonly atMs: number };

/** What the settings of queue and mapping allow: the widest that were ever in force. */
export interface QueueLimits {
  readonly batchSize: number;
  readonly eventLimitBytes: number;
  /** Null: no limit. */
  readonly maximumConcurrency: number | null;
  readonly isFifo: boolean;
  readonly isMixingGroups: boolean;
  readonly retentionMs: number;
  /** Null: there is no queue for dead letters. */
  readonly maxReceiveCount: number | null;
}

export interface QueueHistory {
  readonly limits: QueueLimits;
  readonly happenings: readonly QueueHappening[];
}
