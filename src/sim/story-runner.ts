// Runs a story under virtual time: the production runtime over the world's ports, one process after another, and writes down what
// went in and what came out. A run is a function of its story; the journal's digest says so.

import { compileFilters } from "../core/filter/compile-filters.ts";
import { createRecordFilter } from "../core/filter/record-filter.ts";
import { createKinesisKind } from "../kinds/kinesis/kinesis-kind.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import { nextTurn } from "../platform/turn.ts";
import type { Checkpoints } from "../ports/checkpoints.ts";
import type { Invoker } from "../ports/invoker.ts";
import type { Report, ReportAnswer, Reporter } from "../ports/reporter.ts";
import type { Position, Source, SourceProblem } from "../ports/source.ts";
import { createMappingRunner, type MappingRunner, STARTED_MARK } from "../runtime/mapping-runner.ts";
import { evenRanges, hexFromHashKey, hexHashKeyOf, shardIdOf } from "../stores/partitioner.ts";
import type { Happening, History } from "./history.ts";
import {
  createLife,
  type Life,
  mortalCheckpoints,
  mortalClock,
  mortalInvoker,
  mortalJournal,
  mortalReporter,
  mortalSource,
} from "./incarnation.ts";
import { createKeptJournal } from "./journal-digest.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { drawUpdate, type FaultKind, type Story, type StoryEvent, WORLD_STARTS_AT_MS } from "./story.ts";
import { createStoryFunction, seenEventFrom } from "./story-function.ts";
import { createVirtualCheckpoints, type SaveFate } from "./virtual-checkpoints.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";
import {
  answerAt,
  createVirtualStream,
  type OpenShard,
  type StreamFates,
  type VirtualStream,
} from "./virtual-stream.ts";

/** A process that crashed begins again after this long. */
const RESTART_AFTER_MS = 1_000;
const LONGEST_PAUSE_MS = 70_000;
const LONGEST_GRACE_MS = 900_000;
const LONGEST_OUTAGE_MS = 20_000;
const LONGEST_JUMP_MS = 20_000;

export interface StoryRun {
  readonly history: History;
  readonly digest: string;
  readonly lifeCount: number;
}

/** The ports of one process, before they become mortal. A test plants a fault by changing one. */
export interface WorldPorts {
  readonly source: Source<KinesisRecord>;
  readonly invoker: Invoker;
  readonly reporter: Reporter;
  readonly checkpoints: Checkpoints;
}

export type Plant = (ports: WorldPorts) => WorldPorts;

export async function runStory(story: Story, random: SeededRandom, plant: Plant = (ports) => ports): Promise<StoryRun> {
  const clock = createVirtualClock(WORLD_STARTS_AT_MS);
  const journal = createKeptJournal(clock);
  const happenings: Happening[] = [];
  const world: World = {
    story,
    random,
    clock,
    stream: createVirtualStream(clock),
    note: (happening) => void happenings.push(happening),
    befalls: (kind, share) => story.faults.has(kind) && clock.nowMs() < story.healedAtMs && random.happens(kind, share),
  };
  const records = putRecords(world);
  const processes = createProcesses(world, records, journal, plant);
  clock.wakeAt(story.beginsAtMs, () => processes.begin());
  for (const event of story.events)
    clock.wakeAt(event.atMs, () => {
      if (clock.nowMs() < story.healedAtMs) happen(world, processes, event);
    });
  while (clock.runNext(story.overAtMs)) await nextTurn();
  world.note({ kind: "over", atMs: clock.nowMs() });
  return {
    history: { limits: processes.limits(), happenings },
    digest: journal.digest(),
    lifeCount: processes.count(),
  };
}

interface World {
  readonly story: Story;
  readonly random: SeededRandom;
  readonly clock: VirtualClock;
  readonly stream: VirtualStream;
  readonly note: (happening: Happening) => void;
  readonly befalls: (kind: FaultKind, share: number) => boolean;
}

type Records = ReadonlyMap<Position, { readonly number: number; readonly isPoison: boolean }>;

/** Makes the shards, and puts each record at its time into the shard that its key names then. */
function putRecords({ story, clock, stream, note }: World): Records {
  const records = new Map<Position, { readonly number: number; readonly isPoison: boolean }>();
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
  return records;
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

// --- Processes ---------------------------------------------------------------------------------------------------------

interface Processes {
  begin(): void;
  /** Another one begins while the newest still runs, as after a partition. */
  replace(): void;
  /** The newest stops in good order, and another begins after a pause. */
  restart(graceMs: number, pauseMs: number): void;
  update(): void;
  count(): number;
  limits(): History["limits"];
}

interface Process {
  readonly life: Life;
  readonly runner: MappingRunner;
  readonly number: number;
  /** Set by a restart: how long nothing runs once it has stopped. */
  pauseMs: number | null;
  graceMs: number;
  /** It was given another factor. */
  hasNewFactor: boolean;
}

function createProcesses(
  world: World,
  records: Records,
  journal: ReturnType<typeof createKeptJournal>,
  plant: Plant,
): Processes {
  const { story, random, clock, note, befalls } = world;
  const store = createVirtualCheckpoints(clock);
  const filters = compileFilters(story.spec.filterPatterns, "kinesis");
  const context = {
    eventSourceArn: story.spec.eventSourceArn,
    region: story.spec.region,
    roleArn: story.spec.roleArn,
  };
  const invoke = createStoryFunction({
    clock,
    random,
    isReporting: story.spec.lane.isReporting,
    note,
    befalls,
    recordAt: (position) => records.get(position) ?? { number: -1, isPoison: false },
  });
  const specs = [story.spec];
  let newest: Process | null = null;
  let count = 0;
  let isPositioned = false;

  const specNow = () => specs.at(-1) ?? story.spec;

  function saveFate(unit: string): SaveFate {
    const delayMs = befalls("slowSaves", 0.3) ? random.between("slowSaves", 10, 3_000) : random.between("saves", 0, 5);
    if (befalls("failingSaves", 0.2)) return { delayMs, what: "fail" };
    // Where a LATEST mapping begins is known nowhere else: a store that forgets that cannot be made good.
    const mayBeLost = isPositioned && unit !== STARTED_MARK;
    return { delayMs, what: mayBeLost && befalls("lostSaves", 0.1) ? "lose" : "keep" };
  }

  function ports(number: number): WorldPorts {
    return {
      source: world.stream.source(context, streamFates(world)),
      invoker: { invoke: (call, signal) => invoke(call, number, signal) },
      reporter: { send: (report) => receive(world, report, number) },
      checkpoints: store.of(number, {
        load: () => (befalls("failingAsks", 0.2) ? "failed" : "loaded"),
        save: saveFate,
        onSaved: (unit, { after }, isLost) => {
          if (unit !== STARTED_MARK) note({ kind: "saved", unit, after, isLost, atMs: clock.nowMs() });
        },
      }),
    };
  }

  function begin(): void {
    count += 1;
    const number = count;
    const crashAtCall = befalls("crashes", 1) ? random.between("crashes", 1, random.pick("crashes", [60, 400])) : null;
    const life = createLife(crashAtCall, () => {
      note({ kind: "crashed", life: number });
      if (newest?.number === number) clock.wakeAt(clock.nowMs() + RESTART_AFTER_MS, begin);
    });
    note({ kind: "started", life: number });
    const planted = plant(ports(number));
    const runner = createMappingRunner<KinesisRecord>({
      spec: { ...specNow(), generation: number },
      kind: createKinesisKind(context),
      source: mortalSource(life, planted.source),
      invoker: mortalInvoker(life, planted.invoker),
      reporter: mortalReporter(life, planted.reporter),
      checkpoints: mortalCheckpoints(life, planted.checkpoints),
      journal: mortalJournal(life, journal),
      clock: mortalClock(life, clock),
      random,
      compileFilter: () => (filters.kind === "filters" ? createRecordFilter(filters) : null),
      events: {
        positioned() {
          isPositioned = true;
          note({ kind: "positioned", life: number });
        },
        updated() {
          // An update that comes while lanes are being made anew is answered before them, so each answer may be theirs.
          if (process.hasNewFactor) note({ kind: "relaned", life: number });
        },
        problem: () => undefined,
        stopped: () => stopped(process),
        fenced: () => undefined,
      },
    });
    const process: Process = { life, runner, number, pauseMs: null, graceMs: 0, hasNewFactor: false };
    newest = process;
    runner.start();
  }

  function stopped(process: Process): void {
    note({ kind: "stopped", life: process.number, isForced: process.graceMs < LONGEST_GRACE_MS });
    process.life.retire();
    if (newest === process) clock.wakeAt(clock.nowMs() + (process.pauseMs ?? 0), begin);
  }

  return {
    begin,
    replace() {
      if (newest?.life.isAlive() === true) begin();
    },
    restart(graceMs, pauseMs) {
      if (newest === null || !newest.life.isAlive() || newest.pauseMs !== null) return;
      newest.pauseMs = pauseMs;
      newest.graceMs = graceMs;
      newest.runner.stop({ isDelete: false, graceMs });
    },
    update() {
      const before = specNow();
      specs.push(drawUpdate(random, before));
      if (newest === null || !newest.life.isAlive()) return;
      if (before.parallelizationFactor !== specNow().parallelizationFactor) newest.hasNewFactor = true;
      newest.runner.update({ ...specNow(), generation: newest.number });
    },
    count: () => count,
    limits: () => ({
      batchSize: Math.max(...specs.map(({ lane }) => lane.batchSize)),
      eventLimitBytes: story.spec.lane.eventLimitBytes,
      parallelizationFactor: Math.max(...specs.map(({ parallelizationFactor }) => parallelizationFactor)),
      retries: specs.some(({ lane }) => lane.retries < 0) ? -1 : Math.max(...specs.map(({ lane }) => lane.retries)),
      start: story.spec.start,
    }),
  };
}

function streamFates({ random, note, befalls }: World): StreamFates {
  return {
    read(unit) {
      const repeatCount = befalls("repeatedReads", 0.1) ? random.between("repeatedReads", 1, 3) : 0;
      if (repeatCount > 0) note({ kind: "repeated", unit });
      return {
        delayMs: befalls("slowReads", 0.3) ? random.between("slowReads", 10, 5_000) : random.between("reads", 0, 3),
        problem: befalls("failingReads", 0.2) ? awayProblem : null,
        repeatCount,
      };
    },
    ask: () => ({
      delayMs: befalls("slowReads", 0.3) ? random.between("slowAsks", 10, 2_000) : 0,
      problem: befalls("failingAsks", 0.2) ? awayProblem : null,
    }),
  };
}

/** The bucket: its documents carry the events that were given up. */
function receive({ clock, random, note, befalls }: World, report: Report, life: number): Promise<ReportAnswer> {
  const delayMs = befalls("slowReports", 0.3)
    ? random.between("slowReports", 100, 5_000)
    : random.between("reports", 0, 50);
  const isRefused = befalls("refusedReports", 0.3);
  return answerAt(clock, clock.nowMs() + delayMs, () => {
    const { payload, requestContext }: { payload: string; requestContext: RequestContext } = JSON.parse(report.body);
    const { unit, positions } = seenEventFrom(payload);
    note({
      kind: "reported",
      life,
      requestId: requestContext.requestId,
      unit,
      positions,
      eventBytes: Buffer.byteLength(payload),
      count: requestContext.approximateInvokeCount,
      atMs: clock.nowMs(),
    });
    return isRefused ? { kind: "refused", detail: "the story says so" } : { kind: "delivered" };
  });
}

interface RequestContext {
  readonly requestId: string;
  readonly approximateInvokeCount: number;
}

const awayProblem: SourceProblem = {
  code: "unreachable",
  text: "PROBLEM: Connection error.",
  detail: "the world is away",
};
