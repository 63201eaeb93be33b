// Reads one shard: without blocking while there is something, and in the thread's one blocking read when there is not.
//
// R1  What was fetched and found no room is held: room is kept to by the record (S2, S3).
// R2  How many entries a fetch asks for follows from the largest records seen lately, so that a shard of large ones cannot fill the memory.
//     Redis bounds an answer by count only: the first large ones behind many small ones come as many as the small ones would, once.
// R3  What left the shard before it was read is told once (E-68). Of a laid-out shard it is looked for where retention may have come by.
// R4  A place that a laid-out shard has never given is not waited at: records would come in below it, unseen. The stream was made anew,
//     or a failover lost its newest records; which of the others are new nobody knows, so it is read from its oldest. (Plain: F3.)
// R5  A stream that was made again is told, also to a reader that never sees an end of what comes: there may be other shards (P-13).
// R6  A shard has ended when the list says that it is closed and nothing is left at the instant of that list: nothing comes into it then.

import { assertNever } from "../../src/core/assert-never.ts";
import { type EventSizing, eventSizeBytes } from "../../src/kinds/event-sizing.ts";
import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import type { StreamKind } from "../../src/kinds/stream-kind.ts";
import type { Lost, Position, Read, Reader, Room, SourceProblem } from "../../src/ports/source.ts";
import type { BlockedReads, RawEntry } from "./blocked-reads.ts";
import { BEGINNING, entryIdOf, isAfter, millisecondOf } from "./entry-ids.ts";
import { createPlainFetcher, type PlainFetcher } from "./plain-fetcher.ts";
import { checkedRead, entriesAfter } from "./redis-commands.ts";
import { laidOutContent, plainContent, type RedisStreamForm } from "./redis-entries.ts";
import { trimmedField } from "./redis-layout.ts";
import type { RedisLine } from "./redis-line.ts";
import { arrivedAtMsOf, RedisRecord } from "./redis-record.ts";

/** After as long as this a reader looks whether what it wants next has been trimmed meanwhile, and whether the shards are the same. */
const CHECK_AFTER_MS = 1_000;
/** Retention of a laid-out stream is a day at least: a place older than this may be trimmed at any moment. */
const OLD_PLACE_MS = 23 * 3_600_000;
/** Entries of the first fetch, before any record's size is known. */
const FIRST_COUNT = 25;
const MOST_COUNT = 2_000;
/** How slowly the largest record seen is forgotten, a fetch. */
const FORGETTING = 0.98;

export interface Fetched {
  /** As many as were asked for, or one more. */
  readonly entries: readonly RawEntry[];
  /** Fewer came than were asked for. */
  readonly isAllThereIs: boolean;
  readonly lost: Lost | null;
  /** The stream as a whole was seen at the same instant. */
  readonly isStreamThere: boolean;
}

export type ShardsJudged =
  | { readonly kind: "same"; readonly isClosed: boolean }
  /** There is another list by now. */
  | { readonly kind: "changed" }
  | { readonly kind: "anew"; readonly problem: SourceProblem };

export interface ReaderOptions {
  readonly commands: RedisLine;
  readonly blocked: BlockedReads;
  readonly form: RedisStreamForm;
  readonly key: string;
  readonly unit: string;
  readonly arn: string;
  readonly after: Position | null;
  readonly firstOrdinal: number;
  readonly kind: StreamKind;
  readonly monotonicMs: () => number;
  readonly nowMs: () => number;
  /** What is wrong with the stream as a whole, or null. May reject like any question to Redis. */
  readonly troubleOfStream: () => Promise<SourceProblem | null>;
  /** What the list of shards of this digest means for this reader. May reject like any question to Redis. */
  readonly judgeShards: (digest: string) => Promise<ShardsJudged>;
  readonly problemFrom: (error: unknown) => SourceProblem;
}

export function openRedisReader(options: ReaderOptions): Reader<KinesisRecord> {
  const { commands, blocked, form, key, arn, kind } = options;
  const making = { form, kind, sizing: kind.sizing(options.unit) };
  const plain: PlainFetcher | null = form.kind === "plain" ? createPlainFetcher(commands, key) : null;
  const mark = {
    key: form.kind === "laidOut" ? form.keys.meta(form.streamName) : key,
    field: trimmedField(options.unit),
  };
  /** Entry id of the last record that was taken. */
  let after = entryIdOf(options.after);
  let held: RedisRecord[] = [];
  let heldBytes = 0;
  let ordinal = options.firstOrdinal;
  let largestBytes: number | null = null;
  let wasCaughtUp = false;
  let lastCheckAtMs: number | null = null;
  /** What the last check saw. */
  let shardsDigest: string | null = null;

  async function read(room: Room, signal: AbortSignal): Promise<Read<KinesisRecord>> {
    const before = await judgeShards();
    if (before?.kind === "anew") return problem(before.problem);
    for (;;) {
      const { isAllThereIs, lost, isStreamThere } = await fetchInto(room);
      const answer = handOut(room, isAllThereIs, lost);
      if (answer.records.length > 0 || lost !== null) return answer;
      const trouble = isStreamThere ? null : await options.troubleOfStream();
      if (trouble !== null) return problem(trouble);
      const judged = await judgeShards();
      if (judged?.kind === "changed") continue;
      if (judged?.kind === "anew") return problem(judged.problem);
      if (judged?.isClosed === true && answer.isCaughtUp) return { kind: "ended" };
      if (answer.isCaughtUp !== wasCaughtUp) {
        wasCaughtUp = answer.isCaughtUp;
        return answer;
      }
      const waited = await wait(room, signal);
      if (waited !== null) return waited;
    }
  }

  /** R5, R6. Null: nothing has been seen since. */
  async function judgeShards(): Promise<ShardsJudged | null> {
    const digest = shardsDigest;
    shardsDigest = null;
    return digest === null ? null : options.judgeShards(digest);
  }

  /** Null: a fetch will tell. */
  async function wait(room: Room, signal: AbortSignal): Promise<Read<KinesisRecord> | null> {
    if (plain !== null) {
      const idle = await plain.look(after);
      after = idle.after;
      if (idle.lost !== null) return handOut(room, true, idle.lost);
      if (!idle.isIdle) return null;
    }
    const awaited = await blocked.wait({ key, arn, after }, signal);
    switch (awaited.kind) {
      case "entries":
        // Of a plain stream only a fetch can tell whether these are all that came since (F1).
        if (plain !== null) return null;
        hold(awaited.entries, awaited.entries.length);
        return handOut(room, awaited.isAllThereIs, null);
      case "problem":
        return problem(awaited.problem);
      case "quiet":
        return null;
      default:
        return assertNever(awaited);
    }
  }

  async function fetchInto(room: Room): Promise<Omit<Fetched, "entries">> {
    const most = mostFor(room);
    if (most <= 0) return { isAllThereIs: false, lost: null, isStreamThere: true };
    // One entry more than can be taken, so that "caught up" is known and not guessed. It will be fetched again.
    const fetched = await (plain === null ? fetchLaidOut(most + 1) : plain.fetch(after, most + 1));
    hold(fetched.entries, most);
    return { ...fetched, isAllThereIs: fetched.isAllThereIs && fetched.entries.length <= most };
  }

  function mostFor(room: Room): number {
    const records = room.records - held.length;
    if (held.length > 0 && (records <= 0 || heldBytes >= room.bytes)) return 0;
    const fitting = largestBytes === null ? FIRST_COUNT : Math.ceil((room.bytes - heldBytes) / largestBytes);
    return Math.max(1, Math.min(records, fitting, MOST_COUNT));
  }

  async function fetchLaidOut(count: number): Promise<Fetched> {
    const isLate = lastCheckAtMs === null || options.monotonicMs() - lastCheckAtMs >= CHECK_AFTER_MS;
    const isOld = options.nowMs() - millisecondOf(after) > OLD_PLACE_MS;
    if (isLate || isOld) return fetchChecked(count);
    const entries = await commands.ask((redis) => entriesAfter(redis, key, after, count), { isRepeatable: true });
    if (entries.length === 0) return fetchChecked(count);
    return { entries, isAllThereIs: entries.length < count, lost: null, isStreamThere: true };
  }

  async function fetchChecked(count: number): Promise<Fetched> {
    const read = await commands.ask((redis) => checkedRead(redis, { key, after, count }, mark), { isRepeatable: true });
    const { entries, trimmed, lastGivenId } = read;
    const isStreamThere = read.shardsDigest !== null;
    lastCheckAtMs = options.monotonicMs();
    shardsDigest = read.shardsDigest;
    if (isStreamThere && isNeverGiven(lastGivenId, trimmed)) {
      after = trimmed ?? BEGINNING;
      return fetchChecked(count);
    }
    const isAllThereIs = entries.length < count;
    if (trimmed === null || !isAfter(trimmed, after)) return { entries, isAllThereIs, lost: null, isStreamThere };
    const oldest = entries[0]?.[0].toString("latin1") ?? null;
    const lost: Lost = {
      after: positionAt(after),
      before: oldest === null ? null : positionAt(oldest),
      count: null,
    };
    after = trimmed;
    return { entries, isAllThereIs, lost, isStreamThere };
  }

  const positionAt = (id: string): Position | null => (id === BEGINNING ? null : kind.positionOf(id));

  /** R4. A place that an app itself has marked as trimmed is as good as given. */
  function isNeverGiven(lastGivenId: string | null, trimmed: string | null): boolean {
    if (lastGivenId === null || !isAfter(after, lastGivenId)) return false;
    return trimmed === null || !isAfter(trimmed, lastGivenId);
  }

  function hold(entries: readonly RawEntry[], most: number): void {
    let largest = 0;
    const count = Math.min(entries.length, most);
    for (let index = 0; index < count; index += 1) {
      const entry = entries[index];
      if (entry === undefined) break;
      const record = recordFrom(making, entry, ordinal++);
      if (record.sizeBytes > largest) largest = record.sizeBytes;
      heldBytes += record.sizeBytes;
      held.push(record);
    }
    const last = entries[count - 1];
    if (last === undefined) return;
    after = last[0].toString("latin1");
    largestBytes = Math.max(largest, FORGETTING * (largestBytes ?? 0));
  }

  function handOut(
    room: Room,
    isAllThereIs: boolean,
    lost: Lost | null,
  ): Extract<Read<KinesisRecord>, { kind: "records" }> {
    let count = 0;
    let bytes = 0;
    for (const record of held) {
      if (count >= room.records || (count > 0 && bytes >= room.bytes)) break;
      bytes += record.sizeBytes;
      count += 1;
    }
    const records = held;
    held = count === records.length ? [] : records.splice(count);
    heldBytes -= bytes;
    const isCaughtUp = isAllThereIs && held.length === 0;
    if (records.length > 0 || lost !== null) wasCaughtUp = isCaughtUp;
    return { kind: "records", records, isCaughtUp, lost };
  }

  function problem(met: SourceProblem): Read<KinesisRecord> {
    wasCaughtUp = false;
    return { kind: "problem", problem: met };
  }

  return {
    async read(room, signal) {
      try {
        return await read(room, signal);
      } catch (error) {
        return problem(options.problemFrom(error));
      }
    },
    close: () => Promise.resolve(),
  };
}

function recordFrom(
  { form, kind, sizing }: { readonly form: RedisStreamForm; readonly kind: StreamKind; readonly sizing: EventSizing },
  [entryId, fields]: RawEntry,
  ordinal: number,
): RedisRecord {
  const content = form.kind === "laidOut" ? laidOutContent(fields) : plainContent(entryId, fields, form);
  const { partitionKey } = content;
  const data = kind.admitted(content.data, entryId);
  const arrivedAtMs = arrivedAtMsOf(entryId);
  const sizeBytes = eventSizeBytes(sizing, { partitionKey, dataBytes: data.byteLength, arrivedAtMs });
  return new RedisRecord({ ordinal, arrivedAtMs, sizeBytes, partitionKey, data }, entryId);
}
