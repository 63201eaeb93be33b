// The figures of one run, from what was sent and what the journal tells.

import type { LoadObservation } from "../observation.ts";
import type { LoadRun, Prices } from "../report.ts";
import type { RunFold } from "./run-fold.ts";

/**
 * May be asked while a run goes on, again and again: costs about half a second a million records. `fold`: made by `createRunFold` and fed
 * as the run went on; left out, the observation's entries are folded now.
 */
export function loadRun(_observation: LoadObservation, _prices: Prices, _fold?: RunFold): LoadRun {
  throw new Error("the figures of a run are being written");
}
