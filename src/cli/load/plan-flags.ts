// The flags of `millrace load` that say what a plan's file may say too, and the plan of both: a flag comes before the file.

import type { Command } from "commander";
import type { LoadPlan } from "../../load/plan/plan.ts";

/** What commander has read of the options that `withPlanFlags` adds. */
export type PlanFlags = Readonly<Record<string, unknown>>;

/** Adds the options of a plan to the command, in groups. */
export function withPlanFlags(_command: Command): Command {
  throw new Error("withPlanFlags: not built yet");
}

/** `file`: of a plan, or null for flags alone. Throws MillraceError bad-argument, or what loadPlanFile throws. */
export function planFromFlags(
  _flags: PlanFlags,
  _given: { readonly file: string | null; readonly cwd: string },
): Promise<LoadPlan> {
  throw new Error("planFromFlags: not built yet");
}
