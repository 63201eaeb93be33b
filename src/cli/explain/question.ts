// What a person asks for, and what of a journal it may be about.

import { MillraceError } from "../../errors.ts";
import type { Entry } from "../../ports/journal.ts";
import { shortArn } from "../shown-forms.ts";
import { type BatchStory, type Of, partNamed, partsOf } from "./batch-story.ts";
import type { ExplainOptions } from "./explained.ts";
import { createMessageReader, type MessageReader, type MessageStory } from "./message-story.ts";
import type { Met } from "./met-batch.ts";
import { isWithin } from "./partition-parts.ts";
import { type PositionPattern, positionPattern } from "./position-pattern.ts";
import { readBook, type StoryBook } from "./story-book.ts";
import { isOfUnit, mayHold, type TopicRecord, topicRecordNamed } from "./topic-record.ts";

/** A journal read with a question in mind: the stories that it may be about, and reads that may have brought the record. */
export interface Reading {
  readonly book: StoryBook;
  readonly reads: readonly Of<"read">[];
  /** Attempts of invocations that Invoke asked for, of those that are meant. */
  readonly direct: readonly Of<"invocation">[];
  /** Messages of queues and brokers that are called so. */
  readonly messages: readonly MessageStory[];
}

export interface Asked {
  readonly text: string;
  readonly batch: { readonly mapping: string; readonly name: string } | null;
  /** The beginning of a request id. */
  readonly requestId: string | null;
  readonly position: PositionPattern | null;
  /** Of a topic, by partition and offset. */
  readonly topicRecord: TopicRecord | null;
}

/** Fewer characters of an id name too much. */
export const LEAST_ID = 4;

export function parseQuestion(question: string): Asked {
  const text = question.trim();
  const [, mapping = "", name] = /^(?:([^/\s]+)\/)?(\d{1,5}(?:\.[12]|\+\d*)*)$/.exec(text) ?? [];
  const isId = /^[0-9a-f][0-9a-f-]*$/i.test(text) && text.length >= LEAST_ID;
  return {
    text,
    batch: name === undefined ? null : { mapping, name },
    requestId: isId ? text.toLowerCase() : null,
    position: positionPattern(text),
    topicRecord: topicRecordNamed(text),
  };
}

/** Without a server what is not over has ended with its process, though the journal does not say so yet, or with its recording. */
export function read(
  asked: Asked,
  entries: Iterable<Entry | Met>,
  { isServerRunning, recording }: Pick<ExplainOptions, "isServerRunning" | "recording">,
): Reading {
  const reads: Of<"read">[] = [];
  const direct: Of<"invocation">[] = [];
  const messages = createMessageReader(asked.text);
  const heard = hearing(entries, messages);
  const watched = watching(watchingDirect(heard, asked.requestId, direct), asked, reads);
  const book = readBook(watched, { isWanted: (story) => isAbout(story, asked) });
  if (!isServerRunning)
    for (const story of book.stories()) {
      if (story.endedAtMs !== null) continue;
      story.isPastRecording = recording !== undefined && !story.isCutOff;
      story.isCutOff = true;
    }
  return { book, reads, direct, messages: messages.found() };
}

function* hearing(entries: Iterable<Entry | Met>, messages: MessageReader): Generator<Entry | Met> {
  for (const entry of entries) {
    messages.take(entry);
    yield entry;
  }
}

/** Reads that may have brought the record; of each shard and mapping the newest is enough. */
function* watching(entries: Iterable<Entry | Met>, asked: Asked, reads: Of<"read">[]): Generator<Entry | Met> {
  for (const entry of entries) {
    yield entry;
    if (entry.kind !== "read" || !mayHaveBrought(entry, asked)) continue;
    const before = reads.findIndex(({ lane }) => lane === entry.lane);
    if (before >= 0) reads.splice(before, 1);
    reads.push(entry);
  }
}

function mayHaveBrought({ first, last, lane }: Of<"read">, { position, topicRecord }: Asked): boolean {
  if (first === null || last === null) return false;
  if (topicRecord === null) return position?.mayLieWithin(first, last) === true;
  return isOfUnit(topicRecord, lane.split("/")[1] ?? "") && isWithin(topicRecord.offset, { first, last });
}

function* watchingDirect(
  entries: Iterable<Entry | Met>,
  requestId: string | null,
  direct: Of<"invocation">[],
): Generator<Entry | Met> {
  for (const entry of entries) {
    yield entry;
    if (requestId !== null && entry.kind === "invocation" && entry.requestId.startsWith(requestId)) direct.push(entry);
  }
}

function isAbout(story: BatchStory, { batch, requestId, position, topicRecord }: Asked): boolean {
  const { root } = story;
  if (batch !== null && isOfMapping(story, batch.mapping) && partNamed(root, batch.name) !== null) return true;
  if (requestId !== null && requestIdsOf(story).some((id) => id.startsWith(requestId))) return true;
  if (topicRecord !== null) return mayHold(story, topicRecord);
  return position !== null && root.first !== null && root.last !== null && position.mayLieWithin(root.first, root.last);
}

export const isOfMapping = (story: BatchStory, called: string): boolean =>
  story.mapping.startsWith(called) || functionOf(story.settings) === called;

export function functionOf(settings: Readonly<Record<string, unknown>>): string {
  const arn = settings["FunctionArn"];
  return typeof arn === "string" ? shortArn(arn) : "";
}

export function requestIdsOf(story: BatchStory): readonly string[] {
  return [...partsOf(story.root)].flatMap(({ attempts, gaveUp }) => [
    ...attempts.map(({ started }) => started.requestId),
    ...(gaveUp === null ? [] : [gaveUp.requestId]),
  ]);
}

/** What is asked may be one of several. */
export class SeveralError extends MillraceError {
  /** Questions that name one each, 100 of them at most. */
  readonly choices: readonly string[];

  constructor(what: string, choices: readonly string[], first: string) {
    super("bad-argument", what, { help: `millrace explain ${first}` });
    this.choices = choices.slice(0, MOST_CHOICES);
  }
}

const MOST_CHOICES = 100;

/** `first`: the one that the help names. */
export const several = (what: string, choices: readonly string[], first: string = choices[0] ?? ""): SeveralError =>
  new SeveralError(what, choices, first);
