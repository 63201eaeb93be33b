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

/**
 * A run that ended with records that nothing happened to any more: why, as far as the journal tells. Beside the loader's it is what has to
 * be known first.
 */
export function stalledFinding({ run, told }: Judged): Found | null {
  if (run.endedBy !== "stalled") return null;
  const { open, invocations, throttles, faults, failedInvocations } = run.counts;
  const { length: outCount } = told.runningSinceMs;
  const { firstError } = run.failures;
  const first = firstError === null ? "" : `, the first with ${firstError.type}: ${firstError.message}`;
  const why = [
    ...(invocations + throttles + faults + failedInvocations === 0 ? ["no call was made"] : []),
    ...(failedInvocations === 0 ? [] : [`${counted(failedInvocations, "call")} failed${first}`]),
    ...(throttles === 0 ? [] : [`${counted(throttles, "call")} ${throttles === 1 ? "was" : "were"} throttled`]),
    ...(faults === 0 ? [] : [`${counted(faults, "call")} ended with a fault`]),
    ...(outCount === 0 ? [] : [`${counted(outCount, "call")} ${outCount === 1 ? "was" : "were"} under way`]),
  ];
  const known = why.length === 0 ? "no call failed, and the journal does not say why" : why.join("; ");
  return {
    name: "stalled",
    text: `${counted(open, "record")} ${open === 1 ? "was" : "were"} left, and none ended any more: ${known}`,
    rules: [],
    cost: Number.MAX_VALUE,
  };
}

/** Calls failed, no message became a dead letter, and one has come back nine times, or as often as it could until nothing ended any more. */
function noLimitOfQueue({ run, observation, told }: Judged): Found | null {
  const { mostReceives } = told;
  const { deadLetters, failedInvocations, open } = run.counts;
  const leastReceives = run.endedBy === "stalled" ? 2 : MANY_ATTEMPTS;
  if (observation.mapping.maxReceiveCount !== null || deadLetters > 0 || failedInvocations === 0) return null;
  if (open === 0 || mostReceives < leastReceives) return null;
  const group = run.source.endsWith(".fifo") ? ", and their groups wait behind them" : "";
  return {
    name: "no-limit",
    text: `no limit: its messages come back until they are done or expire${group}; one was received ${shownCount(mostReceives)} times. With a maxReceiveCount they become dead letters`,
    rules: ["Q-11", "Q-12"],
    cost: failedInvocations / Math.max(1, run.counts.invocations),
  };
}

/** Neither retries nor age are limited, and a batch has been tried nine times; of a queue `noLimitOfQueue`. */
export function noLimitFinding(judged: Judged): Found | null {
  const { run, observation, told } = judged;
  if (run.family === "queue") return noLimitOfQueue(judged);
  const { retries, ageMs } = observation.mapping;
  const { attempts, heldMs } = told.longestTry;
  if (run.family === "broker" || retries !== null || ageMs !== null) return null;
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
