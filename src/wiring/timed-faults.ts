// Timed faults of a simulated world, each at its instant: which shard one befalls that was drawn before there were shards, whether it can
// befall, and what it does to clock, streams and processes. Both worlds use it, that of the stories and that of the scenarios.

import { msOf, type TimedFault } from "../sim/fault.ts";
import { awayProblem } from "../sim/fault-fates.ts";
import type { StoryEvent } from "../sim/story.ts";
import type { VirtualClock } from "../sim/virtual-clock.ts";
import type { VirtualStream } from "../sim/virtual-stream.ts";
import {
  isMergeable,
  isSplittable,
  mergeShards,
  type NewShardId,
  shardsInOrder,
  splitShard,
} from "./reshard-stream.ts";

export interface FaultedWorld {
  readonly clock: VirtualClock;
  /** Those that are there, in the order in which they were made. */
  readonly streams: () => ReadonlyMap<string, VirtualStream>;
  /** What cannot be reached in an outage beside the streams; absent: nothing. */
  readonly alsoAway?: (forMs: number) => void;
  readonly newShardIn: (streamName: string) => NewShardId;
  readonly processes: {
    /** Whether there is one to replace, restart or update. */
    isAny(): boolean;
    replace(): void;
    restart(options: { readonly graceMs: number; readonly downMs: number }): void;
    update(settings: Extract<TimedFault, { kind: "update" }>["settings"]): void;
  };
  /** An arrival means what it says only while the clock goes forward: windows or a starting timestamp are in force. */
  readonly isTimeRead: () => boolean;
  readonly befell: (fault: TimedFault) => void;
}

/** From `untilMs` on nothing befalls any more. */
export function armTimedFaults(
  world: FaultedWorld,
  events: readonly StoryEvent[],
  { startsAtMs, untilMs = Number.POSITIVE_INFINITY }: { readonly startsAtMs: number; readonly untilMs?: number },
): void {
  const { clock } = world;
  for (const event of events)
    clock.wakeAt(startsAtMs + msOf(event.at_s), () => {
      const fault = "place" in event ? namedFault(world, event) : event;
      if (clock.nowMs() < untilMs && fault !== null) happen(world, fault);
    });
}

/** With the shard that it befalls, one of the first stream; null: there is none. */
function namedFault(
  { streams }: FaultedWorld,
  { kind, at_s, place, records }: Exclude<StoryEvent, TimedFault>,
): TimedFault | null {
  const [stream] = streams().values();
  if (stream === undefined) return null;
  const ids = kind === "trim" ? stream.shardIds() : shardsInOrder(stream);
  const [one, next] = ids.slice(Math.floor(place * ids.length));
  if (one === undefined) return null;
  if (kind === "trim") return { kind, at_s, shard: one, records };
  if (kind === "split") return { kind, at_s, shard: one };
  return next === undefined ? null : { kind, at_s, shards: [one, next] };
}

function happen(world: FaultedWorld, fault: TimedFault): void {
  const { clock, processes } = world;
  if (!isPossible(world, fault)) return;
  world.befell(fault);
  switch (fault.kind) {
    case "outage":
      for (const stream of world.streams().values()) stream.outage(msOf(fault.for_s), awayProblem);
      world.alsoAway?.(msOf(fault.for_s));
      return;
    case "zombie":
      return processes.replace();
    case "restart":
      return processes.restart({ graceMs: msOf(fault.grace_s), downMs: msOf(fault.for_s) });
    case "update":
      return processes.update(fault.settings);
    case "split":
      for (const [name, stream] of world.streams()) splitShard(stream, fault, world.newShardIn(name));
      return;
    case "merge":
      for (const [name, stream] of world.streams()) mergeShards(stream, fault.shards, world.newShardIn(name));
      return;
    case "trim":
      for (const stream of world.streams().values())
        if (stream.shardIds().includes(fault.shard)) stream.trim(fault.shard, fault.records);
      return;
    case "clock-jump":
      return clock.jump(msOf(fault.by_s));
    case "clock-set-back":
      return clock.jump(-msOf(fault.by_s));
  }
}

/** Nothing befalls what is not there, as where another fault that made it is left out. */
function isPossible({ streams, processes, isTimeRead }: FaultedWorld, fault: TimedFault): boolean {
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
      return processes.isAny();
    case "clock-set-back":
      return !isTimeRead();
    case "outage":
    case "clock-jump":
      return true;
  }
}
