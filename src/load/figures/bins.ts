// How a run's time is cut for its series: seconds, or of a long run as many of them together as keep the report small.

export interface Bins {
  readonly count: number;
  readonly seconds: number;
  readonly totalMs: number;
}

const MOST_BINS = 300;

export function binsOf(totalMs: number): Bins {
  const wholeSeconds = Math.max(1, Math.ceil(totalMs / 1_000));
  const seconds = widthOf(wholeSeconds / MOST_BINS);
  return { count: Math.ceil(wholeSeconds / seconds), seconds, totalMs };
}

/** 1, 2, 5, 10, 20, 50, … seconds. */
function widthOf(least: number): number {
  for (let ten = 1; ; ten *= 10) {
    const width = [ten, 2 * ten, 5 * ten].find((each) => each >= least);
    if (width !== undefined) return width;
  }
}

/** `ms`: since the run's beginning. What happens at its very end, or was planned for later, is of the last bin; what came before, of the first. */
export function binOf(ms: number, { count, seconds }: Bins): number {
  return Math.min(count - 1, Math.max(0, Math.floor(ms / (1_000 * seconds))));
}

/** When a bin ends, ms since the run's beginning. */
export const binEndMs = (bin: number, { seconds, totalMs }: Bins): number =>
  Math.min(totalMs, (bin + 1) * seconds * 1_000);

/** Sums of what was counted by the second. */
export function inBins(perSecond: readonly number[], bins: Bins): number[] {
  const sums = new Array<number>(bins.count).fill(0);
  for (const [second, value] of perSecond.entries()) {
    const bin = binOf(second * 1_000, bins);
    sums[bin] = (sums[bin] ?? 0) + value;
  }
  return sums;
}

/** The highest of what was noted by the second; null: nothing was. */
export function highestInBins(perSecond: readonly (number | undefined)[], bins: Bins): (number | null)[] {
  const highest = new Array<number | null>(bins.count).fill(null);
  for (const [second, value] of perSecond.entries()) {
    if (value === undefined) continue;
    const bin = binOf(second * 1_000, bins);
    highest[bin] = Math.max(highest[bin] ?? value, value);
  }
  return highest;
}
