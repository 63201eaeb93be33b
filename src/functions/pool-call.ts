// One invocation in a pool, from the moment it is handed in until its answer, and what an end without an answer means.

import type { Answer } from "../ports/invoker.ts";
import type { GatheredLog } from "./gathered-log.ts";
import { invocationLog } from "./invocation-log.ts";
import { type GuestAnswer, type GuestFailure, type GuestTask, outOfMemory } from "./guest-protocol.ts";

/** Why the pool, or its caller, ended an invocation. */
export type EndedBecause = "timeout" | "init-timeout" | "memory" | "stop" | "no-thread" | "stranded" | "late";

/** Most time for loading a function's code, thread start included; on AWS 10 s without it. */
export const INIT_LIMIT_MS = 10_000;
const EXECUTED_VERSION = "$LATEST";
export const ENDED_BY_FORCE = "The invocation was ended by force: Millrace, or its mapping, stops.";

/** What a call hears that no thread took by its `startByMs`. */
export const NOT_STARTED: Answer = {
  kind: "refused",
  reason: "notStarted",
  message: "No function thread was free in time: maxFunctionThreads is the most that may run.",
};

export interface PoolCall {
  readonly task: GuestTask;
  /** Of this try to hand the call in. */
  controller: AbortController;
  readonly memoryMb: number;
  /** Thread that has the task; null: it waits for one. */
  threadId: number | null;
  /** Monotonic ms: when the handler began or, until it has, when the call was handed in. */
  startedAtMs: number;
  isStarted: boolean;
  endedBecause: EndedBecause | null;
  /** What the thread said of its end. */
  failure: GuestFailure | null;
  /** What the pool said of a thread that could not start. */
  noThreadText: string;
  /** How often a thread that it waited for has gone. */
  strandings: number;
  /** Most megabytes that the memory watch has seen. */
  seenMb: number;
  /** Null: the code was loaded already. */
  initMs: number | null;
  /** What the call wrote, where it is wanted. */
  readonly gathered: GatheredLog | null;
  /** Kept once the thread has said what the call used: its log has come before that. */
  readonly used: PromiseWithResolvers<void>;
}

/** The answer with the invocation's log, where that is wanted. */
export function withLog(
  answer: Answer,
  call: PoolCall,
  { version, endedAtMs }: { readonly version: string; readonly endedAtMs: number },
): Answer {
  if (answer.kind === "refused" || call.gathered === null) return answer;
  const { requestId } = call.task;
  const { memoryMb, initMs, seenMb: usedMb } = call;
  const written = call.gathered.text();
  return {
    ...answer,
    log: invocationLog(answer, { requestId, version, memoryMb, initMs, usedMb, written, endedAtMs }),
  };
}

/** What the thread has answered. */
export function answerOf(given: GuestAnswer, tookMs: number): Answer {
  if (given !== null && typeof given === "object") return failedAnswer(given, tookMs);
  return { kind: "returned", json: given, executedVersion: EXECUTED_VERSION, tookMs };
}

/** For the log, where no call hears of it. */
export function textOfEnd(failure: { readonly errorType: string; readonly message: string }): string {
  return `The environment ended between invocations: ${failure.errorType}: ${failure.message}`;
}

export function failedAnswer(failure: GuestFailure, tookMs: number): Answer {
  return { kind: "functionError", ...failure, executedVersion: EXECUTED_VERSION, tookMs };
}

/** Piscina's task was rejected: because of us, because of what the thread said, or because the thread died without a word. */
export function answerOfEnd(call: PoolCall, error: unknown, tookMs: number): Answer {
  const ended = call.endedBecause;
  if (call.failure !== null) return failedAnswer(call.failure, tookMs);
  if (ended !== null) return answerOfOurEnd(call, ended, tookMs);
  return failedAnswer(failureOfDeath(call, error), tookMs);
}

function answerOfOurEnd(call: PoolCall, ended: EndedBecause, tookMs: number): Answer {
  const id = call.task.requestId;
  switch (ended) {
    case "timeout": {
      const message = `RequestId: ${id} Error: Task timed out after ${seconds(call.task.timeoutMs)} seconds`;
      return failedAnswer({ reason: "timedOut", errorType: "Sandbox.Timedout", message, trace: [] }, tookMs);
    }
    case "init-timeout": {
      const message = `RequestId: ${id} Error: Initialization timed out after ${seconds(INIT_LIMIT_MS)} seconds`;
      return failedAnswer({ reason: "initFailed", errorType: "Sandbox.Timedout", message, trace: [] }, tookMs);
    }
    case "memory":
      return failedAnswer(outOfMemory(id, call.seenMb, call.memoryMb), tookMs);
    case "stop":
      return { kind: "refused", reason: "fault", message: ENDED_BY_FORCE };
    case "late":
      return NOT_STARTED;
    case "no-thread":
    case "stranded":
      return { kind: "refused", reason: "fault", message: call.noThreadText };
  }
}

function failureOfDeath(call: PoolCall, error: unknown): GuestFailure {
  const id = call.task.requestId;
  if (!(error instanceof Error)) return { reason: "threw", errorType: typeof error, message: String(error), trace: [] };
  if ("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return outOfMemory(id, call.memoryMb, call.memoryMb);
  }
  // Piscina's own words for a thread that ended without an error; only the number is taken from them.
  const status = /^worker exited with code: (\d+)$/.exec(error.message)?.[1];
  if (status !== undefined) {
    const message = `RequestId: ${id} Error: Runtime exited with error: exit status ${status}`;
    return { reason: "exited", errorType: "Runtime.ExitError", message, trace: [] };
  }
  return { reason: "threw", errorType: error.name, message: error.message, trace: (error.stack ?? "").split("\n") };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2);
}
