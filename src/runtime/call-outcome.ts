// What an invoker's answer means to the lane, and what the journal will say of it.

import { assertNever } from "../core/assert-never.ts";
import {
  type AnswerContext,
  answerWord,
  decodeAnswer,
  type Outcome,
  type PartitionsAnswerContext,
} from "../core/outcome.ts";
import type { Rec } from "../core/record.ts";
import type { Answer, FunctionErrorReason } from "../ports/invoker.ts";
import type { OutcomeName } from "../ports/journal.ts";
import type { SourceKind } from "../ports/source-kind.ts";

export interface Called {
  readonly outcome: Outcome;
  readonly name: OutcomeName;
  readonly tookMs: number;
  /** Null where the function did not run. */
  readonly executedVersion: string | null;
  readonly error: { readonly type: string; readonly message: string; readonly trace: readonly string[] } | null;
}

const errorNames = {
  threw: "threw",
  timedOut: "timed out",
  outOfMemory: "out of memory",
  exited: "exited",
  initFailed: "init failed",
} as const satisfies Record<FunctionErrorReason, OutcomeName>;

const refusalNames = {
  throttled: "throttled",
  fault: "fault",
  functionMissing: "function missing",
  notStarted: "not started",
} as const satisfies Record<Extract<Answer, { kind: "refused" }>["reason"], OutcomeName>;

export interface Asked {
  readonly isReporting: boolean;
  readonly isTumbling: boolean;
  /** Of a batch that mixes partitions (M-411); null, the default: it is a stream's. */
  readonly partialAnswers?: PartitionsAnswerContext["partialAnswers"] | null;
}

export function callOutcome<R extends Rec>(
  answer: Answer,
  kind: SourceKind<R>,
  records: readonly R[],
  asked: Asked,
): Called {
  switch (answer.kind) {
    case "returned": {
      const { outcome, flaw } = decodeAnswer(answer.json, contextOf(kind, records, asked));
      const { executedVersion, tookMs } = answer;
      const error = flaw === null ? null : { type: "MalformedAnswer", message: flaw, trace: [] };
      return { outcome, name: answerWord(outcome), tookMs, executedVersion, error };
    }
    case "functionError":
    case "refused":
      return { outcome: { kind: answer.kind }, ...failureFacts(answer) };
    default:
      return assertNever(answer);
  }
}

function contextOf<R extends Rec>(
  kind: SourceKind<R>,
  records: readonly R[],
  { isReporting, isTumbling, partialAnswers = null }: Asked,
): AnswerContext | PartitionsAnswerContext {
  const recordCount = records.length;
  const identifier = (index: number): string => {
    const record = records[index];
    return record === undefined ? "" : kind.identifier(record);
  };
  if (partialAnswers === null) return { kind: "streams", isReporting, isTumbling, recordCount, identifier };
  return {
    kind: "kafka",
    isReporting,
    isTumbling: false,
    recordCount,
    partialAnswers,
    identifierOf: (index) => ({ unit: records[index]?.partition?.unit ?? "", offset: identifier(index) }),
  };
}

/** What the journal says of a call that did not return. */
export function failureFacts(answer: Exclude<Answer, { kind: "returned" }>): Omit<Called, "outcome"> {
  if (answer.kind === "functionError") {
    const { reason, tookMs, executedVersion, errorType: type, message, trace } = answer;
    return { name: errorNames[reason], tookMs, executedVersion, error: { type, message, trace } };
  }
  const { reason, message } = answer;
  return {
    name: refusalNames[reason],
    tookMs: 0,
    executedVersion: null,
    error: { type: reason, message, trace: [] },
  };
}

/** An event over the limit is not sent; the attempt counts (B-12, E-3). */
export function tooLarge(eventBytes: number): Called {
  const message = `the event has ${eventBytes} bytes, over the limit of an invocation`;
  return {
    outcome: { kind: "tooLarge" },
    name: "too large",
    tookMs: 0,
    executedVersion: null,
    error: { type: "RequestTooLarge", message, trace: [] },
  };
}
