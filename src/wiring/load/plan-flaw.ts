// Something that is wrong with a load plan, and where.

import type { ScenarioFlaw } from "../scenario-flaws.ts";

export type PlanFlaw = ScenarioFlaw;

/** A wrong value, or a name that cannot stand there. */
export function flaw(
  path: PlanFlaw["path"],
  what: string,
  more: { readonly label?: string; readonly help?: string | null; readonly part?: "name" | "value" } = {},
): PlanFlaw {
  const { label = "", help = null, part = "value" } = more;
  return { code: "plan-invalid", what, path, part, label, help };
}
