// Many numbers, kept flat; and what is told of them: exact percentiles, by nearest rank.

import type { Percentiles } from "../report.ts";

export interface Numbers {
  push(value: number): void;
  /** Those of now, in order; the caller's own. */
  values(): Float64Array;
}

export function createNumbers(): Numbers {
  let kept = new Float64Array(64);
  let count = 0;
  return {
    push(value) {
      if (count === kept.length) {
        const larger = new Float64Array(2 * count);
        larger.set(kept);
        kept = larger;
      }
      kept[count] = value;
      count += 1;
    },
    values: () => kept.slice(0, count),
  };
}

/** 0 to 99 one by one, then nines, so that the tail shows. */
const curvePercentiles: readonly number[] = [
  ...Array.from({ length: 100 }, (_, index) => index),
  ...Array.from({ length: 9 }, (_, index) => rounded(99.1 + index / 10)),
  ...Array.from({ length: 9 }, (_, index) => rounded(99.91 + index / 100)),
];

/** To a thousandth: of ms a microsecond, which is what an epoch's instant can carry. */
export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

const LEAST_COUNTED = 1_000;
const MOST_COUNTED = 4_000_000;

/** From 1. 0.999 * 1000 is 999.0000000000001 here and there: a rank is an integer but for such an error. */
const rankOf = (percentile: number, count: number): number =>
  Math.min(count, Math.max(1, Math.ceil(rounded((percentile / 100) * count))));

/** The smallest value with at least `percentile` of 100 at or below it; 0 of none. */
export const nearestRank = (sorted: Float64Array, percentile: number): number =>
  sorted[rankOf(percentile, sorted.length) - 1] ?? 0;

/** Sorts `values` in place, or leaves them in any order. */
export function percentilesOf(values: Float64Array): Percentiles {
  const count = values.length;
  if (count === 0) return { count, p50: 0, p90: 0, p95: 0, p99: 0, p999: 0, max: 0, mean: 0, curve: [] };
  let sum = 0;
  for (const value of values) sum += value;
  const ranked = byRank(values);
  const at = (percentile: number): number => rounded(ranked(rankOf(percentile, count)));
  return {
    count,
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    max: at(100),
    mean: rounded(sum / count),
    curve: curvePercentiles.map((percentile) => ({ percentile, ms: at(percentile) })),
  };
}

/** The value of a rank, counted from 1; asked in any order. */
function byRank(values: Float64Array): (rank: number) => number {
  const most = values.length < LEAST_COUNTED ? Number.POSITIVE_INFINITY : highest(values);
  if (1_000 * most <= MOST_COUNTED) return byCounts(values, most, 1_000);
  if (most <= MOST_COUNTED && values.every(Number.isInteger)) return byCounts(values, most, 1);
  values.sort();
  return (rank) => values[rank - 1] ?? 0;
}

function highest(values: Float64Array): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}

/** Faster than a sort, and as exact: no figure is told to more than a thousandth. */
function byCounts(values: Float64Array, most: number, scale: number): (rank: number) => number {
  const counts = new Uint32Array(Math.round(scale * most) + 1);
  for (const value of values) {
    const place = Math.round(scale * value);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  // How many are at or below each value.
  for (let place = 1; place < counts.length; place += 1)
    counts[place] = (counts[place] ?? 0) + (counts[place - 1] ?? 0);
  return (rank) => {
    let [low, high] = [0, counts.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((counts[middle] ?? 0) >= rank) high = middle;
      else low = middle + 1;
    }
    return low / scale;
  };
}

/** 0 of none. */
export function medianOf(values: Float64Array): number {
  return values.length === 0 ? 0 : rounded(nearestRank(values.sort(), 50));
}

/** Adds to a list of counts by place, which grows as far as it has to. */
export function countAt(counts: number[], place: number, by = 1): void {
  while (counts.length <= place) counts.push(0);
  counts[place] = (counts[place] ?? 0) + by;
}
