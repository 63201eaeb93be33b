// What faults do to the ports of a process: fates of reads, questions, saves, calls and documents, asked one at a time. Both worlds use
// it, that of the stories and that of the scenarios.

import type { UnitId } from "../ports/source.ts";
import type { SourceProblem } from "../ports/source.ts";
import { msOf } from "./fault.ts";
import type { Faults } from "./faults.ts";
import type { SaveFate } from "./virtual-checkpoints.ts";
import type { CallFate } from "./virtual-functions.ts";
import type { QueueFates } from "./virtual-queues.ts";
import type { StreamFates } from "./virtual-stream.ts";

/** What faults of questions to the source, of loads, and of documents are on. */
const STREAM = "stream";
const CHECKPOINTS = "checkpoints";
const DESTINATION = "destination";

export const awayProblem: SourceProblem = {
  code: "unreachable",
  text: "PROBLEM: Connection error.",
  detail: "the world is away",
};

export function streamFates(
  faults: Faults,
  options: {
    /** What a read takes that nothing befalls. */
    readonly usualMs: () => number;
    /** The source hands records of this unit out once more. */
    readonly onRepeated: (unit: UnitId) => void;
  },
): StreamFates {
  return {
    read(unit) {
      const repeatCount = faults.strike("duplicate-read", unit)?.records ?? 0;
      if (repeatCount > 0) options.onRepeated(unit);
      const slow = faults.strike("slow-read", unit);
      return {
        delayMs: slow === null ? options.usualMs() : msOf(slow.for_s),
        problem: faults.strike("read-fails", unit) === null ? null : awayProblem,
        repeatCount,
      };
    },
    ask: () => ({
      delayMs: msOf(faults.strike("slow-ask", STREAM)?.for_s ?? 0),
      problem: faults.strike("ask-fails", STREAM) === null ? null : awayProblem,
    }),
  };
}

export const loadFate = (faults: Faults): "loaded" | "failed" =>
  faults.strike("ask-fails", CHECKPOINTS) === null ? "loaded" : "failed";

export function saveFate(
  faults: Faults,
  unit: UnitId,
  options: { readonly usualMs: () => number; readonly mayBeLost: boolean },
): SaveFate {
  const slow = faults.strike("slow-save", unit);
  const delayMs = slow === null ? options.usualMs() : msOf(slow.for_s);
  if (faults.strike("save-fails", unit) !== null) return { delayMs, what: "fail" };
  return { delayMs, what: options.mayBeLost && faults.strike("save-lost", unit) !== null ? "lose" : "keep" };
}

/** Of what a mapping asks its queue for; faults of its other questions are those of `ask`. */
export const queueFates = (faults: Faults): QueueFates => ({
  receive: (queue) => ({
    delayMs: msOf(faults.strike("slow-receive", queue)?.for_s ?? 0),
    isFailing: faults.strike("receive-fails", queue) !== null,
    isLost: faults.strike("receive-lost", queue) !== null,
    isRepeated: faults.strike("duplicate-delivery", queue) !== null,
  }),
  delete: (queue) => ({
    delayMs: msOf(faults.strike("slow-delete", queue)?.for_s ?? 0),
    isFailing: faults.strike("delete-fails", queue) !== null,
    isLost: faults.strike("delete-lost", queue) !== null,
  }),
  ask: (queue) => ({
    delayMs: msOf(faults.strike("slow-ask", queue)?.for_s ?? 0),
    isFailing: faults.strike("ask-fails", queue) !== null,
  }),
});

/** What befalls a call before and while its function runs. */
export function callFate(faults: Faults, functionName: string): CallFate {
  if (faults.strike("throttle", functionName) !== null) return { kind: "refused", reason: "throttled" };
  const fault = faults.strike("service-fault", functionName);
  if (fault !== null) return { kind: "refused", reason: fault.reason ?? "fault" };
  if (faults.strike("time-out", functionName) !== null) return { kind: "hangs" };
  const slow = faults.strike("slow-handler", functionName);
  const extraMs = slow === null ? 0 : msOf(slow.for_s);
  const error = faults.strike("handler-error", functionName);
  return error === null ? { kind: "runs", extraMs } : { kind: "fails", extraMs, reason: error.reason ?? "threw" };
}

export interface ReportFate {
  readonly delayMs: number;
  readonly isRefused: boolean;
}

export function reportFate(faults: Faults, usualMs: () => number): ReportFate {
  const slow = faults.strike("slow-destination", DESTINATION);
  return {
    delayMs: slow === null ? usualMs() : msOf(slow.for_s),
    isRefused: faults.strike("destination-refuses", DESTINATION) !== null,
  };
}
