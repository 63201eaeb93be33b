// What a call came to. Where the answer is read at all, `decodeAnswer` judges it in the order of E-55; rows E-30 to E-56.
// One validator for all sources: the single row in which streams and queues differ (E-48) is named, and what Kafka's identifiers are is
// partition-answer.ts's (M-409).

import { type Failed, flawed, isObject, shown } from "./answer-flaw.ts";
import { memberText } from "./json/member-text.ts";
import { keptPlaces } from "./partition-answer.ts";
import type { Carried } from "./record.ts";
import { utf8Length } from "./utf8-length.ts";

export interface Answered {
  readonly kind: "answered";
  /** A number: the index of the lowest failed record of a stream's batch (E-41). */
  readonly failed: "none" | "all" | number | Kept;
  /** What the answer hands on to the window's next call; null outside tumbling windows and where there was none. */
  readonly state: Carried | null;
}

/** Of a batch that mixes partitions: the indexes of the records that are not done, ascending; never none and never all (M-411). */
export interface Kept {
  readonly kept: readonly number[];
}

export type Outcome =
  | Answered
  /** Threw, timed out, ran out of memory, exited, or did not start (E-1). */
  | { readonly kind: "functionError" }
  /** Over the event's limit: not called, but counted (E-3, B-12). */
  | { readonly kind: "tooLarge" }
  /** Throttled, a fault of the service, or no such function: not counted (E-4, E-5). */
  | { readonly kind: "refused" };

export interface Decoded {
  readonly outcome: Answered;
  /** Records that count as failed in this attempt (M-5). */
  readonly failedCount: number;
  /** The listed records where the answer is well formed, ascending, each once: what an SQS batch keeps (E-41); of Kafka what stays. */
  readonly failedIndexes: readonly number[];
  /** What is wrong with the answer, for a person, where the whole batch fails by that alone; null: it is well formed. */
  readonly flaw: string | null;
}

/** What is asked of an answer. `identifier` is called only where records are listed as failed. */
export interface AnswerContext {
  readonly kind: "streams" | "sqs";
  /** FunctionResponseTypes has ReportBatchItemFailures (S-1). */
  readonly isReporting: boolean;
  readonly isTumbling: boolean;
  /** 0 for a window's final call, which need not return a state. */
  readonly recordCount: number;
  readonly identifier: (index: number) => string;
}

/** The same of a batch of Kafka, whose identifiers are objects (M-409). */
export interface PartitionsAnswerContext {
  readonly kind: "kafka";
  readonly isReporting: boolean;
  readonly isTumbling: false;
  readonly recordCount: number;
  readonly partialAnswers: "checkpoint" | "items";
  readonly identifierOf: (index: number) => PartitionPlace;
}

/** Where a record is: its partition as the event names it, and its offset in decimal digits. */
export interface PartitionPlace {
  readonly unit: string;
  readonly offset: string;
}

/** Up to this many listed records are looked for one by one; beyond, a table of all identifiers pays. */
const FEW = 8;

/**
 * Reads the text of an answer. Null: it was not wanted. "": an empty body (E-36). Text that is no JSON fails the batch.
 * Of members that occur twice in an object the last one counts, as JSON.parse has it.
 */
export function decodeAnswer(json: string | null, context: AnswerContext | PartitionsAnswerContext): Decoded {
  if (!context.isReporting && !context.isTumbling) return decoded("none", null, context);
  const parsed = parse(json);
  if (parsed === null) return decoded(flawed("the answer is no JSON"), null, context);
  const state = context.isTumbling ? stateOf(json ?? "", parsed.value) : null;
  const isStateMissing = context.isTumbling && state === null && context.recordCount > 0;
  if (isStateMissing) return decoded(flawed("`state` is missing"), null, context);
  return decoded(context.isReporting ? judge(parsed.value, json ?? "", context) : "none", state, context);
}

/** Records that count as failed in an attempt of a stream's batch, refusals included (M-5). */
export function failedCount(outcome: Outcome, recordCount: number): number {
  if (outcome.kind !== "answered" || outcome.failed === "all") return recordCount;
  if (typeof outcome.failed === "object") return outcome.failed.kept.length;
  return outcome.failed === "none" ? 0 : recordCount - outcome.failed;
}

/** The journal's word for an answer: `partial` only where there was progress. */
export function answerWord(outcome: Answered): "ok" | "partial" | "reported" {
  if (outcome.failed === "none") return "ok";
  return outcome.failed === "all" || outcome.failed === 0 ? "reported" : "partial";
}

function decoded(failed: Failed, state: Carried | null, context: AnswerContext | PartitionsAnswerContext): Decoded {
  const { recordCount } = context;
  if (failed === "none") {
    return { outcome: { kind: "answered", failed, state }, failedCount: 0, failedIndexes: [], flaw: null };
  }
  if ("flaw" in failed) {
    const outcome = { kind: "answered", failed: "all", state } as const;
    return { outcome, failedCount: recordCount, failedIndexes: [], flaw: failed.flaw };
  }
  if (context.kind === "kafka") {
    const { length } = failed;
    const outcome = { kind: "answered", failed: length === recordCount ? "all" : { kept: failed }, state } as const;
    return { outcome, failedCount: length, failedIndexes: failed, flaw: null };
  }
  const lowest = failed[0] ?? 0;
  return {
    outcome: { kind: "answered", failed: lowest, state },
    failedCount: context.kind === "sqs" ? failed.length : recordCount - lowest,
    failedIndexes: failed,
    flaw: null,
  };
}

function parse(json: string | null): { readonly value: unknown } | null {
  if (json === null || json === "") return { value: null };
  try {
    return { value: JSON.parse(json) };
  } catch {
    // A function in JavaScript cannot answer so; whatever did has not said that the batch is done.
    return null;
  }
}

/** As it is written: a state is the user's, and is handed on to the byte (W-7). */
function stateOf(answerJson: string, answer: unknown): Carried | null {
  if (!isObject(answer)) return null;
  const { state } = answer;
  if (state === undefined || state === null) return null;
  const json = memberText(answerJson, "state");
  return json === null ? null : { json, sizeBytes: utf8Length(json) };
}

function judge(answer: unknown, json: string, context: AnswerContext | PartitionsAnswerContext): Failed {
  if (answer === null || answer === "") return "none"; // E-33, E-35, E-36
  if (Array.isArray(answer)) return answer.length === 0 ? "none" : flawed("the answer is a list"); // E-34, E-52
  if (!isObject(answer)) return flawed(`the answer is ${shown(answer)}`); // E-52
  const { batchItemFailures: list } = answer;
  if (list === undefined || list === null) return "none"; // E-31, E-32, E-50
  if (!Array.isArray(list)) return flawed(`\`batchItemFailures\` is ${shown(list)}`); // E-49
  if (list.length === 0) return "none"; // E-30
  return context.kind === "kafka" ? keptPlaces(list, json, context) : listed(list, context);
}

function listed(list: readonly unknown[], context: AnswerContext): Failed {
  const find = list.length <= FEW ? scanner(context) : table(context);
  const indexes = new Set<number>();
  for (const entry of list) {
    if (!isObject(entry)) return flawed(`an item of \`batchItemFailures\` is ${shown(entry)}`);
    // Recorded once, for SQS alone: an entry without any key is let pass (E-48).
    if (context.kind === "sqs" && Object.keys(entry).length === 0) continue;
    const { itemIdentifier } = entry;
    // E-43 to E-45, E-47, E-56
    if (typeof itemIdentifier !== "string" || itemIdentifier === "") {
      return flawed(`an \`itemIdentifier\` is ${itemIdentifier === undefined ? "missing" : shown(itemIdentifier)}`);
    }
    const index = find(itemIdentifier);
    if (index === null) return flawed(`\`itemIdentifier\` ${shown(itemIdentifier)} is not in the batch`); // E-46, E-51
    indexes.add(index);
  }
  if (indexes.size === 0) return "none";
  return context.kind === "sqs" ? withTwins(indexes, context) : [...indexes].sort((a, b) => a - b);
}

/**
 * A standard queue may hand a message out twice into one batch, by two receipts: as it has failed, neither may delete it. Of a stream's
 * records the first one that is meant says where to go on. Ascending.
 */
function withTwins(indexes: ReadonlySet<number>, { recordCount, identifier }: AnswerContext): readonly number[] {
  const failed = new Set([...indexes].map((index) => identifier(index)));
  return Array.from({ length: recordCount }, (_, index) => index).filter((index) => failed.has(identifier(index)));
}

function scanner(context: AnswerContext): (identifier: string) => number | null {
  const known: string[] = [];
  return (identifier) => {
    for (let index = 0; index < context.recordCount; index += 1) {
      const at = known[index] ?? context.identifier(index);
      known[index] = at;
      if (at === identifier) return index;
    }
    return null;
  };
}

function table(context: AnswerContext): (identifier: string) => number | null {
  const indexes = new Map<string, number>();
  // From the end, so that of records that share an identifier the first one stays (P-10).
  for (let index = context.recordCount - 1; index >= 0; index -= 1) indexes.set(context.identifier(index), index);
  return (identifier) => indexes.get(identifier) ?? null;
}
