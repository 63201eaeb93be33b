// A stream in the world: shards of records in memory, readers that wait, faults where the world says so. It stands for a store as
// the runtime sees one, by the contract of src/ports/source.ts.

import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { StreamFamily } from "../kinds/stream-family.ts";
import type { StreamKind } from "../kinds/stream-kind.ts";
import type { Clock } from "../ports/clock.ts";
import type { Position, Read, ResolveAnswer, Room } from "../ports/source.ts";
import type { Source, SourceProblem, Start, Unit, UnitId } from "../ports/source.ts";
import { remembered } from "./remembered.ts";
import { VirtualEntry } from "./virtual-entry.ts";
import { createPlace, type Place, positionAt } from "./virtual-place.ts";
import { wakeAfter } from "./wake-after.ts";

/** Hash keys as 32 hexadecimal digits each, both ends included. */
export interface HashKeys {
  readonly start: string;
  readonly end: string;
}

interface Shard {
  readonly id: UnitId;
  /** What its records have in common. */
  readonly of: { readonly shard: UnitId; readonly family: StreamFamily };
  readonly parents: readonly UnitId[];
  readonly hashKeys: HashKeys | null;
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

/** What it does to another question. */
export interface AskFate {
  readonly delayMs: number;
  readonly problem: SourceProblem | null;
}

export interface StreamFates {
  read(unit: UnitId): ReadFate;
  ask(): AskFate;
}

export interface OpenShard {
  readonly id: UnitId;
  readonly hashKeys: HashKeys | null;
}

export interface VirtualStream {
  /** A shard without hash keys takes only what is put to it by name. */
  addShard(id: UnitId, parents: readonly UnitId[], hashKeys?: HashKeys): void;
  closeShard(id: UnitId): void;
  /** In the order in which they were added. */
  openShards(): readonly OpenShard[];
  /** All of them, closed ones too, in the order in which they were added. */
  shardIds(): readonly UnitId[];
  /** The open shard that takes this hash key. */
  shardOf(hashKey: string): UnitId;
  /** Appends at the clock's instant, or as if it had arrived at `arrivedAtMs`; answers what stands there. */
  put(
    shard: UnitId,
    record: { readonly key: string; readonly data: Uint8Array; readonly arrivedAtMs?: number },
  ): VirtualEntry;
  /** All that a shard has taken, in order, what was taken away too. */
  records(unit: UnitId): Iterable<VirtualEntry>;
  /** The last that it has taken; null: it has taken none. */
  last(unit: UnitId): VirtualEntry | null;
  /** Takes the oldest `count` records away; answers the last one's position, or null. */
  trim(shard: UnitId, count: number): Position | null;
  /** What every question meets from now on; null: none. An outage goes on beside it. */
  setProblem(problem: SourceProblem | null): void;
  /** The stream cannot be reached for so long; of several at once each has its own time. */
  outage(forMs: number, problem?: SourceProblem): void;
  /** The stream is gone with all that was in it, until a shard is added. */
  remove(): void;
  source(kind: StreamKind, fates: StreamFates): Source<KinesisRecord>;
}

/** Nothing goes wrong and nothing takes time. */
export const calmFates: StreamFates = {
  read: () => ({ delayMs: 0, problem: null, repeatCount: 0 }),
  ask: () => ({ delayMs: 0, problem: null }),
};

/** Of an outage. */
const unreachable: SourceProblem = {
  code: "unreachable",
  text: "PROBLEM: Connection error. Please check your event source connection configuration.",
  detail: "the simulated source cannot be reached",
};

const encoder = new TextEncoder();
const missing: SourceProblem = { code: "missing", text: "PROBLEM: Stream not found.", detail: "it was removed" };
const madeAnew: SourceProblem = { ...missing, detail: "it was made anew" };

export function createVirtualStream(clock: Clock, family: StreamFamily = "kinesis"): VirtualStream {
  const shards = new Map<UnitId, Shard>();
  let problem: SourceProblem | null = null;
  const outages = new Set<{ readonly problem: SourceProblem }>();
  let isRemoved = false;
  const keyBytes = remembered((key: string) => encoder.encode(key));
  let shardTaking = remembered(openShardFor);
  /** Over all shards: no two records of the stream have one number. */
  let lastMs = 0;
  let lastMsText = "0-";
  let lastCounter = 0;

  function nextEntryId(nowMs: number): string {
    lastCounter += 1;
    if (nowMs > lastMs) {
      lastMs = nowMs;
      lastMsText = `${nowMs}-`;
      lastCounter = 0;
    }
    return lastMsText + lastCounter;
  }

  /** The shard that takes a hash key, until another set of them is open. */
  function openShardFor(hashKey: string): UnitId {
    for (const { id, hashKeys, isClosed } of shards.values()) {
      if (!isClosed && hashKeys !== null && hashKeys.start <= hashKey && hashKey <= hashKeys.end) return id;
    }
    throw new Error(`no shard of the world takes the hash key ${hashKey}`);
  }

  const shardNamed = (id: UnitId): Shard => {
    const shard = shards.get(id);
    if (shard === undefined) throw new Error(`the world has no shard ${id}`);
    return shard;
  };

  function problemNow(): SourceProblem | null {
    const [first] = outages;
    return problem ?? first?.problem ?? null;
  }

  function wakeAll(): void {
    for (const shard of shards.values()) wake(shard);
  }

  function wake(shard: Shard): void {
    if (shard.waiting.size === 0) return;
    const waiting = [...shard.waiting];
    shard.waiting.clear();
    for (const each of waiting) each();
  }

  /** An answer of the world, or the trouble that the stream or this question has. */
  function ask<T>(fates: StreamFates, answer: () => T) {
    const fate = fates.ask();
    return answerAt(clock, clock.nowMs() + fate.delayMs, () => {
      const met = problemNow() ?? (isRemoved ? missing : fate.problem);
      return met === null ? answer() : ({ kind: "problem", problem: met } as const);
    });
  }

  function openReader(first: Shard, makePlace: (shard: Shard, before: Place | null) => Place, fates: StreamFates) {
    let shard = first;
    let place = makePlace(first, null);
    let isClosed = false;
    let isMissed = false;

    /** Takes up the shard of this name that there is now: a stream made anew has others. It is said once that it was away. */
    function troubleOfShard(): SourceProblem | null {
      const now = shards.get(shard.id);
      const wasMissed = isMissed;
      isMissed = now === undefined;
      if (now === undefined) return missing;
      if (now === shard) return null;
      shard = now;
      place = makePlace(now, place);
      return wasMissed ? null : madeAnew;
    }

    return {
      read: (room: Room, signal: AbortSignal) =>
        new Promise<Read<KinesisRecord>>((resolve) => {
          const fate = fates.read(shard.id);
          const look = (): void => {
            if (isClosed || signal.aborted) return;
            const met = problemNow() ?? troubleOfShard() ?? fate.problem;
            if (met !== null) {
              place.forgetTip();
              return resolve({ kind: "problem", problem: met });
            }
            const read = place.next(room, fate.repeatCount);
            if (read !== null) return resolve(read);
            shard.waiting.add(() => void clock.wakeAt(clock.nowMs() + fate.delayMs, look));
          };
          clock.wakeAt(clock.nowMs() + fate.delayMs, look);
        }),
      close: () => {
        isClosed = true;
        return Promise.resolve();
      },
    };
  }

  return {
    addShard(id, parents, hashKeys) {
      isRemoved = false;
      shards.set(id, emptyShard(family, id, parents, hashKeys));
      shardTaking = remembered(openShardFor);
    },
    closeShard(id) {
      const shard = shardNamed(id);
      shard.isClosed = true;
      shardTaking = remembered(openShardFor);
      wake(shard);
    },
    openShards: () => [...shards.values()].filter(({ isClosed }) => !isClosed),
    shardIds: () => [...shards.keys()],
    shardOf: (hashKey) => shardTaking(hashKey),
    put(id, { key, data, arrivedAtMs = clock.nowMs() }) {
      const shard = shardNamed(id);
      const entryId = nextEntryId(clock.nowMs());
      const entry = new VirtualEntry(shard.of, entryId, [arrivedAtMs, clock.monotonicMs()], keyBytes(key), data);
      shard.entries.push(entry);
      wake(shard);
      return entry;
    },
    records: (id) => shardNamed(id).entries,
    last: (id) => shardNamed(id).entries.at(-1) ?? null,
    trim(id, count) {
      const shard = shardNamed(id);
      shard.trimmedCount = Math.min(shard.entries.length, shard.trimmedCount + count);
      return positionAt(shard.entries, shard.trimmedCount - 1);
    },
    setProblem(value) {
      problem = value;
      wakeAll();
    },
    outage(forMs, met = unreachable) {
      const own = { problem: met };
      outages.add(own);
      wakeAll();
      wakeAfter(clock, forMs, () => {
        outages.delete(own);
        wakeAll();
      });
    },
    remove() {
      const gone = [...shards.values()];
      isRemoved = true;
      shards.clear();
      shardTaking = remembered(openShardFor);
      for (const shard of gone) wake(shard);
    },
    source: (kind, fates) => ({
      topology: () =>
        ask(fates, () => ({
          kind: "topology" as const,
          units: [...shards.values()].map(
            ({ id, parents, isClosed, hashKeys }): Unit => ({
              id,
              parents,
              isClosed,
              ...(hashKeys === null
                ? {}
                : { hashKeys: { first: decimalOf(hashKeys.start), last: decimalOf(hashKeys.end) } }),
            }),
          ),
        })),
      resolve: (id, start) => ask(fates, () => placeOf(shardNamed(id), start)),
      open(id, after, { firstOrdinal }) {
        const makePlace = (shard: Shard, before: Place | null): Place =>
          createPlace(shard, before?.after() ?? after, before?.nextOrdinal() ?? firstOrdinal, kind);
        return openReader(shards.get(id) ?? emptyShard(family, id, []), makePlace, fates);
      },
      close: () => Promise.resolve(),
    }),
  };
}

const decimalOf = (hex: string): string => BigInt(`0x${hex}`).toString();

function emptyShard(
  family: StreamFamily,
  id: UnitId,
  parents: readonly UnitId[],
  hashKeys: HashKeys | null = null,
): Shard {
  const of = { shard: id, family };
  return { id, of, parents, hashKeys, entries: [], trimmedCount: 0, isClosed: false, waiting: new Set() };
}

/** Resolves at an instant of the world with what is true then. */
export function answerAt<T>(clock: Clock, atMs: number, answer: () => T): Promise<T> {
  return new Promise((resolve) => {
    clock.wakeAt(atMs, () => resolve(answer()));
  });
}

function placeOf({ entries, trimmedCount }: Shard, start: Start): ResolveAnswer {
  switch (start.kind) {
    case "after":
      return resolved(start.position);
    case "trimHorizon":
      return resolved(positionAt(entries, trimmedCount - 1));
    case "latest":
      return resolved(positionAt(entries, entries.length - 1), entries.length - trimmedCount);
    case "atTimestamp": {
      const from = entries.findIndex((each) => each.arrivedAtMs >= start.atMs);
      return resolved(positionAt(entries, (from < 0 ? entries.length : from) - 1));
    }
  }
}

const resolved = (after: Position | null, earlierCount: number | null = null): ResolveAnswer => ({
  kind: "resolved",
  after,
  earlierCount,
});
