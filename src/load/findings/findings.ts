import type { LoadObservation } from "../observation.ts";
import type { Finding, LoadRun } from "../report.ts";
import type { Told } from "../figures/run-fold.ts";

export function findings(
  _run: LoadRun,
  _given: { readonly observation: LoadObservation; readonly told: Told },
): readonly Finding[] {
  return [];
}
