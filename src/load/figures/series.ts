// What happened in each second of a run, or in as many seconds as an entry covers (bins.ts).

import type { LoadObservation } from "../observation.ts";
import type { SecondFigures } from "../report.ts";
import { binEndMs, binOf, type Bins, highestInBins } from "./bins.ts";
import type { RecordFates } from "./fates.ts";
import { nearestRank, rounded } from "./numbers.ts";
import type { Told } from "./run-fold.ts";
import { fates as kinds } from "./who.ts";

export function seriesOf(
  { sent, startedAtMs: beganAtMs }: LoadObservation,
  fates: RecordFates,
  told: Told,
  given: { readonly bins: Bins; readonly running: readonly number[]; readonly starts: Float64Array },
): readonly SecondFigures[] {
  const { bins, running, starts } = given;
  const zeros = (): number[] => new Array<number>(bins.count).fill(0);
  const [planned, sentCounts, matched, done, ended, invocations] = [
    zeros(),
    zeros(),
    zeros(),
    zeros(),
    zeros(),
    zeros(),
  ];
  const add = (counts: number[], bin: number): void => {
    counts[bin] = (counts[bin] ?? 0) + 1;
  };
  const bin = (atMs: number): number => binOf(atMs - beganAtMs, bins);
  for (const [index, { plannedAtMs, sentAtMs, isMatching }] of sent.entries()) {
    add(planned, bin(plannedAtMs));
    add(sentCounts, bin(sentAtMs));
    if (!isMatching) continue;
    add(matched, bin(sentAtMs));
    const endMs = fates.endedAtMs[index] ?? Number.NaN;
    if (Number.isNaN(endMs)) continue;
    add(ended, bin(endMs));
    if (fates.fates[index] === kinds.done) add(done, bin(endMs));
  }
  for (const startMs of starts) add(invocations, binOf(startMs, bins));
  const ages = highestInBins(told.agePerSecond, bins);
  const oldest = oldestAtBinEnds();
  const latencies = latenciesByBin(sent, fates, planned, bin);
  let waiting = 0;
  return planned.map((plannedCount, at) => {
    waiting += (matched[at] ?? 0) - (ended[at] ?? 0);
    const sorted = latencies[at] ?? new Float64Array();
    const at50 = sorted.length === 0 ? null : rounded(nearestRank(sorted, 50));
    const at99 = sorted.length === 0 ? null : rounded(nearestRank(sorted, 99));
    return {
      second: at * bins.seconds,
      planned: plannedCount,
      sent: sentCounts[at] ?? 0,
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

  /** The oldest record that has not ended by then is never younger than the one before it was. */
  function oldestAtBinEnds(): readonly number[] {
    const order = inOrderOfSending(sent);
    let place = 0;
    return planned.map((_, at) => {
      for (; place < sent.length; place += 1) {
        const index = order === null ? place : (order[place] ?? 0);
        const record = sent[index];
        if (record === undefined || bin(record.sentAtMs) > at) return 0;
        const endMs = fates.endedAtMs[index] ?? Number.NaN;
        const isOver = !record.isMatching || (!Number.isNaN(endMs) && bin(endMs) <= at);
        if (!isOver) return Math.max(0, binEndMs(at, bins) - (record.sentAtMs - beganAtMs));
      }
      return 0;
    });
  }
}

/** Null: they are. */
function inOrderOfSending(sent: LoadObservation["sent"]): Int32Array | null {
  let isSorted = true;
  for (let at = 1; at < sent.length && isSorted; at += 1)
    isSorted = (sent[at - 1]?.sentAtMs ?? 0) <= (sent[at]?.sentAtMs ?? 0);
  if (isSorted) return null;
  const order = Int32Array.from(sent, (_, index) => index);
  return order.sort((one, other) => (sent[one]?.sentAtMs ?? 0) - (sent[other]?.sentAtMs ?? 0));
}

/** To the start, of the records that were planned for each bin, sorted. */
function latenciesByBin(
  sent: LoadObservation["sent"],
  { startedAtMs }: RecordFates,
  planned: readonly number[],
  bin: (atMs: number) => number,
): readonly Float64Array[] {
  const rooms = planned.map((count) => new Float64Array(count));
  const filled = new Array<number>(planned.length).fill(0);
  for (const [index, { plannedAtMs }] of sent.entries()) {
    const startMs = startedAtMs[index] ?? Number.NaN;
    if (Number.isNaN(startMs)) continue;
    const at = bin(plannedAtMs);
    const place = filled[at] ?? 0;
    const room = rooms[at];
    if (room !== undefined) room[place] = Math.max(0, startMs - plannedAtMs);
    filled[at] = place + 1;
  }
  return rooms.map((room, at) => room.subarray(0, filled[at] ?? 0).sort());
}
