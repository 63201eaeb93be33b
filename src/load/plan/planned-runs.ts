// The runs of a plan: one a setting of the sweep's grid and repetition, in order.

import type { LoadPlan, PlannedRun } from "./plan.ts";

/** The first member of the sweep changes slowest; repetitions of a setting follow one another. */
export function plannedRuns(_plan: LoadPlan): readonly PlannedRun[] {
  throw new Error("plannedRuns: not built yet");
}
