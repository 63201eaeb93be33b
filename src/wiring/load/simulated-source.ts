// A source of a simulated load run: where the plan's records arrive, and what reads it. One file a family makes one.

import type { ControlPlaneOptions } from "../../control/control-plane.ts";
import type { Surroundings } from "../../control/lookups.ts";
import type { SentRecord } from "../../load/observation.ts";
import type { LoadPlan } from "../../load/plan/plan.ts";
import type { PlannedRecord } from "../../load/plan/planned-record.ts";
import type { Rec } from "../../core/record.ts";
import type { Checkpoints } from "../../ports/checkpoints.ts";
import type { Entry } from "../../ports/journal.ts";
import type { MappingSpec } from "../../ports/mapping-spec.ts";
import type { DisablingReason } from "../../ports/source.ts";
import type { LanePorts } from "../../runtime/mapping-context.ts";
import type { MappingRunner, MappingRunnerOptions } from "../../runtime/mapping-runner.ts";
import type { SeededRandom } from "../../sim/seeded-random.ts";
import type { VirtualClock } from "../../sim/virtual-clock.ts";

export interface SourceWorld {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly plan: LoadPlan;
  readonly settings: Surroundings;
  /** Whether anything reads what a record holds: the user's handler or a filter. Else no data need be made. */
  readonly isDataRead: boolean;
  /** Records are handed over as they arrive, whether that makes a difference or not. */
  readonly isKeptBackNever: boolean;
}

/** What the control plane asks of the source's surroundings; what is left out knows nothing. */
export type SourceLookups = Partial<
  Pick<
    ControlPlaneOptions,
    "streams" | "queues" | "engineOf" | "brokers" | "kafkaClusters" | "documentDbs" | "registries"
  >
>;

export interface RunnerPorts extends Omit<LanePorts<Rec>, "kind"> {
  readonly checkpoints: Checkpoints;
  readonly events: MappingRunnerOptions<Rec>["events"];
  /** The function is a model: in place of the event it is told `modelEventText`. */
  readonly isModelled: boolean;
}

export interface SimulatedSource {
  /** As mappingBodyOf takes it: where its name does not make it; else null. */
  readonly sourceArn: string | null;
  readonly lookups: SourceLookups;
  /** Shards or partitions; 1 of another source. */
  readonly unitCount: number;
  /** What reads it for the mapping. Called once. */
  runnerOf(spec: MappingSpec, ports: RunnerPorts): MappingRunner;
  /** They arrive now, in order. `startedAtMs`: what their instants count from. */
  put(records: readonly PlannedRecord[], startedAtMs: number): void | Promise<void>;
  /**
   * Hands over what has arrived and is still kept back: what makes a difference by itself (`due`), or all of it before anything else
   * happens. False: there was nothing.
   */
  handOver(which: "due" | "all"): boolean;
  /** In the order in which they were taken. */
  readonly sent: readonly SentRecord[];
  /** Records that the source did not take. */
  refusedCount(): number;
  /** How many records this entry of the journal has ended: done, given up, passed over or dead letters. */
  endedBy(entry: Entry): number;
  /** Though all records have ended, there may be more to come: a tumbling window's final call. */
  isAtRest(): boolean;
  close(): void;
}

/** What a model of a function is told of a batch: how many records, and by which identifiers its poisoned ones are named. */
export interface ModelEvent {
  readonly records: number;
  readonly poison: readonly unknown[];
}

export const modelEventText = <R>(
  records: readonly R[],
  isPoison: (record: R) => boolean,
  identifier: (record: R) => unknown,
): string => JSON.stringify({ records: records.length, poison: records.filter(isPoison).map(identifier) });

/** Events of a runner that says more than a stream's does: that the mapping cannot go on is told where it is heard. */
export const withUnrecoverable = (events: RunnerPorts["events"]) => ({
  ...events,
  unrecoverable: (reason: DisablingReason) => events.unrecoverable?.(reason),
});
