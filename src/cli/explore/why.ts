// Why a run failed, in a sentence with its rule: the law that is broken, or what AWS does as well.

import { allCheckers } from "../../sim/checkers/all-checkers.ts";
import type { Law } from "../../sim/checkers/checker.ts";
import type { Fault, FaultKind } from "../../sim/fault.ts";

/** After these a batch that has been called is called again. */
const repeating: readonly FaultKind[] = ["crash", "save-lost", "save-fails", "duplicate-read", "zombie", "restart"];

/** Null: no rule is known that says why. `checker` null: an expectation failed. */
export function whyText(checker: string | null, faults: readonly Fault[], isRepeated: boolean): Law | null {
  if (checker !== null) return allCheckers.find(({ name }) => name === checker)?.law ?? null;
  const fault = faults.find(({ kind }) => repeating.includes(kind));
  if (!isRepeated || fault === undefined) return null;
  const what = fault.kind === "crash" ? "such a crash" : `such a fault (${fault.kind})`;
  return { text: `delivery is at least once: ${what} repeats the batch on AWS too`, rule: "P-12" };
}
