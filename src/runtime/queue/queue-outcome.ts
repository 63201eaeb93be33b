// What an invoker's answer means to a queue's batch, and what the journal will say of it.

import { assertNever } from "../../core/assert-never.ts";
import { decodeAnswer } from "../../core/outcome.ts";
import type { QueueOutcome } from "../../core/queue/after-call.ts";
import type { Answer } from "../../ports/invoker.ts";
import { type Called, failureFacts } from "../call-outcome.ts";

export interface QueueCalled extends Omit<Called, "outcome"> {
  readonly outcome: QueueOutcome;
  /** Records that count as failed in this attempt (M-5). */
  readonly failedCount: number;
}

export function queueOutcome(
  answer: Answer,
  asked: {
    readonly isReporting: boolean;
    readonly recordCount: number;
    readonly identifier: (index: number) => string;
  },
): QueueCalled {
  switch (answer.kind) {
    case "returned": {
      const decoded = decodeAnswer(answer.json, { kind: "sqs", isTumbling: false, ...asked });
      const { failedCount, failedIndexes, flaw, outcome } = decoded;
      const { tookMs, executedVersion } = answer;
      if (outcome.failed === "none") return { ...fine, name: "ok", tookMs, executedVersion };
      if (flaw === null) {
        const name = failedCount === asked.recordCount ? "reported" : "partial";
        return { ...fine, outcome: { kind: "answered", failedIndexes }, failedCount, name, tookMs, executedVersion };
      }
      const error = { type: "MalformedAnswer", message: flaw, trace: [] };
      return { outcome: { kind: "failed" }, failedCount, name: "reported", tookMs, executedVersion, error };
    }
    case "functionError":
      return { outcome: { kind: "failed" }, failedCount: asked.recordCount, ...failureFacts(answer) };
    case "refused":
      return {
        outcome: { kind: "refused", reason: answer.reason },
        failedCount: asked.recordCount,
        ...failureFacts(answer),
      };
    default:
      return assertNever(answer);
  }
}

const fine = { outcome: { kind: "answered", failedIndexes: [] }, failedCount: 0, error: null } as const;
