// Runs a story under virtual time: the production runtime over the world's ports, one process after another, and writes down what
// went in and what came out. A run is a function of its story; the journal's digest says so.

import { nextTurn } from "../platform/turn.ts";
import type { Entry } from "../ports/journal.ts";
import type { Position } from "../ports/source.ts";
import { evenRanges, hexFromHashKey, hexHashKeyOf, shardIdOf } from "../stores/partitioner.ts";
import type { Happening, History } from "./history.ts";
import { createKeptJournal } from "./journal-digest.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { type Story, type StoryEvent, WORLD_STARTS_AT_MS } from "./story.ts";
import { createProcesses, LONGEST_GRACE_MS, type Plant, type Processes } from "./story-processes.ts";
import { awayProblem, type StoryWorld } from "./story-world.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";
import { createVirtualStream, type OpenShard } from "./virtual-stream.ts";

const LONGEST_PAUSE_MS = 70_000;
const LONGEST_OUTAGE_MS = 20_000;
const LONGEST_JUMP_MS = 20_000;

/** The world, with the hand on its clock. */
interface World extends StoryWorld {
  readonly clock: VirtualClock;
}

export interface StoryRun {
  readonly history: History;
  /** What the runtime's journal says. */
  readonly entries: readonly Entry[];
  readonly digest: string;
  readonly lifeCount: number;
}

export async function runStory(story: Story, random: SeededRandom, plant: Plant = (ports) => ports): Promise<StoryRun> {
  const clock = createVirtualClock(WORLD_STARTS_AT_MS);
  const journal = createKeptJournal(clock);
  const happenings: Happening[] = [];
  const records = new Map<Position, { readonly number: number; readonly isPoison: boolean }>();
  const world: World = {
    story,
    random,
    clock,
    stream: createVirtualStream(clock),
    records,
    note: (happening) => void happenings.push(happening),
    befalls: (kind, share) => story.faults.has(kind) && clock.nowMs() < story.healedAtMs && random.happens(kind, share),
  };
  putRecords(world, records);
  const processes = createProcesses(world, journal, plant);
  clock.wakeAt(story.beginsAtMs, () => processes.begin());
  for (const event of story.events)
    clock.wakeAt(event.atMs, () => {
      if (clock.nowMs() < story.healedAtMs) happen(world, processes, event);
    });
  while (clock.runNext(story.overAtMs)) await nextTurn();
  world.note({ kind: "over", atMs: clock.nowMs() });
  return {
    history: { limits: processes.limits(), happenings },
    entries: journal.entries(),
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
      const position = stream.put(unit, { key, data: Buffer.from(text) });
      records.set(position, { number, isPoison });
      note({ kind: "put", record: { unit, position, number, key, atMs: clock.nowMs(), isFiltered } });
    });
  }
}

// --- What is done to mapping and stream --------------------------------------------------------------------------------

function happen(world: World, processes: Processes, { kind }: StoryEvent): void {
  const { random, clock, stream } = world;
  switch (kind) {
    case "outages":
      stream.setProblem(awayProblem);
      clock.wakeAt(clock.nowMs() + random.between("outages", 100, LONGEST_OUTAGE_MS), () => stream.setProblem(null));
      return;
    case "zombies":
      return processes.replace();
    case "restarts":
      return processes.restart(
        random.pick("restarts", [0, 3_000, LONGEST_GRACE_MS]),
        random.between("restarts", 0, LONGEST_PAUSE_MS),
      );
    case "updates":
      return processes.update();
    case "reshards":
      return reshard(world);
    case "trims":
      return trim(world);
    case "clockJumps":
      return clock.jump(random.between("clockJumps", 1, LONGEST_JUMP_MS));
    case "clockSetBack":
      return clock.jump(-random.between("clockSetBack", 1, LONGEST_JUMP_MS));
  }
}

/** Splits an open shard in two, or merges two that lie beside one another. */
function reshard(world: World): void {
  const { random, stream } = world;
  const open = [...stream.openShards()].sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
  const at = random.between("reshards", 0, open.length - 1);
  const one = open[at];
  const next = open[at + 1];
  if (one === undefined || one.hashKeys === null) return;
  if (next !== undefined && next.hashKeys !== null && random.happens("reshards", 0.5)) {
    stream.closeShard(one.id);
    stream.closeShard(next.id);
    return addShard(world, [one.id, next.id], one.hashKeys.start, next.hashKeys.end);
  }
  const { start, end } = one.hashKeys;
  const middle = (BigInt(`0x${start}`) + BigInt(`0x${end}`)) / 2n;
  stream.closeShard(one.id);
  addShard(world, [one.id], start, hexFromHashKey(middle));
  addShard(world, [one.id], hexFromHashKey(middle + 1n), end);
}

function addShard({ stream, note }: World, parents: readonly string[], start: string, end: string): void {
  const unit = shardIdOf(stream.shardIds().length);
  stream.addShard(unit, parents, { start, end });
  note({ kind: "shard", unit, parents });
}

const startOf = ({ hashKeys }: OpenShard): string => hashKeys?.start ?? "";

function trim({ random, stream, note }: World): void {
  const ids = stream.shardIds();
  const unit = ids[random.between("trims", 0, ids.length - 1)] ?? "";
  const through = stream.trim(unit, random.between("trims", 1, 8));
  if (through !== null) note({ kind: "trimmed", unit, through });
}
