// How many invocations ran at once, exactly: from the beginning and end of each.

import { binEndMs, type Bins } from "./bins.ts";
import { rounded } from "./numbers.ts";

export interface Running {
  readonly mean: number;
  readonly most: number;
  /** At each bin's end: those that had begun before it and not ended by then. */
  readonly atBinEnds: readonly number[];
}

/** Both in any order, ms since the run's beginning; calls that are out have the run's end as theirs. Sorts them in place. */
export function runningAtOnce(starts: Float64Array, ends: Float64Array, bins: Bins): Running {
  let busyMs = 0;
  let hasInstant = false;
  for (const [call, startMs] of starts.entries()) {
    const tookMs = (ends[call] ?? startMs) - startMs;
    busyMs += tookMs;
    if (tookMs === 0) hasInstant = true;
  }
  starts.sort();
  ends.sort();
  // A call that ends where another begins has made room for it.
  let [running, most, begun, over] = [0, hasInstant ? 1 : 0, 0, 0];
  while (begun < starts.length) {
    const startMs = starts[begun] ?? 0;
    while (over < ends.length && (ends[over] ?? 0) <= startMs) over += 1;
    begun += 1;
    running = begun - over;
    most = Math.max(most, running);
  }
  const atBinEnds: number[] = [];
  let [started, ended] = [0, 0];
  for (let bin = 0; bin < bins.count; bin += 1) {
    const endMs = binEndMs(bin, bins);
    while (started < starts.length && (starts[started] ?? 0) < endMs) started += 1;
    while (ended < ends.length && (ends[ended] ?? 0) <= endMs) ended += 1;
    atBinEnds.push(Math.max(0, started - ended));
  }
  const totalMs = Math.max(bins.totalMs, 1);
  return { mean: rounded(busyMs / totalMs), most, atBinEnds };
}
