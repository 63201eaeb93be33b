// Which of a number of keys each of many records has: all as often, by Zipf's law, in turn, or one of them far more often than the others.

import type { SeededRandom } from "./seeded-random.ts";

export interface KeyChoice {
  /** 1 or more. */
  readonly count: number;
  readonly distribution: "uniform" | "zipf" | "round-robin";
  /** Part of the records that has the first key, while the others share the rest; null: as the distribution has it. */
  readonly hotShare: number | null;
}

/** Of a Zipf distribution: the usual one. */
const ZIPF_EXPONENT = 1;

/** From the record's number, from 1, to the index of its key, from 0. Draws from the streams `NAME/keys` and `NAME/hot`. */
export function createKeyChoice(
  { count, distribution, hotShare }: KeyChoice,
  random: SeededRandom,
  name: string,
): (n: number) => number {
  const draw = random.stream(`${name}/keys`);
  const uniform = (from: number): number => from + Math.floor(draw() * (count - from));
  if (hotShare !== null) {
    const drawHot = random.stream(`${name}/hot`);
    return (n) => {
      if (count === 1 || drawHot() < hotShare) return 0;
      return distribution === "round-robin" ? 1 + ((n - 1) % (count - 1)) : uniform(1);
    };
  }
  if (distribution === "round-robin") return (n) => (n - 1) % count;
  if (distribution === "uniform") return () => uniform(0);
  const cumulated = zipf(count);
  return () => firstAbove(cumulated, draw());
}

/** The share of the keys up to each. */
function zipf(count: number): readonly number[] {
  const weights = Array.from({ length: count }, (_, index) => 1 / (index + 1) ** ZIPF_EXPONENT);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => (sum += weight / total));
}

/** The first place whose share up to it is above the value: shares are cumulated, the last is 1. */
export function firstAbove(cumulated: readonly number[], value: number): number {
  let low = 0;
  let high = cumulated.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cumulated[middle] ?? 1) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
