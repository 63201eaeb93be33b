// The records of a load plan, with chance from the plan's seed and keys that lie in the shards or partitions of its source.

import type { LoadPlan } from "../../load/plan/plan.ts";
import type { PlannedRecord } from "../../load/plan/planned-record.ts";

/** Lazily, ordered by `atMs`; the same plan and seed give the same records. */
export function plannedRecords(_plan: LoadPlan): IterableIterator<PlannedRecord> {
  throw new Error("plannedRecords: not built yet");
}
