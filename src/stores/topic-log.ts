// The records of embedded topics: appending, reading, places by time, retention. Everything is synchronous and runs inside the service's
// transaction; who waits for records is read-waits.ts's.
//
// T1  Offsets of a partition are dense from 0 on, and none is ever given twice.
// T2  A reader whose place is no longer, or not yet, in the log is told of the gap once and reads on from the oldest record (M-506).
// T3  A topic that was deleted and made again is another incarnation: nobody reads or commits in the one by the other's places (M-707).

import { assertNever } from "../core/assert-never.ts";
import type { KafkaPartitionView } from "../ports/kafka-topics.ts";
import type { Lost, Start } from "../ports/source.ts";
import type { StoreDatabase } from "./store-database.ts";
import { TopicFrameCursor } from "./topic-frames.ts";
import { partitionOfKey } from "./topic-partitioner.ts";
import type { PartitionPlace, TopicCalls, TopicReadAnswer, TopicReadPart, TopicReadRequest } from "./topic-protocol.ts";
import { createTopicRows, type PartitionRow, type TopicRow } from "./topic-rows.ts";
import { joinPieces } from "./frames.ts";

/** Kafka's own default, counted from when a record was stored: an old timestamp takes nothing away. */
const RETENTION_MS = 7 * 24 * 3_600_000;
/** Rows that one step of a sweep deletes. */
const SWEEP_ROWS = 128;
/** Most bytes of a row: what a read takes only a part of is not much more. */
const CHUNK_BYTES = 262_144;

export interface TopicLog {
  create(name: string, partitionCount: number): "created" | "exists";
  grow(name: string, partitionCount: number): TopicCalls["topic-grow"]["answer"];
  delete(name: string): boolean;
  trimAll(name: string): boolean;
  list(): TopicCalls["topic-list"]["answer"];
  describe(name: string): TopicCalls["topic-describe"]["answer"];
  append(request: TopicCalls["topic-append"]["request"]): TopicCalls["topic-append"]["answer"];
  /** Null: there is nothing to say yet, and the reader wants to wait. */
  read(request: TopicReadRequest): TopicReadAnswer | null;
  locate(request: TopicCalls["topic-locate"]["request"]): TopicCalls["topic-locate"]["answer"];
  places(name: string, groupId: string): readonly PartitionPlace[];
  forgetPlaces(name: string, groupId: string): void;
  commit(request: TopicCalls["topic-commit"]["request"], isFenced: boolean): "kept" | "ended";
  /** Names of topics that have changed since it was last asked. */
  takeTouched(): ReadonlySet<string>;
  /** One step of taking away what nobody can read any more; true while there is more to do. */
  sweep(): boolean;
}

export function createTopicLog(
  database: StoreDatabase,
  { nowMs, maxPartitionBytes }: { readonly nowMs: () => number; readonly maxPartitionBytes: number | null },
): TopicLog {
  const rows = createTopicRows(database);
  const insertChunk = database.prepare(
    `INSERT INTO kafka_chunks (partition, first_offset, next_offset, max_ms, stored_ms, byte_count, bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const selectChunks = database.prepare(
    "SELECT first_offset, bytes FROM kafka_chunks WHERE partition = ? AND next_offset > ? ORDER BY next_offset",
  );
  const selectSince = database.prepare(
    `SELECT first_offset, next_offset, bytes FROM kafka_chunks
     WHERE partition = ? AND next_offset > ? AND max_ms >= ? ORDER BY next_offset LIMIT 1`,
  );
  const selectOldest = database.prepare(
    `SELECT id, next_offset, byte_count FROM kafka_chunks WHERE partition = ? AND next_offset >
     (SELECT kafka_partitions.first_offset FROM kafka_partitions WHERE key = partition) ORDER BY next_offset LIMIT 1`,
  );
  const selectExpired = database.prepare(
    `SELECT kafka_chunks.id, partition, kafka_chunks.next_offset, byte_count FROM kafka_chunks WHERE stored_ms < ?
     ORDER BY stored_ms, id LIMIT ${SWEEP_ROWS}`,
  );
  const deleteChunk = database.prepare("DELETE FROM kafka_chunks WHERE id = ?");
  const deleteSome = database.prepare(
    `DELETE FROM kafka_chunks WHERE id IN (SELECT id FROM kafka_chunks WHERE partition = ? AND next_offset <= ?
     ORDER BY next_offset LIMIT ${SWEEP_ROWS})`,
  );
  const selectTrimmed = database.prepare(
    `SELECT key, kafka_partitions.first_offset FROM kafka_partitions WHERE topic > 0 AND EXISTS
     (SELECT 1 FROM kafka_chunks WHERE partition = key AND next_offset <= kafka_partitions.first_offset) LIMIT 1`,
  );
  let touched = new Set<string>();
  /** Counts up with each record without a key, all topics together: they take the partitions in turn. */
  let turn = 0;

  function pick(topic: TopicRow, given: number | null, cursor: TopicFrameCursor): PartitionRow | null {
    const { partitions } = topic;
    if (given !== null) return partitions[given] ?? null;
    const { key } = cursor;
    return partitions[key === null ? turn++ % partitions.length : partitionOfKey(key, partitions.length)] ?? null;
  }

  function append({ name, frames, partitions }: TopicCalls["topic-append"]["request"]): ReturnType<TopicLog["append"]> {
    const topic = rows.find(name);
    if (topic === null) return { kind: "missing" };
    const writers = new Map<number, PartitionWriter>();
    const answered = { partitions: [] as number[], offsets: [] as number[] };
    const cursor = new TopicFrameCursor(new Uint8Array(frames));
    for (let index = 0; !cursor.isAtEnd; index += 1) {
      const row = pick(topic, partitions?.[index] ?? null, cursor);
      if (row === null) return { kind: "noPartition", index, partitionCount: topic.partitions.length };
      const writer = writers.get(row.key) ?? createPartitionWriter(row);
      writers.set(row.key, writer);
      answered.partitions.push(row.partition);
      answered.offsets.push(writer.add(cursor));
      cursor.next();
    }
    for (const writer of writers.values()) store(writer.row, writer.chunks());
    if (writers.size > 0) touched.add(name);
    return { kind: "appended", ...answered };
  }

  function store(row: PartitionRow, chunks: readonly Chunk[]): void {
    const atMs = Math.floor(nowMs());
    let addedBytes = 0;
    let { nextOffset } = row;
    for (const chunk of chunks) {
      const bytes = new Uint8Array(joinPieces(chunk.pieces));
      insertChunk.run(row.key, chunk.firstOffset, chunk.nextOffset, chunk.maxMs, atMs, bytes.length, bytes);
      ({ nextOffset } = chunk);
      addedBytes += bytes.length;
    }
    rows.extend(row.key, { nextOffset, addedBytes });
    if (maxPartitionBytes !== null) keepWithin(row.key, row.keptBytes + addedBytes - maxPartitionBytes, nextOffset);
  }

  /** The newest row always stays. */
  function keepWithin(key: number, excessBytes: number, nextOffset: number): void {
    for (let left = excessBytes; left > 0; ) {
      const oldest = selectOldest.get(key);
      if (oldest === undefined || Number(oldest["next_offset"]) >= nextOffset) return;
      left -= Number(oldest["byte_count"]);
      letGo(key, oldest);
    }
  }

  function letGo(key: number, chunk: Readonly<Record<string, unknown>>): void {
    deleteChunk.run(Number(chunk["id"]));
    rows.trim(key, { firstOffset: Number(chunk["next_offset"]), freedBytes: Number(chunk["byte_count"]) });
  }

  function read(request: TopicReadRequest): TopicReadAnswer | null {
    const { known, isWaiting } = request;
    const topic = rows.find(request.name);
    if (topic === null) return isWaiting && known === null ? null : { kind: "missing" };
    const partitionCount = topic.partitions.length;
    if (known?.incarnation !== topic.id || known.partitionCount !== partitionCount)
      return { kind: "changed", incarnation: topic.id, partitionCount };
    const pieces: Uint8Array[] = [];
    const parts: TopicReadPart[] = [];
    let left = { records: request.limit, bytes: request.maxBytes };
    for (const wanted of request.wanted) {
      const row = topic.partitions[wanted.partition];
      if (row === undefined || left.records <= 0 || left.bytes <= 0) continue;
      const maxBytes = Math.min(left.bytes, Math.ceil(request.maxBytes / 4));
      const taken = take(row, wanted.nextOffset, { limit: left.records, maxBytes });
      const isNews = taken.recordCount > 0 || taken.lost !== null || !(wanted.isTipKnown && taken.isCaughtUp);
      if (!isNews) continue;
      pieces.push(...taken.pieces);
      parts.push({ partition: row.partition, ...taken.part });
      left = { records: left.records - taken.recordCount, bytes: left.bytes - taken.part.frameBytes };
    }
    if (parts.length === 0 && isWaiting) return null;
    return { kind: "topic-read", frames: joinPieces(pieces), parts };
  }

  function take(
    row: PartitionRow,
    nextOffset: number,
    room: { readonly limit: number; readonly maxBytes: number },
  ): Taken {
    const lost = gapOf(row, nextOffset);
    const from = lost === null ? nextOffset : row.firstOffset;
    const pieces: Uint8Array[] = [];
    let recordCount = 0;
    let frameBytes = 0;
    const isFull = (): boolean => recordCount >= room.limit || frameBytes >= room.maxBytes;
    for (const chunk of selectChunks.iterate(row.key, from)) {
      if (!(chunk["bytes"] instanceof Uint8Array)) break;
      const cursor = new TopicFrameCursor(chunk["bytes"]);
      for (let offset = Number(chunk["first_offset"]); offset < from; offset += 1) cursor.next();
      const startAt = cursor.at;
      const before = frameBytes;
      while (!cursor.isAtEnd && !isFull()) {
        cursor.next();
        recordCount += 1;
        frameBytes = before + cursor.at - startAt;
      }
      pieces.push(cursor.bytes.subarray(startAt, cursor.at));
      if (isFull()) break;
    }
    const isCaughtUp = from + recordCount >= row.nextOffset;
    const part = { firstOffset: from, recordCount, frameBytes, isCaughtUp, lost };
    return { pieces, recordCount, isCaughtUp, lost, part };
  }

  /** M-503. */
  function offsetOf(row: PartitionRow, start: Start): number {
    switch (start.kind) {
      case "trimHorizon":
        return row.firstOffset;
      case "latest":
        return row.nextOffset;
      case "after":
        return Number(start.position) + 1;
      case "atTimestamp": {
        const chunk = selectSince.get(row.key, row.firstOffset, start.atMs);
        if (!(chunk?.["bytes"] instanceof Uint8Array)) return row.nextOffset;
        const cursor = new TopicFrameCursor(chunk["bytes"]);
        let offset = Number(chunk["first_offset"]);
        for (; !cursor.isAtEnd && cursor.timestampMs < start.atMs; cursor.next()) offset += 1;
        return offset;
      }
      default:
        return assertNever(start);
    }
  }

  function sweep(): boolean {
    const expired = selectExpired.all(nowMs() - RETENTION_MS);
    for (const chunk of expired) letGo(Number(chunk["partition"]), chunk);
    const dropped = rows.dropped();
    if (dropped !== null && deleteSome.run(dropped, Number.MAX_SAFE_INTEGER) < SWEEP_ROWS) rows.forgetDropped(dropped);
    const trimmed = selectTrimmed.get();
    if (trimmed !== undefined) deleteSome.run(Number(trimmed["key"]), Number(trimmed["first_offset"]));
    return expired.length >= SWEEP_ROWS || dropped !== null || trimmed !== undefined;
  }

  return {
    create(name, partitionCount) {
      if (rows.find(name) !== null) return "exists";
      rows.create(name, partitionCount, Math.floor(nowMs()));
      touched.add(name);
      return "created";
    },
    grow(name, partitionCount) {
      const topic = rows.find(name);
      if (topic === null) return "missing";
      if (partitionCount < topic.partitions.length) return "fewer";
      if (partitionCount === topic.partitions.length) return "unchanged";
      rows.addPartitions(topic, partitionCount);
      touched.add(name);
      return "grown";
    },
    delete(name) {
      const topic = rows.find(name);
      if (topic === null) return false;
      rows.remove(topic);
      touched.add(name);
      return true;
    },
    trimAll(name) {
      const topic = rows.find(name);
      for (const { key, nextOffset, keptBytes } of topic?.partitions ?? [])
        rows.trim(key, { firstOffset: nextOffset, freedBytes: keptBytes });
      return topic !== null;
    },
    list: () => rows.names().map((name) => ({ name, partitions: (rows.find(name)?.partitions ?? []).map(viewOf) })),
    describe(name) {
      const topic = rows.find(name);
      return topic === null ? null : { incarnation: topic.id, partitions: topic.partitions.map(viewOf) };
    },
    append,
    read,
    locate({ name, groupId, start }) {
      const topic = rows.find(name);
      if (topic === null) return null;
      const placed = new Set(rows.places(topic, groupId).map(({ partition }) => partition));
      return topic.partitions
        .filter(({ partition }) => !placed.has(partition))
        .map((row) => ({ partition: row.partition, nextOffset: offsetOf(row, start) }));
    },
    forgetPlaces(name, groupId) {
      const topic = rows.find(name);
      if (topic !== null) rows.forgetPlaces(topic, groupId);
    },
    places(name, groupId) {
      const topic = rows.find(name);
      return topic === null ? [] : rows.places(topic, groupId);
    },
    commit({ name, incarnation, groupId, places }, isFenced) {
      const topic = rows.find(name);
      if (isFenced || topic?.id !== incarnation) return "ended";
      for (const place of places) rows.setPlace(topic, groupId, place);
      return "kept";
    },
    takeTouched() {
      const names = touched;
      touched = new Set();
      return names;
    },
    sweep,
  };
}

interface Taken {
  readonly pieces: readonly Uint8Array[];
  readonly recordCount: number;
  readonly isCaughtUp: boolean;
  readonly lost: Lost | null;
  readonly part: Omit<TopicReadPart, "partition">;
}

/** T2. */
function gapOf({ firstOffset, nextOffset: end }: PartitionRow, nextOffset: number): Lost | null {
  const after = nextOffset === 0 ? null : String(nextOffset - 1);
  const before = firstOffset < end ? String(firstOffset) : null;
  if (nextOffset < firstOffset) return { after, before, count: firstOffset - nextOffset };
  return nextOffset > end ? { after, before, count: null } : null;
}

const viewOf = ({ partition, firstOffset, nextOffset }: PartitionRow): KafkaPartitionView => ({
  partition,
  firstOffset,
  nextOffset,
});

interface Chunk {
  readonly firstOffset: number;
  readonly nextOffset: number;
  readonly maxMs: number;
  readonly pieces: readonly Uint8Array[];
}

interface PartitionWriter {
  readonly row: PartitionRow;
  /** Its offset. */
  add(cursor: TopicFrameCursor): number;
  chunks(): readonly Chunk[];
}

function createPartitionWriter(row: PartitionRow): PartitionWriter {
  const done: Chunk[] = [];
  let { nextOffset } = row;
  let open = { firstOffset: nextOffset, maxMs: -Infinity, byteCount: 0, pieces: [] as Uint8Array[] };
  function close(): void {
    if (open.pieces.length > 0) done.push({ ...open, nextOffset });
    open = { firstOffset: nextOffset, maxMs: -Infinity, byteCount: 0, pieces: [] };
  }
  return {
    row,
    add(cursor) {
      const { frameBytes } = cursor;
      if (open.byteCount + frameBytes > CHUNK_BYTES) close();
      open.pieces.push(cursor.bytes.subarray(cursor.at, cursor.at + frameBytes));
      open.byteCount += frameBytes;
      open.maxMs = Math.max(open.maxMs, Math.floor(cursor.timestampMs));
      nextOffset += 1;
      return nextOffset - 1;
    },
    chunks() {
      close();
      return done;
    },
  };
}
