// A whole report: the runs of a plan, what was expected of them, and the prices.

import { expectation, type Threshold } from "./expect/expectation.ts";
import type { LoadReport, LoadRun, Prices } from "./report.ts";

/** `version`: Millrace's. `runs`: in order of the sweep, repetitions behind one another. */
export function loadReport(given: {
  readonly version: string;
  readonly plan: Readonly<Record<string, unknown>>;
  readonly swept: LoadReport["swept"];
  readonly prices: Prices;
  readonly thresholds: readonly Threshold[];
  readonly runs: readonly LoadRun[];
}): LoadReport {
  const { version, plan, swept, prices, thresholds, runs } = given;
  const expectations = thresholds.map((threshold) => expectation(threshold, runs));
  return { format: 1, version, plan, runs, swept, expectations, prices };
}
