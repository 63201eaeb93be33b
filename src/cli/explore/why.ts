// Why a run failed, in a sentence with its rule: the law that is broken, or what AWS does as well.

import { lawOf } from "../../sim/checkers/broken-laws.ts";
import type { Law } from "../../sim/checkers/checker.ts";
import type { Fault, FaultKind } from "../../sim/fault.ts";
import type { ToldHistory } from "../../sim/told-history.ts";

/** After these a batch that has been called is called again. */
const repeating: readonly FaultKind[] = [
  "crash",
  "save-lost",
  "save-fails",
  "duplicate-read",
  "zombie",
  "restart",
  "duplicate-delivery",
  "slow-delete",
  "delete-fails",
];

export interface Failing {
  /** The checker whose law is broken; null: an expectation failed. */
  readonly checker: string | null;
  readonly faults: readonly Fault[];
  readonly isRepeated: boolean;
  readonly kind: ToldHistory["kind"];
}

/** Null: no rule is known that says why. */
export function whyText({ checker, faults, isRepeated, kind: toldKind }: Failing): Law | null {
  if (checker !== null) return lawOf(checker, toldKind);
  const fault = faults.find(({ kind }) => repeating.includes(kind));
  if (!isRepeated || fault === undefined) return null;
  const what = fault.kind === "crash" ? "such a crash" : `such a fault (${fault.kind})`;
  return {
    text: `delivery is at least once: ${what} repeats the batch on AWS too`,
    rule: toldKind === "stream" ? "P-12" : "Q-19",
  };
}
