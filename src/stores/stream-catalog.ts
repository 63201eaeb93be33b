// The streams and shards of the embedded log, with what is known of each shard in memory: its tip and how far it has been trimmed.
// Records themselves are stream-log.ts's.
//
// G1  A stream is loaded when it is first named, by a look at each shard's last chunk; nothing is scanned.
// G2  Memory is a cache of the file: after a transaction is undone, `forgetAll` drops it.
// G3  A stream made again numbers its records behind every record that was ever deleted, so an old position is never ahead of it.

import { familyOf, type StreamFamily } from "../kinds/stream-family.ts";
import type { UnitId } from "../ports/source.ts";
import type { ShardDescription, StreamDescription } from "../ports/streams.ts";
import { decimalFromHex, evenRanges, hexFromHashKey, type HashRange, shardIdIn } from "./partitioner.ts";
import { isBefore, type Place, positionFromPlace } from "./place.ts";
import type { ReshardPlan } from "./reshard.ts";
import type { StoreDatabase } from "./store-database.ts";

const DEFAULT_RETENTION_HOURS = 24;

/** How much of a shard has been: place of the last record, records and bytes counted from its beginning. */
export interface Extent {
  readonly place: Place | null;
  readonly nextIndex: number;
  readonly endBytes: number;
}

export interface ShardState {
  readonly key: number;
  readonly id: UnitId;
  readonly parentId: UnitId | null;
  readonly adjacentParentId: UnitId | null;
  readonly range: HashRange;
  readonly start: Place;
  /** Set once the shard is closed. */
  end: Place | null;
  tip: Extent;
  /** What has left the shard: nothing up to here is handed out. */
  trimmed: Extent;
  /** Records below this index are gone from the file too. */
  sweptIndex: number;
  /** No record left is older; `-Infinity` where that is not known, `Infinity` where none is left. */
  oldestMs: number;
}

export interface StreamState {
  /** Also its incarnation: never used twice. */
  readonly id: number;
  readonly name: string;
  readonly mode: StreamDescription["mode"];
  retentionHours: number;
  readonly createdAtMs: number;
  /** In the order of their ids. */
  shards: readonly ShardState[];
}

export interface StreamCatalog {
  names(): readonly string[];
  find(name: string): StreamState | null;
  /** False: there is one of that name. */
  create(name: string, options: { shardCount: number; mode: StreamDescription["mode"]; nowMs: number }): boolean;
  delete(stream: StreamState): void;
  setRetentionHours(stream: StreamState, hours: number): void;
  /** Carries a plan out behind the tips of all shards; answers the shards that were closed by it. */
  reshard(stream: StreamState, plan: ReshardPlan, nowMs: number): readonly ShardState[];
  /** A closed shard of which nothing is left. */
  dropShard(stream: StreamState, shard: ShardState): void;
  saveTrim(shard: ShardState): void;
  forgetAll(): void;
}

export function createStreamCatalog(database: StoreDatabase): StreamCatalog {
  const loaded = new Map<string, StreamState>();
  const selectNames = database.prepare("SELECT name FROM streams");
  const selectStream = database.prepare("SELECT * FROM streams WHERE name = ?");
  const selectShards = database.prepare("SELECT * FROM shards WHERE stream = ? ORDER BY ordinal");
  const selectTip = database.prepare(
    `SELECT last_ms, last_counter, first_index + record_count AS next_index, end_bytes FROM chunks WHERE shard = ?
     ORDER BY last_ms DESC, last_counter DESC LIMIT 1`,
  );
  const insertStream = database.prepare(
    "INSERT INTO streams (name, mode, retention_hours, created_ms) VALUES (?, ?, ?, ?)",
  );
  const insertShard = database.prepare(
    `INSERT INTO shards (stream, ordinal, start_hash, end_hash, start_ms, start_counter)
     SELECT id, ?, ?, ?, ?, 0 FROM streams WHERE name = ?`,
  );
  const insertChild = database.prepare(
    `INSERT INTO shards
       (stream, ordinal, parent, adjacent_parent, start_hash, end_hash, start_ms, start_counter, end_ms, end_counter)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const closeShard = database.prepare("UPDATE shards SET end_ms = ?, end_counter = ? WHERE key = ?");
  const deleteShard = database.prepare("DELETE FROM shards WHERE key = ?");
  const selectChild = database.prepare("SELECT * FROM shards WHERE stream = ? AND ordinal = ?");
  const dropShards = database.prepare("INSERT INTO dropped_shards SELECT key FROM shards WHERE stream = ?");
  const deleteShards = database.prepare("DELETE FROM shards WHERE stream = ?");
  const deleteStream = database.prepare("DELETE FROM streams WHERE id = ?");
  const updateRetention = database.prepare("UPDATE streams SET retention_hours = ? WHERE id = ?");
  const updateTrim = database.prepare(
    "UPDATE shards SET trimmed_ms = ?, trimmed_counter = ?, trimmed_index = ?, trimmed_bytes = ? WHERE key = ?",
  );
  const selectFloor = database.prepare("SELECT value FROM facts WHERE name = 'position_floor_ms'");
  const raiseFloor = database.prepare(
    `INSERT INTO facts (name, value) VALUES ('position_floor_ms', ?)
     ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)`,
  );

  function load(name: string): StreamState | null {
    const row = selectStream.get(name);
    if (row === undefined) return null;
    const stream: StreamState = {
      id: Number(row["id"]),
      name,
      mode: row["mode"] === "ON_DEMAND" ? "ON_DEMAND" : "PROVISIONED",
      retentionHours: Number(row["retention_hours"]),
      createdAtMs: Number(row["created_ms"]),
      shards: selectShards.all(Number(row["id"])).map((each) => shardFromRow(name, each)),
    };
    loaded.set(name, stream);
    return stream;
  }

  function shardFromRow(name: string, row: Readonly<Record<string, unknown>>): ShardState {
    const key = Number(row["key"]);
    const trimmed: Extent = {
      place: placeOrNull(row["trimmed_ms"], row["trimmed_counter"]),
      nextIndex: Number(row["trimmed_index"]),
      endBytes: Number(row["trimmed_bytes"]),
    };
    const last = selectTip.get(key);
    const tip: Extent =
      last === undefined
        ? trimmed
        : {
            place: placeOrNull(last["last_ms"], last["last_counter"]),
            nextIndex: Number(last["next_index"]),
            endBytes: Number(last["end_bytes"]),
          };
    return {
      key,
      id: shardIdIn(name, Number(row["ordinal"]), Number(row["start_ms"])),
      parentId: textOrNull(row["parent"]),
      adjacentParentId: textOrNull(row["adjacent_parent"]),
      range: { start: String(row["start_hash"]), end: String(row["end_hash"]) },
      start: { ms: Number(row["start_ms"]), counter: Number(row["start_counter"]) },
      end: placeOrNull(row["end_ms"], row["end_counter"]),
      tip,
      trimmed,
      // Rows may have been left behind the trim; the first sweep looks.
      sweptIndex: 0,
      oldestMs: Number.NEGATIVE_INFINITY,
    };
  }

  return {
    names: () =>
      selectNames
        .all()
        .map((row) => String(row["name"]))
        .sort(),
    find: (name) => loaded.get(name) ?? load(name),
    create(name, { shardCount, mode, nowMs }) {
      if (selectStream.get(name) !== undefined) return false;
      const startMs = Math.max(nowMs, Number(selectFloor.get()?.["value"] ?? 0) + 1);
      insertStream.run(name, mode, DEFAULT_RETENTION_HOURS, nowMs);
      for (const [ordinal, range] of evenRanges(shardCount).entries())
        insertShard.run(ordinal, range.start, range.end, startMs, name);
      return true;
    },
    delete(stream) {
      raiseFloor.run(Math.max(...stream.shards.map((shard) => Math.max(shard.start.ms, shard.tip.place?.ms ?? 0))));
      dropShards.run(stream.id);
      deleteShards.run(stream.id);
      deleteStream.run(stream.id);
      loaded.delete(stream.name);
    },
    setRetentionHours(stream, hours) {
      updateRetention.run(hours, stream.id);
      stream.retentionHours = hours;
      for (const shard of stream.shards) shard.oldestMs = Number.NEGATIVE_INFINITY;
    },
    reshard(stream, plan, nowMs) {
      const cut = behindTips(stream, nowMs);
      const endOfStep = (step: number): Place => ({ ms: cut.ms, counter: cut.counter + 2 * step });
      const closed: ShardState[] = [];
      for (const { id, atStep } of plan.closed) {
        const shard = stream.shards.find((each) => each.id === id);
        if (shard === undefined) continue;
        shard.end = endOfStep(atStep);
        closeShard.run(shard.end.ms, shard.end.counter, shard.key);
        closed.push(shard);
      }
      const children: ShardState[] = [];
      for (const child of plan.opened) {
        const end = child.closedAtStep === null ? null : endOfStep(child.closedAtStep);
        insertChild.run(
          stream.id,
          child.ordinal,
          child.parentId,
          child.adjacentParentId,
          hexFromHashKey(child.start),
          hexFromHashKey(child.end),
          cut.ms,
          endOfStep(child.openedAtStep).counter + 1,
          end?.ms ?? null,
          end?.counter ?? null,
        );
        const row = selectChild.get(stream.id, child.ordinal);
        if (row !== undefined) children.push(shardFromRow(stream.name, row));
      }
      stream.shards = [...stream.shards, ...children];
      return closed;
    },
    dropShard(stream, shard) {
      deleteShard.run(shard.key);
      stream.shards = stream.shards.filter((each) => each !== shard);
    },
    saveTrim({ key, trimmed }) {
      const { place } = trimmed;
      updateTrim.run(place?.ms ?? null, place?.counter ?? null, trimmed.nextIndex, trimmed.endBytes, key);
    },
    forgetAll: () => loaded.clear(),
  };
}

export function describeStream(stream: StreamState): StreamDescription {
  return {
    name: stream.name,
    status: "ACTIVE",
    mode: stream.mode,
    shards: stream.shards.map((shard) => describeShard(familyOf(stream.name), shard)),
    retentionHours: stream.retentionHours,
    createdAtMs: stream.createdAtMs,
    isPlain: false,
  };
}

function describeShard(family: StreamFamily, shard: ShardState): ShardDescription {
  return {
    id: shard.id,
    parentId: shard.parentId,
    adjacentParentId: shard.adjacentParentId,
    startingHashKey: decimalFromHex(shard.range.start),
    endingHashKey: decimalFromHex(shard.range.end),
    startingSequenceNumber: positionFromPlace(family, shard.start),
    endingSequenceNumber: shard.end === null ? null : positionFromPlace(family, shard.end),
  };
}

/** A place that no record of the stream has reached. */
function behindTips(stream: StreamState, nowMs: number): Place {
  let cut: Place = { ms: nowMs, counter: 0 };
  for (const { start, tip } of stream.shards) {
    const last = tip.place ?? start;
    if (!isBefore(last, cut)) cut = { ms: last.ms, counter: last.counter + 1 };
  }
  return cut;
}

function placeOrNull(ms: unknown, counter: unknown): Place | null {
  return typeof ms === "number" && typeof counter === "number" ? { ms, counter } : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
