// The embedded streams' records: reading, places, retention. Appending is chunk-writer.ts's, names and shards stream-catalog.ts's,
// who waits for records store-service.ts's. Everything is synchronous and runs inside the service's transaction.
//
// L1  Reads hand out what lies behind both the reader's place and the trim, in order, each record once.
// L2  A record whose retention is over is not handed out, whether or not its row is still there (E-68). A chunk goes when its
//     last record does.
// L3  A reader that finds the trim ahead of it is told of the gap once, and how many records it was where that is known.

import { assertNever } from "../core/assert-never.ts";
import { eventSizeBytes } from "../kinds/event-sizing.ts";
import { familyOf, type StreamFamily } from "../kinds/stream-family.ts";
import type { Lost, Position, Start } from "../ports/source.ts";
import type { ReshardChange, Resharded, ReshardRefusal, StreamDescription } from "../ports/streams.ts";
import { type ChunkWriter, createChunkWriter } from "./chunk-writer.ts";
import { FrameCursor, joinPieces } from "./frames.ts";
import { END_OF_MS, isBefore, type Place, placeFromPosition, positionFromPlace } from "./place.ts";
import { planReshard } from "./reshard.ts";
import type { StoreDatabase } from "./store-database.ts";
import type { AppendAnswer, Missing, Placed, ReadAnswer, ReadRequest, StoreCalls } from "./store-protocol.ts";
import { createStreamCatalog, describeStream, type ShardState, type StreamState } from "./stream-catalog.ts";

const HOUR_MS = 3_600_000;
/** Rows that one step of a sweep deletes: keeps the store's pauses short. */
const SWEEP_ROWS = 128;
const BEGINNING: Place = { ms: -1, counter: 0 };
const missing: Missing = { kind: "missing" };

export interface StreamLog {
  create(name: string, options: { shardCount: number; mode: StreamDescription["mode"] }): "created" | "exists";
  /** The stream that was deleted, for those who wait for its records; null: there is none. */
  delete(name: string): StreamState | null;
  names(): readonly string[];
  describe(name: string): StoreCalls["stream-describe"]["answer"] | null;
  find(name: string, shardId: string): { readonly stream: StreamState; readonly shard: ShardState } | null;
  append(
    name: string,
    frames: ArrayBuffer,
    explicitHashKeys: readonly (string | null)[] | null,
  ): AppendAnswer | Missing;
  /** Null: there is nothing to say yet, and the reader wants to wait. */
  read(request: ReadRequest): ReadAnswer | Missing | null;
  locate(name: string, shardId: string, start: Start): Placed | Missing;
  setRetentionHours(name: string, hours: number): boolean;
  trimAll(name: string): boolean;
  reshard(
    name: string,
    change: ReshardChange,
  ): Resharded | { readonly kind: "refused"; readonly refusal: ReshardRefusal } | Missing;
  /** To be called before a commit: shards that have grown. */
  flush(): readonly ShardState[];
  /** One step of taking away what nobody can read any more; true while there is more to do. */
  sweep(): boolean;
  /** After a transaction was undone. */
  forgetAll(): void;
}

export function createStreamLog(
  database: StoreDatabase,
  options: { readonly nowMs: () => number; readonly maxShardBytes: number | null },
): StreamLog {
  const { nowMs, maxShardBytes } = options;
  const catalog = createStreamCatalog(database);
  const writer: ChunkWriter = createChunkWriter(database);
  const selectChunks = database.prepare(
    `SELECT first_index, bytes FROM chunks WHERE shard = ? AND (last_ms, last_counter) > (?, ?)
     ORDER BY last_ms, last_counter`,
  );
  const extentColumns = "last_ms, last_counter, first_index + record_count AS next_index, end_bytes";
  const selectLastExpired = database.prepare(
    `SELECT ${extentColumns} FROM chunks WHERE shard = ? AND last_ms < ? ORDER BY last_ms DESC, last_counter DESC LIMIT 1`,
  );
  const selectExtents = database.prepare(
    `SELECT ${extentColumns} FROM chunks WHERE shard = ? AND (last_ms, last_counter) > (?, ?) ORDER BY last_ms, last_counter`,
  );
  const deleteSwept = database.prepare(
    `DELETE FROM chunks WHERE id IN (SELECT id FROM chunks WHERE shard = ? AND (last_ms, last_counter) <= (?, ?)
     ORDER BY last_ms, last_counter LIMIT ${SWEEP_ROWS})`,
  );
  const selectDropped = database.prepare("SELECT key FROM dropped_shards LIMIT 1");
  const deleteDropped = database.prepare("DELETE FROM dropped_shards WHERE key = ?");

  function find(name: string, shardId: string): { stream: StreamState; shard: ShardState } | null {
    const stream = catalog.find(name);
    const shard = stream?.shards.find((each) => each.id === shardId);
    return stream === null || shard === undefined ? null : { stream, shard };
  }

  function trimTo(shard: ShardState, row: Readonly<Record<string, unknown>>): void {
    shard.trimmed = {
      place: { ms: Number(row["last_ms"]), counter: Number(row["last_counter"]) },
      nextIndex: Number(row["next_index"]),
      endBytes: Number(row["end_bytes"]),
    };
  }

  /** L2. Moves the trim over what retention has ended; one index look-up where something may have changed. */
  function expire(stream: StreamState, shard: ShardState): void {
    const horizonMs = nowMs() - stream.retentionHours * HOUR_MS;
    if (shard.oldestMs >= horizonMs) return;
    writer.flush().forEach(keepWithinBytes);
    const last = selectLastExpired.get(shard.key, horizonMs);
    if (last !== undefined && Number(last["next_index"]) > shard.trimmed.nextIndex) trimTo(shard, last);
    const from = shard.trimmed.place ?? BEGINNING;
    shard.oldestMs = Number.POSITIVE_INFINITY;
    for (const row of selectExtents.iterate(shard.key, from.ms, from.counter)) {
      shard.oldestMs = Number(row["last_ms"]);
      break;
    }
  }

  function keepWithinBytes(shard: ShardState): void {
    touched.add(shard);
    if (maxShardBytes === null || shard.tip.endBytes - shard.trimmed.endBytes <= maxShardBytes) return;
    const from = shard.trimmed.place ?? BEGINNING;
    const enoughBytes = shard.tip.endBytes - maxShardBytes;
    for (const row of selectExtents.iterate(shard.key, from.ms, from.counter)) {
      // The newest chunk always stays.
      if (Number(row["next_index"]) >= shard.tip.nextIndex) break;
      trimTo(shard, row);
      if (Number(row["end_bytes"]) >= enoughBytes) break;
    }
    shard.oldestMs = Number.NEGATIVE_INFINITY;
  }

  /** Shards that have grown since the service last asked. */
  const touched = new Set<ShardState>();

  function read(request: ReadRequest): ReadAnswer | Missing | null {
    const found = find(request.name, request.shardId);
    if (found === null) return missing;
    const { stream, shard } = found;
    expire(stream, shard);
    writer.flush().forEach(keepWithinBytes);
    const after = request.after === null ? null : placeFromPosition(request.after);
    const gap = gapOf(stream, shard, { request, after });
    const trimmed = shard.trimmed.place ?? BEGINNING;
    const from = after !== null && isBefore(trimmed, after) ? after : trimmed;
    const taken = takeFrames(selectChunks.iterate(shard.key, from.ms, from.counter), from, request);
    const nextIndex = taken.nextIndex ?? shard.tip.nextIndex;
    const isCaughtUp = nextIndex >= shard.tip.nextIndex;
    const isEnded = isCaughtUp && shard.end !== null;
    if (request.isWaiting && taken.recordCount === 0 && gap === null && !isEnded && request.isTipKnown) return null;
    return {
      kind: "read",
      frames: joinPieces(taken.pieces),
      recordCount: taken.recordCount,
      cursor: { incarnation: stream.id, nextIndex },
      isCaughtUp,
      isEnded,
      lost:
        gap === null
          ? null
          : { ...gap, before: taken.first === null ? null : positionFromPlace(familyOf(stream.name), taken.first) },
      millisBehindLatest: isCaughtUp || taken.last === null ? 0 : Math.max(0, nowMs() - taken.last.ms),
    };
  }

  function locate(name: string, shardId: string, start: Start): Placed | Missing {
    const found = find(name, shardId);
    if (found === null) return missing;
    const { stream, shard } = found;
    expire(stream, shard);
    const oldest = shard.trimmed.place;
    const family = familyOf(name);
    switch (start.kind) {
      case "after":
        return placed(start.position);
      case "trimHorizon":
        return placed(positionOrNull(family, oldest));
      case "latest":
        return placed(positionOrNull(family, shard.tip.place), shard.tip.nextIndex - shard.trimmed.nextIndex);
      case "atTimestamp": {
        // H-3: what is older than the oldest record acts as TRIM_HORIZON.
        const before: Place | null = start.atMs > 0 ? { ms: Math.floor(start.atMs) - 1, counter: END_OF_MS } : null;
        return placed(
          positionOrNull(family, before === null || (oldest !== null && isBefore(before, oldest)) ? oldest : before),
        );
      }
      default:
        return assertNever(start);
    }
  }

  /** A closed shard is listed for as long as its last record could be kept. */
  function dropEmptyShards(stream: StreamState): boolean {
    const horizonMs = nowMs() - stream.retentionHours * HOUR_MS;
    const over = stream.shards.filter(
      ({ end, trimmed, tip }) => end !== null && end.ms < horizonMs && trimmed.nextIndex >= tip.nextIndex,
    );
    for (const shard of over) catalog.dropShard(stream, shard);
    return over.length > 0;
  }

  function sweepShard(shard: ShardState): boolean {
    if (shard.sweptIndex >= shard.trimmed.nextIndex || shard.trimmed.place === null) return false;
    catalog.saveTrim(shard);
    const { ms, counter } = shard.trimmed.place;
    if (deleteSwept.run(shard.key, ms, counter) >= SWEEP_ROWS) return true;
    shard.sweptIndex = shard.trimmed.nextIndex;
    return false;
  }

  return {
    create: (name, made) => (catalog.create(name, { ...made, nowMs: nowMs() }) ? "created" : "exists"),
    delete(name) {
      const stream = catalog.find(name);
      writer.flush();
      if (stream !== null) catalog.delete(stream);
      return stream;
    },
    names: () => catalog.names(),
    describe(name) {
      const stream = catalog.find(name);
      return stream === null ? null : { kind: "stream", stream: describeStream(stream), incarnation: stream.id };
    },
    find,
    append(name, frames, explicitHashKeys) {
      const stream = catalog.find(name);
      return stream === null ? missing : writer.append(stream, frames, { explicitHashKeys, nowMs: nowMs() });
    },
    read,
    locate,
    setRetentionHours(name, hours) {
      const stream = catalog.find(name);
      if (stream !== null) catalog.setRetentionHours(stream, hours);
      return stream !== null;
    },
    trimAll(name) {
      const stream = catalog.find(name);
      writer.flush().forEach(keepWithinBytes);
      for (const shard of stream?.shards ?? []) {
        shard.trimmed = shard.tip;
        shard.oldestMs = Number.POSITIVE_INFINITY;
        catalog.saveTrim(shard);
      }
      return stream !== null;
    },
    reshard(name, change) {
      const stream = catalog.find(name);
      if (stream === null) return missing;
      const plan = planReshard(describeStream(stream).shards, change);
      if (plan.kind === "refused") return plan;
      // What the parents have been given lies before the cut.
      writer.flush().forEach(keepWithinBytes);
      for (const shard of catalog.reshard(stream, plan, nowMs())) touched.add(shard);
      return {
        kind: "resharded",
        openCount: plan.openCount,
        closed: plan.closed.map((each) => each.id),
        opened: plan.opened.map((each) => each.id),
      };
    },
    flush() {
      writer.flush().forEach(keepWithinBytes);
      const shards = [...touched];
      touched.clear();
      return shards;
    },
    sweep() {
      const dropped = selectDropped.get();
      if (dropped !== undefined) {
        const key = Number(dropped["key"]);
        if (deleteSwept.run(key, END_OF_MS, END_OF_MS) < SWEEP_ROWS) deleteDropped.run(key);
        return true;
      }
      for (const name of catalog.names()) {
        const stream = catalog.find(name);
        for (const shard of stream?.shards ?? []) {
          if (stream !== null) expire(stream, shard);
          if (sweepShard(shard)) return true;
        }
        if (stream !== null && dropEmptyShards(stream)) return true;
      }
      return false;
    },
    forgetAll() {
      catalog.forgetAll();
      writer.forgetAll();
      touched.clear();
    },
  };
}

interface Taken {
  readonly pieces: readonly Uint8Array[];
  readonly recordCount: number;
  readonly first: Place | null;
  readonly last: Place | null;
  /** Null where nothing was taken. */
  readonly nextIndex: number | null;
}

/** Cuts the asked-for records out of the chunks, as few pieces of their memory. */
function takeFrames(chunks: Iterable<Readonly<Record<string, unknown>>>, from: Place, request: ReadRequest): Taken {
  const pieces: Uint8Array[] = [];
  let recordCount = 0;
  let takenBytes = 0;
  let first: Place | null = null;
  let last: Place | null = null;
  let nextIndex: number | null = null;
  let isFull = request.limit <= 0;
  for (const row of chunks) {
    if (isFull || !(row["bytes"] instanceof Uint8Array)) break;
    const cursor = new FrameCursor(row["bytes"]);
    let index = Number(row["first_index"]);
    while (!cursor.isAtEnd && !isBefore(from, cursor)) {
      cursor.next();
      index += 1;
    }
    const pieceAt = cursor.at;
    while (!cursor.isAtEnd && !isFull) {
      const costBytes = costOf(cursor, request);
      if (request.counting.kind === "data" && recordCount > 0 && takenBytes + costBytes > request.maxBytes) {
        isFull = true;
        break;
      }
      takenBytes += costBytes;
      recordCount += 1;
      index += 1;
      last = { ms: cursor.ms, counter: cursor.counter };
      first ??= last;
      cursor.next();
      isFull = recordCount >= request.limit || takenBytes >= request.maxBytes;
    }
    if (cursor.at > pieceAt) {
      pieces.push(cursor.bytes.subarray(pieceAt, cursor.at));
      nextIndex = index;
    }
  }
  return { pieces, recordCount, first, last, nextIndex };
}

function costOf(cursor: FrameCursor, { counting }: ReadRequest): number {
  if (counting.kind === "data") return cursor.keyBytes + cursor.dataBytes;
  return eventSizeBytes(counting.sizing, {
    partitionKey: cursor.key,
    dataBytes: cursor.dataBytes,
    arrivedAtMs: cursor.ms,
  });
}

/** L3. */
function gapOf(
  stream: StreamState,
  shard: ShardState,
  reader: { readonly request: ReadRequest; readonly after: Place | null },
): Lost | null {
  const { request, after } = reader;
  const { trimmed } = shard;
  if (trimmed.place === null) return null;
  const cursor = request.cursor?.incarnation === stream.id ? request.cursor : null;
  const expected = cursor?.nextIndex ?? (after === null ? 0 : null);
  if (expected !== null) {
    const count = trimmed.nextIndex - expected;
    return count > 0 ? { after: request.after, before: null, count } : null;
  }
  return after !== null && isBefore(after, trimmed.place) ? { after: request.after, before: null, count: null } : null;
}

const placed = (after: Position | null, earlierCount: number | null = null): Placed => ({
  kind: "place",
  after,
  earlierCount,
});

function positionOrNull(family: StreamFamily, place: Place | null): Position | null {
  return place === null ? null : positionFromPlace(family, place);
}
