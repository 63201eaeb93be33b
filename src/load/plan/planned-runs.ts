// The runs of a plan: one a setting of the sweep's grid and repetition, in order.

import type { LoadPlan, PlannedRun, SweptMember, SweptValue } from "./plan.ts";

/** Members of a sweep that are no member of the mapping. */
export const SWEPT_BESIDES = ["shards", "partitions", "reservedConcurrency"] as const;

const SEEDS = 2 ** 32;

/** The first member of the sweep changes slowest; repetitions of a setting follow one another. */
export function plannedRuns(plan: LoadPlan): readonly PlannedRun[] {
  return gridOf(plan.sweep).flatMap((swept) =>
    Array.from({ length: plan.repetitions }, (_, index): PlannedRun => {
      const seeded = { ...plan, seed: (plan.seed + index) % SEEDS, sweep: [], repetitions: 1 };
      return { name: runName(swept), swept, repetition: index + 1, plan: withSwept(seeded, swept) };
    }),
  );
}

type Swept = Readonly<Record<string, SweptValue>>;

function gridOf(sweep: readonly SweptMember[]): readonly Swept[] {
  return sweep.reduce<readonly Swept[]>(
    (grid, { member, values }) => grid.flatMap((setting) => values.map((value) => ({ ...setting, [member]: value }))),
    [{}],
  );
}

/** `as planned`, or `BatchSize=10 MaximumBatchingWindowInSeconds=1`. */
function runName(swept: Swept): string {
  const settings = Object.entries(swept).map(([member, value]) => `${member}=${value}`);
  return settings.length === 0 ? "as planned" : settings.join(" ");
}

function withSwept(plan: LoadPlan, swept: Swept): LoadPlan {
  return Object.entries(swept).reduce<LoadPlan>((made, [member, value]) => {
    const { source } = made;
    if (member === "shards" && source.kind === "kinesis")
      return { ...made, source: { ...source, shards: Number(value) } };
    if (member === "partitions" && source.kind === "kafka")
      return { ...made, source: { ...source, partitions: Number(value) } };
    if (member === "reservedConcurrency")
      return { ...made, function: { ...made.function, reservedConcurrency: Number(value) } };
    return { ...made, mapping: withMember(made.mapping, member.split("."), value) };
  }, plan);
}

type Members = Readonly<Record<string, unknown>>;

function withMember(members: Members, [name = "", ...rest]: readonly string[], value: SweptValue): Members {
  if (rest.length === 0) return { ...members, [name]: value };
  const inner = members[name];
  const before: Members = typeof inner === "object" && inner !== null ? { ...inner } : {};
  return { ...members, [name]: withMember(before, rest, value) };
}
