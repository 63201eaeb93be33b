// One scenario under virtual time, from its seed to its digest: what `millrace simulate`, the exploring of seeds, replays and the
// testing library call. It reads no file and prints nothing. A file that holds a story is run as one.
//
// L1  Same scenario, seed, version and major of Node: the same answer, to the last byte of the digest.

import type { Entry } from "../ports/journal.ts";
import { type BrokenLaw, brokenLaws, lawsOf } from "../sim/checkers/broken-laws.ts";
import type { Fault } from "../sim/fault.ts";
import { type FaultPlan, faultPlanFrom } from "../sim/fault-plan.ts";
import type { Plant } from "../sim/incarnation.ts";
import { compareTranscript } from "../sim/match/compare-transcript.ts";
import type { Scenario } from "../sim/scenario.ts";
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
import { createVirtualTarget } from "./virtual-target.ts";

export interface SimulateOptions {
  /** All chance of the run: a whole number. */
  readonly seed: number;
  /** What goes wrong; absent: what the scenario says. */
  readonly faults?: FaultPlan;
  /** Whether all checkers judge the run, once it is healed and has done what it owes; absent: those that the scenario expects. */
  readonly isChecked?: boolean;
  /** A test changes the ports of what runs mappings. */
  readonly plant?: Plant;
}

export interface SimulatedRun {
  readonly seed: number;
  /** The world's first instant, epoch ms: what `+0.000 s` is. */
  readonly startedAtMs: number;
  /** Its last. */
  readonly endedAtMs: number;
  /** The journal, in order. */
  readonly entries: readonly Entry[];
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
  /** Of the journal: `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/** Rejects with Unbuilt where a step needs what is not built yet, and with MillraceError where the scenario is none. */
export async function simulateScenario(read: Scenario, options: SimulateOptions): Promise<SimulatedRun> {
  const { seed } = options;
  const reason = unbuiltReason(read);
  if (reason !== null) throw new Unbuilt(reason);
  const faults = options.faults ?? faultPlanFrom(read.faults);
  if (read.story !== null) return simulateStory(storyFrom(read.story, seed, faults), options);
  const scenario = withGeneratedRecords(read, seed);
  const expected = lawsOf(scenario.expect["checkers"]);
  const isChecked = options.isChecked ?? expected.names.length > 0;
  const target = await createVirtualTarget(scenario, {
    seed,
    faults,
    isHistoryKept: isChecked,
    ...(options.plant === undefined ? {} : { plant: options.plant }),
  });
  const { house } = target;
  const startedAtMs = house.nowMs();
  try {
    const transcript = await runScenario(scenario, target);
    const told = { endedAtMs: house.nowMs(), entries: [...house.entries()], digest: house.digest() };
    const differences = compareTranscript(scenario, transcript);
    const histories = isChecked ? await house.histories() : [];
    const broken = histories.flatMap(({ history }) => brokenLaws(history));
    return {
      seed,
      startedAtMs,
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
    };
  } finally {
    await target.close();
  }
}

/** The laws are what a story expects. */
export async function simulateStory(
  story: Story,
  { plant }: Pick<SimulateOptions, "plant">,
  random = createSeededRandom(story.seed),
): Promise<SimulatedRun> {
  const { history, entriesBefore, entries, befallen, digest } = await runStory(story, random, plant);
  const broken = brokenLaws(history);
  return {
    seed: story.seed,
    startedAtMs: WORLD_STARTS_AT_MS,
    endedAtMs: entries.at(-1)?.atMs ?? WORLD_STARTS_AT_MS,
    entries,
    transcript: emptyTranscript(),
    differences: broken.map(lawText),
    befallen,
    broken,
    histories: [{ history, entriesBefore }],
    digest,
  };
}

const lawText = ({ checker, text }: BrokenLaw): string => `checkers, ${checker}: ${text}`;
