// What follows a call of a queue's batch (P-29, Q-10, Q-11, Q-14, Q-20, Q-21). Nothing is ever given up here: what is not deleted comes
// back by its queue, and the queue's redrive policy decides how often.

import { backoffMs } from "../retry-clock.ts";

export type QueueOutcome =
  /** The function ran, and its answer leaves these to come back: indexes, ascending; empty: none. */
  | { readonly kind: "answered"; readonly failedIndexes: readonly number[] }
  /** The whole batch failed: an error, an answer that cannot be read, or an event that is too large (Q-11, Q-13, E-49). */
  | { readonly kind: "failed" }
  /** The function did not run: throttled, a fault, no such function (E-4, E-5), or no thread was free in time. */
  | { readonly kind: "refused"; readonly reason: "throttled" | "fault" | "functionMissing" | "notStarted" };

export interface HeldBatch {
  readonly recordCount: number;
  /** Calls of this batch that were refused, this one included. */
  readonly refusalCount: number;
  /** When the first of its messages is visible again. */
  readonly leaseEndsAtMs: number;
}

/** Why a batch is let go whose calls were refused until too little time was left. */
const refusedWhy = {
  throttled: "throttled too long",
  fault: "not called",
  functionMissing: "function missing",
  notStarted: "no thread",
} as const;

export type QueueVerdict =
  | { readonly kind: "done" }
  /** Deletes all but these, which come back when their visibility is over. */
  | {
      readonly kind: "return";
      readonly keptIndexes: readonly number[];
      readonly why: "failed" | "reported" | (typeof refusedWhy)[keyof typeof refusedWhy];
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
  const letGo = { kind: "return", keptIndexes, why: refusedWhy[outcome.reason] } as const;
  if (outcome.reason === "notStarted") return letGo;
  const atMs = nowMs + backoffMs(Math.max(0, batch.refusalCount - 1), 0);
  return mayStart(atMs, batch.leaseEndsAtMs, functionTimeoutMs) ? { kind: "retry", atMs } : letGo;
}

/** A held batch is called only while its messages stay hidden for as long as the function may run. */
export function mayStart(atMs: number, leaseEndsAtMs: number, functionTimeoutMs: number): boolean {
  return leaseEndsAtMs - atMs >= functionTimeoutMs;
}

/**
 * Until when a call that begins now may wait for a thread: while as much of the lease is left as the function may take. Where that
 * is not so even now (a visibility no longer than the function's time, or a window that took it), half of what is left; a call that need
 * not wait begins whatever is left.
 */
export function startByMs(nowMs: number, leaseEndsAtMs: number, functionTimeoutMs: number): number {
  const latestMs = leaseEndsAtMs - functionTimeoutMs;
  if (nowMs < latestMs) return latestMs;
  return nowMs + Math.max(0, Math.floor((leaseEndsAtMs - nowMs) / 2));
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
