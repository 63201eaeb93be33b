// The figures of one run, from what was sent and what the journal tells.

import { findings, LEAST_BATCHES } from "../findings/findings.ts";
import type { LoadObservation } from "../observation.ts";
import type { CostFigures, LatencyFigures, LoadCounts, Loader, LoadRun, Prices } from "../report.ts";
import { laneWord } from "../words.ts";
import { binsOf } from "./bins.ts";
import { runningAtOnce } from "./concurrency.ts";
import { type RecordFates, recordFates } from "./fates.ts";
import { laneShares } from "./lane-times.ts";
import { nearestRank, percentilesOf, rounded } from "./numbers.ts";
import { createRunFold, type RunFold, type Told } from "./run-fold.ts";
import { type SentColumns, sentColumns } from "./sent-columns.ts";
import { seriesOf } from "./series.ts";
import { fates as kinds } from "./who.ts";

/** A record that is sent later than this was not sent in time. */
const IN_TIME_MS = 1_000;
const LEAST_SENT_SHARE = 0.99;
const MOST_CEILING_SHARE = 0.8;

/**
 * May be asked while a run goes on, again and again: costs about half a second a million records. `fold`: made by `createRunFold` and fed
 * as the run went on; left out, the observation's entries are folded now. `leastBatches`: of fewer nothing is found; default 100.
 */
export function loadRun(
  observation: LoadObservation,
  prices: Prices,
  fold: RunFold = folded(observation),
  leastBatches = LEAST_BATCHES,
): LoadRun {
  const { startedAtMs, endedAtMs, family, mapping } = observation;
  const totalMs = rounded(Math.max(0, endedAtMs - startedAtMs));
  const bins = binsOf(totalMs);
  const told = fold.told(endedAtMs);
  const fates = recordFates(observation, told);
  const [starts, ends] = callTimes(observation, told);
  const running = runningAtOnce(starts, ends, bins);
  const columns = sentColumns(observation);
  const counts = countsOf(observation, columns, told, fates);
  const isSplit = mapping.factor > 1;
  const run: LoadRun = {
    ...pick(observation),
    sendMs: sendMsOf(observation),
    totalMs,
    loader: loaderOf(observation, columns),
    counts,
    batches: told.closed.figures(bins, told.tookMs.values()),
    latency: latencyOf(columns, fates),
    seconds: seriesOf(columns, fates, told, { bins, running: running.atBinEnds, starts }),
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
      firstError: told.firstError,
    },
    cost: costOf(told, counts, totalMs, prices),
    findings: [],
    topKeyShare: columns.topKeyShare,
  };
  return { ...run, findings: findings(run, { observation, told }, leastBatches) };
}

/** What a run that was cut short has not sent takes no time: rates are of what came. */
function sendMsOf({ startedAtMs, sendsUntilMs, endedBy, sent }: LoadObservation): number {
  const untilMs = endedBy === "interrupted" ? (sent.at(-1)?.plannedAtMs ?? startedAtMs) : sendsUntilMs;
  return rounded(Math.max(0, untilMs - startedAtMs));
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

function loaderOf(observation: LoadObservation, columns: SentColumns): Loader {
  const { plannedCount, refusedCount, ceilingPerSecond, busiestPerSecond, endedBy } = observation;
  const { count, plannedMs, sentMs, bytes } = columns;
  let inTime = 0;
  const late = new Float64Array(count);
  for (let at = 0; at < count; at += 1) {
    const lateMs = Math.max(0, (sentMs[at] ?? 0) - (plannedMs[at] ?? 0));
    late[at] = lateMs;
    if (lateMs <= IN_TIME_MS) inTime += 1;
  }
  const ceilingShare = ceilingPerSecond === null || ceilingPerSecond === 0 ? null : busiestPerSecond / ceilingPerSecond;
  // What was not due before the run was interrupted was not sent too late.
  const dueCount = endedBy === "interrupted" ? count : plannedCount - refusedCount;
  return {
    plannedCount,
    sentCount: count,
    refusedCount,
    bytes,
    ceilingPerSecond,
    ceilingShare: ceilingShare === null ? null : rounded(ceilingShare),
    lateP99Ms: columns.isOnTime ? 0 : rounded(nearestRank(late.sort(), 99)),
    isLimit: inTime < LEAST_SENT_SHARE * dueCount || (ceilingShare ?? 0) > MOST_CEILING_SHARE,
  };
}

function countsOf(observation: LoadObservation, columns: SentColumns, told: Told, fates: RecordFates): LoadCounts {
  const { mapping, coldStarts } = observation;
  const { calls } = told;
  const matched = columns.matchingCount;
  const { done, gaveUp } = fates.isNamed ? countedFates(fates) : toldFates(told, matched);
  return {
    sent: columns.count,
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

function latencyOf(columns: SentColumns, { startedMs, endedMs, sampled }: RecordFates): LatencyFigures {
  const { plannedMs, sentMs, isOnTime } = columns;
  const toStart = percentilesOf(differences(startedMs, plannedMs));
  return {
    toStart,
    toDone: percentilesOf(differences(endedMs, plannedMs)),
    fromSendToStart: isOnTime ? toStart : percentilesOf(differences(startedMs, sentMs)),
    sampled,
  };
}

/** Of those that have come so far. */
function differences(untilMs: Float64Array, fromMs: Float64Array): Float64Array {
  const values = new Float64Array(untilMs.length);
  let count = 0;
  for (let at = 0; at < untilMs.length; at += 1) {
    const until = untilMs[at] ?? Number.NaN;
    if (Number.isNaN(until)) continue;
    values[count] = Math.max(0, until - (fromMs[at] ?? 0));
    count += 1;
  }
  return values.subarray(0, count);
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

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : rounded(part / whole));
