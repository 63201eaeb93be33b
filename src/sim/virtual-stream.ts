// A stream in the world: shards of records in memory, readers that wait, faults where the world says so. It stands for a store as
// the runtime sees one, by the contract of src/ports/source.ts.

import type { KinesisEventContext, KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import { kinesisConstantBytes, kinesisRecordSizeBytes } from "../kinds/kinesis/record-size.ts";
import { entryIdFromSequenceNumber, sequenceNumberFromEntryId } from "../kinds/kinesis/sequence-number.ts";
import type { Clock } from "../ports/clock.ts";
import type { Lost, Position, Read, Room, Source, SourceProblem, Unit, UnitId } from "../ports/source.ts";

export interface VirtualEntry {
  readonly entryId: string;
  readonly arrivedAtMs: number;
  readonly partitionKey: Uint8Array;
  readonly data: Uint8Array;
}

interface Shard {
  readonly unit: Unit;
  readonly entries: VirtualEntry[];
  trimmedCount: number;
  isClosed: boolean;
  readonly waiting: Set<() => void>;
}

/** What the world does to one read: how late it comes, and whether it fails or hands something out again. */
export interface ReadFate {
  readonly delayMs: number;
  readonly problem: SourceProblem | null;
  /** Records before the place that are handed out once more: at least once, as a store may. */
  readonly repeatCount: number;
}

export interface VirtualStream {
  addShard(id: UnitId, parents: readonly UnitId[]): void;
  closeShard(id: UnitId): void;
  /** Appends at the clock's instant, or at `arrivedAtMs`; answers the record's position. */
  put(
    shard: UnitId,
    record: { readonly key: string; readonly data: Uint8Array; readonly arrivedAtMs?: number },
  ): Position;
  /** Takes the oldest `count` records away; answers the last one's position, or null. */
  trim(shard: UnitId, count: number): Position | null;
  /** The stream itself goes and comes back. */
  setMissing(isMissing: boolean): void;
  source(context: KinesisEventContext, fate: (unit: UnitId) => ReadFate): Source<KinesisRecord>;
}

const encoder = new TextEncoder();

export function createVirtualStream(clock: Clock): VirtualStream {
  const shards = new Map<UnitId, Shard>();
  let isMissing = false;

  const shardOf = (id: UnitId): Shard => {
    const shard = shards.get(id);
    if (shard === undefined) throw new Error(`the world has no shard ${id}`);
    return shard;
  };

  function wake(shard: Shard): void {
    const waiting = [...shard.waiting];
    shard.waiting.clear();
    for (const each of waiting) each();
  }

  return {
    addShard(id, parents) {
      const unit = { id, parents, isClosed: false };
      shards.set(id, { unit, entries: [], trimmedCount: 0, isClosed: false, waiting: new Set() });
    },
    closeShard(id) {
      const shard = shardOf(id);
      shard.isClosed = true;
      wake(shard);
    },
    put(id, { key, data, arrivedAtMs = clock.nowMs() }) {
      const shard = shardOf(id);
      const entryId = nextEntryId(shard.entries.at(-1)?.entryId ?? "0-0", clock.nowMs());
      shard.entries.push({ entryId, arrivedAtMs, partitionKey: encoder.encode(key), data });
      wake(shard);
      return sequenceNumberFromEntryId(entryId);
    },
    trim(id, count) {
      const shard = shardOf(id);
      shard.trimmedCount = Math.min(shard.entries.length, shard.trimmedCount + count);
      const last = shard.entries[shard.trimmedCount - 1];
      return last === undefined ? null : sequenceNumberFromEntryId(last.entryId);
    },
    setMissing(value) {
      isMissing = value;
      for (const shard of shards.values()) wake(shard);
    },
    source: (context, fate) => ({
      topology: () =>
        answerAt(clock, clock.nowMs(), () =>
          isMissing
            ? { kind: "problem", problem: missingProblem }
            : {
                kind: "topology",
                units: [...shards.values()].map(({ unit, isClosed }) => ({ ...unit, isClosed })),
              },
        ),
      resolve: (id, start) =>
        answerAt(clock, clock.nowMs(), () => {
          const { entries, trimmedCount } = shardOf(id);
          switch (start.kind) {
            case "after":
              return { kind: "resolved", after: start.position };
            case "trimHorizon":
              return { kind: "resolved", after: positionAt(entries, trimmedCount - 1) };
            case "latest":
              return { kind: "resolved", after: positionAt(entries, entries.length - 1) };
            case "atTimestamp": {
              const from = entries.findIndex((each) => each.arrivedAtMs >= start.atMs);
              return { kind: "resolved", after: positionAt(entries, (from < 0 ? entries.length : from) - 1) };
            }
          }
        }),
      open: (id, after, { firstOrdinal }) => {
        const shard = shardOf(id);
        const reading = createPlace(shard, after, firstOrdinal, context);
        let isClosed = false;
        return {
          read: (room, signal) =>
            new Promise((resolve) => {
              const { delayMs, problem, repeatCount } = fate(id);
              const look = (): void => {
                if (isClosed || signal.aborted) return;
                if (isMissing) return resolve({ kind: "problem", problem: missingProblem });
                if (problem !== null) return resolve({ kind: "problem", problem });
                const read = reading.next(room, repeatCount);
                if (read === null) shard.waiting.add(() => void clock.wakeAt(clock.nowMs() + delayMs, look));
                else resolve(read);
              };
              clock.wakeAt(clock.nowMs() + delayMs, look);
            }),
          close: () => {
            isClosed = true;
            return Promise.resolve();
          },
        };
      },
      close: () => Promise.resolve(),
    }),
  };
}

/** Resolves at an instant of the world with what is true then. */
export function answerAt<T>(clock: Clock, atMs: number, answer: () => T): Promise<T> {
  return new Promise((resolve) => {
    clock.wakeAt(atMs, () => resolve(answer()));
  });
}

function createPlace(shard: Shard, after: Position | null, firstOrdinal: number, context: KinesisEventContext) {
  const constantBytes = kinesisConstantBytes(context, shard.unit.id);
  let index = indexBehind(shard.entries, after);
  let ordinal = firstOrdinal;
  let wasCaughtUp = false;

  function recordFrom(entry: VirtualEntry): KinesisRecord {
    const { partitionKey, data, arrivedAtMs } = entry;
    const sizeBytes = kinesisRecordSizeBytes(constantBytes, { partitionKey, dataBytes: data.length, arrivedAtMs });
    return { ...entry, ordinal: ordinal++, sizeBytes };
  }

  return {
    /** Null: nothing to say now. */
    next(room: Room, repeatCount: number): Read<KinesisRecord> | null {
      let lost: Lost | null = null;
      if (index < shard.trimmedCount) {
        const count = shard.trimmedCount - index;
        lost = {
          after: positionAt(shard.entries, index - 1),
          before: positionAt(shard.entries, shard.trimmedCount),
          count,
        };
        index = shard.trimmedCount;
      }
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

const missingProblem: SourceProblem = {
  code: "missing",
  text: "PROBLEM: Stream not found: the world's stream",
  detail: "the world's stream is not there",
};

function positionAt(entries: readonly VirtualEntry[], index: number): Position | null {
  const entry = entries[index];
  return entry === undefined ? null : sequenceNumberFromEntryId(entry.entryId);
}

function indexBehind(entries: readonly VirtualEntry[], after: Position | null): number {
  if (after === null) return 0;
  const id = entryIdFromSequenceNumber(after);
  const index = entries.findIndex((each) => each.entryId === id);
  return index < 0 ? entries.filter((each) => sequenceNumberFromEntryId(each.entryId) <= after).length : index + 1;
}

function nextEntryId(lastId: string, nowMs: number): string {
  const [ms = "0", counter = "0"] = lastId.split("-");
  return nowMs > Number(ms) ? `${nowMs}-0` : `${ms}-${Number(counter) + 1}`;
}
