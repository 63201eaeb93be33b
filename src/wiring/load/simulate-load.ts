// One run of a load plan under virtual time: the control plane and the runtime of production, records that come when the plan says, and a
// function that is a model or the user's own handler.
//
// SL1 The same run, seed and version leave the same observation: no wall clock, no path, no fresh id.
// SL2 The world goes by whole ms: a record that is planned between two arrives at the later one.
// SL3 Within one instant records arrive last: whatever else is due then has happened before. So an arrival exactly at the end of a window
//     is not in its batch.

import type { LoadObservation } from "../../load/observation.ts";
import type { PlannedRun } from "../../load/plan/plan.ts";
import type { Entry } from "../../ports/journal.ts";

/** What is known of a run before its first entry. */
export type SimulatedHead = Pick<LoadObservation, "startedAtMs" | "batchSize" | "family" | "mapping">;

export interface SimulatedProgress {
  /** Of the world's time, since the plan began. */
  readonly elapsedMs: number;
  readonly sentCount: number;
  readonly endedCount: number;
}

export interface SimulateLoadOptions {
  /** Once it is aborted nothing more is sent, and the run ends there: `interrupted`. */
  readonly signal?: AbortSignal;
  /** Now and then; costs nothing in between. */
  readonly onProgress?: (now: SimulatedProgress) => void;
  /** Takes the entries as they come: they are not kept then, and the observation has none. */
  readonly begin?: (head: SimulatedHead) => (entry: Entry) => void;
}

/**
 * Rejects with MillraceError: `bad-argument` where the control plane refuses the mapping (with AWS's own text), `handler-not-found`, and
 * `handler-stuck` where the user's handler does not come to rest.
 */
export function simulateLoad(_run: PlannedRun, _options: SimulateLoadOptions = {}): Promise<LoadObservation> {
  throw new Error("simulateLoad: not built yet");
}
