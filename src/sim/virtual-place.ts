// A place in a shard of the world: what a reader has come to, what it is handed next, and what left the shard before it was read.

import { eventSizeBytes } from "../kinds/event-sizing.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import { entryIdFromPosition } from "../kinds/stream-family.ts";
import type { StreamKind } from "../kinds/stream-kind.ts";
import type { Lost, Position, Read, Room, UnitId } from "../ports/source.ts";
import type { VirtualEntry } from "./virtual-entry.ts";

/** A shard as it is while it is read: it grows, is trimmed and is closed. */
interface ReadShard {
  readonly id: UnitId;
  readonly entries: readonly VirtualEntry[];
  readonly trimmedCount: number;
  readonly isClosed: boolean;
}

export interface Place {
  /** Null: nothing to say now. */
  next(room: Room, repeatCount: number): Read<KinesisRecord> | null;
  /** The next answer says anew whether all there is has been read, records or not. */
  forgetTip(): void;
  after(): Position | null;
  nextOrdinal(): number;
}

export function createPlace(shard: ReadShard, after: Position | null, firstOrdinal: number, kind: StreamKind): Place {
  const sizing = kind.sizing(shard.id);
  let index = indexBehind(shard.entries, after, kind);
  let ordinal = firstOrdinal;
  let wasCaughtUp = false;

  function recordFrom({ entryId, arrivedAtMs, partitionKey, data: stored }: VirtualEntry): KinesisRecord {
    const data = kind.admitted(stored, entryId);
    const sizeBytes = eventSizeBytes(sizing, { partitionKey, dataBytes: data.length, arrivedAtMs });
    return { ordinal: ordinal++, arrivedAtMs, sizeBytes, entryId, partitionKey, data };
  }

  function lostNow(): Lost | null {
    if (index >= shard.trimmedCount) return null;
    const lost = {
      after: positionAt(shard.entries, index - 1),
      before: positionAt(shard.entries, shard.trimmedCount),
      count: shard.trimmedCount - index,
    };
    index = shard.trimmedCount;
    return lost;
  }

  return {
    after: () => positionAt(shard.entries, index - 1),
    nextOrdinal: () => ordinal,
    forgetTip() {
      wasCaughtUp = false;
    },
    next(room, repeatCount) {
      const lost = lostNow();
      if (index < shard.entries.length) index = Math.max(shard.trimmedCount, index - repeatCount);
      const records: KinesisRecord[] = [];
      let bytes = 0;
      while (records.length < room.records && bytes < room.bytes) {
        const entry = shard.entries[index];
        if (entry === undefined) break;
        const record = recordFrom(entry);
        bytes += record.sizeBytes;
        records.push(record);
        index += 1;
      }
      const isCaughtUp = index >= shard.entries.length;
      if (records.length === 0 && lost === null && isCaughtUp === wasCaughtUp)
        return shard.isClosed && isCaughtUp ? { kind: "ended" } : null;
      wasCaughtUp = isCaughtUp;
      return { kind: "records", records, isCaughtUp, lost };
    },
  };
}

export function positionAt(entries: readonly VirtualEntry[], index: number): Position | null {
  return entries[index]?.position ?? null;
}

/** Index of the first entry behind the place; the entry at the place itself may be none of ours. */
function indexBehind(entries: readonly VirtualEntry[], after: Position | null, kind: StreamKind): number {
  if (after === null) return 0;
  if (entryIdFromPosition(after) === null) throw new Error(`${after} is no place in the world`);
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if ((entry === undefined ? "" : kind.positionOf(entry.entryId)) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
