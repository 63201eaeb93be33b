// What runs mappings, as the mapping manager sees it: threads live (src/threads), the world in a simulated run (src/sim).
// The manager decides states and generations and stores them; the placement decides which thread holds a mapping.
//
// P1  `start`, `update` and `stop` never throw and never wait. What came of them arrives as events, in any later turn.
// P2  Every event carries the generation it is about. The manager drops events of a generation that is not the mapping's.
// P3  Every `start` is answered by `positioned` (once the source can be read), every `update` by `updated`, every `stop` by
//     `stopped`. A placement that has lost a mapping says `lost` in their stead; the manager then starts a new generation.

import type { Cancel } from "../ports/clock.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { DisablingReason, SourceProblem } from "../ports/source.ts";
import type { Steer } from "../ports/steer.ts";
import type { Counts } from "../runtime/counters.ts";
import type { LaneReport, PartitionReport } from "../runtime/lane-report.ts";
import type { RunnerSummary } from "../runtime/runner-summary.ts";

/** Of one generation, counted since its start; the manager adds up over generations. */
export interface PlacementSummary extends Omit<RunnerSummary, "counters"> {
  readonly uuid: string;
  readonly generation: number;
  readonly counters: Counts;
  /** What the lanes assemble; empty unless somebody looks at it. */
  readonly lanes: readonly LaneReport[];
  /** Where each shard or change stream stands; absent unless somebody looks at it. A topic's partitions are told by its pollers' lanes. */
  readonly units?: readonly PartitionReport[];
}

export type PlacementEvent =
  /** All positions are resolved and stored (H-2): the mapping may be shown Enabled. */
  | { readonly kind: "positioned"; readonly uuid: string; readonly generation: number }
  /** New settings are in use from the next decision on (H-10). */
  | { readonly kind: "updated"; readonly uuid: string; readonly generation: number }
  /** Nothing of the mapping runs any more; outcomes are checkpointed unless it was a delete. */
  | { readonly kind: "stopped"; readonly uuid: string; readonly generation: number; readonly errors: readonly string[] }
  /** The source cannot be read (it is tried again), or, with null, it can be read again. */
  | {
      readonly kind: "problem";
      readonly uuid: string;
      readonly generation: number;
      readonly problem: SourceProblem | null;
    }
  /** A fault that waiting does not mend has lasted too long: the mapping is to be disabled with this reason (M-705). */
  | {
      readonly kind: "unrecoverable";
      readonly uuid: string;
      readonly generation: number;
      readonly reason: DisablingReason;
    }
  /** What held the mapping has ended, or its generation was fenced off: nothing runs until it is started anew. */
  | { readonly kind: "lost"; readonly uuid: string; readonly generation: number }
  | { readonly kind: "summary"; readonly mappings: readonly PlacementSummary[] };

export interface Placement {
  start(spec: MappingSpec): void;
  /** The same generation with other settings. */
  update(spec: MappingSpec): void;
  /** Lets invocations in flight end, then stops; with `isDelete` their outcome is not checkpointed (H-9). */
  stop(uuid: string, options: { readonly isDelete: boolean }): void;
  /** Means nothing for a mapping that does not run. A start begins unpaused. */
  steer(uuid: string, command: Steer): void;
  /** Removes the checkpoints of a mapping that does not run. Called at least once for a deleted mapping; may be repeated. */
  forget(uuid: string): Promise<void>;
  /** One subscriber: the mapping manager. */
  subscribe(listener: (event: PlacementEvent) => void): Cancel;
}
