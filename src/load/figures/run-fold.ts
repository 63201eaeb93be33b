// Folds a run's journal as it comes: batches, calls, failures, lanes. What needs the sent records is worked out at the end (load-run.ts),
// so that an entry may come before its sender knows the record's place.

import type { Entry } from "../../ports/journal.ts";
import type { LoadObservation } from "../observation.ts";

/** What has to be known of a run before its first entry. */
export type RunHead = Pick<LoadObservation, "startedAtMs" | "batchSize" | "family" | "mapping">;

export interface RunFold {
  /** Entries of one lane in their order, of several by time. Entries of other mappings are passed over. */
  take(entry: Entry): void;
}

export function createRunFold(_head: RunHead): RunFold {
  throw new Error("the fold of a run is being written");
}
