// What follows a call of a queue's batch (P-29, Q-10, Q-11, Q-14, Q-20, Q-21). Nothing is ever given up here: what is not deleted comes
// back by its queue, and the queue's redrive policy decides how often.

import { backoffMs } from "../retry-clock.ts";

export type QueueOutcome =
  /** The function ran, and its answer leaves these to come back: indexes, ascending; empty: none. */
  | { readonly kind: "answered"; readonly failedIndexes: readonly number[] }
  /** The whole batch failed: an error, an answer that cannot be read, or an event that is too large (Q-11, Q-13, E-49). */
  | { readonly kind: "failed" }
  /** The function did not run: throttled, a fault, no such function (E-4, E-5). */
  | { readonly kind: "refused" };

export interface HeldBatch {
  readonly recordCount: number;
  /** Calls of this batch that were refused, this one included. */
  readonly refusalCount: number;
  /** When the first of its messages is visible again. */
  readonly leaseEndsAtMs: number;
}

export type QueueVerdict =
  | { readonly kind: "done" }
  /** Deletes all but these, which come back when their visibility is over. */
  | {
      readonly kind: "return";
      readonly keptIndexes: readonly number[];
      readonly why: "failed" | "reported" | "throttled too long";
    }
  /** The lease is kept, and with it the receive count. */
  | { readonly kind: "retry"; readonly atMs: number };

export function afterCall(
  outcome: QueueOutcome,
  batch: HeldBatch,
  { nowMs, functionTimeoutMs }: { readonly nowMs: number; readonly functionTimeoutMs: number },
): QueueVerdict {
  if (outcome.kind === "answered") {
    const { failedIndexes } = outcome;
    return failedIndexes.length === 0
      ? { kind: "done" }
      : { kind: "return", keptIndexes: failedIndexes, why: "reported" };
  }
  const keptIndexes = Array.from({ length: batch.recordCount }, (_, index) => index);
  if (outcome.kind === "failed") return { kind: "return", keptIndexes, why: "failed" };
  const atMs = nowMs + backoffMs(Math.max(0, batch.refusalCount - 1), 0);
  return mayStart(atMs, batch.leaseEndsAtMs, functionTimeoutMs)
    ? { kind: "retry", atMs }
    : { kind: "return", keptIndexes, why: "throttled too long" };
}

/** A held batch is called only while its messages stay hidden for as long as the function may run. */
export function mayStart(atMs: number, leaseEndsAtMs: number, functionTimeoutMs: number): boolean {
  return leaseEndsAtMs - atMs >= functionTimeoutMs;
}

/**
 * For how long a receive hides messages; null: as the queue says. With the setting, a mapping with a window hides them for long enough
 * to be assembled and to run (B-15).
 */
export function hiddenMs(given: {
  readonly isHidingLonger: boolean;
  readonly windowMs: number;
  readonly functionTimeoutMs: number;
  readonly queueVisibilityMs: number;
}): number | null {
  const wantedMs = given.windowMs + given.functionTimeoutMs;
  if (!given.isHidingLonger || given.windowMs === 0 || wantedMs <= given.queueVisibilityMs) return null;
  return wantedMs + HIDDEN_SPARE_MS;
}

const HIDDEN_SPARE_MS = 30_000;
