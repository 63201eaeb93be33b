// Runs of one setting, and whether a difference between two settings is larger than the runs of a setting differ among themselves.
//
// S1  A live difference counts only above the larger interquartile range, of five runs a side or more. Simulated runs repeat to the byte:
//     one of a side is enough, and of several their range counts as well.

import type { Metric } from "../expect/metrics.ts";
import type { LoadReport, LoadRun } from "../report.ts";

export interface Setting {
  readonly name: string;
  /** Index of its first run within its report. */
  readonly first: number;
  readonly swept: LoadRun["swept"];
  readonly runs: readonly LoadRun[];
}

/** In the order of their first runs. */
export function settingsOf({ runs }: LoadReport): readonly Setting[] {
  const byName = Map.groupBy(
    runs.map((run, index) => ({ run, index })),
    ({ run }) => run.name,
  );
  return [...byName].map(([name, each]) => ({
    name,
    first: each[0]?.index ?? 0,
    swept: each[0]?.run.swept ?? {},
    runs: each.map(({ run }) => run),
  }));
}

export interface Spread {
  readonly median: number;
  readonly interquartile: number;
  readonly count: number;
  readonly isSimulated: boolean;
}

/** Null: no run of it has the value. Quartiles between two values are interpolated. */
export function spreadOf({ runs }: Setting, metric: Metric): Spread | null {
  const values = runs
    .map(metric.of)
    .filter((value) => value !== null)
    .toSorted((left, right) => left - right);
  if (values.length === 0) return null;
  const interquartile = quantile(values, 0.75) - quantile(values, 0.25);
  const isSimulated = runs.every(({ mode }) => mode === "simulated");
  return { median: quantile(values, 0.5), interquartile, count: values.length, isSimulated };
}

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? 0;
  return below + ((sorted[Math.ceil(place)] ?? below) - below) * (place - Math.floor(place));
}

const ENOUGH = 5;

export type Difference =
  | "better"
  | "worse"
  | "more"
  | "less"
  | "the same"
  | "within the spread"
  | "too few runs to tell";

/** How `other` stands to `base`. */
export function differenceOf(base: Spread, other: Spread, { better }: Metric): Difference {
  const by = other.median - base.median;
  if (by === 0) return "the same";
  if ([base, other].some(({ count, isSimulated }) => !isSimulated && count < ENOUGH)) return "too few runs to tell";
  if (Math.abs(by) <= Math.max(base.interquartile, other.interquartile)) return "within the spread";
  const way = by < 0 ? "less" : "more";
  return better === null ? way : way === better ? "better" : "worse";
}

/** Its figures are of all that was planned, and the mapping's: not cut short, not stalled, the loader was not the limit. */
export const isWhole = ({ endedBy, loader }: LoadRun): boolean => endedBy === "plan" && !loader.isLimit;

/** The best settings by a metric, of whole runs: the best one, and all whose difference from it is not larger than the spread. */
export function bestOf(settings: readonly Setting[], metric: Metric): ReadonlySet<Setting> {
  if (metric.better === null) return new Set();
  const known = settings.flatMap((setting) => {
    const spread = spreadOf(setting, metric);
    return spread === null || !setting.runs.every(isWhole) ? [] : [{ setting, spread }];
  });
  const sign = metric.better === "less" ? 1 : -1;
  const [best] = known.toSorted((left, right) => sign * (left.spread.median - right.spread.median));
  if (best === undefined) return new Set();
  const isAsGood = ({ spread }: { readonly spread: Spread }): boolean =>
    Math.abs(spread.median - best.spread.median) <= Math.max(spread.interquartile, best.spread.interquartile);
  return new Set(known.filter(isAsGood).map(({ setting }) => setting));
}
