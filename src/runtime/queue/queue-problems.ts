// Why a queue cannot be read now, in words.

import type { SourceProblem } from "../../ports/source.ts";

/** LastProcessingResult is not shown for queues (H-12): the texts are for people here. */
export function queueMissing(queueName: string): SourceProblem {
  return {
    code: "missing",
    text: `PROBLEM: Queue not found: ${queueName}`,
    detail: `the queue ${queueName} is not there: create it again, or delete the mapping`,
  };
}

export function queueUnreachable(queueName: string, error: unknown): SourceProblem {
  const detail = error instanceof Error ? error.message : String(error);
  return { code: "unreachable", text: `PROBLEM: Queue cannot be read: ${queueName}`, detail };
}
