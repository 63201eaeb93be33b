// Makes a scenario that fails smaller while it still fails for the same reason: fewer faults, fewer records, fewer steps, settings at
// their defaults. What fails only by its faults has to hold without them still, so that no expectation is made to fail by itself.

import type { Fault } from "./fault.ts";
import { isObject, type Json, type Scenario, type Step } from "./scenario.ts";
import { shrinkList, shrinkSteps, type Trials } from "./shrink.ts";
import { shrinkFaults } from "./shrink-faults.ts";

export interface FailingScenario {
  /** With every record written out, and no faults of its own. */
  readonly scenario: Scenario;
  readonly faults: readonly Fault[];
}

/** How many records are tried alone, and at how many calls. */
const MOST_ALONE = 4;
const MOST_CALLS = 60;
/** Settings that a mapping has to have. */
const NEEDED = ["EventSourceArn", "FunctionName", "StartingPosition"];
/** Steps without which nothing is left of it. */
const KEPT_STEPS = ["create-mapping", "send"];

export interface ShrinkOptions {
  readonly trials: Trials;
  /** Whether a record that is expected may go, and what is expected of it with it. */
  readonly mayChangeExpectations: boolean;
}

export async function shrinkScenario(
  given: FailingScenario,
  { trials, mayChangeExpectations }: ShrinkOptions,
  fails: (smaller: FailingScenario) => Promise<boolean>,
): Promise<FailingScenario> {
  let now = given;
  for (let size = Number.POSITIVE_INFINITY; sizeOf(now) < size && !trials.isSpent(); ) {
    size = sizeOf(now);
    const faults = await shrinkList(now.faults, trials, (kept) => fails({ ...now, faults: kept }));
    now = { ...now, faults };
    now = { ...now, faults: await shrinkFaults(faults, trials, (kept) => fails({ ...now, faults: kept })) };
    const all = now.scenario.records.map(({ label }) => label);
    const needed = mayChangeExpectations ? [] : all.filter((label) => isNamed(now.scenario.expect, label));
    const free = all.filter((label) => !needed.includes(label));
    const kept = await shrinkList(free, trials, (some) => fails(withRecords(now, [...needed, ...some])));
    if (kept.length < free.length) now = withRecords(now, [...needed, ...kept]);
    const steps = now.scenario.steps.filter((step) => !KEPT_STEPS.includes(step.do));
    const keptSteps = await shrinkList(steps, trials, (some) => fails(withSteps(now, some)));
    if (keptSteps.length < steps.length) now = withSteps(now, keptSteps);
    if (mayChangeExpectations) now = await oneRecord(now, trials, fails);
    now = await shrinkSteps(now, [oneShard, ...settingSteps(now.scenario)], trials, fails);
  }
  return now;
}

/**
 * One record alone, with the crash that there is at another call: with fewer records a process makes fewer calls, so that neither can
 * be made smaller without the other.
 */
async function oneRecord(
  now: FailingScenario,
  trials: Trials,
  fails: (smaller: FailingScenario) => Promise<boolean>,
): Promise<FailingScenario> {
  const at = now.faults.findIndex(({ kind }) => kind === "crash");
  const crash = now.faults[at];
  const { records } = now.scenario;
  if (crash?.kind !== "crash" || records.length < 2) return now;
  for (const { label } of records.slice(-MOST_ALONE))
    for (let call = 1; call <= Math.min(crash.at_call, MOST_CALLS); call += 1) {
      const smaller = { ...withRecords(now, [label]), faults: now.faults.with(at, { ...crash, at_call: call }) };
      if (await trials.fails(() => fails(smaller))) return smaller;
    }
  return now;
}

const sizeOf = ({ scenario, faults }: FailingScenario): number =>
  faults.length + scenario.records.length + scenario.steps.length + Object.keys(scenario.mapping ?? {}).length;

/** Only these records are sent, and only these are expected. */
function withRecords({ scenario, faults }: FailingScenario, labels: readonly string[]): FailingScenario {
  const gone = new Set(scenario.records.map(({ label }) => label).filter((label) => !labels.includes(label)));
  const expect = withoutLabels(scenario.expect, gone);
  return {
    faults,
    scenario: {
      ...scenario,
      records: scenario.records.filter(({ label }) => !gone.has(label)),
      steps: scenario.steps.flatMap((step): Step[] => {
        if (step.do !== "send") return [step];
        const records = step.records.filter((label) => !gone.has(label));
        return records.length === 0 ? [] : [{ ...step, records }];
      }),
      expect: isObject(expect) ? expect : {},
    },
  };
}

const isNamed = (expect: Json, label: string): boolean =>
  JSON.stringify(expect ?? null).includes(JSON.stringify(label));

/** Lists of labels and objects by label lose those that are gone. */
function withoutLabels(value: Json, gone: ReadonlySet<string>): Json {
  if (Array.isArray(value))
    return value
      .filter((each) => !(typeof each === "string" && gone.has(each)))
      .map((each) => withoutLabels(each, gone))
      .filter((each, index) => !(Array.isArray(each) && each.length === 0 && Array.isArray(value[index])));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !gone.has(name))
      .map(([name, each]) => [name, withoutLabels(each, gone)]),
  );
}

const withSteps = ({ scenario, faults }: FailingScenario, kept: Scenario["steps"]): FailingScenario => ({
  faults,
  scenario: {
    ...scenario,
    steps: scenario.steps.filter((step) => KEPT_STEPS.includes(step.do) || kept.includes(step)),
  },
});

function oneShard({ scenario, faults }: FailingScenario): FailingScenario | null {
  const { source } = scenario.setup;
  if (source === undefined || (source.shards ?? 1) === 1) return null;
  return { faults, scenario: { ...scenario, setup: { ...scenario.setup, source: { ...source, shards: 1 } } } };
}

/** A step for each setting that may be left out. */
function settingSteps({ mapping }: Scenario): readonly ((now: FailingScenario) => FailingScenario | null)[] {
  return Object.keys(mapping ?? {})
    .filter((name) => !NEEDED.includes(name))
    .map((name) => ({ scenario, faults }: FailingScenario) => {
      if (scenario.mapping === null || !Object.hasOwn(scenario.mapping, name)) return null;
      const { [name]: _gone, ...rest } = scenario.mapping;
      return { faults, scenario: { ...scenario, mapping: rest } };
    });
}
