// Two settings side by side, of one report or of two: each figure of both, and whether the difference is larger than their spread.

import { type Metric, metrics } from "../expect/metrics.ts";
import { type Difference, differenceOf, type Setting, type Spread, spreadOf } from "./spread.ts";

export interface ComparedFigure {
  readonly metric: Metric;
  readonly base: Spread | null;
  readonly other: Spread | null;
  /** Null: one of them has no such value. */
  readonly difference: Difference | null;
}

/** `named`: default all that either of them has. */
export function comparison(
  base: Setting,
  other: Setting,
  named: readonly Metric[] = metrics,
): readonly ComparedFigure[] {
  return named.flatMap((metric) => {
    const [was, is] = [spreadOf(base, metric), spreadOf(other, metric)];
    if (was === null && is === null) return [];
    const difference = was === null || is === null ? null : differenceOf(was, is, metric);
    return [{ metric, base: was, other: is, difference }];
  });
}
