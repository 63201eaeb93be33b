// Why a run failed, in a sentence with its rule: the law that is broken, or what AWS does as well.

import type { Fault, FaultKind } from "../../sim/fault.ts";

export interface Why {
  readonly text: string;
  readonly rule: string;
}

const laws: Readonly<Record<string, Why>> = {
  "nothing lost": {
    text: "every record ends: it succeeds, is given up, passed over or lost with the source's own",
    rule: "T-161",
  },
  "order kept": { text: "within a shard, records of one key end in order", rule: "E-62" },
  "parents first": { text: "a parent shard is drained before a child is read", rule: "P-8" },
  "start kept": { text: "nothing before the starting position is delivered", rule: "H-1" },
  "no commit past a gap": { text: "a checkpoint never passes a record that has not ended", rule: "T-160" },
  "limits kept": { text: "no event passes BatchSize or the byte limit", rule: "T-164" },
  "concurrency kept": { text: "in a lane calls never overlap, and lanes are as many as the factor says", rule: "E-61" },
  "attempts kept": {
    text: "a batch is called at most 1 + retries times, and its document counts its calls",
    rule: "T-163",
  },
  "every give-up reported once": {
    text: "the documents cover exactly what was given up, without overlap",
    rule: "T-165",
  },
  "windows exact": { text: "state and position are kept as one, so a window counts each record once", rule: "W-18" },
  "clean stop": { text: "after a stop in good order it goes on at the checkpoint", rule: "H-6" },
  "progress once healed": { text: "once healed it catches up, and its checkpoint with it", rule: "T-161" },
};

/** After these a batch that has been called is called again. */
const repeating: readonly FaultKind[] = ["crash", "save-lost", "save-fails", "duplicate-read", "zombie", "restart"];

/** Null: no rule is known that says why. `checker` null: an expectation failed. */
export function whyText(checker: string | null, faults: readonly Fault[], isRepeated: boolean): Why | null {
  if (checker !== null) return laws[checker] ?? null;
  const fault = faults.find(({ kind }) => repeating.includes(kind));
  if (!isRepeated || fault === undefined) return null;
  const what = fault.kind === "crash" ? "such a crash" : `such a fault (${fault.kind})`;
  return { text: `delivery is at least once: ${what} repeats the batch on AWS too`, rule: "P-12" };
}
