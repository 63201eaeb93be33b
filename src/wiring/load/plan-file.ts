// Reads a load plan: YAML, JSON (comments and trailing commas are let in) or TypeScript. All that is wrong with it is told at once, each with
// line and column.

import type { LoadPlan } from "../../load/plan/plan.ts";

/**
 * Throws MillraceError (several as one ConfigErrors) where the file is not there or is no plan. `cwd`: from which files are named to people.
 * `overrides`: members in the file's own form that come before the file's (of flags).
 */
export function loadPlanFile(
  _file: string,
  _options: { readonly cwd: string; readonly overrides?: Readonly<Record<string, unknown>> },
): Promise<LoadPlan> {
  throw new Error("loadPlanFile: not built yet");
}
