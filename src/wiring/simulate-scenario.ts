// One scenario under virtual time, from its seed to its digest: what `millrace simulate`, the exploring of seeds, replays and the
// testing library call. It reads no file but handlers', and prints nothing.
// A file that holds a story is run as one.
//
// L1  Same scenario, seed, version and major of Node: the same answer, to the last byte of the digest.

import type { Entry } from "../ports/journal.ts";
import type { Position, UnitId } from "../ports/source.ts";
import { type BrokenLaw, brokenLaws, lawsOf } from "../sim/checkers/broken-laws.ts";
import type { Fault } from "../sim/fault.ts";
import { type FaultPlan, faultPlanFrom } from "../sim/fault-plan.ts";
import type { Plant, QueuePlant } from "../sim/incarnation.ts";
import { compareTranscript } from "../sim/match/compare-transcript.ts";
import type { JsonObject, Scenario, ScenarioRecord, Step } from "../sim/scenario.ts";
import { withGeneratedRecords } from "../sim/scenario-records.ts";
import { runScenario } from "../sim/scenario-runner.ts";
import { createSeededRandom } from "../sim/seeded-random.ts";
import { type Story, WORLD_STARTS_AT_MS } from "../sim/story.ts";
import { runStory } from "../sim/story-runner.ts";
import { storyFrom } from "../sim/story-schema.ts";
import { Unbuilt } from "../sim/stuck.ts";
import type { ToldHistory } from "../sim/told-history.ts";
import { emptyTranscript, type Transcript } from "../sim/transcript.ts";
import { unbuiltReason } from "../sim/unbuilt.ts";
import type { VirtualCall } from "../sim/virtual-functions.ts";
import { storedNameOf } from "./scenario-names.ts";
import { createVirtualTarget, type FunctionMaker, type VirtualTarget } from "./virtual-target.ts";

export const DEFAULT_SEED = 1;

export interface SimulateOptions {
  /** All chance of the run: a whole number; by default the scenario's own, else 1. */
  readonly seed?: number;
  /** What goes wrong; absent: what the scenario says. */
  readonly faults?: FaultPlan;
  /** Whether all checkers judge the run as well, once it is healed and has done what it owes; default: where the scenario asks for them. */
  readonly isChecked?: boolean;
  /** A test changes the ports of what runs mappings. */
  readonly plant?: Plant;
  /** The same, of what runs mappings of queues. */
  readonly plantQueues?: QueuePlant;
  /** Whether handlers of a file may do real work: it is waited for in real time; default false. */
  readonly isIoAllowed?: boolean;
  /** A handler in place of every function's. */
  readonly functionOf?: FunctionMaker;
  /** Once it is aborted, the run rejects with its reason at the next event. */
  readonly signal?: AbortSignal;
  /** Before each step. */
  readonly onStep?: (step: Step, now: Moment) => void;
  /** As the source takes a record. */
  readonly onSent?: (record: ScenarioRecord, given: JsonObject, now: Moment) => void;
  /** As a fault befalls; `number` counts them from 1. */
  readonly onFault?: (fault: Fault, number: number, now: Moment) => void;
  /** Between two events, with what there is so far. */
  readonly onEvent?: (now: {
    readonly elapsedMs: number;
    readonly sentCount: number;
    readonly callCount: number;
  }) => void;
}

/** An instant of the run. */
export interface Moment {
  /** The world's wall clock, epoch ms. */
  readonly atMs: number;
  /** Entries of the journal so far. */
  readonly entryCount: number;
}

interface TakenRecord {
  /** What the scenario calls it; null: nothing. */
  readonly label: string | null;
  readonly streamArn: string;
  readonly unit: UnitId;
  readonly position: Position;
  readonly arrivedAtMs: number;
  /** By the clock that is never set. */
  readonly arrivedSteadyMs: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

export interface SimulatedRun {
  /** With its records made; null: a story that is no file's. */
  readonly scenario: Scenario | null;
  readonly seed: number;
  /** The world's first instant, epoch ms: what `+0.000 s` is. */
  readonly startedAtMs: number;
  /** Its last. */
  readonly endedAtMs: number;
  /** How long the world went on, by a clock that nobody sets. */
  readonly elapsedMs: number;
  /** All that the sources have taken, by shard and in order. */
  readonly records: () => Iterable<TakenRecord>;
  /** The journal, in order. */
  readonly entries: readonly Entry[];
  /** Invocations that have ended, in the order in which they began. */
  readonly calls: readonly VirtualCall[];
  /** Answers of the API, what was sent, invocations, what the destination received. */
  readonly transcript: Transcript;
  /** What is not as expected, one text each; none: all of it holds. */
  readonly differences: readonly string[];
  /** Faults that befell, in order: a run of these alone is the same run. */
  readonly befallen: readonly Fault[];
  /** What the checkers have against it; none where they did not judge. */
  readonly broken: readonly BrokenLaw[];
  /** What the checkers read, one history a mapping; none where they did not judge. */
  readonly histories: readonly ToldHistory[];
  /** What is to be known of handlers of a file, a sentence each. */
  readonly notes: readonly string[];
  /** Reasons why the same seed may give another digest; none: it does not. */
  readonly doubts: readonly string[];
  /** Of the journal: `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/** Rejects with Unbuilt where a step needs what is not built yet, and with MillraceError where the scenario is none. */
export async function simulateScenario(read: Scenario, options: SimulateOptions = {}): Promise<SimulatedRun> {
  const { seed = read.seed ?? DEFAULT_SEED, signal, plant, plantQueues } = options;
  const reason = unbuiltReason(read);
  if (reason !== null) throw new Unbuilt(reason);
  const faults = options.faults ?? faultPlanFrom(read.faults);
  if (read.story !== null) {
    const told = await simulateStory(storyFrom(read.story, seed, faults), options);
    return { ...told, scenario: read };
  }
  const scenario = withGeneratedRecords(read, seed);
  const expected = lawsOf(scenario.expect["checkers"]);
  const isChecked = options.isChecked ?? expected.names.length > 0;
  const target = await createVirtualTarget(scenario, {
    seed,
    faults,
    isHistoryKept: isChecked,
    isIoAllowed: options.isIoAllowed === true,
    onFault: (fault, number) => options.onFault?.(fault, number, now()),
    ...(plant === undefined ? {} : { plant }),
    ...(plantQueues === undefined ? {} : { plantQueues }),
    ...(options.functionOf === undefined ? {} : { functionOf: options.functionOf }),
  });
  const { house } = target;
  const startedAtMs = house.nowMs();
  function now(): Moment {
    return { atMs: target.house.nowMs(), entryCount: target.house.entries().length };
  }
  let sentCount = 0;
  const between = (): void => {
    signal?.throwIfAborted();
    options.onEvent?.({ elapsedMs: house.elapsedMs(), sentCount, callCount: house.callCount() });
  };
  try {
    const transcript = await runScenario(scenario, watched(target, between), {
      onStep: (step) => options.onStep?.(step, now()),
      onSent(record, given) {
        sentCount += 1;
        options.onSent?.(record, given, now());
      },
    });
    const told = {
      endedAtMs: house.nowMs(),
      elapsedMs: house.elapsedMs(),
      entries: [...house.entries()],
      calls: house.calls(),
      digest: house.digest(),
    };
    const differences = compareTranscript(scenario, transcript);
    const histories = isChecked ? await house.histories() : [];
    const broken = histories.flatMap(brokenLaws);
    return {
      scenario,
      seed,
      startedAtMs,
      records: () => recordsIn(target, scenario, transcript),
      ...told,
      // With what came of it once it was left to itself, which is no part of what is expected.
      entries: isChecked ? [...house.entries()] : told.entries,
      transcript,
      differences: [
        ...differences,
        ...expected.problems,
        ...broken.filter(({ checker }) => expected.names.includes(checker)).map(lawText),
      ],
      befallen: [...house.befallen()],
      broken,
      histories,
      notes: target.notes(),
      doubts: target.doubts(),
    };
  } finally {
    await target.close();
  }
}

function* recordsIn({ house, vars }: VirtualTarget, { setup }: Scenario, { sent }: Transcript): Generator<TakenRecord> {
  const labels = new Map(
    [...sent.byLabel()].map(([label, { messageId, sequenceNumber }]) => [String(messageId ?? sequenceNumber), label]),
  );
  for (const source of ["source", "other_source"] as const) {
    if (setup[source]?.type === "sqs-queue") {
      const name = storedNameOf(setup[source], source);
      for (const message of house.queues.sent(name))
        yield {
          label: labels.get(message.messageId) ?? null,
          streamArn: vars[`${source}.arn`] ?? "",
          unit: name,
          position: message.messageId,
          arrivedAtMs: message.sentAtMs,
          arrivedSteadyMs: message.sentSteadyMs,
          partitionKey: message.groupId ?? "",
          data: Buffer.from(message.body),
        };
      continue;
    }
    const stream = house.stream(storedNameOf(setup[source], source));
    const streamArn = vars[`${source}.arn`] ?? "";
    for (const unit of stream?.shardIds() ?? [])
      for (const { position, arrivedAtMs, arrivedSteadyMs, partitionKey, data } of stream?.records(unit) ?? [])
        yield {
          // A scenario sends to its `source`; a record of the other stream may have the same position.
          label: source === "source" ? (labels.get(position) ?? null) : null,
          streamArn,
          unit,
          position,
          arrivedAtMs,
          arrivedSteadyMs,
          partitionKey: Buffer.from(partitionKey).toString("utf8"),
          data,
        };
  }
}

/** The laws are what a story expects. */
export async function simulateStory(
  story: Story,
  { plant }: Pick<SimulateOptions, "plant">,
  random = createSeededRandom(story.seed),
): Promise<SimulatedRun> {
  const { history, entriesBefore, entries, befallen, digest } = await runStory(story, random, plant);
  const told = { kind: "stream" as const, history, entriesBefore };
  const broken = brokenLaws(told);
  const endedAtMs = entries.at(-1)?.atMs ?? WORLD_STARTS_AT_MS;
  return {
    scenario: null,
    seed: story.seed,
    startedAtMs: WORLD_STARTS_AT_MS,
    endedAtMs,
    elapsedMs: endedAtMs - WORLD_STARTS_AT_MS,
    records: () => [],
    entries,
    calls: [],
    transcript: emptyTranscript(),
    differences: broken.map(lawText),
    befallen,
    broken,
    histories: [told],
    notes: [],
    doubts: [],
    digest,
  };
}

const lawText = ({ checker, text }: BrokenLaw): string => `checkers, ${checker}: ${text}`;

type Waiting = Pick<VirtualTarget, "waitUntil" | "pass" | "elapsedMs">;

/** `between` is called before each event, and may throw. */
function watched<T extends Waiting>(target: T, between: () => void): T {
  const waitUntil: Waiting["waitUntil"] = (isTrue, withinMs) =>
    target.waitUntil(() => {
      between();
      return isTrue();
    }, withinMs);
  return {
    ...target,
    waitUntil,
    async pass(ms: number) {
      const startedMs = target.elapsedMs();
      // What is waited for never is.
      await waitUntil(() => false, ms);
      await target.pass(Math.max(0, ms - (target.elapsedMs() - startedMs)));
    },
  };
}
