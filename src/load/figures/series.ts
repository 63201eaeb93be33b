// What happened in each second of a run, or in as many seconds as an entry covers (bins.ts).

import type { SecondFigures } from "../report.ts";
import { binEndMs, binOf, type Bins, highestInBins } from "./bins.ts";
import type { RecordFates } from "./fates.ts";
import { nearestRank, rounded } from "./numbers.ts";
import type { Told } from "./run-fold.ts";
import type { SentColumns } from "./sent-columns.ts";
import { fates as kinds } from "./who.ts";

export function seriesOf(
  columns: SentColumns,
  fates: RecordFates,
  told: Told,
  given: { readonly bins: Bins; readonly running: readonly number[]; readonly starts: Float64Array },
): readonly SecondFigures[] {
  const { bins, running, starts } = given;
  const { count, plannedMs, sentMs, isMatching } = columns;
  const counts = (): Uint32Array => new Uint32Array(bins.count);
  const [planned, sent, matched, done, ended, invocations] = [
    counts(),
    counts(),
    counts(),
    counts(),
    counts(),
    counts(),
  ];
  const add = (to: Uint32Array, ms: number): void => {
    const bin = binOf(ms, bins);
    to[bin] = (to[bin] ?? 0) + 1;
  };
  for (let at = 0; at < count; at += 1) {
    add(planned, plannedMs[at] ?? 0);
    add(sent, sentMs[at] ?? 0);
    if (isMatching[at] !== 1) continue;
    add(matched, sentMs[at] ?? 0);
    const endMs = fates.endedMs[at] ?? Number.NaN;
    if (Number.isNaN(endMs)) continue;
    add(ended, endMs);
    if (fates.fates[at] === kinds.done) add(done, endMs);
  }
  for (const startMs of starts) add(invocations, startMs);
  const ages = highestInBins(told.agePerSecond, bins);
  const oldest = oldestAtBinEnds(columns, fates, bins);
  const latencies = latenciesByBin(columns, fates, planned, bins);
  let waiting = 0;
  return Array.from(planned, (plannedCount, at) => {
    waiting += (matched[at] ?? 0) - (ended[at] ?? 0);
    const sorted = latencies[at] ?? new Float64Array();
    const at50 = sorted.length === 0 ? null : rounded(nearestRank(sorted, 50));
    const at99 = sorted.length === 0 ? null : rounded(nearestRank(sorted, 99));
    return {
      second: at * bins.seconds,
      planned: plannedCount,
      sent: sent[at] ?? 0,
      done: done[at] ?? 0,
      running: running[at] ?? 0,
      invocations: invocations[at] ?? 0,
      waiting: Math.max(0, waiting),
      oldestMs: rounded(oldest[at] ?? 0),
      iteratorAgeMs: ages[at] ?? null,
      toStartP50Ms: at50,
      toStartP99Ms: at99,
    };
  });
}

/** The oldest record that has not ended by a bin's end was sent no earlier than the one of the bin before. */
function oldestAtBinEnds(columns: SentColumns, { endedMs }: RecordFates, bins: Bins): Float64Array {
  const { count, sentMs, isMatching } = columns;
  const order = inOrderOfSending(sentMs);
  const oldest = new Float64Array(bins.count);
  let place = 0;
  for (let bin = 0; bin < bins.count; bin += 1) {
    for (; place < count; place += 1) {
      const at = order === null ? place : (order[place] ?? 0);
      const sinceMs = sentMs[at] ?? 0;
      if (binOf(sinceMs, bins) > bin) break;
      const endMs = endedMs[at] ?? Number.NaN;
      const isOver = isMatching[at] !== 1 || (!Number.isNaN(endMs) && binOf(endMs, bins) <= bin);
      if (isOver) continue;
      oldest[bin] = Math.max(0, binEndMs(bin, bins) - sinceMs);
      break;
    }
  }
  return oldest;
}

/** Null: they are. */
function inOrderOfSending(sentMs: Float64Array): Int32Array | null {
  let isSorted = true;
  for (let at = 1; at < sentMs.length && isSorted; at += 1) isSorted = (sentMs[at - 1] ?? 0) <= (sentMs[at] ?? 0);
  if (isSorted) return null;
  const order = new Int32Array(sentMs.length);
  for (let at = 0; at < order.length; at += 1) order[at] = at;
  return order.sort((one, other) => (sentMs[one] ?? 0) - (sentMs[other] ?? 0));
}

/** To the start, of the records that were planned for each bin, sorted. */
function latenciesByBin(
  { count, plannedMs }: SentColumns,
  { startedMs }: RecordFates,
  planned: Uint32Array,
  bins: Bins,
): readonly Float64Array[] {
  const rooms = Array.from(planned, (most) => new Float64Array(most));
  const filled = new Uint32Array(bins.count);
  for (let at = 0; at < count; at += 1) {
    const startMs = startedMs[at] ?? Number.NaN;
    if (Number.isNaN(startMs)) continue;
    const bin = binOf(plannedMs[at] ?? 0, bins);
    const place = filled[bin] ?? 0;
    const room = rooms[bin];
    if (room !== undefined) room[place] = Math.max(0, startMs - (plannedMs[at] ?? 0));
    filled[bin] = place + 1;
  }
  return rooms.map((room, bin) => room.subarray(0, filled[bin] ?? 0).sort());
}
