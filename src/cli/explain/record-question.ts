// A record's story: which record is meant, which batches of which mappings it was in, and what the source still knows of it.

import { MillraceError } from "../../errors.ts";
import type { Position } from "../../ports/source.ts";
import { counted, shortId, shortPosition, shownLane, shownSource } from "../shown-forms.ts";
import { type BatchStory, type Of, partsOf, pathTo, pathToPosition, placeOf } from "./batch-story.ts";
import { type BatchQuestion, otherText } from "./batch-text.ts";
import { type Explained, type ExplainOptions, told } from "./explained.ts";
import { droppedText } from "./dropped-text.ts";
import { passedOverText } from "./passed-over-text.ts";
import { arrivalOf, type PositionPattern } from "./position-pattern.ts";
import { type Reading, several } from "./question.ts";
import { createJudge, placeAmong, type RecordFacts } from "./record-facts.ts";
import { recordsBetween, recordsThat, type SourceRecord, type SourceRecords } from "./source-records.ts";
import type { StoryBook } from "./story-book.ts";
import { sourceFamily } from "../source-family.ts";
import { isLost, lostText, type UnreadPlace, unreadText } from "./unread-text.ts";

/** Null: the journal tells of no such record. Throws bad-argument where several are called so. */
export async function tellRecord(
  pattern: PositionPattern,
  reading: Reading,
  options: ExplainOptions,
): Promise<Explained | null> {
  // A topic's records are told by partition and offset (topic-record.ts): an offset alone is none of a stream's numbers.
  const isNumbered = (settings: Readonly<Record<string, unknown>>): boolean => sourceFamily(settings) !== "topic";
  const stories = reading.book.stories().filter(({ settings }) => isNumbered(settings));
  const reads = reading.reads.filter(({ mapping }) =>
    isNumbered(reading.book.mappings.get(mapping ?? "")?.settings ?? {}),
  );
  const positions = await positionsCalled(pattern, stories, reads, options.records, reading.book);
  const [position] = positions;
  if (positions.length > 1) {
    const shown = positions.slice(0, 5).map(shortPosition).join(", ");
    throw several(
      `${counted(positions.length, "record")} are called so: ${shown}${positions.length > 5 ? ", …" : ""}`,
      positions,
    );
  }
  if (position === undefined) return null;
  const candidates: Candidate[] = [];
  for (const story of stories) {
    const candidate = await candidateOf(story, position, options.records);
    // It may lie within a range of which it is no part.
    const isDropped = reading.book.mappings.get(story.mapping)?.dropped.has(position) === true;
    if (candidate !== null && !isDropped) candidates.push(candidate);
  }
  // The newest of each mapping: a batch of a process that ended is delivered again.
  const newest = new Map(ofOneShard(candidates, position).map((each) => [each.question.story.mapping, each.question]));
  const ordered = [...newest.values()].sort((a, b) => troubleOf(b) - troubleOf(a));
  const [main, ...others] = ordered;
  if (main === undefined) {
    return (
      droppedText(position, [...reading.book.mappings.values()], options) ??
      tellUnbatched(position, { ...reading, reads }, options)
    );
  }
  return told({ ...main, others: others.map((each) => otherText(each)) }, options);
}

interface Candidate {
  readonly question: BatchQuestion;
  /** The journal names the record as one end of a part, or the source has it in this shard. */
  readonly isCertain: boolean;
}

/** Shards and streams give like numbers at like times: a range alone does not show that the record was in it. */
function ofOneShard(candidates: readonly Candidate[], position: Position): readonly Candidate[] {
  const shardOf = ({ question: { story } }: Candidate): string => {
    return `${shownSource(story.settings) || story.mapping}, ${shownLane(story.lane, false)}`;
  };
  const certain = candidates.filter(({ isCertain }) => isCertain);
  const shards = new Set((certain.length > 0 ? certain : candidates).map(shardOf));
  if (shards.size > 1) {
    const batchOf = ({ question: { story } }: Candidate): string => `${shortId(story.mapping)}/${story.root.name}`;
    const found = certain.map((each) => `${shardOf(each)} (batch ${batchOf(each)})`).join("; ");
    const [first] = certain;
    if (first !== undefined) throw several(`records of that number are in ${found}`, certain.map(batchOf));
    const names = [...shards].join("; ");
    throw several(`a record of that number may be in ${names}, and the source could not be asked`, [position]);
  }
  return candidates.filter((each) => shards.has(shardOf(each)));
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
  const named = new Set<Position>(pattern.exact === null ? [] : [pattern.exact]);
  const ends = [
    ...stories.flatMap((story) => [...partsOf(story.root)].flatMap(({ first, last }) => [first, last])),
    ...reads.flatMap(({ first, last }) => [first, last]),
    ...[...book.mappings.values()].map(({ lastFiltered }) => lastFiltered?.position ?? null),
  ];
  for (const position of ends) if (position !== null && pattern.matches(position)) named.add(position);
  if (named.size > 0 || records === null) return [...named];
  const seen = new Set<Position>();
  if (reads.length === 0 && stories.length === 0) {
    const called = (await recordsCalled(book, records, ({ position }) => pattern.matches(position))) ?? [];
    return called.map(({ position }) => position);
  }
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
async function candidateOf(
  story: BatchStory,
  position: Position,
  records: SourceRecords | null,
): Promise<Candidate | null> {
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
  const named = placeOf(story, position);
  // Ranges of lanes overlap, what the filter passes over lies within them, and records of other shards have such numbers, too.
  const isElsewhere = own === null ? around !== null && around.length > 0 : !judge.isDelivered(own, laneIndex);
  if (named === null && isElsewhere) return null;
  const inOrder = around === null ? null : placeAmong(around, position, { recordCount, laneIndex, judge });
  const place = named ?? inOrder;
  const facts: RecordFacts | null = own === null ? null : judge.factsOf(own);
  const question: BatchQuestion = {
    story,
    focus: {
      kind: "record",
      position,
      place,
      key: facts?.key ?? null,
      arrivedAtMs: facts?.arrivedAtMs ?? arrivalOf(position),
      passed: facts?.passed ?? null,
      sourceSilence: own !== null ? null : around === null ? notAsked(records) : "does not have the record any more",
    },
    path: place === null ? pathToPosition(story.root, position) : pathTo(story.root, place),
    others: [],
  };
  return { question, isCertain: named !== null || own !== null };
}

function notAsked(records: SourceRecords | null): string {
  const silence = records?.silence() ?? null;
  return `could not be asked${silence === null ? "" : ` (${silence})`}`;
}

/** The source's ARN, by which records are asked for. */
export function streamOf(settings: Readonly<Record<string, unknown>>): string {
  const arn = settings["EventSourceArn"];
  return typeof arn === "string" ? arn : "";
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

/** No mapping has read it, as far as the journal goes. Null: the source does not have it either, or could not be asked. */
async function tellUnread(position: Position, book: StoryBook, options: ExplainOptions): Promise<Explained | null> {
  const { records } = options;
  const lost = [...book.mappings.values()].filter(({ lastLost }) => isLost(lastLost, position));
  if (lost.length > 0) return lostText(position, lost, options);
  if (records === null) return null;
  const places: UnreadPlace[] = [];
  for (const mapping of book.mappings.values()) {
    if (sourceFamily(mapping.settings) !== "stream") continue;
    for (const unit of mapping.units.values()) {
      const place = { stream: streamOf(mapping.settings), unit: unit.unit, first: position, last: position };
      const [record] = (await asked(() => recordsBetween(records, place))) ?? [];
      if (record !== undefined) places.push({ mapping, unit, record });
    }
  }
  return unreadText(places, options);
}

/** Records of every shard that a mapping of the journal reads, each once; messages have no keys. Null: none, and not every shard could be asked. */
export async function recordsCalled(
  book: StoryBook,
  records: SourceRecords,
  isMeant: (record: SourceRecord) => boolean,
): Promise<readonly SourceRecord[] | null> {
  const shards = new Map<string, { readonly stream: string; readonly unit: string }>();
  for (const { settings, units } of book.mappings.values()) {
    if (sourceFamily(settings) !== "stream") continue;
    const stream = streamOf(settings);
    for (const { unit } of units.values()) shards.set(`${stream}/${unit}`, { stream, unit });
  }
  const found: SourceRecord[] = [];
  let isWhole = true;
  for (const shard of shards.values()) {
    const meant = await asked(() => recordsThat(records, shard, isMeant));
    if (meant === null) isWhole = false;
    else found.push(...meant);
  }
  return isWhole || found.length > 0 ? found : null;
}

/** It was read and is in no batch: passed over, or not in one yet. */
async function tellUnbatched(
  position: Position,
  { book, reads }: Reading,
  options: ExplainOptions,
): Promise<Explained | null> {
  const entry = reads.findLast(({ first, last }) => (first ?? "") <= position && position <= (last ?? ""));
  const mapping = book.mappings.get(entry?.mapping ?? "");
  if (entry === undefined || mapping === undefined) return tellUnread(position, book, options);
  const { records } = options;
  const [, unit = ""] = entry.lane.split("/");
  const place = { stream: streamOf(mapping.settings), unit, first: position, last: position };
  const found = records === null ? null : await asked(() => recordsBetween(records, place));
  const [record] = found ?? [];
  const facts = record === undefined ? null : createJudge(mapping.settings).factsOf(record);
  return passedOverText({ position, entry, mapping, facts }, options);
}
