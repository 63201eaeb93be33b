import { describe, expect, test } from "vitest";
import type { Answer, Call } from "../../src/ports/invoker.ts";
import type { Read } from "../../src/ports/source.ts";
import { STARTED_MARK } from "../../src/runtime/unit-places.ts";
import { allCheckers } from "../../src/sim/checkers/all-checkers.ts";
import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import { sequenceNumberFromEntryId } from "../../src/kinds/kinesis/sequence-number.ts";
import { createSeededRandom } from "../../src/sim/seeded-random.ts";
import { faultKinds, faultSchema, queueFaultKinds } from "../../src/sim/fault.ts";
import { drawStory, type Story } from "../../src/sim/story.ts";
import type { WorldPorts } from "../../src/sim/incarnation.ts";
import { runStory, type StoryRun, toldStory } from "../../src/sim/story-runner.ts";

type Plant = (ports: WorldPorts, story: Story) => WorldPorts;

const soundWorld: Plant = (ports) => ports;

function run(seed: number, plant: Plant = soundWorld): Promise<StoryRun> {
  const random = createSeededRandom(seed);
  const story = drawStory(seed, random);
  return runStory(story, random, (ports) => plant(ports, story));
}

async function problemsOf(seed: number): Promise<readonly string[]> {
  const { history } = await run(seed);
  return allCheckers.flatMap((checker) =>
    checker.check(history).map((problem) => `seed ${seed}: ${checker.name}: ${problem}`),
  );
}

const MOST_SEEDS = 1_000;

/** The first seed whose run shows the planted fault to the checker of this name; null: none does. */
async function firstSeedSeen(name: string, plant: Plant): Promise<number | null> {
  const checker = allCheckers.find((each) => each.name === name);
  if (checker === undefined) throw new Error(`there is no checker ${name}`);
  for (let seed = 1; seed <= MOST_SEEDS; seed++)
    if (checker.check((await run(seed, plant)).history).length > 0) return seed;
  return null;
}

describe("the laws of the pipeline, T-160 to T-165, over stories with faults", () => {
  test("2,000 seeds: nothing lost, order kept, no commit past a gap, limits kept, progress once healed", async () => {
    const problems: string[] = [];
    for (let seed = 1; seed <= 2_000; seed++) problems.push(...(await problemsOf(seed)));
    expect(problems).toEqual([]);
  }, 240_000);

  test("each kind of fault befalls some stories and spares others", () => {
    const drawn = Array.from({ length: 100 }, (_, seed) => drawStory(seed, createSeededRandom(seed)).drawn);
    const counts = faultKinds.map((kind) => drawn.filter((faults) => faults.has(kind)).length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(Math.max(...counts)).toBeLessThan(100);
  });

  test("stories meet everything that can happen: crashes, stops, splits, trims, windows, documents", async () => {
    const kinds = new Set<string>();
    for (let seed = 1; seed <= 60; seed++)
      for (const happening of (await run(seed)).history.happenings) kinds.add(happening.kind);
    expect([...kinds].toSorted()).toEqual([
      "called",
      "crashed",
      "fault",
      "over",
      "positioned",
      "put",
      "relaned",
      "repeated",
      "reported",
      "returned",
      "saved",
      "shard",
      "started",
      "stopped",
      "trimmed",
    ]);
  });
});

/** What stories meet of tumbling windows. */
function windowSights({ history: { happenings }, befallen }: StoryRun): readonly string[] {
  const sights = new Set<string>();
  const failed = new Map<string, number>();
  for (const each of happenings) {
    if (each.kind === "called" && each.window?.isEarly === true) sights.add("an early end");
    if (each.kind === "called" && each.window?.isFinal === true) {
      sights.add("a final call");
      failed.set(each.requestId, (failed.get(each.requestId) ?? 0) + 1);
    }
    if (each.kind === "reported" && each.positions.length === 0) sights.add("a final call that is given up");
  }
  const calls = new Map(happenings.flatMap((each) => (each.kind === "called" ? [[each.call, each] as const] : [])));
  for (const each of happenings) {
    const call = each.kind === "returned" ? calls.get(each.call) : undefined;
    if (each.kind !== "returned" || call === undefined || call.window === null) continue;
    if (each.failedFrom > 0 && each.failedFrom < call.positions.length) sights.add("a partial answer in a window");
  }
  if ([...failed.values()].some((count) => count > 1)) sights.add("a final call that is retried");
  const lengths = new Set(
    [...calls.values()].map(({ window }) => (window === null ? 0 : window.endMs - window.startMs)),
  );
  const isUpdated = befallen.some(({ kind }) => kind === "update");
  if (isUpdated && lengths.has(0) && lengths.size > 1) sights.add("windows switched off or on");
  if (isUpdated && [...lengths].filter((ms) => ms > 0).length > 1) sights.add("windows of another length");
  return [...sights];
}

test("W-rules: stories meet early ends, final calls that fail, partial answers, and windows that are switched", async () => {
  const sights = new Set<string>();
  for (let seed = 1; seed <= 400; seed++) for (const sight of windowSights(await run(seed))) sights.add(sight);
  expect([...sights].toSorted()).toEqual([
    "a final call",
    "a final call that is given up",
    "a final call that is retried",
    "a partial answer in a window",
    "an early end",
    "windows of another length",
    "windows switched off or on",
  ]);
});

describe("one seed is one run", () => {
  test("the journal's digest is the same twice, for each of fifty seeds, and no two seeds share one", async () => {
    const digests = new Set<string>();
    for (let seed = 1; seed <= 50; seed++) {
      const { digest } = await run(seed);
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect((await run(seed)).digest).toBe(digest);
      digests.add(digest);
    }
    expect(digests.size).toBe(50);
  });
});

describe("faults are values", () => {
  test("a story told by the faults that befell it, with nothing drawn, is the same run: 300 seeds", async () => {
    const others: number[] = [];
    for (let seed = 1; seed <= 300; seed++) {
      const drawn = await run(seed);
      const story = drawStory(seed, createSeededRandom(seed));
      const told = await runStory(toldStory(story, drawn.befallen), createSeededRandom(seed));
      if (told.digest !== drawn.digest) others.push(seed);
    }
    expect(others).toEqual([]);
  });

  test("every kind of fault befalls, and each that befell is one that a file may hold", async () => {
    const kinds = new Set<string>();
    const problems: string[] = [];
    for (let seed = 1; seed <= 100; seed++)
      for (const fault of (await run(seed)).befallen) {
        kinds.add(fault.kind);
        const parsed = faultSchema.safeParse(JSON.parse(JSON.stringify(fault)));
        if (!parsed.success) problems.push(`${JSON.stringify(fault)}: ${parsed.error.message}`);
      }
    expect(problems).toEqual([]);
    expect(kinds).toEqual(new Set(faultKinds.filter((kind) => !queueFaultKinds.includes(kind))));
  });
});

interface StoryEvent {
  readonly Records: unknown[];
  readonly window?: object;
  readonly isFinalInvokeForWindow?: boolean;
}

/** Changes the events that a function gets. */
function withEvents(ports: WorldPorts, change: (event: StoryEvent) => object): WorldPorts {
  const changed = (call: Call): Call => ({ ...call, text: () => JSON.stringify(change(JSON.parse(call.text()))) });
  return { ...ports, invoker: { invoke: (call, signal) => ports.invoker.invoke(changed(call), signal) } };
}

/** Changes the records of the events that a function gets. */
function withRecords(ports: WorldPorts, change: (records: unknown[]) => unknown[]): WorldPorts {
  return withEvents(ports, (event) => ({ ...event, Records: change(event.Records) }));
}

/** Checkpoints that say the last record that was read, whether it has ended or not. */
function committingReads(ports: WorldPorts): WorldPorts {
  let ahead = "";
  const noted = (read: Read<KinesisRecord>): Read<KinesisRecord> => {
    const last = read.kind === "records" ? read.records.at(-1) : undefined;
    if (last !== undefined) ahead = sequenceNumberFromEntryId(last.entryId);
    return read;
  };
  return {
    ...ports,
    source: {
      ...ports.source,
      open(unit, after, options) {
        const reader = ports.source.open(unit, after, options);
        return { ...reader, read: (room, signal) => reader.read(room, signal).then(noted) };
      },
    },
    checkpoints: {
      ...ports.checkpoints,
      save(unit, checkpoint) {
        const isAhead = checkpoint.after !== null && ahead > checkpoint.after;
        return ports.checkpoints.save(unit, isAhead ? { ...checkpoint, after: ahead } : checkpoint);
      },
    },
  };
}

const faults: readonly { readonly name: string; readonly seenBy: string; readonly plant: Plant }[] = [
  {
    name: "T-161: a batch whose last record never reaches the function",
    seenBy: "nothing lost",
    plant: (ports) => withRecords(ports, (records) => (records.length > 1 ? records.slice(0, -1) : records)),
  },
  {
    name: "T-161: half a batch that never reaches the function",
    seenBy: "nothing lost",
    plant: (ports) => withRecords(ports, (records) => records.slice(0, Math.ceil(records.length / 2))),
  },
  {
    name: "T-162: a call that holds its records backwards",
    seenBy: "order kept",
    plant: (ports) => withRecords(ports, (records) => records.toReversed()),
  },
  {
    name: "P-8: a topology that knows no parents",
    seenBy: "parents first",
    plant: (ports) => ({
      ...ports,
      source: {
        ...ports.source,
        async topology() {
          const topology = await ports.source.topology();
          if (topology.kind !== "topology") return topology;
          return { ...topology, units: topology.units.map((unit) => ({ ...unit, parents: [] })) };
        },
      },
    }),
  },
  {
    name: "H-1, H-3: a start that begins at the beginning, whatever was asked",
    seenBy: "start kept",
    plant: (ports) => ({
      ...ports,
      source: {
        ...ports.source,
        resolve: () => Promise.resolve({ kind: "resolved", after: null, earlierCount: null }),
      },
    }),
  },
  {
    name: "T-160: a checkpoint that runs ahead of what has ended",
    seenBy: "no commit past a gap",
    plant: committingReads,
  },
  {
    name: "T-164: a call that holds a record too many",
    seenBy: "limits kept",
    plant: (ports, story) =>
      withRecords(ports, (records) =>
        records.length === story.spec.lane.batchSize ? [...records.slice(0, 1), ...records] : records,
      ),
  },
  {
    name: "E-61: a batch that is handed to the function twice at once",
    seenBy: "concurrency kept",
    plant: (ports) => ({
      ...ports,
      invoker: {
        async invoke(call, signal): Promise<Answer> {
          const [answer] = await Promise.all([ports.invoker.invoke(call, signal), ports.invoker.invoke(call, signal)]);
          return answer;
        },
      },
    }),
  },
  {
    name: "T-163: a call that is made once more behind the lane's back when it fails",
    seenBy: "attempts kept",
    plant: (ports) => ({
      ...ports,
      invoker: {
        async invoke(call, signal): Promise<Answer> {
          const answer = await ports.invoker.invoke(call, signal);
          return answer.kind === "functionError" ? ports.invoker.invoke(call, signal) : answer;
        },
      },
    }),
  },
  {
    name: "T-165: a document that is sent twice",
    seenBy: "every give-up reported once",
    plant: (ports) => ({
      ...ports,
      reporter: { send: (report) => ports.reporter.send(report).then(() => ports.reporter.send(report)) },
    }),
  },
  {
    name: "W-18: a checkpoint that keeps the position and forgets the window's state",
    seenBy: "windows exact",
    plant: (ports) => ({
      ...ports,
      checkpoints: {
        ...ports.checkpoints,
        save: (unit, checkpoint) => ports.checkpoints.save(unit, { ...checkpoint, window: null }),
      },
    }),
  },
  {
    name: "W-7: a call that is given no state but its window's first",
    seenBy: "windows exact",
    plant: (ports) => withEvents(ports, (event) => (event.window === undefined ? event : { ...event, state: {} })),
  },
  {
    name: "W-8: a final call that never reaches the function",
    seenBy: "windows exact",
    plant: (ports) => ({
      ...ports,
      invoker: {
        async invoke(call, signal): Promise<Answer> {
          const { isFinalInvokeForWindow }: StoryEvent = JSON.parse(call.text());
          return isFinalInvokeForWindow === true
            ? { kind: "returned", json: "null", executedVersion: "$LATEST", tookMs: 1 }
            : ports.invoker.invoke(call, signal);
        },
      },
    }),
  },
  {
    name: "W-12: a window that ends early and does not say so",
    seenBy: "windows exact",
    plant: (ports) =>
      withEvents(ports, (event) => (event.window === undefined ? event : { ...event, isWindowTerminatedEarly: false })),
  },
  {
    name: "W-16: a partial answer whose state is not handed on",
    seenBy: "windows exact",
    plant: (ports) => ({
      ...ports,
      invoker: {
        async invoke(call, signal): Promise<Answer> {
          const answer = await ports.invoker.invoke(call, signal);
          if (answer.kind !== "returned" || answer.json === null) return answer;
          const given = JSON.parse(answer.json);
          const isPartial = given?.state !== undefined && given.batchItemFailures !== undefined;
          return isPartial ? { ...answer, json: JSON.stringify({ ...given, state: {} }) } : answer;
        },
      },
    }),
  },
  {
    name: "H-6: a store that says it has kept every checkpoint and keeps the first of each shard only",
    seenBy: "clean stop",
    plant(ports) {
      const kept = new Set<string>();
      return {
        ...ports,
        checkpoints: {
          ...ports.checkpoints,
          async save(unit, checkpoint) {
            if (unit !== STARTED_MARK && kept.has(unit)) return "kept";
            kept.add(unit);
            return ports.checkpoints.save(unit, checkpoint);
          },
        },
      };
    },
  },
  {
    name: "a checkpoint that never moves is no progress",
    seenBy: "progress once healed",
    plant: (ports) => ({
      ...ports,
      checkpoints: {
        ...ports.checkpoints,
        save: (unit, checkpoint) =>
          ports.checkpoints.save(unit, unit === STARTED_MARK ? checkpoint : { ...checkpoint, after: null }),
      },
    }),
  },
];

describe("each checker catches the fault that it is there for, within 1,000 seeds", () => {
  test.each(faults)("$name", async ({ seenBy, plant }) => {
    expect(await firstSeedSeen(seenBy, plant)).not.toBeNull();
  });

  test("no checker is without a fault", () => {
    expect(new Set(faults.map(({ seenBy }) => seenBy))).toEqual(new Set(allCheckers.map(({ name }) => name)));
  });
});
