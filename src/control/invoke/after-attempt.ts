// What follows an attempt of an Event invocation (section 7.2). Pure.

import { assertNever } from "../../core/assert-never.ts";
import type { Answer } from "../../ports/invoker.ts";

/** Waits before the second and the third attempt. */
const RETRY_WAITS_MS: readonly number[] = [60_000, 120_000];
const FIRST_BACK_OFF_MS = 1_000;
const MOST_BACK_OFF_MS = 300_000;
/** MaximumEventAge as AWS has it by default: 6 hours. */
export const MOST_AGE_MS = 21_600_000;

export interface Attempted {
  readonly acceptedAtMs: number;
  /** Attempts that have ended in a function error, this one left out. */
  readonly failedCount: number;
  /** Throttles and faults in a row, this one left out. */
  readonly refusedCount: number;
}

export type AfterAttempt =
  | { readonly kind: "done" }
  | { readonly kind: "again"; readonly waitMs: number; readonly failedCount: number; readonly refusedCount: number }
  | { readonly kind: "gave-up"; readonly why: "RetriesExhausted" | "EventAgeExceeded" | "FunctionMissing" };

export function afterAttempt(
  answer: Answer,
  { acceptedAtMs, failedCount, refusedCount }: Attempted,
  nowMs: number,
): AfterAttempt {
  const again = (
    waitMs: number,
    counts: { readonly failedCount: number; readonly refusedCount: number },
  ): AfterAttempt =>
    nowMs + waitMs - acceptedAtMs > MOST_AGE_MS
      ? { kind: "gave-up", why: "EventAgeExceeded" }
      : { kind: "again", waitMs, ...counts };
  switch (answer.kind) {
    case "returned":
      return { kind: "done" };
    case "functionError": {
      const waitMs = RETRY_WAITS_MS[failedCount];
      if (waitMs === undefined) return { kind: "gave-up", why: "RetriesExhausted" };
      return again(waitMs, { failedCount: failedCount + 1, refusedCount: 0 });
    }
    case "refused": {
      if (answer.reason === "functionMissing") return { kind: "gave-up", why: "FunctionMissing" };
      const waitMs = Math.min(FIRST_BACK_OFF_MS * 2 ** refusedCount, MOST_BACK_OFF_MS);
      return again(waitMs, { failedCount, refusedCount: refusedCount + 1 });
    }
    default:
      return assertNever(answer);
  }
}
