// Thresholds: `iteratorAge.p99 < 2s`. What may be expected is a closed list, so that a slip of the pen is an error and not a threshold
// that never fails.

import type { Expectation, LoadRun } from "../report.ts";

export interface Threshold {
  readonly text: string;
  readonly metric: string;
  readonly operator: "<" | "<=" | ">" | ">=" | "==";
  /** In the metric's own unit: ms, a share, a count, USD. */
  readonly limit: number;
}

/** Throws `bad-argument` with the likely name and the list. */
export function parseExpectation(_text: string): Threshold {
  throw new Error("expectations are being written");
}

/** A run's value that is missing does not meet it; nor does any value of a run whose loader was the limit. */
export function expectation(_threshold: Threshold, _runs: readonly LoadRun[]): Expectation {
  throw new Error("expectations are being written");
}
