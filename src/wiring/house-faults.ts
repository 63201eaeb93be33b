// Timed faults of a simulated house: those of the plan and those drawn from the seed, each at its instant.

import { type Fault, type FaultKind, isTimed, msOf, type TimedFault } from "../sim/fault.ts";
import { awayProblem } from "../sim/fault-fates.ts";
import type { FaultPlan } from "../sim/fault-plan.ts";
import type { SeededRandom } from "../sim/seeded-random.ts";
import { drawEvents, type StoryEvent } from "../sim/story.ts";
import type { VirtualClock } from "../sim/virtual-clock.ts";
import type { VirtualStream } from "../sim/virtual-stream.ts";
import { shardIdIn } from "../stores/partitioner.ts";
import {
  isMergeable,
  isSplittable,
  mergeShards,
  type NewShardId,
  shardsInOrder,
  splitShard,
} from "./reshard-stream.ts";
import type { VirtualPlacement } from "./virtual-placement.ts";

export interface HouseFaults {
  readonly clock: VirtualClock;
  readonly startsAtMs: number;
  readonly random: SeededRandom;
  /** Those that are there, in the order in which they were made. */
  readonly streams: () => ReadonlyMap<string, VirtualStream>;
  readonly placement: VirtualPlacement;
  readonly update: (uuid: string, settings: Readonly<Record<string, unknown>>) => void;
  /** An arrival means what it says only while the clock goes forward: windows or a starting timestamp are in force. */
  readonly isTimeRead: () => boolean;
  readonly befell: (fault: Fault) => void;
}

export function armTimedFaults(house: HouseFaults, plan: FaultPlan): void {
  const { clock, startsAtMs, random } = house;
  const drawn: ReadonlySet<FaultKind> = plan.drawn;
  const events: readonly StoryEvent[] = [
    ...plan.planned.filter(isTimed),
    ...drawEvents(random, drawn, { mayHaveWindows: false, withinMs: plan.healedAfterMs }),
  ];
  for (const event of events)
    clock.wakeAt(startsAtMs + msOf(event.at_s), () => {
      for (const fault of "place" in event ? namedFaults(house, event) : [event]) happen(house, fault);
    });
}

/** What was drawn before there were shards, with the shard that it befalls: one of the first stream. */
function namedFaults(
  { streams }: HouseFaults,
  { kind, at_s, place, records }: Exclude<StoryEvent, TimedFault>,
): readonly TimedFault[] {
  const [stream] = streams().values();
  if (stream === undefined) return [];
  const ids = kind === "trim" ? stream.shardIds() : shardsInOrder(stream);
  const [one, next] = ids.slice(Math.floor(place * ids.length));
  if (one === undefined) return [];
  if (kind === "trim") return [{ kind, at_s, shard: one, records }];
  if (kind === "split") return [{ kind, at_s, shard: one }];
  return next === undefined ? [] : [{ kind, at_s, shards: [one, next] }];
}

function happen(house: HouseFaults, fault: TimedFault): void {
  const { clock, placement } = house;
  if (!isPossible(house, fault)) return;
  house.befell(fault);
  switch (fault.kind) {
    case "outage":
      for (const stream of house.streams().values()) stream.outage(msOf(fault.for_s), awayProblem);
      return;
    case "zombie":
      return placement.replace();
    case "restart":
      return placement.restart(msOf(fault.for_s), msOf(fault.grace_s));
    case "update":
      for (const uuid of placement.running()) house.update(uuid, fault.settings);
      return;
    case "split":
      for (const [name, stream] of house.streams()) splitShard(stream, fault, newShardIn(house, name));
      return;
    case "merge":
      for (const [name, stream] of house.streams()) mergeShards(stream, fault.shards, newShardIn(house, name));
      return;
    case "trim":
      for (const stream of house.streams().values())
        if (stream.shardIds().includes(fault.shard)) stream.trim(fault.shard, fault.records);
      return;
    case "clock-jump":
      return clock.jump(msOf(fault.by_s));
    case "clock-set-back":
      return clock.jump(-msOf(fault.by_s));
  }
}

const newShardIn =
  ({ clock }: HouseFaults, name: string): NewShardId =>
  (index) =>
    shardIdIn(name, index, clock.nowMs());

/** Nothing befalls what is not there, as where another fault that made it is left out. */
function isPossible({ streams, placement, isTimeRead }: HouseFaults, fault: TimedFault): boolean {
  const all = [...streams().values()];
  switch (fault.kind) {
    case "split":
      return all.some((stream) => isSplittable(stream, fault.shard));
    case "merge":
      return all.some((stream) => isMergeable(stream, fault.shards));
    case "trim":
      return all.some((stream) => stream.shardIds().includes(fault.shard));
    case "zombie":
    case "restart":
    case "update":
      return placement.running().length > 0;
    case "clock-set-back":
      return !isTimeRead();
    case "outage":
    case "clock-jump":
      return true;
  }
}
