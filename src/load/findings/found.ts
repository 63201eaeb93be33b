// A finding with what it costs, so that the costliest comes first.

import type { ClosedByWord } from "../../core/closer.ts";
import type { Told } from "../figures/run-fold.ts";
import type { LoadObservation } from "../observation.ts";
import type { Finding, LoadRun } from "../report.ts";

export interface Found extends Finding {
  /** Part of the run's invocations, lane time or records that it costs; what makes all other figures doubtful costs more than all. */
  readonly cost: number;
}

export interface Judged {
  readonly run: LoadRun;
  readonly observation: LoadObservation;
  readonly told: Told;
}

/** Part of the first batches that this closed. */
export function shareClosedBy({ batches, counts }: LoadRun, word: ClosedByWord): number {
  const count = batches.reasons.find(({ closedBy }) => closedBy === word)?.count ?? 0;
  return counts.firstBatches === 0 ? 0 : count / counts.firstBatches;
}

/** Matching records a second that came, while the plan sent. */
export const ratePerSecond = ({ counts, sendMs }: LoadRun): number =>
  (1_000 * (counts.matched ?? counts.sent)) / Math.max(1, sendMs);
