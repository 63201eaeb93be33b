// Takes new records in, frame by frame, and writes them as chunks: one row for the records of a shard that one commit brings, so
// that many small appends cost little more than one. Reading is stream-log.ts's.
//
// W1  A record's place is the clock's millisecond, or the tip's where the clock is behind it, and the first free counter in it.
// W2  Chunks of a shard follow one another without a gap in their record indexes; a chunk is at most CHUNK_BYTES unless it is a
//     single record.
// W3  Nothing is written before `flush`; the shard's tip in memory is ahead of the file until then.

import { FrameCursor } from "./frames.ts";
import { hexFromHashKey, hexHashKeyOf, parseHashKey, rangeIndexOf } from "./partitioner.ts";
import type { Place } from "./place.ts";
import type { StoreDatabase } from "./store-database.ts";
import type { AppendAnswer } from "./store-protocol.ts";
import type { ShardState, StreamState } from "./stream-catalog.ts";
import { MillraceError } from "../errors.ts";

/** A read loads a chunk whole, so this bounds what a read of a few records costs. */
export const CHUNK_BYTES = 262_144;

interface Pending {
  readonly shard: ShardState;
  readonly pieces: Uint8Array[];
  bytes: number;
  recordCount: number;
  firstIndex: number;
}

export interface ChunkWriter {
  append(
    stream: StreamState,
    frames: ArrayBuffer,
    options: { readonly explicitHashKeys: readonly (string | null)[] | null; readonly nowMs: number },
  ): AppendAnswer;
  /** Writes what waits, of every shard. Returns the shards that have grown since the last call. */
  flush(): readonly ShardState[];
  forgetAll(): void;
}

export function createChunkWriter(database: StoreDatabase): ChunkWriter {
  const insert = database.prepare(
    `INSERT INTO chunks (shard, last_ms, last_counter, first_index, record_count, end_bytes, bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const waiting = new Map<number, Pending>();
  const grown = new Set<ShardState>();

  function write(pending: Pending): void {
    const { shard, pieces } = pending;
    const place = shard.tip.place;
    if (pending.recordCount === 0 || place === null) return;
    const only = pieces[0];
    const bytes = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces, pending.bytes);
    const { endBytes } = shard.tip;
    insert.run(shard.key, place.ms, place.counter, pending.firstIndex, pending.recordCount, endBytes, bytes);
    pieces.length = 0;
    pending.bytes = 0;
    pending.recordCount = 0;
    pending.firstIndex = shard.tip.nextIndex;
  }

  /** Takes a run of frames of one shard. They carry their places already, the last of them `last`. */
  function take(shard: ShardState, run: Uint8Array, recordCount: number, last: Place): void {
    let pending = waiting.get(shard.key);
    if (pending === undefined) {
      pending = { shard, pieces: [], bytes: 0, recordCount: 0, firstIndex: shard.tip.nextIndex };
      waiting.set(shard.key, pending);
    }
    if (pending.bytes + run.length > CHUNK_BYTES) write(pending);
    pending.pieces.push(run);
    pending.bytes += run.length;
    pending.recordCount += recordCount;
    shard.tip = {
      place: last,
      nextIndex: shard.tip.nextIndex + recordCount,
      endBytes: shard.tip.endBytes + run.length,
    };
    if (shard.oldestMs === Number.POSITIVE_INFINITY) shard.oldestMs = last.ms;
    grown.add(shard);
  }

  return {
    append(stream, frames, { explicitHashKeys, nowMs }) {
      const bytes = new Uint8Array(frames);
      const cursor = new FrameCursor(bytes);
      const shardIndexes: number[] = [];
      const ms: number[] = [];
      const counters: number[] = [];
      const route = createRoute(stream);
      while (!cursor.isAtEnd) {
        // A run is what follows one another to one shard: one copy, one entry.
        const runAt = cursor.at;
        const shardIndex = route(cursor, explicitHashKeys?.[shardIndexes.length] ?? null);
        const shard = stream.shards[shardIndex];
        if (shard === undefined) throw new MillraceError("bad-argument", "no open shard takes the record's hash key");
        let last = shard.tip.place ?? shard.start;
        let recordCount = 0;
        do {
          last = last.ms < nowMs ? { ms: nowMs, counter: 0 } : { ms: last.ms, counter: last.counter + 1 };
          cursor.stamp(last.ms, last.counter);
          shardIndexes.push(shardIndex);
          ms.push(last.ms);
          counters.push(last.counter);
          recordCount += 1;
          cursor.next();
        } while (
          !cursor.isAtEnd &&
          cursor.at + cursor.frameBytes - runAt <= CHUNK_BYTES &&
          route(cursor, explicitHashKeys?.[shardIndexes.length] ?? null) === shardIndex
        );
        take(shard, bytes.subarray(runAt, cursor.at), recordCount, last);
      }
      return { kind: "put", shardIds: stream.shards.map((shard) => shard.id), shardIndexes, ms, counters };
    },
    flush() {
      for (const pending of waiting.values()) write(pending);
      waiting.clear();
      const shards = [...grown];
      grown.clear();
      return shards;
    },
    forgetAll() {
      waiting.clear();
      grown.clear();
    },
  };
}

/** Index of the shard that takes the record on which the cursor stands, or -1. */
function createRoute(stream: StreamState): (cursor: FrameCursor, explicitHashKey: string | null) => number {
  const open = stream.shards.flatMap((shard, index) => (shard.end === null ? [{ index, ...shard.range }] : []));
  const only = open.length === 1 ? open[0] : undefined;
  if (only !== undefined) return () => only.index;
  return (cursor, explicitHashKey) => {
    const explicit = explicitHashKey === null ? null : parseHashKey(explicitHashKey);
    if (explicitHashKey !== null && explicit === null)
      throw new MillraceError("bad-argument", `${explicitHashKey} is not a hash key`);
    const hashKey = explicit === null ? hexHashKeyOf(cursor.key) : hexFromHashKey(explicit);
    return open[rangeIndexOf(open, hashKey)]?.index ?? -1;
  };
}
