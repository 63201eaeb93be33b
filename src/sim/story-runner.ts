// Runs a story under virtual time: the production runtime over the world's ports, one process after another, and writes down what
// went in and what came out. A run is a function of its story; the journal's digest says so.

import { nextTurn } from "../platform/turn.ts";
import type { Entry } from "../ports/journal.ts";
import type { Position } from "../ports/source.ts";
import { evenRanges, hexHashKeyOf, shardIdOf } from "../stores/partitioner.ts";
import {
  type AddedShard,
  isMergeable,
  isSplittable,
  mergeShards,
  shardsInOrder,
  splitShard,
} from "../wiring/reshard-stream.ts";
import { type Fault, isTimed, msOf, type TimedFault } from "./fault.ts";
import { createFaults } from "./faults.ts";
import type { Happening, History } from "./history.ts";
import { createKeptJournal } from "./journal-digest.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { type Story, type StoryEvent, WORLD_STARTS_AT_MS } from "./story.ts";
import type { Plant } from "./incarnation.ts";
import { createProcesses, type Processes, type Watch } from "./story-processes.ts";
import { awayProblem } from "./fault-fates.ts";
import type { StoryWorld } from "./story-world.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";
import { createVirtualStream } from "./virtual-stream.ts";

/** The world, with the hand on its clock. */
interface World extends StoryWorld {
  readonly clock: VirtualClock;
}

export interface StoryRun {
  readonly history: History;
  /** How many of the entries came before each happening. */
  readonly entriesBefore: readonly number[];
  /** What the runtime's journal says. */
  readonly entries: readonly Entry[];
  /** What befell, in order: a story of these alone is the same run. */
  readonly befallen: readonly Fault[];
  readonly digest: string;
  readonly lifeCount: number;
}

export async function runStory(
  story: Story,
  random: SeededRandom,
  plant: Plant = (ports) => ports,
  watch?: Watch,
): Promise<StoryRun> {
  const clock = createVirtualClock(WORLD_STARTS_AT_MS);
  const journal = createKeptJournal(clock);
  const happenings: Happening[] = [];
  const records = new Map<Position, { readonly number: number; readonly isPoison: boolean }>();
  const entriesBefore: number[] = [];
  const note = (happening: Happening): void => {
    happenings.push(happening);
    entriesBefore.push(journal.entries().length);
  };
  const faults = createFaults({
    random,
    clock,
    planned: story.planned,
    drawn: story.drawn,
    share: null,
    healedAtMs: story.healedAtMs,
    onBefallen: (fault, number) => note({ kind: "fault", fault, number, atMs: clock.nowMs() }),
  });
  const world: World = {
    story,
    random,
    clock,
    stream: createVirtualStream(clock),
    records,
    note,
    faults,
  };
  putRecords(world, records);
  const processes = createProcesses(world, journal, plant, watch);
  clock.wakeAt(story.beginsAtMs, () => processes.begin());
  for (const event of story.events)
    clock.wakeAt(WORLD_STARTS_AT_MS + msOf(event.at_s), () => {
      const fault = "place" in event ? namedFault(world, event) : event;
      if (clock.nowMs() < story.healedAtMs && fault !== null) happen(world, processes, fault);
    });
  while (clock.runNext(story.overAtMs)) await nextTurn();
  world.note({ kind: "over", atMs: clock.nowMs() });
  return {
    history: { limits: processes.limits(), happenings },
    entriesBefore,
    entries: journal.entries(),
    befallen: faults.befallen(),
    digest: journal.digest(),
    lifeCount: processes.count(),
  };
}

/** Makes the shards, and puts each record at its time into the shard that its key names then. */
function putRecords(
  { story, clock, stream, note }: World,
  records: Map<Position, { readonly number: number; readonly isPoison: boolean }>,
): void {
  for (const [index, range] of evenRanges(story.shardCount).entries()) {
    stream.addShard(shardIdOf(index), [], range);
    note({ kind: "shard", unit: shardIdOf(index), parents: [] });
  }
  for (const [number, { key, atMs, dataBytes, isPoison, isFiltered }] of story.records.entries()) {
    clock.wakeAt(atMs, () => {
      const unit = stream.shardOf(hexHashKeyOf(key));
      const text = JSON.stringify({ keep: !isFiltered, fill: "x".repeat(dataBytes) });
      const { position } = stream.put(unit, { key, data: Buffer.from(text) });
      records.set(position, { number, isPoison });
      note({ kind: "put", record: { unit, position, number, key, atMs: clock.nowMs(), isFiltered } });
    });
  }
}

// --- What is done to mapping and stream --------------------------------------------------------------------------------

type DrawnEvent = Exclude<StoryEvent, TimedFault>;

/** What was drawn before there were shards, with the shard that it befalls; null: there is none. */
function namedFault({ stream }: World, { kind, at_s, place, records }: DrawnEvent): TimedFault | null {
  const ids = kind === "trim" ? stream.shardIds() : shardsInOrder(stream);
  const [one, next] = ids.slice(Math.floor(place * ids.length));
  if (one === undefined) return null;
  if (kind === "trim") return { kind, at_s, shard: one, records };
  if (kind === "split") return { kind, at_s, shard: one };
  return next === undefined ? null : { kind, at_s, shards: [one, next] };
}

function happen(world: World, processes: Processes, fault: TimedFault): void {
  const { clock, stream } = world;
  // Nothing befalls a shard that is not there, as where another fault that made it is left out.
  if (!isPossible(world, fault)) return;
  world.faults.befell(fault);
  switch (fault.kind) {
    case "outage":
      return stream.outage(msOf(fault.for_s), awayProblem);
    case "zombie":
      return processes.replace();
    case "restart":
      return processes.restart(msOf(fault.grace_s), msOf(fault.for_s));
    case "update":
      return processes.update(fault.settings);
    case "split":
      return noteShards(world, splitShard(stream, fault, shardIdOf));
    case "merge":
      return noteShards(world, mergeShards(stream, fault.shards, shardIdOf));
    case "trim": {
      const through = stream.trim(fault.shard, fault.records);
      if (through !== null) world.note({ kind: "trimmed", unit: fault.shard, through });
      return;
    }
    case "clock-jump":
      return clock.jump(msOf(fault.by_s));
    case "clock-set-back":
      return clock.jump(-msOf(fault.by_s));
  }
}

function isPossible({ stream }: World, fault: TimedFault): boolean {
  if (fault.kind === "split") return isSplittable(stream, fault.shard);
  if (fault.kind === "merge") return isMergeable(stream, fault.shards);
  return fault.kind !== "trim" || stream.shardIds().includes(fault.shard);
}

function noteShards({ note }: World, added: readonly AddedShard[]): void {
  for (const { unit, parents } of added) note({ kind: "shard", unit, parents });
}

/** The same story told by what befell in its run: nothing is drawn any more. */
export function toldStory(story: Story, befallen: readonly Fault[]): Story {
  return {
    ...story,
    drawn: new Set(),
    planned: befallen.filter((fault) => !isTimed(fault)),
    events: befallen.filter(isTimed),
  };
}
