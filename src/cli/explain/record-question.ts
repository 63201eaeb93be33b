// A record's story: which record is meant, which batches of which mappings it was in, and what the source still knows of it.

import { MillraceError } from "../../errors.ts";
import type { Position } from "../../ports/source.ts";
import { counted, shortPosition } from "../shown-forms.ts";
import { type BatchStory, type Of, partsOf, pathTo, pathToPosition, placeOf } from "./batch-story.ts";
import { type BatchQuestion, otherText } from "./batch-text.ts";
import { type Explained, type ExplainOptions, told } from "./explained.ts";
import { passedOverText } from "./passed-over-text.ts";
import { arrivalOf, type PositionPattern } from "./position-pattern.ts";
import { type Reading, several } from "./question.ts";
import { createJudge, placeAmong, type RecordFacts } from "./record-facts.ts";
import { recordsBetween, type SourceRecords } from "./source-records.ts";
import type { StoryBook } from "./story-book.ts";

/** Null: the journal tells of no such record. Throws bad-argument where several are called so. */
export async function tellRecord(
  pattern: PositionPattern,
  reading: Reading,
  options: ExplainOptions,
): Promise<Explained | null> {
  const stories = reading.book.stories();
  const positions = await positionsCalled(pattern, stories, reading.reads, options.records, reading.book);
  const [position] = positions;
  if (positions.length > 1) {
    const shown = positions.slice(0, 5).map(shortPosition).join(", ");
    throw several(
      `${counted(positions.length, "record")} are called so: ${shown}${positions.length > 5 ? ", …" : ""}`,
      position ?? "",
    );
  }
  if (position === undefined) return null;
  const questions: BatchQuestion[] = [];
  for (const story of stories) {
    const question = await questionOf(story, position, options.records);
    if (question !== null) questions.push(question);
  }
  // The newest of each mapping: a batch of a process that ended is delivered again.
  const newest = new Map(questions.map((question) => [question.story.mapping, question]));
  const ordered = [...newest.values()].sort((a, b) => troubleOf(b) - troubleOf(a));
  const [main, ...others] = ordered;
  if (main === undefined) return tellUnbatched(position, reading, options);
  return told({ ...main, others: others.map((each) => otherText(each)) }, options);
}

/** A story with trouble says more than one without. */
const troubleOf = ({ story }: BatchQuestion): number =>
  [...partsOf(story.root)].flatMap(({ attempts }) => attempts).length;

/** Those that the journal names; else, if the source can be asked, those that it has; else none. */
async function positionsCalled(
  pattern: PositionPattern,
  stories: readonly BatchStory[],
  reads: readonly Of<"read">[],
  records: SourceRecords | null,
  book: StoryBook,
): Promise<readonly Position[]> {
  const named = new Set<Position>();
  const ends = [
    ...stories.flatMap((story) => [...partsOf(story.root)].flatMap(({ first, last }) => [first, last])),
    ...reads.flatMap(({ first, last }) => [first, last]),
    ...[...book.mappings.values()].map(({ lastFiltered }) => lastFiltered?.position ?? null),
  ];
  for (const position of ends) if (position !== null && pattern.matches(position)) named.add(position);
  if (named.size > 0 || records === null) return [...named];
  const seen = new Set<Position>();
  for (const { lane, mapping, first, last } of reads) {
    const stream = streamOf(book.mappings.get(mapping ?? "")?.settings ?? {});
    const [, unit = ""] = lane.split("/");
    if (first === null || last === null) continue;
    const found = await asked(() => recordsBetween(records, { stream, unit, first, last }));
    for (const { position } of found ?? []) if (pattern.matches(position)) seen.add(position);
  }
  return [...seen];
}

/** Null: the record is not of this batch. */
async function questionOf(
  story: BatchStory,
  position: Position,
  records: SourceRecords | null,
): Promise<BatchQuestion | null> {
  const { first, last, recordCount } = story.root;
  if (first === null || last === null || position < first || position > last) return null;
  const [, unit = "", index = "0"] = story.lane.split("/");
  const laneIndex = Number(index);
  const around =
    records === null
      ? null
      : await asked(() => recordsBetween(records, { stream: streamOf(story.settings), unit, first, last }));
  const judge = createJudge(story.settings);
  const own = around?.find((record) => record.position === position) ?? null;
  // Ranges of lanes overlap, and what the filter passes over lies within them, too.
  if (own !== null && !judge.isDelivered(own, laneIndex)) return null;
  const counted = around === null ? null : placeAmong(around, position, { recordCount, laneIndex, judge });
  const place = placeOf(story, position) ?? counted;
  const facts: RecordFacts | null = own === null ? null : judge.factsOf(own);
  return {
    story,
    focus: {
      kind: "record",
      position,
      place,
      key: facts?.key ?? null,
      arrivedAtMs: facts?.arrivedAtMs ?? arrivalOf(position),
      passed: facts?.passed ?? null,
    },
    path: place === null ? pathToPosition(story.root, position) : pathTo(story.root, place),
    others: [],
  };
}

export function streamOf(settings: Readonly<Record<string, unknown>>): string {
  const arn = settings["EventSourceArn"];
  return typeof arn === "string" ? (arn.split("/").pop() ?? "") : "";
}

/** A source that cannot be asked leaves out what only it knows. */
export async function asked<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MillraceError) return null;
    throw error;
  }
}

/** It was read and is in no batch: passed over, or not in one yet. */
async function tellUnbatched(
  position: Position,
  { book, reads }: Reading,
  options: ExplainOptions,
): Promise<Explained | null> {
  const entry = reads.findLast(({ first, last }) => (first ?? "") <= position && position <= (last ?? ""));
  const mapping = book.mappings.get(entry?.mapping ?? "");
  if (entry === undefined || mapping === undefined) return null;
  const { records } = options;
  const [, unit = ""] = entry.lane.split("/");
  const place = { stream: streamOf(mapping.settings), unit, first: position, last: position };
  const found = records === null ? null : await asked(() => recordsBetween(records, place));
  const [record] = found ?? [];
  const facts = record === undefined ? null : createJudge(mapping.settings).factsOf(record);
  return passedOverText({ position, entry, mapping, facts }, options);
}
