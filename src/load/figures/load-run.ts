// The figures of one run, from what was sent and what the journal tells.

import { findings } from "../findings/findings.ts";
import type { LoadObservation } from "../observation.ts";
import type { CostFigures, LatencyFigures, LoadCounts, Loader, LoadRun, Prices } from "../report.ts";
import { laneWord } from "../words.ts";
import { binsOf } from "./bins.ts";
import { runningAtOnce } from "./concurrency.ts";
import { type RecordFates, recordFates } from "./fates.ts";
import { laneShares } from "./lane-times.ts";
import { createNumbers, nearestRank, percentilesOf, rounded } from "./numbers.ts";
import { createRunFold, type RunFold, type Told } from "./run-fold.ts";
import { seriesOf } from "./series.ts";
import { fates as kinds } from "./who.ts";

/** A record that is sent later than this was not sent in time. */
const IN_TIME_MS = 1_000;
const LEAST_SENT_SHARE = 0.99;
const MOST_CEILING_SHARE = 0.8;

/**
 * May be asked while a run goes on, again and again: costs about half a second a million records. `fold`: made by `createRunFold` and fed
 * as the run went on; left out, the observation's entries are folded now.
 */
export function loadRun(observation: LoadObservation, prices: Prices, fold: RunFold = folded(observation)): LoadRun {
  const { startedAtMs, endedAtMs, sendsUntilMs, family, mapping } = observation;
  const totalMs = rounded(Math.max(0, endedAtMs - startedAtMs));
  const bins = binsOf(totalMs);
  const told = fold.told(endedAtMs);
  const fates = recordFates(observation, told);
  const [starts, ends] = callTimes(observation, told);
  const running = runningAtOnce(starts, ends, bins);
  const counts = countsOf(observation, told, fates);
  const isSplit = mapping.factor > 1;
  const run: LoadRun = {
    ...pick(observation),
    sendMs: rounded(Math.max(0, sendsUntilMs - startedAtMs)),
    totalMs,
    loader: loaderOf(observation),
    counts,
    batches: told.closed.figures(bins, told.tookMs.values()),
    latency: latencyOf(observation, fates),
    seconds: seriesOf(observation, fates, told, { bins, running: running.atBinEnds, starts }),
    binSeconds: bins.seconds,
    concurrency: { mean: running.mean, most: running.most },
    lanes: laneShares(told.lanes, { totalMs, family, isSplit }),
    failures: {
      attempts: told.attempts,
      invocationsPerRecord: ratio(told.calls.deliveries, counts.done + counts.gaveUp),
      trees: told.trees.map((tree) => ({
        ...tree,
        lane: laneWord(tree.lane, family, isSplit),
        heldMs: rounded(tree.heldMs),
      })),
      iteratorAge: percentilesOf(told.ages.values()),
    },
    cost: costOf(told, counts, totalMs, prices),
    findings: [],
    topKeyShare: topKeyShare(observation),
  };
  return { ...run, findings: findings(run, { observation, told }) };
}

function folded(observation: LoadObservation): RunFold {
  const fold = createRunFold(observation);
  for (const entry of observation.entries) fold.take(entry);
  return fold;
}

function pick(observation: LoadObservation) {
  const { name, swept, repetition, mode, seed, machine, source, place, functionName } = observation;
  const { family, settings, allowedConcurrency, batchSize, windowMs, endedBy } = observation;
  const whose = { name, swept, repetition, mode, seed, machine, source, place, functionName };
  return { ...whose, family, settings, allowedConcurrency, batchSize, windowMs, endedBy };
}

/** Beginnings and ends of all calls, ms since the run's beginning; those that are out end with it. */
function callTimes({ startedAtMs, endedAtMs }: LoadObservation, told: Told): readonly [Float64Array, Float64Array] {
  const times = (ended: Float64Array, open: readonly number[]): Float64Array =>
    Float64Array.from([...ended, ...open].map((atMs) => rounded(Math.max(0, atMs - startedAtMs))));
  const { runningSinceMs: open } = told;
  return [
    times(told.startedAtMs.values(), open),
    times(
      told.endedAtMs.values(),
      open.map(() => endedAtMs),
    ),
  ];
}

function loaderOf(observation: LoadObservation): Loader {
  const { sent, plannedCount, refusedCount, ceilingPerSecond, busiestPerSecond, endedBy } = observation;
  let bytes = 0;
  let inTime = 0;
  const late = new Float64Array(sent.length);
  for (const [index, record] of sent.entries()) {
    bytes += record.bytes;
    const lateMs = Math.max(0, record.sentAtMs - record.plannedAtMs);
    late[index] = lateMs;
    if (lateMs <= IN_TIME_MS) inTime += 1;
  }
  const ceilingShare = ceilingPerSecond === null || ceilingPerSecond === 0 ? null : busiestPerSecond / ceilingPerSecond;
  // What was not due before the run was interrupted was not sent too late.
  const dueCount = endedBy === "interrupted" ? sent.length : plannedCount - refusedCount;
  return {
    plannedCount,
    sentCount: sent.length,
    refusedCount,
    bytes,
    ceilingPerSecond,
    ceilingShare: ceilingShare === null ? null : rounded(ceilingShare),
    lateP99Ms: sent.length === 0 ? 0 : rounded(nearestRank(late.sort(), 99)),
    isLimit: inTime < LEAST_SENT_SHARE * dueCount || (ceilingShare ?? 0) > MOST_CEILING_SHARE,
  };
}

function countsOf(observation: LoadObservation, told: Told, fates: RecordFates): LoadCounts {
  const { sent, mapping, coldStarts } = observation;
  const { calls } = told;
  const matched = sent.reduce((sum, { isMatching }) => sum + (isMatching ? 1 : 0), 0);
  const { done, gaveUp } = fates.unnamedCount === 0 ? countedFates(fates) : toldFates(told, matched);
  return {
    sent: sent.length,
    matched: mapping.hasFilter ? matched : null,
    done,
    gaveUp,
    deliveries: calls.deliveries,
    open: matched - done - gaveUp,
    invocations: calls.invocations,
    firstBatches: told.closed.count(),
    retries: calls.retries,
    splits: calls.splits,
    rests: calls.rests,
    throttles: calls.throttles,
    faults: calls.faults,
    timeouts: calls.timeouts,
    failedInvocations: calls.failed,
    documents: calls.documents,
    deadLetters: calls.deadLetters,
    coldStarts,
  };
}

function countedFates({ fates }: RecordFates): { readonly done: number; readonly gaveUp: number } {
  let [done, gaveUp] = [0, 0];
  for (const fate of fates) {
    if (fate === kinds.done) done += 1;
    if (fate === kinds.gaveUp) gaveUp += 1;
  }
  return { done, gaveUp };
}

/** Where not all messages have names: what the journal counts. */
function toldFates(told: Told, matched: number): { readonly done: number; readonly gaveUp: number } {
  const gaveUp = Math.min(matched, told.gaveUpCount);
  return { gaveUp, done: Math.min(matched - gaveUp, told.doneCount) };
}

function latencyOf({ sent }: LoadObservation, fates: RecordFates): LatencyFigures {
  const [toStart, toDone, fromSend] = [createNumbers(), createNumbers(), createNumbers()];
  for (const [index, { plannedAtMs, sentAtMs }] of sent.entries()) {
    const startMs = fates.startedAtMs[index] ?? Number.NaN;
    const endMs = fates.endedAtMs[index] ?? Number.NaN;
    if (!Number.isNaN(startMs)) {
      toStart.push(Math.max(0, startMs - plannedAtMs));
      fromSend.push(Math.max(0, startMs - sentAtMs));
    }
    if (!Number.isNaN(endMs)) toDone.push(Math.max(0, endMs - plannedAtMs));
  }
  return {
    toStart: percentilesOf(toStart.values()),
    toDone: percentilesOf(toDone.values()),
    fromSendToStart: percentilesOf(fromSend.values()),
    sampled: fates.sampled,
  };
}

function costOf({ calls }: Told, counts: LoadCounts, totalMs: number, prices: Prices): CostFigures {
  const gbSeconds = (calls.billedMs / 1_000) * (prices.memoryMb / 1_024);
  const totalUsd = (calls.invocations / 1_000_000) * prices.perMillionRequests + gbSeconds * prices.perGbSecond;
  const ended = counts.done + counts.gaveUp;
  return {
    requests: calls.invocations,
    gbSeconds: rounded(gbSeconds),
    totalUsd,
    perHourUsd: totalMs === 0 ? 0 : totalUsd * (3_600_000 / totalMs),
    perMillionRecordsUsd: ended === 0 ? 0 : totalUsd * (1_000_000 / ended),
  };
}

function topKeyShare({ sent }: LoadObservation): number | null {
  const counts = new Map<string, number>();
  let most = 0;
  for (const { key } of sent) {
    if (key === null) continue;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    most = Math.max(most, count);
  }
  return counts.size === 0 ? null : rounded(ratio(most, sent.length));
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : rounded(part / whole));
