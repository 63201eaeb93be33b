// The smallest run that fails as a seed did: its faults written down, then fewer of them, fewer records, plainer settings. What is
// answered has been seen to fail, and can be saved as a scenario file that fails again.

import type { Fault } from "../sim/fault.ts";
import { noFaultPlan } from "../sim/fault-plan.ts";
import type { Scenario } from "../sim/scenario.ts";
import { scenarioFrom } from "../sim/scenario.ts";
import { withGeneratedRecords } from "../sim/scenario-records.ts";
import { createTrials, type Trials } from "../sim/shrink.ts";
import { type FailingScenario, shrinkScenario } from "../sim/shrink-scenario.ts";
import { faultsOf, shrinkStory } from "../sim/shrink-story.ts";
import type { Story } from "../sim/story.ts";
import { toldStory } from "../sim/story-runner.ts";
import { storyFrom, storyMemberOf } from "../sim/story-schema.ts";
import {
  type ExploreJob,
  type Failure,
  failuresOf,
  jobOfSeed,
  planOf,
  type Plants,
  runSeed,
  storyOf,
} from "./explore-job.ts";
import { type SimulatedRun, simulateScenario, simulateStory } from "./simulate-scenario.ts";

interface Sizes {
  readonly recordCount: number;
  readonly faultCount: number;
}

export interface ShrunkFailure {
  readonly failure: Failure;
  readonly run: SimulatedRun;
  /** What to save, without its faults. */
  readonly scenario: Scenario;
  readonly faults: readonly Fault[];
  readonly from: Sizes;
  readonly to: Sizes;
  readonly runCount: number;
  /** It was ended, by its bound or by the signal, so that there may be a smaller one. */
  readonly isSpent: boolean;
}

const MOST_RUNS = 1_000;

/** `seed` is known to fail. Null: it does not, after all. Aborted: the smallest until then is answered. */
export async function shrinkFailing(
  asked: ExploreJob,
  seed: number,
  { signal, ...plants }: Plants & { readonly signal?: AbortSignal } = {},
): Promise<ShrunkFailure | null> {
  const job = jobOfSeed(asked, seed);
  const first = await runSeed(job, seed, plants);
  const [failure] = failuresOf(job, first);
  if (failure === undefined) return null;
  const trials = createTrials(MOST_RUNS, signal);
  const isIt = (run: SimulatedRun): boolean => failuresOf(job, run).some(({ key }) => key === failure.key);
  const given = { job, seed, failure, first, trials, isIt, plants };
  const story = storyIn(job, seed);
  return story === null ? shrinkFile(given) : shrinkDrawn(given, story);
}

interface Given {
  readonly job: ExploreJob;
  readonly seed: number;
  readonly failure: Failure;
  readonly first: SimulatedRun;
  readonly trials: Trials;
  readonly isIt: (run: SimulatedRun) => boolean;
  readonly plants: Plants;
}

function storyIn(job: ExploreJob, seed: number): Story | null {
  if (job.scenario === null) return storyOf(job, seed).story;
  return job.scenario.story === null ? null : storyFrom(job.scenario.story, seed, planOf(job, seed));
}

async function shrinkDrawn(given: Given, story: Story): Promise<ShrunkFailure> {
  const { seed, failure, first, trials, isIt, plants } = given;
  const told = toldStory(story, first.befallen);
  const run = (smaller: Story): Promise<SimulatedRun> => simulateStory(smaller, plants);
  const small = await shrinkStory(told, trials, async (smaller) => isIt(await run(smaller)));
  const title = `${failure.checker ?? failure.key}: found by millrace simulate, seed ${seed}`;
  const member = { seed, title, story: storyMemberOf(small) };
  return {
    failure,
    run: await run(small),
    scenario: scenarioFrom(member, { id: idOf(given), folder: null }),
    faults: faultsOf(small),
    from: { recordCount: story.records.length, faultCount: first.befallen.length },
    to: { recordCount: small.records.length, faultCount: faultsOf(small).length },
    runCount: trials.count(),
    isSpent: trials.isSpent(),
  };
}

async function shrinkFile(given: Given): Promise<ShrunkFailure> {
  const { job, seed, failure, first, trials, isIt, plants } = given;
  const { checker } = failure;
  const read = withGeneratedRecords(job.scenario ?? scenarioFrom({}, { id: "", folder: null }), seed);
  const whole: Scenario = {
    ...read,
    seed,
    faults: null,
    expect: checker === null ? read.expect : { checkers: [checker] },
  };
  const run = ({ scenario, faults }: FailingScenario): Promise<SimulatedRun> =>
    simulateScenario(scenario, {
      seed,
      faults: { ...noFaultPlan, planned: faults },
      isChecked: checker !== null,
      ...plants,
    });
  const given0: FailingScenario = { scenario: whole, faults: first.befallen };
  const failsAnyway = checker !== null || isIt(await run({ ...given0, faults: [] }));
  const small = await shrinkScenario(
    given0,
    { trials, mayChangeExpectations: !failsAnyway },
    async (smaller) =>
      isIt(await run(smaller)) && (failsAnyway || failuresOf(job, await run({ ...smaller, faults: [] })).length === 0),
  );
  const last = await run(small);
  return {
    failure: failuresOf(job, last).find(({ key }) => key === failure.key) ?? failure,
    run: checker === null ? await checked(small, given) : last,
    scenario: { ...small.scenario, id: idOf(given) },
    faults: small.faults,
    from: { recordCount: whole.records.length, faultCount: first.befallen.length },
    to: { recordCount: small.scenario.records.length, faultCount: small.faults.length },
    runCount: trials.count(),
    isSpent: trials.isSpent(),
  };
}

/** The same run once more, with what the checkers read, to be told. */
const checked = ({ scenario, faults }: FailingScenario, { seed, plants }: Given): Promise<SimulatedRun> =>
  simulateScenario(scenario, {
    seed,
    faults: { ...noFaultPlan, planned: faults },
    isChecked: true,
    ...plants,
  });

/** `nothing-lost-17`, or `orders-invocations-17`. */
function idOf({ job, seed, failure }: Given): string {
  const about = failure.checker ?? `${job.scenario?.id ?? "story"} ${failure.key}`;
  return `${about.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-${seed}`;
}
