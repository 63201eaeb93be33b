// What limits how large batches grow, and whether the function keeps up: said of first batches, and of enough of them.

import type { SecondFigures } from "../report.ts";
import { shownCount, shownPercent, shownSeconds } from "../words.ts";
import { type Found, type Judged, ratePerSecond, shareClosedBy } from "./found.ts";
import { invocationsWithWindow } from "./rebatched.ts";

/** B-3. */
const LONGEST_WINDOW_S = 300;
const LEAST_SHARE = 0.5;
const LEAST_FILL = 0.7;
const ALONE_RECORDS = 2;
const OTHER_WINDOW_MS = 1_000;
const LEAST_PAYLOAD_SHARE = 0.05;
const LEAST_FULL_SHARE = 0.9;
/** The oldest record grows older by this part of the time that passes: a lane does under 95 % of what comes. */
const LEAST_GROWTH = 0.05;
const LEAST_POINTS = 4;
/** Lanes whose function runs so much of the run's time have no room for what is left when the sends end. */
const LEAST_BUSY = 0.8;
const LEAST_REST_MS = 1_000;
const THIN_FILL = 0.5;
/** P-20: that many pollers begin. */
const FEW_POLLERS = 5;

/** At least half were closed by the window, and the median one is under 70 % full. */
export function windowFinding({ run, told }: Judged): Found | null {
  const share = shareClosedBy(run, "window");
  const { medianRecords, medianTookMs } = run.batches;
  if (share < LEAST_SHARE || medianRecords >= LEAST_FILL * run.batchSize) return null;
  const perLane = ratePerSecond(run) / Math.max(1, told.lanes.length);
  // A window that counts from the first record is not shortened by the call before it (B-4).
  const isFromFirst = run.family === "broker" || run.family === "changes";
  const tookS = isFromFirst ? 0 : medianTookMs / 1_000;
  const seconds = Math.max(1, Math.ceil(Number((run.batchSize / perLane - tookS).toFixed(6))));
  const hasIt = seconds * 1_000 <= (run.windowMs ?? 0);
  const instead = hasIt
    ? "a longer window would fill them only where more comes: records are spread unevenly over lanes or time"
    : seconds > LONGEST_WINDOW_S
      ? `no window fills them, as ${shownCount(seconds)} s would be over the ${LONGEST_WINDOW_S} s that there may be: use fewer lanes`
      : `size would close first from a window of ${seconds} s`;
  return {
    name: "window",
    text: `${shownPercent(share)} of batches closed by the window at ${medianRecords} of ${shownCount(run.batchSize)} records (median); at ${shownCount(perLane)} records/s a lane ${instead}`,
    rules: ["B-1", "B-3", "B-4"],
    cost: share * (1 - medianRecords / run.batchSize),
  };
}

/** No window, at least half caught up, and the median one has two records at most. */
export function aloneFinding({ run, observation, told }: Judged): Found | null {
  const { medianRecords, medianTookMs } = run.batches;
  if ((run.windowMs ?? 0) > 0 || medianRecords > ALONE_RECORDS) return null;
  if (shareClosedBy(run, "caught up") < LEAST_SHARE) return null;
  const windowMs = OTHER_WINDOW_MS;
  const laneCount = told.lanes.length;
  const count = invocationsWithWindow(observation, { windowMs, tookMs: medianTookMs, laneCount });
  const { firstBatches } = run.counts;
  if (count >= firstBatches) return null;
  return {
    name: "alone",
    text: `records go nearly alone (median ${medianRecords} a batch); a window of 1 s makes ${shownCount(count)} invocations of ${shownCount(firstBatches)}, and adds at most 1 s`,
    rules: ["B-2", "B-4"],
    cost: 1 - count / firstBatches,
  };
}

/** At least one in twenty was closed because the next record did not fit. */
export function payloadFinding({ run }: Judged): Found | null {
  const share = shareClosedBy(run, "payload");
  const closed = run.batches.reasons.find(({ closedBy }) => closedBy === "payload");
  if (closed === undefined || share < LEAST_PAYLOAD_SHARE) return null;
  const records = closed.medianRecords;
  return {
    name: "payload",
    text: `${shownPercent(share)} of batches closed by payload: ${shownCount(run.batches.eventLimitBytes)} bytes hold ${shownCount(records)} records of this size, and a BatchSize above ${shownCount(records)} changes nothing`,
    rules: ["B-11"],
    cost: 0,
  };
}

const catchUp = {
  stream: "larger batches, a higher ParallelizationFactor or more shards",
  queue: "larger batches or a higher concurrency of the function",
  broker: "larger batches or a faster function",
  topic: "larger batches or more partitions",
  changes: "larger batches or a faster function",
} as const satisfies Record<Judged["run"]["family"], string>;

/** Nine in ten are full, and all the same the lanes do not keep up. */
export function behindFinding(judged: Judged): Found | null {
  if (shareClosedBy(judged.run, "size") < LEAST_FULL_SHARE) return null;
  return growingFinding(judged) ?? workedOffFinding(judged);
}

/** Less is done than comes, and what waits grows older through the second half of the sends. */
function growingFinding({ run, told }: Judged): Found | null {
  const sending = run.seconds.filter(({ second }) => 1_000 * (second + run.binSeconds) <= run.sendMs);
  const middle = sending[Math.floor(sending.length / 2)];
  const last = sending.at(-1);
  if (middle === undefined || last === undefined || sending.length < LEAST_POINTS) return null;
  const growth = (last.oldestMs - middle.oldestMs) / (1_000 * (last.second - middle.second));
  if (growth < LEAST_GROWTH) return null;
  const lanes = Math.max(1, told.lanes.length);
  const done = perSecond(sending, run.binSeconds, ({ done: count }) => count) / lanes;
  const came = ratePerSecond(run) / lanes;
  if (done > (1 - LEAST_GROWTH) * came) return null;
  return {
    name: "behind",
    text: `full batches, still behind: a lane does ${shownCount(done)} of ${shownCount(came)} records/s, and the oldest waits ${shownSeconds(last.oldestMs)}; ${catchUp[run.family]} would catch up`,
    rules: ["P-6"],
    cost: 2 - done / came,
  };
}

/** The lanes are busy for the whole run, and still long behind the sends: a burst, or more at the end than they can do. */
function workedOffFinding({ run, told }: Judged): Found | null {
  if (run.endedBy === "stalled") return null;
  const lanes = Math.max(1, told.lanes.length);
  const busy = told.lanes.reduce((sum, { runningMs }) => sum + runningMs, 0) / (lanes * Math.max(1, run.totalMs));
  const restMs = run.totalMs - run.sendMs;
  const lastCallsMs = 2 * (run.batches.medianTookMs + (run.windowMs ?? 0));
  if (busy < LEAST_BUSY || restMs < Math.max(LEAST_REST_MS, LEAST_GROWTH * run.sendMs, lastCallsMs)) return null;
  const done = (1_000 * run.counts.done) / run.totalMs / lanes;
  const oldestMs = Math.max(run.latency.toDone.max, ...run.seconds.map(({ oldestMs: each }) => each));
  return {
    name: "behind",
    text: `full batches, still behind: lanes were ${shownPercent(busy)} busy, a lane did ${shownCount(done)} records/s, and the rest took ${shownSeconds(restMs)} after the last was sent; the oldest waited ${shownSeconds(oldestMs)}; ${catchUp[run.family]} would catch up`,
    rules: ["P-6"],
    cost: 1 + restMs / run.totalMs,
  };
}

function perSecond(seconds: readonly SecondFigures[], width: number, of: (second: SecondFigures) => number): number {
  return seconds.reduce((sum, each) => sum + of(each), 0) / Math.max(1, seconds.length * width);
}

/** A queue's median batch is under half full, and no more pollers run than begin. */
export function thinFinding({ run }: Judged): Found | null {
  const { medianRecords } = run.batches;
  if (run.family !== "queue" || medianRecords >= THIN_FILL * run.batchSize) return null;
  if (run.concurrency.most > FEW_POLLERS) return null;
  return {
    name: "thin",
    text: `few messages are spread over the pollers, ${medianRecords} of ${shownCount(run.batchSize)} a batch (median); AWS spreads them so too`,
    rules: ["P-20", "P-23"],
    cost: (1 - medianRecords / run.batchSize) / 2,
  };
}
