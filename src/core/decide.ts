// What follows an ended call: the order of decisions of E-15, first match wins. Age is not judged here but before every call
// (E-13), so that an expired batch never gets as far as this. The lane carries the verdict out.

import { assertNever } from "./assert-never.ts";
import type { Kept, Outcome } from "./outcome.ts";
import { backoffMs } from "./retry-clock.ts";
import type { LaneSettings } from "./settings.ts";

export type Verdict =
  | { readonly kind: "done" }
  /** Records before `from` are done; the others are a new batch (E-15.2). */
  | { readonly kind: "rest"; readonly from: number }
  /** The same where the batch mixes partitions: these indexes stay (M-411, M-412). */
  | ({ readonly kind: "rest" } & Kept)
  /** Two new batches; the whole is not retried first (E-15.3). */
  | { readonly kind: "halve" }
  | { readonly kind: "retry"; readonly afterMs: number }
  /** RetryAttemptsExhausted (E-15.5). */
  | { readonly kind: "giveUp" };

/** `attempts` and `refusals` include the call that has just ended. */
export interface Tried {
  readonly recordCount: number;
  readonly attempts: number;
  readonly refusals: number;
}

type Deciding = Pick<LaneSettings, "isBisecting" | "retries" | "acknowledged">;

export function decide(tried: Tried, outcome: Outcome, settings: Deciding, jitterMs: number): Verdict {
  switch (outcome.kind) {
    case "refused":
      return { kind: "retry", afterMs: backoffMs(tried.refusals - 1, jitterMs) };
    case "answered":
      if (outcome.failed === "none") return { kind: "done" };
      // The first record itself failed: no progress, so the batch is as good as failed whole (E-17).
      if (outcome.failed === "all" || outcome.failed === 0) return afterFailure(tried, settings, jitterMs);
      if (typeof outcome.failed === "object") return { kind: "rest", kept: outcome.failed.kept };
      return { kind: "rest", from: outcome.failed };
    case "functionError":
    case "tooLarge":
      return afterFailure(tried, settings, jitterMs);
    default:
      return assertNever(outcome);
  }
}

function afterFailure(tried: Tried, settings: Deciding, jitterMs: number): Verdict {
  if (settings.isBisecting && tried.recordCount > 1) return { kind: "halve" };
  const hasRetryLeft = settings.retries < 0 || tried.attempts <= settings.retries;
  if (hasRetryLeft) {
    const flatMs = settings.acknowledged?.retryPauseMs ?? null;
    return { kind: "retry", afterMs: flatMs ?? backoffMs(tried.attempts - 1, jitterMs) };
  }
  return { kind: "giveUp" };
}

/** How many go left when a batch is halved (E-18). */
export function leftHalfCount(recordCount: number): number {
  return Math.floor(recordCount / 2);
}
