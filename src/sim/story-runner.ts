// Runs a story under virtual time: the production runtime over the world's ports, one process after another, and writes down what
// went in and what came out. A run is a function of its story; the journal's digest says so.

import { compileFilters } from "../core/filter/compile-filters.ts";
import { createRecordFilter } from "../core/filter/record-filter.ts";
import { createKinesisKind } from "../kinds/kinesis/kinesis-kind.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import { nextTurn } from "../platform/turn.ts";
import type { Checkpoints } from "../ports/checkpoints.ts";
import type { Clock } from "../ports/clock.ts";
import type { Answer, Call, Invoker } from "../ports/invoker.ts";
import type { Reporter } from "../ports/reporter.ts";
import type { Source } from "../ports/source.ts";
import { createMappingRunner, STARTED_MARK } from "../runtime/mapping-runner.ts";
import type { Happening, History } from "./history.ts";
import {
  createLife,
  mortalCheckpoints,
  mortalClock,
  mortalInvoker,
  mortalJournal,
  mortalReporter,
  mortalSource,
} from "./incarnation.ts";
import { createKeptJournal } from "./journal-digest.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { type FaultKind, type Story, WORLD_STARTS_AT_MS } from "./story.ts";
import { createVirtualCheckpoints } from "./virtual-checkpoints.ts";
import { createVirtualClock } from "./virtual-clock.ts";
import { answerAt, createVirtualStream } from "./virtual-stream.ts";

/** A process that crashed begins again after this long. */
const RESTART_AFTER_MS = 1_000;

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

export async function runStory(
  story: Story,
  random: SeededRandom,
  plant: (ports: WorldPorts) => WorldPorts = (ports) => ports,
): Promise<StoryRun> {
  const clock = createVirtualClock(WORLD_STARTS_AT_MS);
  const journal = createKeptJournal(clock);
  const stream = createVirtualStream(clock);
  const checkpoints = createVirtualCheckpoints(clock);
  const happenings: Happening[] = [];
  const poison = new Set<string>();
  const filters = compileFilters(story.spec.filterPatterns, "kinesis");
  let callCount = 0;
  let generation = 0;

  const note = (happening: Happening): void => void happenings.push(happening);
  const isFaulty = (kind: FaultKind): boolean => story.faults.has(kind) && clock.nowMs() < story.healedAtMs;
  const befalls = (kind: FaultKind, share: number): boolean => isFaulty(kind) && random.happens(kind, share);
  const shardId = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;

  for (let index = 0; index < story.shardCount; index++) stream.addShard(shardId(index), []);
  for (const record of story.records) {
    clock.wakeAt(record.atMs, () => {
      const unit = shardId(record.shard);
      const text = JSON.stringify({ keep: !record.isFiltered, fill: "x".repeat(record.dataBytes) });
      const position = stream.put(unit, { key: record.key, data: Buffer.from(text) });
      if (record.isPoison) poison.add(`${unit}/${position}`);
      const { key, isFiltered } = record;
      note({ kind: "put", record: { unit, position, key, atMs: clock.nowMs(), isFiltered } });
    });
  }

  /** The user's function: fails on poison, and by the story's faults. */
  function invoke(call: Call): Promise<Answer> {
    if (befalls("throttles", 0.2))
      return answerAt(clock, clock.nowMs(), () => ({ kind: "refused", reason: "throttled", message: "" }));
    const text = call.text();
    const records = recordsOf(text);
    const unit = records[0]?.unit ?? "";
    const number = callCount++;
    const positions = records.map(({ position }) => position);
    note({ kind: "called", call: number, unit, positions, eventBytes: Buffer.byteLength(text), atMs: clock.nowMs() });
    const isBroken = befalls("functionErrors", 0.2);
    const tookMs = befalls("slowFunction", 0.3) ? random.between("took", 1_000, 10_000) : random.between("took", 1, 40);
    return answerAt(clock, clock.nowMs() + tookMs, () => {
      const bad = records.findIndex(({ position }) => poison.has(`${unit}/${position}`));
      const failed = isBroken ? 0 : bad;
      const failedFrom = failed < 0 ? records.length : story.spec.lane.isReporting && !isBroken ? failed : 0;
      note({ kind: "returned", call: number, failedFrom, atMs: clock.nowMs() });
      return answerFrom(failed, isBroken, records[failed]?.position ?? "", story, tookMs);
    });
  }

  function ports(): WorldPorts {
    const life = generation;
    return {
      source: stream.source(
        { eventSourceArn: story.spec.eventSourceArn, region: story.spec.region, roleArn: story.spec.roleArn },
        {
          ask: () => ({ delayMs: 0, problem: null }),
          read: (unit) => {
            const repeatCount = befalls("repeatedReads", 0.1) ? random.between("repeatedReads", 1, 3) : 0;
            if (repeatCount > 0) note({ kind: "repeated", unit });
            return {
              delayMs: befalls("slowReads", 0.3)
                ? random.between("slowReads", 10, 5_000)
                : random.between("reads", 0, 3),
              problem: befalls("failingReads", 0.2) ? readProblem : null,
              repeatCount,
            };
          },
        },
      ),
      invoker: { invoke },
      reporter: {
        send: (report) =>
          answerAt(clock, clock.nowMs() + random.between("reports", 0, 50), () => {
            const { payload } = JSON.parse(report.body);
            const records = recordsOf(payload);
            note({
              kind: "reported",
              life,
              unit: records[0]?.unit ?? "",
              positions: records.map(({ position }) => position),
              atMs: clock.nowMs(),
            });
            return { kind: "delivered" };
          }),
      },
      checkpoints: checkpoints.of(
        generation,
        () => ({
          delayMs: random.between("saves", 0, 5),
          what: befalls("failingSaves", 0.2) ? "fail" : befalls("lostSaves", 0.1) ? "lose" : "keep",
        }),
        (unit, { after }) => {
          if (unit !== STARTED_MARK) note({ kind: "saved", unit, after, atMs: clock.nowMs() });
        },
      ),
    };
  }

  function live(): void {
    generation += 1;
    const crashAtCall = isFaulty("crashes") ? random.between("crashes", 1, 200) : null;
    const life = createLife(crashAtCall, () => {
      note({ kind: "crashed" });
      clock.wakeAt(clock.nowMs() + RESTART_AFTER_MS, live);
    });
    note({ kind: "started", life: generation });
    const planted = plant(ports());
    const mortal: Clock = mortalClock(life, clock);
    createMappingRunner<KinesisRecord>({
      spec: { ...story.spec, generation },
      kind: createKinesisKind({
        eventSourceArn: story.spec.eventSourceArn,
        region: story.spec.region,
        roleArn: story.spec.roleArn,
      }),
      source: mortalSource(life, planted.source),
      invoker: mortalInvoker(life, planted.invoker),
      reporter: mortalReporter(life, planted.reporter),
      checkpoints: mortalCheckpoints(life, planted.checkpoints),
      journal: mortalJournal(life, journal),
      clock: mortal,
      random,
      compileFilter: () => (filters.kind === "filters" ? createRecordFilter(filters) : null),
      events: quietEvents,
    }).start();
  }

  clock.wakeAt(WORLD_STARTS_AT_MS, live);
  for (let atMs = WORLD_STARTS_AT_MS + 5_000; atMs < story.healedAtMs; atMs += 10_000)
    clock.wakeAt(atMs, () => {
      if (befalls("clockJumps", 0.3)) clock.jump(random.between("clockJumps", 1, 20_000));
    });
  while (clock.runNext(story.overAtMs)) await nextTurn();
  note({ kind: "over", atMs: clock.nowMs() });
  const { batchSize, eventLimitBytes } = story.spec.lane;
  return {
    history: {
      limits: { batchSize, eventLimitBytes, parallelizationFactor: story.spec.parallelizationFactor },
      happenings,
    },
    digest: journal.digest(),
    lifeCount: generation,
  };
}

const quietEvents = {
  positioned: () => undefined,
  updated: () => undefined,
  problem: () => undefined,
  stopped: () => undefined,
  fenced: () => undefined,
};

const readProblem = { code: "unreachable", text: "PROBLEM: Connection error.", detail: "the world is away" } as const;

function answerFrom(failed: number, isBroken: boolean, position: string, story: Story, tookMs: number): Answer {
  const executedVersion = "$LATEST";
  if (failed < 0) return { kind: "returned", json: "null", executedVersion, tookMs };
  if (story.spec.lane.isReporting && !isBroken) {
    const json = JSON.stringify({ batchItemFailures: [{ itemIdentifier: position }] });
    return { kind: "returned", json, executedVersion, tookMs };
  }
  const error = { errorType: "Error", message: "the story says so", trace: [] };
  return { kind: "functionError", reason: "threw", ...error, executedVersion, tookMs };
}

/** Unit and position of each record of an event, as its function sees them. */
function recordsOf(eventText: string): readonly { readonly unit: string; readonly position: string }[] {
  const event: { Records: { eventID: string; kinesis: { sequenceNumber: string } }[] } = JSON.parse(eventText);
  return event.Records.map(({ eventID, kinesis }) => ({
    unit: eventID.slice(0, eventID.indexOf(":")),
    position: kinesis.sequenceNumber,
  }));
}
