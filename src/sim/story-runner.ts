// Runs a story under virtual time: the production runtime over the world's ports, one process after another, and writes down what
// went in and what came out. A run is a function of its story; the journal's digest says so.

import { nextTurn } from "../platform/turn.ts";
import type { Entry } from "../ports/journal.ts";
import type { Position } from "../ports/source.ts";
import { evenRanges, hexHashKeyOf, shardIdOf } from "../stores/partitioner.ts";
import { armTimedFaults } from "../wiring/timed-faults.ts";
import { type Fault, isTimed } from "./fault.ts";
import { createFaults } from "./faults.ts";
import type { Happening, History } from "./history.ts";
import { createKeptJournal } from "./journal-digest.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { type Story, WORLD_STARTS_AT_MS } from "./story.ts";
import type { Plant } from "./incarnation.ts";
import { createProcesses, type Watch } from "./story-processes.ts";
import type { StoryWorld } from "./story-world.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";
import { createVirtualStream, type VirtualStream } from "./virtual-stream.ts";

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
    stream: notedStream(createVirtualStream(clock), note),
    records,
    note,
    faults,
  };
  putRecords(world, records);
  const processes = createProcesses(world, journal, plant, watch);
  clock.wakeAt(story.beginsAtMs, () => processes.begin());
  armTimedFaults(
    {
      clock,
      streams: () => new Map([["", world.stream]]),
      newShardIn: () => shardIdOf,
      processes: {
        isAny: () => true,
        replace: () => processes.replace(),
        restart: ({ graceMs, downMs }) => processes.restart(graceMs, downMs),
        update: (settings) => processes.update(settings),
      },
      // What is drawn for a story with windows, or from a timestamp on, sets no clock back.
      isTimeRead: () => false,
      befell: (fault) => faults.befell(fault),
    },
    story.events,
    { startsAtMs: WORLD_STARTS_AT_MS, untilMs: story.healedAtMs },
  );
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

/** The same stream, with a look at its shards and at what leaves it. */
function notedStream(stream: VirtualStream, note: (happening: Happening) => void): VirtualStream {
  return {
    ...stream,
    addShard(unit, parents, hashKeys) {
      stream.addShard(unit, parents, hashKeys);
      note({ kind: "shard", unit, parents });
    },
    trim(unit, count) {
      const through = stream.trim(unit, count);
      if (through !== null) note({ kind: "trimmed", unit, through });
      return through;
    },
  };
}

/** Makes the shards, and puts each record at its time into the shard that its key names then. */
function putRecords(
  { story, clock, stream, note }: World,
  records: Map<Position, { readonly number: number; readonly isPoison: boolean }>,
): void {
  for (const [index, range] of evenRanges(story.shardCount).entries()) stream.addShard(shardIdOf(index), [], range);
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

/** The same story told by what befell in its run: nothing is drawn any more. */
export function toldStory(story: Story, befallen: readonly Fault[]): Story {
  return {
    ...story,
    drawn: new Set(),
    planned: befallen.filter((fault) => !isTimed(fault)),
    events: befallen.filter(isTimed),
  };
}
