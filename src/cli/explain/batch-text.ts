// A batch's story as text: for a record of it, an invocation, or the batch itself. Pure: the same story gives the same bytes.

import { assertNever } from "../../core/assert-never.ts";
import type { WindowNote } from "../../core/tumbling.ts";
import type { Position, UnitId } from "../../ports/source.ts";
import { errorText } from "../line-state.ts";
import type { CarriedFlags } from "../carried-flags.ts";
import { type Screen, signsOf } from "../screen.ts";
import { settingsText } from "../settings-text.ts";
import {
  counted,
  firstFrame,
  localTime,
  oneLine,
  shortArn,
  shortId,
  shownNumber,
  shownSource,
} from "../shown-forms.ts";
import { hasPlaces, shownPlace, sourceFamily } from "../source-family.ts";
import { tumblingText } from "../window-text.ts";
import { attemptTable } from "./attempt-table.ts";
import { attemptsOf, type BatchStory, type End, endOf, givenUpParts, type Part } from "./batch-story.ts";
import { costText } from "./cost-text.ts";
import { metText } from "./met-batch.ts";
import {
  closing,
  headline,
  MOST_ERROR,
  MOST_KEY,
  labelled,
  nextLines,
  positionText,
  resultLines,
  secondsText,
  userText,
} from "./story-forms.ts";
import { committedText, partitionLines } from "./topic-text.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** Errors of one batch that are told apart, and parts that were given up. */
const MOST_ERRORS = 5;
const MOST_ENDED = 5;

export type Focus =
  | {
      readonly kind: "record";
      readonly position: Position;
      /** Of a topic: the partition in which it has this offset. */
      readonly unit?: UnitId;
      /** Null: the journal does not say, and the source was not there to be asked. */
      readonly place: number | null;
      readonly key: string | null;
      readonly arrivedAtMs: number | null;
      /** `pattern 1 of 2`, where filters are and the record is at hand. */
      readonly passed: string | null;
      /** Why the source tells nothing of it; null: it does. */
      readonly sourceSilence: string | null;
    }
  | { readonly kind: "invocation"; readonly requestId: string }
  | { readonly kind: "batch" };

export interface BatchQuestion {
  readonly story: BatchStory;
  readonly focus: Focus;
  /** The parts that what is asked about went through, the whole batch first. */
  readonly path: readonly Part[];
  /** How it ended for the record of a topic that is asked about; null: that is not known, and of all of the last part it is told. */
  readonly end?: End | null;
  /** Other mappings' batches that hold the same record, a line each. */
  readonly others: readonly string[];
}

export interface TextOptions {
  readonly screen: Screen;
  /** Ids and positions are not cut. */
  readonly isFull: boolean;
  /** How this `millrace` is called. */
  readonly command: string;
  /** What it was told of where server and state are; absent: nothing. */
  readonly carried?: CarriedFlags;
  /** Of the server, for AWS's own command; absent: the default one. */
  readonly url?: string;
  /** No commands are offered: what is told of is of no server and in no file. Default false. */
  readonly isNextLeftOut?: boolean;
  /** The recording that the story is from; absent: it is from a server's journal. */
  readonly recording?: string;
}

export function batchText(question: BatchQuestion, options: TextOptions): string {
  const { story, focus } = question;
  const { screen } = options;
  const lines = [
    ...headline(titleOf(question, options), statusText(question), options),
    ...arrivedLines(story, focus, screen),
    ...labelled("batch", closedText(story, focus), screen),
    ...partitionLines(story, options),
    ...(story.closed?.tumbling === undefined ? [] : labelled("tumbling", windowText(story.closed.tumbling), screen)),
    ...labelled("settings", settingsText(story.settings), screen),
    "",
    ...attemptTable(story, screen, options),
    "",
    ...endOfItemsLines(story, options),
    ...endedLines(question, screen),
    ...costLines(story, screen),
    ...errorLines(story, options),
    ...question.others.flatMap((text, index) => resultLines(index === 0 ? "also" : "", text, screen)),
    ...closing("verdict", verdictOfQuestion(question).text, screen),
    ...nextLines(nextCommands(question, options), screen, options),
  ];
  return `${lines.join("\n")}\n`;
}

export const verdictOfQuestion = (question: BatchQuestion): Verdict =>
  verdictOf(question.story, question.path, endOfQuestion(question), !isOneRecord(question));

function endOfQuestion(question: BatchQuestion): End {
  const { story, path, end } = question;
  return end ?? endOf(path.at(-1) ?? story.root, placeAsked(question));
}

/** Null: all of the part is meant. Of a topic a record is not told by its place. */
const placeAsked = ({ focus, end }: Pick<BatchQuestion, "focus" | "end">): number | null =>
  focus.kind === "record" && end === undefined ? focus.place : null;

/** And it is known which one. */
const isOneRecord = (question: BatchQuestion): boolean =>
  (question.end ?? null) !== null || placeAsked(question) !== null;

function statusText(question: BatchQuestion): string {
  const end = endOfQuestion(question);
  switch (end) {
    case "done":
      return "OK";
    case "gave up":
      return isAllGivenUp(question) ? "GIVEN UP" : "PARTLY GIVEN UP";
    case "returned":
      return backCount(question.story) < question.story.root.recordCount ? "PARTLY BACK" : "COMES BACK";
    case "open":
      return question.story.isCutOff ? "CUT OFF" : "NOT DECIDED YET";
    default:
      return assertNever(end);
  }
}

/** Of a batch that was split some parts may have succeeded. */
function isAllGivenUp(question: BatchQuestion): boolean {
  const part = question.path.at(-1) ?? question.story.root;
  if (isOneRecord(question)) return true;
  return part.gaveUp !== null && part.gaveUp.recordCount >= part.recordCount;
}

function titleOf({ story, focus, path }: BatchQuestion, { screen, isFull }: TextOptions): string {
  const signs = signsOf(screen);
  const hasLanes = Number(story.settings["ParallelizationFactor"] ?? 1) > 1;
  const place = shownPlace(story.lane, sourceFamily(story.settings), hasLanes);
  const source = `${shownSourceOf(story)}, ${place}`;
  const name = (path.at(-1) ?? story.root).name;
  switch (focus.kind) {
    case "record": {
      const offset = focus.unit === undefined ? null : `${focus.unit}:${focus.position}`;
      const position = offset ?? (isFull ? focus.position : positionText(focus.position, signs));
      const key = focus.key === null ? "" : `  key ${userText(focus.key, MOST_KEY, { isFull, signs })}`;
      return `record ${position}${key}  ${source}`;
    }
    case "invocation":
      return `invocation ${isFull ? focus.requestId : shortId(focus.requestId)}  batch ${name}  ${source}`;
    case "batch":
      return `batch ${name}  ${shownSetting(story, "FunctionArn")}  ${source}`;
    default:
      return assertNever(focus);
  }
}

const shownSourceOf = (story: BatchStory): string => {
  const source = shownSource(story.settings);
  return source === "" ? `mapping ${shortId(story.mapping)}` : source;
};

function shownSetting(story: BatchStory, name: string): string {
  const value = story.settings[name];
  return typeof value === "string" ? shortArn(value) : `mapping ${shortId(story.mapping)}`;
}

function arrivedLines(story: BatchStory, focus: Focus, screen: Screen): readonly string[] {
  const until =
    story.met !== null ? "the recording began" : story.closed === null ? "it was given up" : "its batch closed";
  if (focus.kind === "record") {
    const { sourceSilence } = focus;
    const silent = sourceSilence === null ? [] : labelled("source", `${sourceSilence}: its key is left out`, screen);
    if (focus.arrivedAtMs === null) return silent;
    const passed = focus.passed === null ? "" : `; passed ${focus.passed}`;
    const waited = secondsText(story.startedAtMs - focus.arrivedAtMs);
    const arrived = `${localTime(focus.arrivedAtMs)}; ${waited} until ${until}${passed}`;
    return [...labelled("arrived", arrived, screen), ...silent];
  }
  const oldest = story.closed?.oldestArrivedAtMs ?? null;
  if (oldest === null) return [];
  const text = `the oldest at ${localTime(oldest)}, ${secondsText(story.startedAtMs - oldest)} before the batch was closed`;
  return labelled("arrived", text, screen);
}

function closedText(story: BatchStory, focus: Focus): string {
  const { closed, root, settings } = story;
  const place =
    focus.kind !== "record"
      ? (closed?.tumbling?.end ?? null) !== null
        ? "no records"
        : counted(root.recordCount, "record")
      : focus.place === null
        ? `one of ${counted(root.recordCount, "record")}`
        : `place ${focus.place} of ${root.recordCount}`;
  if (story.met !== null) return `${root.name}, ${place}; ${metText(story.met)}`;
  if (closed === null) return `${root.name}, ${place}; it was too old before a batch could be closed`;
  const window = settings["MaximumBatchingWindowInSeconds"];
  const at =
    closed.windowMs === null || typeof window !== "number"
      ? ""
      : ` at ${(closed.windowMs / 1_000).toFixed(1)} of ${window} s`;
  return `${root.name}, ${place}, ${shownNumber(closed.payloadBytes)} bytes, closed by ${closed.closedBy}${at}`;
}

/** What is stored or settled of what the batch held. */
function endOfItemsLines(story: BatchStory, options: TextOptions): readonly string[] {
  const { screen } = options;
  const family = sourceFamily(story.settings);
  if (family === "topic") return resultLines("committed", committedText(story, options), screen);
  return hasPlaces(family)
    ? resultLines("checkpoint", checkpointText(story, options), screen)
    : resultLines("messages", messagesText(story), screen);
}

/** The label has said what kind of window it is. */
const windowText = (note: WindowNote): string => tumblingText(note).replace(/^tumbling /, "");

function checkpointText(story: BatchStory, { screen, isFull }: TextOptions): string {
  const signs = signsOf(screen);
  const shown = (position: Position): string => (isFull ? position : positionText(position, signs));
  const before = story.checkpointBefore === null ? "at the beginning" : `before ${shown(story.checkpointBefore)}`;
  const after = story.checkpointAfter === null ? "not moved since" : `after ${shown(story.checkpointAfter)}`;
  const held =
    story.endedAtMs === null
      ? ""
      : `; lane held ${secondsText(story.endedAtMs - story.startedAtMs)}${story.met === null ? "" : " in the file"}`;
  return `${before}, ${after}${held}`;
}

/** What became of that which was given up: of a part that was split, of each of its pieces. */
function endedLines(question: BatchQuestion, screen: Screen): readonly string[] {
  const end = endOfQuestion(question);
  if (end === "done" || end === "returned") return [];
  const { story, path } = question;
  const asked = path.at(-1) ?? story.root;
  const ended = isOneRecord(question) ? [asked].filter(({ gaveUp }) => gaveUp !== null) : givenUpParts(asked);
  const texts = ended.slice(0, MOST_ENDED).map((part) => endedText(story, part, ended.length > 1));
  const left = ended.length - texts.length;
  const shown = left > 0 ? [...texts, `and ${counted(left, "other part")}`] : texts;
  return shown.flatMap((text, index) => resultLines(index === 0 ? "ended" : "", text, screen));
}

function endedText(story: BatchStory, part: Part, isNamed: boolean): string {
  const { gaveUp, reported } = part;
  if (gaveUp === null) return "";
  const name = isNamed ? `${part.name}: ` : "";
  const at = `+${(Math.max(0, gaveUp.atMs - story.startedAtMs) / 1_000).toFixed(3)}`;
  const { destination, condition } = gaveUp;
  if (gaveUp.isPoison === true) return `${name}settled as poison ${at} ${condition}`;
  if (destination === null) return `${name}dropped ${at} ${condition}: the mapping has no destination`;
  const facts = [
    `${shortArn(destination)} ${at} ${condition}`,
    // The document on a tumbling window's final call has none (O-17).
    ...(gaveUp.recordCount === 0 ? [] : [`batchSize ${gaveUp.recordCount}`]),
    `approximateInvokeCount ${Math.max(1, gaveUp.attempts)}`,
    ...responseFacts(part),
  ].join(", ");
  const answer =
    reported === null
      ? "; the document is on its way"
      : reported.answer === "refused"
        ? `; refused: ${oneLine(reported.detail)}; the document is lost`
        : "";
  return `${name}${facts}${answer}`;
}

/** As the document has them (O-6): only where an answer of the function decided. */
function responseFacts({ attempts, gaveUp }: Part): readonly string[] {
  const last = attempts.at(-1)?.ended ?? null;
  if (last === null || gaveUp?.condition === "RecordAgeExceeded" || last.executedVersion === null) return [];
  switch (last.outcome) {
    case "threw":
    case "timed out":
    case "out of memory":
    case "exited":
    case "init failed":
      return ["statusCode 200", "functionError Unhandled"];
    case "ok":
    case "partial":
    case "reported":
      return ["statusCode 200"];
    case "too large":
    case "throttled":
    case "fault":
    case "function missing":
    case "not started":
      return [];
    default:
      return assertNever(last.outcome);
  }
}

const backCount = ({ returned, root }: BatchStory): number => returned?.recordCount ?? root.recordCount;

/** What a queue or a broker did with them. */
function messagesText(story: BatchStory): string {
  const { deleted, returned, root, settings } = story;
  if (sourceFamily(settings) === "broker") {
    const end = endOf(root, null);
    if (end === "gave up") return "settled as poison: the broker's dead letters have them, if the queue has any";
    if (end === "done") return `${shownNumber(root.recordCount)} acknowledged`;
    return story.isCutOff ? "the broker hands them out again" : "unacknowledged";
  }
  const parts: string[] = [];
  if (deleted !== null && deleted.recordCount > 0) parts.push(`${shownNumber(deleted.recordCount)} deleted`);
  if (deleted !== null && deleted.missedCount > 0)
    parts.push(`${shownNumber(deleted.missedCount)} could not be deleted any more, and may come again`);
  if (returned !== null) {
    const { recordCount, visibleAgainAtMs, atMs, why } = returned;
    const when = visibleAgainAtMs <= atMs ? "at once" : `at ${localTime(visibleAgainAtMs)}`;
    const how = why === "failed" || why === "reported" ? "" : ` (${why})`;
    parts.push(`${shownNumber(recordCount)} ${recordCount === 1 ? "comes" : "come"} back ${when}${how}`);
  }
  if (parts.length === 0) return story.isCutOff ? "they come back when their visibility is over" : "in flight";
  return parts.join(", ");
}

function costLines(story: BatchStory, screen: Screen): readonly string[] {
  const text = costText(story, signsOf(screen));
  return text === null ? [] : resultLines("cost", text, screen);
}

function errorLines(story: BatchStory, { screen, isFull }: TextOptions): readonly string[] {
  const counts = new Map<string, number>();
  for (const { ended } of attemptsOf(story)) {
    if (ended === null || ended.verdict === "done") continue;
    const at = ended.error === null ? null : firstFrame(ended.error.trace);
    const how = ended.outcome === "threw" ? "" : `${ended.outcome}${ended.error === null ? "" : ": "}`;
    const text = `${how}${ended.error === null ? "" : userText(errorText(ended.error), MOST_ERROR, { isFull, signs: signsOf(screen) })}${at === null ? "" : ` at ${at}`}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const kinds = [...counts].map(([text, count]) => `${count === 1 ? "" : `${count} times `}${text}`);
  const left = isFull ? 0 : kinds.length - MOST_ERRORS;
  const shown = left > 0 ? [...kinds.slice(0, MOST_ERRORS), `and ${counted(left, "other error")}`] : kinds;
  return shown.flatMap((text, index) => resultLines(index === 0 ? "error" : "", text, screen));
}

function nextCommands(
  { story, path }: BatchQuestion,
  { command, recording, carried }: TextOptions,
): readonly (readonly [string, string])[] {
  const asked = path.at(-1) ?? story.root;
  const last = (givenUpParts(asked)[0] ?? asked).attempts.at(-1)?.started.requestId;
  const mapping = `${command} explain ${shortId(story.mapping)}`;
  if (recording !== undefined) {
    const replay = `${command} replay ${recording}`;
    return [
      ...(last === undefined ? [] : [[`${replay} --until ${shortId(last)}`, "stop before that call"] as const]),
      [`${replay} --set BatchSize=50`, "what would have been"],
    ];
  }
  const number = /^\d*/.exec(story.root.name)?.[0] ?? "";
  return [
    ...(last === undefined ? [] : [[`${command} logs --request ${shortId(last)}`, "what the function wrote"] as const]),
    // A journal in a file is of no server: there is nothing to make a recording from; of queues and brokers none is made.
    ...(carried?.journal === undefined && sourceFamily(story.settings) === "stream"
      ? [
          [
            `${command} record --batch ${shortId(story.mapping)}/${number} b${number}.mrec`,
            "the story as a file",
          ] as const,
        ]
      : []),
    [mapping, "how the mapping stands now"],
  ];
}

/** For a line about another mapping's batch with the same record. */
export function otherText(question: BatchQuestion): string {
  const { story, path } = question;
  const part = path.at(-1) ?? story.root;
  return `${shortId(story.mapping)} ${shownSetting(story, "FunctionArn")}, batch ${part.name}: ${statusText(question)}`;
}
