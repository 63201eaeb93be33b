// The story of one batch, folded from the journal: how it was closed, its attempts, what it was split into, and how each part ended.
//
// Parts are kept by name (29, 29.1, 29+); their places count from 1 in the batch that was closed. What a part's range is, the journal
// says when it is made. A batch of a process that ended before it is cut off: what it held is delivered again as another batch (P-12).

import { restPath } from "../../core/batch-name.ts";
import type { BatchPartition, Entry } from "../../ports/journal.ts";
import type { Position, UnitId } from "../../ports/source.ts";
import type { Met } from "./met-batch.ts";
import { isAmong, isHead, isTail, type Share, type TopicPlace, withoutHeads } from "./partition-parts.ts";

export type Of<K extends Entry["kind"]> = Extract<Entry, { kind: K }>;

export interface Attempt {
  readonly started: Of<"invoked">;
  /** Null: it runs. */
  ended: Of<"decided"> | null;
  /** It was out when the recording began: when it began is not known. */
  readonly isFromBefore?: true;
}

export interface Part {
  readonly name: string;
  readonly recordCount: number;
  readonly first: Position | null;
  readonly last: Position | null;
  /** Of a topic. */
  readonly partitions: readonly BatchPartition[] | undefined;
  /** In the whole batch; null: it lies about in it, or where it lies is not known. */
  readonly places: Places | null;
  readonly attempts: Attempt[];
  /** Those that had ended when the recording began. */
  readonly attemptsBefore: number;
  /** Halves, or the one rest. */
  parts: Part[];
  gaveUp: Of<"gave-up"> | null;
  reported: Of<"reported"> | null;
}

/** Counted from 1. */
export interface Places {
  readonly from: number;
  readonly to: number;
}

export interface BatchStory {
  readonly mapping: string;
  /** `<uuid>/<unit>/<index>`. */
  readonly lane: string;
  /** Null: it was `met`, or all of it was too old when it would have been closed, so it never was a batch for the function (E-13). */
  readonly closed: Of<"batch-closed"> | null;
  /** In hand when the recording began: it is told of from there on, and places count what was left; null: it is told of wholly. */
  readonly met: Met | null;
  readonly startedAtMs: number;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly root: Part;
  /** The unit's checkpoint when the batch was closed; null: its beginning, or not known. */
  readonly checkpointBefore: Position | null;
  /** The newest that was stored before another batch of the unit began, or the first that covers all of this one. */
  checkpointAfter: Position | null;
  /** Of a topic: what was committed of each partition, before it was closed and since, as checkpoints above. */
  readonly commits: ReadonlyMap<UnitId, PartitionCommits>;
  /** When its last part ended; null while it goes on. */
  endedAtMs: number | null;
  /** Of a queue: what was deleted, and what was let go. */
  deleted: Of<"deleted"> | null;
  returned: Of<"returned"> | null;
  isCutOff: boolean;
  /** It went on when its recording ended: whether its process did is not known. */
  isPastRecording: boolean;
  /** Whether another batch of the mapping succeeded within a minute before or after. */
  isMappingSound: boolean;
}

export interface PartitionCommits {
  readonly last: Position;
  readonly before: Position | null;
  after: Position | null;
}

export function openStory(entry: Of<"batch-closed"> | Of<"gave-up">, given: Given): BatchStory {
  const { batch: name, recordCount, first, last, partitions } = entry;
  return {
    mapping: entry.mapping ?? "",
    lane: entry.lane,
    closed: entry.kind === "batch-closed" ? entry : null,
    met: null,
    startedAtMs: entry.atMs,
    root: newPart({ name, recordCount, first, last, partitions, from: 1 }),
    ...beginning(given),
    commits: new Map(
      (entry.partitions ?? []).map((each) => [
        each.unit,
        { last: each.last, before: given.committed?.(each.unit) ?? null, after: null },
      ]),
    ),
  };
}

interface Given {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly checkpoint: Position | null;
  /** Of a topic: what is committed of a partition. */
  readonly committed?: (unit: UnitId) => Position | null;
}

const beginning = ({ settings, checkpoint }: Given) => ({
  settings,
  checkpointBefore: checkpoint,
  checkpointAfter: null,
  commits: new Map<UnitId, PartitionCommits>(),
  endedAtMs: null,
  deleted: null,
  returned: null,
  isCutOff: false,
  isPastRecording: false,
  isMappingSound: false,
});

/** From where a recording meets it. */
export function openMet(met: Met, given: Given): BatchStory {
  const { mapping, lane, atMs, number, pieces } = met;
  let from = 1;
  const parts = pieces.map(({ attempts: attemptsBefore, runningId, ...piece }) => {
    const part = { ...newPart({ ...piece, from }), attemptsBefore };
    from += piece.recordCount;
    if (runningId === null) return part;
    const call = { batch: piece.name, requestId: runningId, attempt: attemptsBefore + 1 };
    const started = { kind: "invoked", atMs, mapping, lane, seq: 0, ...call, recordCount: piece.recordCount } as const;
    part.attempts.push({ started, ended: null, isFromBefore: true });
    return part;
  });
  const [only] = parts;
  const [first, last] = [parts.at(0)?.first ?? null, parts.at(-1)?.last ?? null];
  const whole = { ...newPart({ name: number, recordCount: from - 1, first, last, from: 1 }), parts };
  return {
    mapping,
    lane,
    closed: null,
    met,
    startedAtMs: atMs,
    root: only?.name === number ? only : whole,
    ...beginning(given),
  };
}

function newPart(given: {
  readonly name: string;
  readonly recordCount: number;
  readonly first: Position | null;
  readonly last: Position | null;
  readonly partitions?: readonly BatchPartition[] | undefined;
  /** Its first place; null: not known. */
  readonly from: number | null;
}): Part {
  const { name, recordCount, first, last, partitions, from } = given;
  const places = from === null ? null : { from, to: from + recordCount - 1 };
  const none = { attempts: [], attemptsBefore: 0, parts: [], gaveUp: null, reported: null };
  return { name, recordCount, first, last, partitions, places, ...none };
}

export type ToldOfBatch = Of<"invoked" | "decided" | "gave-up" | "reported"> | OfMessages;
/** Of a queue's batch; `batch` is not null. */
export type OfMessages = Of<"deleted" | "returned"> & { readonly batch: string };

/** Takes an entry that is about this batch. */
export function tell(story: BatchStory, entry: ToldOfBatch): void {
  if (entry.kind === "deleted") {
    story.deleted = entry;
    return;
  }
  if (entry.kind === "returned") {
    story.returned = entry;
    // One that was let go without a call, or between two of them, is over.
    story.endedAtMs ??= entry.atMs;
    return;
  }
  const part = partNamed(story.root, entry.batch) ?? (entry.kind === "invoked" ? stayed(story, entry) : null);
  if (part === null) return;
  // A request id belongs to one identity (E-12): one of a process that is being replaced may have the same name for a while.
  const known = part.attempts[0]?.started.requestId ?? part.gaveUp?.requestId ?? entry.requestId;
  if (known !== entry.requestId) return;
  switch (entry.kind) {
    case "invoked":
      part.attempts.push({ started: entry, ended: null });
      return;
    case "decided":
      decided(part, entry);
      break;
    case "gave-up":
      gaveUp(part, entry);
      break;
    case "reported":
      part.reported = entry;
      return;
  }
  if (isOver(story.root)) story.endedAtMs = entry.atMs;
}

function decided(part: Part, entry: Of<"decided">): void {
  const attempt = part.attempts.at(-1);
  if (attempt !== undefined && attempt.ended === null) attempt.ended = entry;
  const recordCount = entry.next.reduce((sum, each) => sum + each.recordCount, 0);
  const isEnd = entry.verdict !== "rest" || entry.next.every((each) => isLast(each, part));
  let from = !isEnd || part.places === null ? null : part.places.to + 1 - recordCount;
  for (const { batch: name, ...next } of entry.next) {
    part.parts.push(newPart({ ...next, name, from }));
    if (from !== null) from += next.recordCount;
  }
}

function gaveUp(part: Part, entry: Of<"gave-up">): void {
  part.gaveUp = entry;
  if (entry.recordCount >= part.recordCount) return;
  // Only what was too old went (E-13): what is left goes on under the name of a rest.
  const left = { name: restName(part), recordCount: part.recordCount - entry.recordCount };
  const places = placesGivenUp(part);
  const rest = { ...left, first: null, last: part.last, partitions: withoutHeads(part, entry) };
  part.parts.push(newPart({ ...rest, from: places === null ? null : places.to + 1 }));
}

function restName({ name }: Part): string {
  const [, number = "", path = ""] = /^(\d*)(.*)$/.exec(name) ?? [];
  return `${number}${restPath(path)}`;
}

/** What goes on of a topic's batch after a partition of it was taken away (M-808): the journal does not say which records that are. */
function stayed({ root, closed }: BatchStory, { batch: name, recordCount }: Of<"invoked">): Part | null {
  if (closed?.partitions === undefined) return null;
  const before = [...partsOf(root)].find((part) => part.parts.length === 0 && restName(part) === name);
  if (before === undefined) return null;
  const part = newPart({ name, recordCount, first: null, last: null, from: null });
  before.parts.push(part);
  return part;
}

/** Of a stream always: what comes before a rest has succeeded. Of a topic it may lie anywhere (M-411). */
const isLast = (rest: Share, part: Part): boolean => rest.partitions === undefined || isTail(rest, part);

/** Of what a part lost by age: of a topic the head of each partition (M-407). */
export function placesGivenUp({ gaveUp, places, ...part }: Part): Places | null {
  if (gaveUp === null || places === null) return null;
  if (gaveUp.partitions !== undefined && !isHead(gaveUp, part)) return null;
  return { from: places.from, to: places.from + gaveUp.recordCount - 1 };
}

export function partNamed(part: Part, name: string): Part | null {
  if (part.name === name) return part;
  for (const each of part.parts) {
    const found = partNamed(each, name);
    if (found !== null) return found;
  }
  return null;
}

export function* partsOf(part: Part): Generator<Part> {
  yield part;
  for (const each of part.parts) yield* partsOf(each);
}

/** The parts that a place of the batch went through, the whole first. */
export function pathTo(part: Part, place: number): readonly Part[] {
  const next = part.parts.find(({ places }) => places !== null && places.from <= place && place <= places.to);
  return next === undefined ? [part] : [part, ...pathTo(next, place)];
}

/** The parts of it, itself among them, that were given up, in order; one that was too old only in part counts too. */
export const givenUpParts = (part: Part): readonly Part[] => [...partsOf(part)].filter(({ gaveUp }) => gaveUp !== null);

/** The first part of it that is still tried or waits. */
export function firstOpen(part: Part): Part {
  const open = part.parts.find((each) => endOf(each, null) === "open");
  return open === undefined ? part : firstOpen(open);
}

export function isOver(part: Part): boolean {
  if (part.parts.length > 0) return part.parts.every(isOver);
  const verdict = part.attempts.at(-1)?.ended?.verdict;
  return part.gaveUp !== null || verdict === "done" || verdict === "return";
}

/** How a part, or one place of it, has ended; parts made of it are asked by themselves. */
export type End = "done" | "gave up" | "open" | "returned";

export function endOf(part: Part, place: number | null): End {
  const { gaveUp, places } = part;
  if (gaveUp !== null) {
    const isWhole = place === null || places === null || gaveUp.recordCount >= part.recordCount;
    if (isWhole || place < places.from + gaveUp.recordCount) return "gave up";
  }
  const [next] = part.parts;
  // What lies before the rest has succeeded.
  if (next !== undefined && next.places !== null && place !== null && place < next.places.from) return "done";
  if (part.parts.length > 0) {
    const ends = part.parts.map((each) => endOf(each, null));
    return ends.includes("open") ? "open" : ends.includes("gave up") ? "gave up" : "done";
  }
  const verdict = part.attempts.at(-1)?.ended?.verdict;
  return verdict === "done" ? "done" : verdict === "return" ? "returned" : "open";
}

/** The place of a record that the journal names as one end of a part; null: it lies between two. */
export function placeOf(story: BatchStory, position: Position): number | null {
  for (const { first, last, places } of partsOf(story.root)) {
    if (places === null) continue;
    if (first === position) return places.from;
    if (last === position) return places.to;
  }
  return null;
}

/** The parts that a record may have gone through, by the ranges that the journal names. */
export function pathToPosition(part: Part, position: Position): readonly Part[] {
  const next = part.parts.find(
    ({ first, last }) => first !== null && last !== null && first <= position && position <= last,
  );
  return next === undefined ? [part] : [part, ...pathToPosition(next, position)];
}

/** What a record of a topic's batch went through, and how that ended; null: which of the last part's records it is among is not known. */
export function fateIn(part: Part, record: TopicPlace): { readonly path: readonly Part[]; readonly end: End | null } {
  const { gaveUp, parts } = part;
  const isGivenUp = gaveUp !== null && (gaveUp.recordCount >= part.recordCount || isAmong(record, gaveUp));
  if (isGivenUp === true) return { path: [part], end: "gave up" };
  if (isGivenUp === null) return { path: [part], end: null };
  if (parts.length === 0) return { path: [part], end: endOf(part, null) };
  const among = parts.map((each) => isAmong(record, each));
  const next = parts[among.indexOf(true)];
  if (next !== undefined) {
    const { path, end } = fateIn(next, record);
    return { path: [part, ...path], end };
  }
  // What a rest does not have has succeeded (M-411).
  const isDone = part.attempts.at(-1)?.ended?.verdict === "rest" && !among.includes(null);
  return { path: [part], end: isDone ? "done" : null };
}

export function attemptsOf(story: BatchStory): readonly Attempt[] {
  return [...partsOf(story.root)].flatMap(({ attempts }) => attempts);
}
