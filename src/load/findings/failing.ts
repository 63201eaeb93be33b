// What failures and limits of the function cost: facts, however few batches there were.

import { counted, shownCount, shownPercent, shownSeconds } from "../words.ts";
import type { Found, Judged } from "./found.ts";

const MANY_ATTEMPTS = 9;
const LEAST_THROTTLED = 0.01;
/** AWS's advice for a queue's visibility: so many times the function's timeout, and the window. */
const TIMEOUTS = 6;
/** P-25: the lowest that may be set. */
const LOWEST_MAXIMUM_CONCURRENCY = 2;

const laneMs = ({ run, told }: Judged): number => Math.max(1, run.totalMs * Math.max(1, told.lanes.length));

/** A lane's keys are bound to it: with one key in more than its share of records a factor helps only so far. */
export function hotKeyFinding({ run, observation }: Judged): Found | null {
  const { factor } = observation.mapping;
  const share = run.topKeyShare;
  if (factor <= 1 || share === null || share <= 1 / factor) return null;
  return {
    name: "hot-key",
    text: `one key is ${shownPercent(share)} of all records and keeps one lane: at most ${shownCount(1 / share)} times faster, whatever the factor`,
    rules: ["E-62"],
    cost: share - 1 / factor,
  };
}

export function poisonFinding(judged: Judged): Found | null {
  const { run, told } = judged;
  const { gaveUp, deadLetters, invocations } = run.counts;
  if (gaveUp === 0) return null;
  if (run.family === "queue")
    return {
      name: "poison",
      text: `${counted(deadLetters, "message")} became dead letters, after ${counted(run.counts.failedInvocations, "call")} that failed`,
      rules: ["Q-12"],
      cost: run.counts.failedInvocations / Math.max(1, invocations),
    };
  const { extraInvocations, givingUpMs } = told;
  return {
    name: "poison",
    text: `${counted(gaveUp, "record")} given up cost ${counted(extraInvocations, "extra invocation")} and held lanes ${shownSeconds(givingUpMs)}`,
    rules: ["E-15", "E-18", "E-20"],
    cost: extraInvocations / Math.max(1, invocations) + givingUpMs / laneMs(judged),
  };
}

/** Neither retries nor age are limited, and a batch has been tried nine times. */
export function noLimitFinding({ run, observation, told }: Judged): Found | null {
  const { retries, ageMs } = observation.mapping;
  const { attempts, heldMs } = told.longestTry;
  if (run.family === "queue" || run.family === "broker" || retries !== null || ageMs !== null) return null;
  if (attempts < MANY_ATTEMPTS) return null;
  return {
    name: "no-limit",
    text: `no limit: a batch was tried ${shownCount(attempts)} times, and its lane is held (${shownSeconds(heldMs)} so far) until it succeeds or leaves the stream; set MaximumRetryAttempts or MaximumRecordAgeInSeconds`,
    rules: ["E-6", "E-20"],
    cost: heldMs / Math.max(1, run.totalMs),
  };
}

/** Items are reported, batches are not bisected, and what was given up was more than the record that failed. */
export function suffixFinding({ run, observation, told }: Judged): Found | null {
  const { isReporting, isBisecting } = observation.mapping;
  const { gaveUpAlong } = told;
  if (!isReporting || isBisecting || gaveUpAlong === 0) return null;
  return {
    name: "suffix",
    text: `${counted(gaveUpAlong, "record")} ${gaveUpAlong === 1 ? "was" : "were"} given up along with the failed ${gaveUpAlong === 1 ? "one" : "ones"}; BisectBatchOnFunctionError would have tried ${gaveUpAlong === 1 ? "it" : "them"}`,
    rules: ["E-15", "O-13", "T-51"],
    cost: gaveUpAlong / Math.max(1, run.counts.sent),
  };
}

/** At least one call in a hundred was throttled. */
export function throttleFinding({ run, observation }: Judged): Found | null {
  const { throttles, invocations } = run.counts;
  const share = throttles / Math.max(1, throttles + invocations);
  const { reservedConcurrency } = observation.mapping;
  if (share < LEAST_THROTTLED) return null;
  const why =
    reservedConcurrency === null
      ? "the function takes fewer calls than pollers make"
      : `reserved concurrency ${reservedConcurrency} is below what pollers run`;
  const most = Math.max(LOWEST_MAXIMUM_CONCURRENCY, reservedConcurrency ?? 0);
  const isBounded = run.family === "queue" && reservedConcurrency !== null;
  const instead = isBounded ? `; set MaximumConcurrency to ${most} at most` : "";
  return {
    name: "throttle",
    text: `${shownPercent(share)} of calls were throttled: ${why}${instead}`,
    rules: ["E-4", "P-25"],
    cost: share,
  };
}

/** A queue's messages may be handed out again while they run. */
export function visibilityFinding({ run, observation, told }: Judged): Found | null {
  const { visibilityMs, functionTimeoutMs } = observation.mapping;
  if (visibilityMs === null) return null;
  const adviceMs = TIMEOUTS * functionTimeoutMs + (run.windowMs ?? 0);
  const longestMs = told.tookMs.values().reduce((most, tookMs) => Math.max(most, tookMs), 0);
  if (visibilityMs >= adviceMs && longestMs <= visibilityMs) return null;
  const why =
    longestMs > visibilityMs
      ? `a call took ${shownSeconds(longestMs)}, longer than the queue's visibility of ${shownSeconds(visibilityMs)}`
      : `the queue's visibility of ${shownSeconds(visibilityMs)} is below six times the function's timeout and the window, ${shownSeconds(adviceMs)}`;
  return {
    name: "visibility",
    text: `${why}: messages may come back while they run; ${told.calls.missed === 0 ? "none" : shownCount(told.calls.missed)} did`,
    rules: ["B-15", "Q-23", "Q-24"],
    cost: told.calls.missed / Math.max(1, run.counts.deliveries),
  };
}
