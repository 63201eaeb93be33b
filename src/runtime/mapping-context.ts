// What all lanes and shards of one running mapping share: its ports, its settings of this moment, and its counters. One place
// appends to the journal for them, so that counters and the journal never part.

import type { PassingFilter } from "../core/filter/passing-filter.ts";
import type { LaneSettings } from "../core/settings.ts";
import type { Checkpoints } from "../ports/checkpoints.ts";
import type { Clock } from "../ports/clock.ts";
import type { Invoker } from "../ports/invoker.ts";
import type { Fact, Journal } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Random } from "../ports/random.ts";
import type { Reporter } from "../ports/reporter.ts";
import type { Source } from "../ports/source.ts";
import type { SourceKind } from "../ports/source-kind.ts";
import type { Rec } from "../core/record.ts";
import type { LaneFeed } from "./lane-feed.ts";
import { type Counters, foldCounters, newCounters } from "./counters.ts";

/** What lanes need, whatever their source's progress is. */
export interface LanePorts<R extends Rec> {
  readonly kind: SourceKind<R>;
  readonly invoker: Invoker;
  readonly reporter: Reporter;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  /** Compiles pattern texts that were accepted when the mapping was made; null: no filter. */
  readonly compileFilter: (patterns: readonly string[]) => PassingFilter | null;
}

export interface MappingPorts<R extends Rec> extends LanePorts<R> {
  readonly source: Source<R>;
  readonly checkpoints: Checkpoints;
}

export interface LaneContext<R extends Rec> extends LanePorts<R> {
  spec: MappingSpec;
  settings: LaneSettings;
  filter: PassingFilter | null;
  counters: Counters;
  /** Batches closed in this mapping, over all lanes: people count them so. */
  batchCount: number;
  /** A person has paused the mapping: no call starts. */
  isGateShut: boolean;
  /** Behind a shut gate: the next call that is due may start. The lane that starts it takes this back. */
  isStepDue: boolean;
  /** A delete: outcomes are no longer checkpointed for anyone (H-9). */
  isAbandoned: boolean;
  /** Ends invocations by force once a stop's grace is over. */
  readonly force: AbortController;
  /** Somebody records. */
  feed: LaneFeed<R> | null;
  /** `atMs`: the instant of the turn in which it happens, where there is one. */
  note(lane: string, fact: Fact, atMs?: number): void;
  /** Another generation has taken over: everything here stops. */
  onFenced(): void;
}

export type MappingContext<R extends Rec> = LaneContext<R> & MappingPorts<R>;

export function createMappingContext<R extends Rec>(
  ports: MappingPorts<R>,
  spec: MappingSpec,
  onFenced: () => void,
): MappingContext<R> {
  const { source, checkpoints } = ports;
  return Object.assign(createLaneContext(ports, spec, onFenced), { source, checkpoints });
}

export function createLaneContext<R extends Rec>(
  ports: LanePorts<R>,
  spec: MappingSpec,
  onFenced: () => void,
): LaneContext<R> {
  const context: LaneContext<R> = {
    ...ports,
    spec,
    settings: settingsOf(ports.kind, spec),
    filter: ports.compileFilter(spec.filterPatterns),
    counters: newCounters,
    batchCount: 0,
    isGateShut: false,
    isStepDue: false,
    isAbandoned: false,
    force: new AbortController(),
    feed: null,
    note(lane, fact, atMs) {
      context.counters = foldCounters(context.counters, lane, fact, spec.functionArn);
      ports.journal.append(spec.uuid, lane, fact, atMs);
      context.feed?.noted(lane, fact, atMs ?? ports.clock.nowMs());
    },
    onFenced,
  };
  return context;
}

export function applySpec<R extends Rec>(context: LaneContext<R>, spec: MappingSpec): void {
  context.spec = spec;
  context.settings = settingsOf(context.kind, spec);
  context.filter = context.compileFilter(spec.filterPatterns);
  context.feed?.changed(context.clock.nowMs());
}

function settingsOf<R extends Rec>(kind: SourceKind<R>, spec: MappingSpec): LaneSettings {
  return { ...spec.lane, envelopeBytes: kind.envelopeBytes };
}
