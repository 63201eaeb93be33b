// Makes a story that breaks a law smaller while it still breaks that law: fewer faults, fewer records, settings at their defaults.

import type { Fault } from "./fault.ts";
import { isTimed } from "./fault.ts";
import { shrinkList, shrinkSteps, type Trials } from "./shrink.ts";
import { shrinkFaults } from "./shrink-faults.ts";
import { plainSpec, type Story, WORLD_STARTS_AT_MS } from "./story.ts";

const DEFAULT_BYTES = 10;

/** `story` is told by planned faults alone, and is known to break the law. */
export async function shrinkStory(
  story: Story,
  trials: Trials,
  fails: (smaller: Story) => Promise<boolean>,
): Promise<Story> {
  let now = story;
  for (let size = Number.POSITIVE_INFINITY; sizeOf(now) < size && !trials.isSpent(); ) {
    size = sizeOf(now);
    now = withFaults(now, await shrinkList(faultsOf(now), trials, (kept) => fails(withFaults(now, kept))));
    const records = await shrinkList(now.records, trials, (kept) => fails({ ...now, records: kept }));
    now = await shrinkSteps({ ...now, records }, steps, trials, fails);
    now = withFaults(now, await shrinkFaults(faultsOf(now), trials, (kept) => fails(withFaults(now, kept))));
  }
  return now;
}

export const faultsOf = ({ planned, events }: Story): readonly Fault[] => [
  ...planned,
  ...events.flatMap((event) => ("place" in event ? [] : [event])),
];

const withFaults = (story: Story, faults: readonly Fault[]): Story => ({
  ...story,
  planned: faults.filter((fault) => !isTimed(fault)),
  events: faults.filter(isTimed),
});

/** Everything that a reader of the story has to take in, and how late and long faults are. */
function sizeOf(story: Story): number {
  const { spec, records } = story;
  const plain = plainSpec(spec.uuid);
  const changedSettings = Object.entries(spec.lane).filter(([name, value]) => Reflect.get(plain.lane, name) !== value);
  const amounts = faultsOf(story).flatMap((fault) => Object.values(fault).filter((each) => typeof each === "number"));
  const amount = amounts.reduce((sum, each) => sum + each, 0);
  return amount + faultsOf(story).length + records.length + changedSettings.length + story.shardCount;
}

type Step = (now: Story) => Story | null;

/** Back to the default; null: it is there. */
function toDefault<K extends keyof Story["spec"]["lane"]>(name: K): Step {
  return (now) => {
    const plain = plainSpec(now.spec.uuid).lane[name];
    if (now.spec.lane[name] === plain) return null;
    return { ...now, spec: { ...now.spec, lane: { ...now.spec.lane, [name]: plain } } };
  };
}

const steps: readonly Step[] = [
  (now) => (now.shardCount === 1 ? null : { ...now, shardCount: 1 }),
  (now) => (now.spec.parallelizationFactor === 1 ? null : { ...now, spec: { ...now.spec, parallelizationFactor: 1 } }),
  (now) =>
    now.spec.filterPatterns.length === 0
      ? null
      : {
          ...now,
          spec: { ...now.spec, filterPatterns: [] },
          records: now.records.map((record) => ({ ...record, isFiltered: false })),
        },
  (now) =>
    now.spec.start.kind === "trimHorizon" ? null : { ...now, spec: { ...now.spec, start: { kind: "trimHorizon" } } },
  toDefault("windowMs"),
  toDefault("tumblingMs"),
  toDefault("isBisecting"),
  toDefault("isReporting"),
  toDefault("stateLimitBytes"),
  toDefault("eventLimitBytes"),
  toDefault("maxAgeMs"),
  toDefault("retries"),
  toDefault("batchSize"),
  (now) => (now.beginsAtMs === WORLD_STARTS_AT_MS ? null : { ...now, beginsAtMs: WORLD_STARTS_AT_MS }),
  (now) =>
    now.records.every(({ isPoison }) => !isPoison)
      ? null
      : { ...now, records: now.records.map((record) => ({ ...record, isPoison: false })) },
  (now) =>
    now.records.every(({ dataBytes }) => dataBytes === DEFAULT_BYTES)
      ? null
      : { ...now, records: now.records.map((record) => ({ ...record, dataBytes: DEFAULT_BYTES })) },
  (now) =>
    now.records.every(({ atMs }) => atMs === WORLD_STARTS_AT_MS)
      ? null
      : { ...now, records: now.records.map((record) => ({ ...record, atMs: WORLD_STARTS_AT_MS })) },
];
