// The terminal's plain lines: one journal entry, one line (or a few, or none where it says nothing to a person). Pure: the text
// comes from the entry and from what earlier entries told (line-state.ts). ASCII, but for what a user's own code says.
//
// `HH:MM:SS.mmm word     text`, the word in 8 columns, so that lines can be read down and searched by word.

import { assertNever } from "../core/assert-never.ts";
import type { Entry } from "../ports/journal.ts";
import { invocationLine } from "./invocation-line.ts";
import { batchKey, errorText, familyKey, GONE, lastErrorOf, type LineState, nextPlaces } from "./line-state.ts";
import { noticeText } from "./notice.ts";
import { factsOf, type Line, line, type Of, shownMapping, type Tone, where } from "./plain-line.ts";
import { partitionsText } from "./partitions-text.ts";
import { queueLines } from "./queue-lines.ts";
import { settingsText } from "./settings-text.ts";
import {
  counted,
  firstFrame,
  oneLine,
  shortArn,
  shortId,
  shortPosition,
  shownMs,
  shownNumber,
  shownPlaces,
} from "./shown-forms.ts";
import { filteredLines, sourceLines } from "./source-lines.ts";
import { tumblingText } from "./window-text.ts";

const WORD_COLUMNS = 8;

/** The lines of one entry, without their time. */
export function linesOf(entry: Entry, state: LineState): readonly Line[] {
  switch (entry.kind) {
    case "mapping-state":
      return [line("mapping", mappingStateText(entry, state))];
    case "mapping-paused":
      return [line("mapping", `${mappingWithEnds(entry, state)} Enabled, paused before its next call`, "warning")];
    case "mapping-resumed":
      return [line("mapping", `${mappingWithEnds(entry, state)} Enabled, goes on`)];
    case "refused":
      return refusedLines(entry);
    case "settings":
      return [line("settings", `${shownMapping(entry)} ${settingsText(entry.settings)}`)];
    case "unit-placed":
    case "unit-opened":
    case "unit-ended":
    case "share":
    case "group-awaited":
    case "lost":
    case "given-back":
    case "aggregate-dropped":
    case "unsupported":
    case "source-problem":
    case "source-recovered":
    case "checkpoint-problem":
      return sourceLines(entry, state);
    case "filtered":
      return filteredLines(entry, state);
    case "deleted":
    case "returned":
    case "dead-letter":
    case "scaled":
      return queueLines(entry, state);
    case "self-feeding":
      return [line("feeds", selfFeedingText(entry), "warning")];
    case "no-thread":
      return [line("waits", noThreadText(entry), "warning")];
    case "batch-closed":
      return [line("batch", closedText(entry, state))];
    case "invoked":
      return entry.attempt === 1 ? [] : [line("retry", `${batch(entry, state)} ${attempt(entry, state)}`)];
    case "decided":
      return decidedLines(entry, state);
    case "gave-up":
      return [line("gave-up", gaveUpText(entry, state), "bad")];
    case "reported":
      return [reportedLine(entry, state)];
    case "log":
      return entry.text
        .trimEnd()
        .split("\n")
        .map((text) => line("log", `${entry.functionName} ${shortId(entry.requestId)} ${oneLine(text)}`, "quiet"));
    case "invocation":
      return [invocationLine(entry)];
    case "function-version":
      return [line("function", `${entry.functionName} ${versionWords(entry.reason)}`)];
    case "thread":
      return threadLines(entry);
    case "undelivered":
      return [line("topic", undeliveredText(entry), entry.deadLetterQueue === null ? "bad" : "warning")];
    case "configured-otherwise":
      return [line("config", entry.mapping === null ? entry.text : `${shownMapping(entry)} ${entry.text}`, "warning")];
    case "dropped":
      return [line("dropped", `${counted(entry.count, "entry").replace(/entrys$/, "entries")} not shown`, "warning")];
    case "read":
    case "checkpoint":
      return [];
    default:
      return assertNever(entry);
  }
}

function noThreadText(entry: Of<"no-thread">): string {
  const { runningCount } = entry;
  const busy = `${counted(runningCount, "function thread")} ${runningCount === 1 ? "runs" : "run"}`;
  const whose = entry.mapping === null ? entry.functionName : shownMapping(entry);
  // A poller of a queue waits before it receives: it has no request yet.
  const what = entry.requestId === "" ? "receives nothing" : `request ${shortId(entry.requestId)}`;
  return `${whose} ${what}: no thread is free, ${busy}, as many as maxFunctionThreads allows`;
}

function undeliveredText({ topic, endpoint, messageId, deadLetterQueue, detail }: Of<"undelivered">): string {
  const place = deadLetterQueue === null ? "it is lost" : `it is in the queue ${deadLetterQueue}`;
  return `${topic}: message ${shortId(messageId)} did not reach ${oneLine(endpoint)}: ${oneLine(detail)}; ${place}`;
}

function selfFeedingText(entry: Of<"self-feeding">): string {
  const { functionName, source, recordCount, hasFilter } = entry;
  const what = `handler of ${functionName} feeds its own source ${shortArn(source)}: ${counted(recordCount, "record")}`;
  const next = hasFilter
    ? "unless the filter passes them over, each invocation makes the next"
    : "each invocation makes the next";
  return `${shownMapping(entry)} ${what} put from inside its invocations; ${next}`;
}

function refusedLines({ operation, answer, what, page }: Of<"refused">): readonly Line[] {
  const text = `${oneLine(what)} works on AWS and is not built here; nothing was stored. ${page}`;
  return [
    line("refused", `${operation}: ${oneLine(answer)}`, "warning"),
    line("refused", noticeText({ kind: "refused", code: "not-honoured", text }), "warning"),
  ];
}

export function lineText(each: Line, colour: (tone: Tone, text: string) => string): string {
  return `${colour(each.tone, each.word.padEnd(WORD_COLUMNS))} ${each.text}`;
}

/** `5e1f09c2 kinesis:orders -> orders-process`. */
function mappingWithEnds(entry: Entry, state: LineState): string {
  const facts = factsOf(entry, state);
  return `${shownMapping(entry)}${facts === undefined ? "" : ` ${facts.source} -> ${facts.functionName}`}`;
}

function mappingStateText(entry: Of<"mapping-state">, state: LineState): string {
  const name = mappingWithEnds(entry, state);
  if (entry.to === GONE) return `${name} is gone`;
  return `${name} ${entry.from === "" ? entry.to : `${entry.from} -> ${entry.to}`}`;
}

function closedText(entry: Of<"batch-closed">, state: LineState): string {
  const { tumbling } = entry;
  const head = `${where(entry, state)} batch ${entry.batch} closed by ${entry.closedBy}`;
  // A window's closing call holds no records, and no limit of a batch has closed it.
  if (tumbling !== undefined && tumbling.end !== null) return `${head}: ${tumblingText(tumbling)}`;
  const { batchSize = null, windowSeconds = null } = factsOf(entry, state) ?? {};
  const of = batchSize === null ? "" : ` of ${shownNumber(batchSize)}`;
  const records = of === "" ? counted(entry.recordCount, "record") : `${shownNumber(entry.recordCount)}${of} records`;
  const { windowMs } = entry;
  const window =
    windowMs === null
      ? ""
      : `, window ${(windowMs / 1_000).toFixed(1)}${windowSeconds === null ? "" : ` of ${windowSeconds}`} s`;
  const bytes = `${shownNumber(entry.payloadBytes)} B`;
  const within = tumbling === undefined ? "" : `; ${tumblingText(tumbling)}`;
  const from = entry.partitions === undefined ? "" : `, of ${partitionsText(entry.partitions)}`;
  return `${head}: ${records}, ${bytes}${window}${from}${within}`;
}

/** `batch 29.2.1.2 (7)`: places for a part of a batch; the mapping too where there is more than one. */
function batch(entry: Entry & { readonly batch: string }, state: LineState): string {
  const places = state.places.get(batchKey(entry, entry.batch));
  const isPart = /\D/.test(entry.batch);
  const shown = isPart && places !== undefined ? ` (${shownPlaces(places)})` : "";
  return `${state.mappings.size > 1 ? `${shownMapping(entry)} ` : ""}batch ${entry.batch}${shown}`;
}

/** `attempt 2 of 3 request 52ad7710`. */
function attempt(entry: Of<"invoked"> | Of<"decided">, state: LineState): string {
  const retries = factsOf(entry, state)?.retries ?? null;
  const isSplit = entry.kind === "decided" && (entry.verdict === "bisect" || entry.verdict === "rest");
  // A queue counts its receives; a call that was refused is none (Q-17, E-4).
  if (entry.kind === "decided" && entry.verdict === "return") return `request ${shortId(entry.requestId)}`;
  const most = retries === null || isSplit ? "" : retries < 0 ? ", no limit," : ` of ${shownNumber(retries + 1)}`;
  return `attempt ${entry.attempt}${most} request ${shortId(entry.requestId)}`;
}

function decidedLines(entry: Of<"decided">, state: LineState): readonly Line[] {
  const { verdict } = entry;
  switch (verdict) {
    case "done":
      return [doneLine(entry, state)];
    case "retry":
      return [isCounted(entry) ? failedLine(entry, state) : refusedLine(entry, state)];
    case "bisect":
      return [failedLine(entry, state), partsLine("split", entry, state)];
    case "rest":
      return [...(entry.error === null ? [] : [failedLine(entry, state)]), partsLine("partial", entry, state)];
    case "return":
      return [isCounted(entry) ? failedLine(entry, state) : refusedLine(entry, state)];
    case "give up":
      // The gave-up line follows; what was told already needs no second line.
      return isToldAlready(entry, state) || (entry.error === null && !isReported(entry))
        ? []
        : [failedLine(entry, state)];
    default:
      return assertNever(verdict);
  }
}

/** Throttles and faults use no attempt up (E-4, E-5). */
const isCounted = (entry: Of<"decided">): boolean =>
  entry.outcome !== "throttled" &&
  entry.outcome !== "fault" &&
  entry.outcome !== "function missing" &&
  entry.outcome !== "not started";

/** The function returned, and named what failed. */
const isReported = ({ outcome }: Of<"decided">): boolean => outcome === "partial" || outcome === "reported";

function doneLine(entry: Of<"decided">, state: LineState): Line {
  const text = `${batch(entry, state)} request ${shortId(entry.requestId)} ${shownMs(entry.tookMs)}`;
  const { failedCount, recordCount } = entry;
  const partly = failedCount > 0 ? `: ${shownNumber(failedCount)} of ${shownNumber(recordCount)} failed` : "";
  return partly === "" ? line("ok", text, "good") : line("partial", text + partly, "warning");
}

function failedLine(entry: Of<"decided">, state: LineState): Line {
  const next = entry.retryAfterMs === null ? "" : `; next in ${shownMs(entry.retryAfterMs)}`;
  const head = `${batch(entry, state)} ${attempt(entry, state)} ${shownMs(entry.tookMs)}`;
  return line("failed", `${head}: ${whyText(entry, state)}${next}`, "warning");
}

function whyText(entry: Of<"decided">, state: LineState): string {
  const { error, outcome, failedCount, recordCount } = entry;
  const how = outcome === "threw" ? "" : `${outcome}: `;
  if (error === null) {
    return isReported(entry) ? `${outcome}: ${shownNumber(failedCount)} of ${counted(recordCount, "record")}` : outcome;
  }
  if (isToldAlready(entry, state)) return `${how}${error.type}: (as above)`;
  const at = firstFrame(error.trace);
  return `${how}${oneLine(errorText(error))}${at === null ? "" : ` at ${at}`}`;
}

function isToldAlready(entry: Of<"decided">, state: LineState): boolean {
  const { error } = entry;
  return error !== null && state.errors.get(familyKey(entry, entry.batch)) === errorText(error);
}

function refusedLine(entry: Of<"decided">, state: LineState): Line {
  const again = entry.retryAfterMs === null ? "" : `, again in ${shownMs(entry.retryAfterMs)}`;
  const why = entry.error === null ? "" : ` (${oneLine(entry.error.message)})`;
  return line("waits", `${batch(entry, state)} ${entry.outcome}${again}, not counted${why}`, "warning");
}

/** `batch 29 (1-10) -> 29.1 (1-5), 29.2 (6-10), at once` (E-21). */
function partsLine(word: string, entry: Of<"decided">, state: LineState): Line {
  const own = state.places.get(batchKey(entry, entry.batch));
  const places = nextPlaces(state, entry);
  const parts = entry.next.map((each, index) => {
    const found = places[index] ?? null;
    return `${each.batch}${found === null ? "" : ` (${shownPlaces(found)})`}`;
  });
  const prefix = state.mappings.size > 1 ? `${shownMapping(entry)} ` : "";
  const whole = `${prefix}batch ${entry.batch}${own === undefined ? "" : ` (${shownPlaces(own)})`}`;
  const failed =
    word === "partial" ? `: ${shownNumber(entry.failedCount)} of ${counted(entry.recordCount, "record")} failed` : "";
  const when = entry.retryAfterMs === null || entry.retryAfterMs <= 0 ? "at once" : `in ${shownMs(entry.retryAfterMs)}`;
  return line(word, `${whole} -> ${parts.join(", ")}, ${when}${failed}`, "warning");
}

function gaveUpText(entry: Of<"gave-up">, state: LineState): string {
  const retries = factsOf(entry, state)?.retries ?? -1;
  const isByCount = entry.condition === "RetryAttemptsExhausted" && retries >= 0;
  const after = isByCount ? `${entry.attempts} of ${shownNumber(retries + 1)}` : counted(entry.attempts, "attempt");
  const nowhere = entry.isPoison === true ? "the dead letters of the broker" : "dropped, as there is no destination";
  const to = entry.destination === null ? nowhere : shortArn(entry.destination);
  const hasCheckpoint = entry.last !== null && entry.isPoison !== true && entry.partitions === undefined;
  const last = hasCheckpoint ? `, checkpoint ${shortPosition(entry.last ?? "")}` : "";
  const which = entry.partitions === undefined ? "" : `, ${partitionsText(entry.partitions)},`;
  const error = lastErrorOf(state, entry);
  const why = error === null ? "" : `; last error ${oneLine(error)}`;
  return `${batch(entry, state)}${which} after ${after}: ${entry.condition} -> ${to}${last}${why}`;
}

function reportedLine(entry: Of<"reported">, state: LineState): Line {
  const to = `${batch(entry, state)} -> ${shortArn(entry.destination)}`;
  // A tumbling window's closing call has none.
  const covered = entry.recordCount === 0 ? "a final call" : counted(entry.recordCount, "record");
  const what = `a document on ${covered}, request ${shortId(entry.requestId)}`;
  return entry.answer === "delivered"
    ? line("reported", `${to}: ${what}`)
    : line("reported", `${to} refused: ${oneLine(entry.detail)}; ${what} is lost`, "bad");
}

function versionWords(reason: string): string {
  switch (reason) {
    case "created":
      return "is deployed";
    case "code":
      return "has changed: the next invocation runs the new code";
    case "settings":
      return "has new settings, from the next invocation on";
    case "versions":
      return "has other versions or aliases";
    case "removed":
      return "is deleted";
    default:
      return reason;
  }
}

function threadLines(entry: Of<"thread">): readonly Line[] {
  const detail = entry.detail === "" ? "" : `: ${oneLine(entry.detail)}`;
  switch (entry.event) {
    case "failed":
      return [line("thread", `${entry.thread} failed${detail}`, "bad")];
    case "unwritable":
      return [line("problem", `${entry.thread} cannot be written${detail}; it is tried again and again`, "bad")];
    case "writable":
      return [line("mended", `${entry.thread} can be written again`, "good")];
    case "restarted":
      return [line("thread", `${entry.thread} restarted${detail}`, "warning")];
    // Starting and stopping is no news unless something failed.
    case "started":
    case "stopped":
      return entry.detail === "" ? [] : [line("thread", `${entry.thread} ${entry.event}${detail}`)];
    default:
      return assertNever(entry.event);
  }
}
