// What one seed of an exploration is: a drawn story, or a run of a scenario file, with the faults that the seed draws; and what failed in
// it. A seed is the whole input, wherever and beside whatever it is run.

import type { FaultKind } from "../sim/fault.ts";
import { faultKinds } from "../sim/fault.ts";
import { type FaultPlan, faultPlanFrom } from "../sim/fault-plan.ts";
import { drawQueueStory } from "../sim/queue-story.ts";
import type { Scenario } from "../sim/scenario.ts";
import { createSeededRandom } from "../sim/seeded-random.ts";
import { drawStory, type Story } from "../sim/story.ts";
import { type SimulatedRun, type SimulateOptions, simulateScenario, simulateStory } from "./simulate-scenario.ts";

export interface ExploreJob {
  /** Null: drawn stories. */
  readonly scenario: Scenario | null;
  /** What drawn stories are of; absent: of streams. */
  readonly drawn?: "streams" | "queues";
  /** Kinds of faults that may be drawn; null: those that the scenario draws, or all where it says nothing of faults. */
  readonly kinds: readonly FaultKind[] | null;
  /** Expectations are not looked at: only the laws are. */
  readonly isOfLaws: boolean;
}

/** What a run is held against, apart from this one run: two runs with one failing alike have one key. */
export interface Failure {
  readonly key: string;
  /** The checker whose law is broken; null: an expectation. */
  readonly checker: string | null;
  readonly text: string;
}

/** The share of runs that a kind is on in, so that each is also seen without the others. */
const SWARM_SHARES = [0.2, 0.5] as const;

/** The faults of this seed. */
export function planOf(job: ExploreJob, seed: number): FaultPlan {
  const own = faultPlanFrom(job.scenario?.faults ?? null);
  if (job.kinds === null && (job.scenario?.faults ?? null) !== null) return own;
  const kinds = job.kinds ?? faultKinds;
  // Some kinds are what was asked for.
  if (kinds.length < faultKinds.length) return { ...own, drawn: new Set(kinds) };
  const random = createSeededRandom(seed);
  const share = random.pick("swarm", SWARM_SHARES);
  return { ...own, drawn: new Set(faultKinds.filter(() => random.happens("swarm", share))) };
}

/** The story of this seed, and the chance that is left for its run. */
export function storyOf(
  job: ExploreJob,
  seed: number,
): { readonly story: Story; readonly random: ReturnType<typeof createSeededRandom> } {
  const random = createSeededRandom(seed);
  return { story: drawStory(seed, random, job.kinds ?? faultKinds), random };
}

/** The job of this seed alone: a drawn story of a queue is a scenario. */
export const jobOfSeed = (job: ExploreJob, seed: number): ExploreJob =>
  job.scenario === null && job.drawn === "queues"
    ? { ...job, scenario: drawQueueStory(seed, createSeededRandom(seed)) }
    : job;

export type Plants = Pick<SimulateOptions, "plant" | "plantQueues">;

export function runSeed(given: ExploreJob, seed: number, plants: Plants = {}): Promise<SimulatedRun> {
  const job = jobOfSeed(given, seed);
  if (job.scenario !== null)
    return simulateScenario(job.scenario, { seed, faults: planOf(job, seed), isChecked: true, ...plants });
  const { story, random } = storyOf(job, seed);
  return simulateStory(story, plants, random);
}

/** Laws come first. */
export function failuresOf(
  job: Pick<ExploreJob, "isOfLaws">,
  { broken, differences }: SimulatedRun,
): readonly Failure[] {
  const laws = broken.map(
    ({ checker, text }): Failure => ({ key: `checkers, ${checker}`, checker, text: `${checker}: ${text}` }),
  );
  if (job.isOfLaws) return laws;
  const expected = differences
    .filter((text) => !text.startsWith("checkers, "))
    .map((text): Failure => ({ key: memberOf(text), checker: null, text: `expect.${text}` }));
  return [...laws, ...expected];
}

/** `invocations` of `invocations[2].Records: expected 3, found 4`. */
const memberOf = (difference: string): string => /^[\w-]+/.exec(difference)?.[0] ?? difference;
