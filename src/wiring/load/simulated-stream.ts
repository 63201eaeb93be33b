// A Kinesis stream or a table's stream in a simulated load run. Its records arrive when the plan says, and are handed to the runtime no
// sooner and, where that makes no difference, later: several at once cost what one does.
//
// SS1 A record is kept back only while no lane of its shard could do anything with it: all have a call out, or a window that goes on and a
//     batch with room. The record that fills a batch is handed over as it arrives, and so is one that finds nothing waiting.
// SS2 Before anything but an arrival happens in the world, all that is kept back is handed over. So no lane ever decides without a record
//     that has arrived.
// SS3 With tumbling windows nothing is kept back: they end by the silence behind a record.

import type { Lane } from "../../core/lane-state.ts";
import { laneOf } from "../../core/lane-key.ts";
import type { Rec } from "../../core/record.ts";
import { type EventSizing, eventSizeBytes } from "../../kinds/event-sizing.ts";
import type { KinesisRecord } from "../../kinds/kinesis/kinesis-record.ts";
import { createStreamKind } from "../../kinds/mapping-kind.ts";
import { familyOf, positionFromEntryId, type StreamFamily } from "../../kinds/stream-family.ts";
import type { StreamKind } from "../../kinds/stream-kind.ts";
import type { SentRecord } from "../../load/observation.ts";
import type { PlannedRecord } from "../../load/plan/planned-record.ts";
import type { Entry } from "../../ports/journal.ts";
import { isStreamSpec, type MappingSpec, type StreamSpec } from "../../ports/mapping-spec.ts";
import type { Read, Reader, Room, Source, UnitId } from "../../ports/source.ts";
import { createMappingRunner, type MappingRunner, type UnitsRunner } from "../../runtime/mapping-runner.ts";
import { remembered } from "../../sim/remembered.ts";
import {
  decimalFromHex,
  evenRanges,
  type HashRange,
  hexHashKeyOf,
  rangeIndexOf,
  shardIdIn,
} from "../../stores/partitioner.ts";
import { modelEventText, type RunnerPorts, type SimulatedSource, type SourceWorld } from "./simulated-source.ts";

/** What a record is in its stream; null: a write that changes nothing (D-7). */
export type StreamContent = (record: PlannedRecord) => Content | null;

export interface Content {
  readonly key: string;
  readonly dataBytes: number;
  /** Its text may be made anew at each reading. */
  readonly held: { readonly data: string };
}

export interface SimulatedStreamOptions extends SourceWorld {
  /** As the stores have it: `dynamodb/TABLE/LABEL` of a table. */
  readonly streamName: string;
  readonly shardCount: number;
  readonly sourceArn: string | null;
  readonly contentOf: StreamContent;
}

/** Records that may arrive before one of them makes a difference, and bytes. */
interface Need {
  records: number;
  bytes: number;
}

interface Shard {
  readonly id: UnitId;
  readonly hashKeys: HashRange;
  /** Arrived; those from `from` on are not handed over. */
  kept: StreamRecord[];
  from: number;
  nextOrdinal: number;
  wasCaughtUp: boolean;
  isDue: boolean;
  /** A lane each; looked up anew once `isLookedAt` is false. */
  needs: readonly Need[];
  isLookedAt: boolean;
  waiting: { readonly room: Room; readonly resolve: (read: Read<KinesisRecord>) => void } | null;
  sizing: EventSizing | null;
}

/** What the records of one key have in common. */
interface Keyed {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly shard: Shard;
  readonly lane: number;
}

/** What all of the stream's records have in common. */
interface Stream {
  readonly family: StreamFamily;
  readonly isDataRead: boolean;
  startedAtMs: number;
  matches: (record: KinesisRecord) => boolean;
}

export function createSimulatedStream(options: SimulatedStreamOptions): SimulatedSource {
  const { clock, streamName, isDataRead, contentOf } = options;
  const stream: Stream = { family: familyOf(streamName), isDataRead, startedAtMs: 0, matches: () => true };
  const ranges = evenRanges(options.shardCount);
  const shards = ranges.map((hashKeys, index) => newShard(shardIdIn(streamName, index, clock.nowMs()), hashKeys));
  const byId = new Map(shards.map((each) => [each.id, each]));
  const sent: StreamRecord[] = [];
  /** Shards in which something is kept back, each once. */
  let keeping: Shard[] = [];
  let refusedCount = 0;
  let runner: UnitsRunner<KinesisRecord> | null = null;
  let spec: StreamSpec | null = null;
  let envelopeBytes = 0;
  let lastMs = 0;
  let counter = 0;
  const keyed = remembered((key: string): Keyed => {
    const bytes = Buffer.from(key);
    const shard = shards[rangeIndexOf(ranges, hexHashKeyOf(key))];
    if (shard === undefined) throw new Error(`no shard takes the key ${key}`);
    return { key, bytes, shard, lane: laneOf(bytes, spec?.parallelizationFactor ?? 1) };
  });

  function runnerOf(given: MappingSpec, ports: RunnerPorts): MappingRunner {
    if (!isStreamSpec(given)) throw new Error(`${given.eventSourceArn} is no stream`);
    const kind = kindFor(given, ports.isModelled);
    spec = given;
    envelopeBytes = kind.envelopeBytes;
    for (const shard of shards) shard.sizing = kind.sizing(shard.id);
    const filter = ports.compileFilter(given.filterPatterns);
    if (filter !== null) stream.matches = (record) => filter.passes(kind.filterView(record));
    runner = createMappingRunner<KinesisRecord>({ ...ports, spec: given, kind, source: source() });
    return runner;
  }

  function source(): Source<KinesisRecord> {
    return {
      topology: () => Promise.resolve({ kind: "topology", units: shards.map(unitOf) }),
      // It begins before the first record: every starting position is the same place.
      resolve: (_unit, start) =>
        Promise.resolve({ kind: "resolved", after: null, earlierCount: start.kind === "latest" ? 0 : null }),
      open: (id) => readerOf(byId.get(id)),
      close: () => Promise.resolve(),
    };
  }

  function readerOf(shard: Shard | undefined): Reader<KinesisRecord> {
    if (shard === undefined) throw new Error("the plan's stream has no such shard");
    return {
      read: (room) =>
        new Promise((resolve) => {
          shard.waiting = { room, resolve };
          shard.isLookedAt = false;
          if (keptCount(shard) > 0 || !shard.wasCaughtUp) give(shard);
        }),
      close() {
        shard.waiting = null;
        return Promise.resolve();
      },
    };
  }

  function give(shard: Shard): void {
    const { waiting } = shard;
    if (waiting === null) return;
    shard.waiting = null;
    shard.isLookedAt = false;
    shard.isDue = false;
    const records = taken(shard, waiting.room);
    shard.wasCaughtUp = keptCount(shard) === 0;
    waiting.resolve({ kind: "records", records, isCaughtUp: shard.wasCaughtUp, lost: null });
  }

  /** Whether this arrival makes a difference by itself (SS1). */
  function isWanted(shard: Shard, lane: number, sizeBytes: number): boolean {
    const { waiting } = shard;
    if (waiting === null || shard.isDue) return false;
    if (options.isKeptBackNever || spec === null || spec.lane.tumblingMs > 0) return true;
    if (keptCount(shard) >= waiting.room.records) return true;
    if (!shard.isLookedAt) {
      shard.isLookedAt = true;
      shard.needs = (runner?.lanesOf(shard.id) ?? []).map(needOf);
    }
    const need = shard.needs[lane];
    if (need === undefined) return true;
    need.records -= 1;
    need.bytes -= sizeBytes + 1;
    return need.records <= 0 || need.bytes < 0;
  }

  /** A lane at rest that has records has an open batch with room for more, or it would have closed. */
  function needOf({ phase, stack, waiting, open }: Lane<Rec>): Need {
    if (phase.kind !== "ready" || stack.length > 0) return { records: Infinity, bytes: Infinity };
    if (waiting.count === 0 || open === null || spec === null) return { records: 1, bytes: 0 };
    const { batchSize, eventLimitBytes } = spec.lane;
    return { records: batchSize - open.count, bytes: eventLimitBytes - envelopeBytes - open.recordBytes };
  }

  function put(record: PlannedRecord, startedAtMs: number, nowMs: number): void {
    const content = contentOf(record);
    if (content === null) {
      refusedCount += 1;
      return;
    }
    counter += 1;
    if (nowMs > lastMs) {
      lastMs = nowMs;
      counter = 0;
    }
    const of = keyed(content.key);
    const { shard } = of;
    const made = new StreamRecord(record, content, { stream, of, counter, sinceMs: nowMs - startedAtMs });
    const { sizing } = shard;
    if (sizing !== null) made.sizeBytes = eventSizeBytes(sizing, sized(made, content));
    made.ordinal = shard.nextOrdinal++;
    sent.push(made);
    if (keptCount(shard) === 0) keeping.push(shard);
    shard.kept.push(made);
    if (isWanted(shard, of.lane, made.sizeBytes)) shard.isDue = true;
  }

  return {
    sourceArn: options.sourceArn,
    unitCount: shards.length,
    lookups: {
      streams: {
        find: (name) =>
          Promise.resolve(name === streamName ? { kind: "found", address: addressOf(name) } : { kind: "missing" }),
        addressOf,
      },
    },
    runnerOf,
    put(records, startedAtMs) {
      const nowMs = clock.nowMs();
      stream.startedAtMs = startedAtMs;
      for (const record of records) put(record, startedAtMs, nowMs);
    },
    handOver(which) {
      let isAny = false;
      for (const shard of keeping) {
        // What happens next may change what its lanes can do.
        if (which === "all") shard.isLookedAt = false;
        if (shard.waiting === null || (which === "due" && !shard.isDue)) continue;
        give(shard);
        isAny = true;
      }
      if (isAny) keeping = keeping.filter((shard) => keptCount(shard) > 0);
      return isAny;
    },
    sent,
    refusedCount: () => refusedCount,
    endedBy: streamEnds,
    isAtRest: () =>
      shards.every(({ id }) =>
        (runner?.lanesOf(id) ?? []).every(({ phase, tumbling }) => phase.kind !== "inFlight" && tumbling === null),
      ),
    close: () => undefined,
  };
}

/** Records that an entry of a mapping on a stream ends; those that are given up end with their document, where there is one. */
export function streamEnds(entry: Entry): number {
  switch (entry.kind) {
    case "decided": {
      if (entry.verdict === "done") return entry.recordCount;
      const kept = entry.next.reduce((sum, { recordCount }) => sum + recordCount, 0);
      return entry.verdict === "rest" ? entry.recordCount - kept : 0;
    }
    case "gave-up":
      return entry.destination === null ? entry.recordCount : 0;
    case "reported":
      return entry.recordCount;
    case "read":
      return entry.filteredCount;
    default:
      return 0;
  }
}

const keptCount = ({ kept, from }: Shard): number => kept.length - from;

function taken(shard: Shard, room: Room): readonly StreamRecord[] {
  const { kept, from } = shard;
  let to = from;
  let bytes = 0;
  while (to < kept.length && to - from < room.records && bytes < room.bytes) bytes += kept[to++]?.sizeBytes ?? 0;
  if (to === kept.length) {
    shard.kept = [];
    shard.from = 0;
    return from === 0 ? kept : kept.slice(from);
  }
  shard.from = to;
  // What has been handed over is let go of once it is the larger part.
  if (to * 2 > kept.length) {
    shard.kept = kept.slice(to);
    shard.from = 0;
  }
  return kept.slice(from, to);
}

function kindFor(spec: StreamSpec, isModelled: boolean): StreamKind {
  const kind = createStreamKind(spec);
  if (!isModelled) return kind;
  const isPoison = (record: KinesisRecord): boolean => record instanceof StreamRecord && record.isPoison;
  return { ...kind, text: (_unit, records) => modelEventText(records, isPoison, (record) => kind.identifier(record)) };
}

const sized = ({ partitionKey, arrivedAtMs }: StreamRecord, { dataBytes }: Content) => ({
  partitionKey,
  arrivedAtMs,
  dataBytes,
});

const addressOf = (streamName: string) => ({
  kind: familyOf(streamName) === "kinesis" ? ("embeddedKinesis" as const) : ("embeddedDynamodb" as const),
  streamName,
});

const unitOf = ({ id, hashKeys }: Shard) => ({
  id,
  parents: [],
  isClosed: false,
  hashKeys: { first: decimalFromHex(hashKeys.start), last: decimalFromHex(hashKeys.end) },
});

const newShard = (id: UnitId, hashKeys: HashRange): Shard => ({
  id,
  hashKeys,
  kept: [],
  from: 0,
  nextOrdinal: 0,
  wasCaughtUp: false,
  isDue: false,
  needs: [],
  isLookedAt: false,
  waiting: null,
  sizing: null,
});

/** As the runtime reads it, and as the observation tells it. There may be millions: whole numbers from the run's beginning are small. */
class StreamRecord implements KinesisRecord, SentRecord {
  ordinal = 0;
  sizeBytes = 0;
  readonly bytes: number;
  readonly isPoison: boolean;
  readonly #plannedMs: number;
  readonly #sinceMs: number;
  readonly #counter: number;
  readonly #of: Keyed;
  readonly #stream: Stream;
  readonly #held: Content["held"] | null;

  constructor(
    { atMs, bytes, isPoison }: PlannedRecord,
    { held }: Content,
    made: { readonly stream: Stream; readonly of: Keyed; readonly counter: number; readonly sinceMs: number },
  ) {
    this.bytes = bytes;
    this.isPoison = isPoison;
    this.#plannedMs = atMs;
    this.#sinceMs = made.sinceMs;
    this.#counter = made.counter;
    this.#of = made.of;
    this.#stream = made.stream;
    this.#held = made.stream.isDataRead ? held : null;
  }

  get arrivedAtMs(): number {
    return this.#stream.startedAtMs + this.#sinceMs;
  }

  get plannedAtMs(): number {
    return this.#stream.startedAtMs + this.#plannedMs;
  }

  get sentAtMs(): number {
    return this.plannedAtMs;
  }

  get entryId(): string {
    return `${this.arrivedAtMs}-${this.#counter}`;
  }

  get partitionKey(): Uint8Array {
    return this.#of.bytes;
  }

  get data(): Uint8Array {
    return Buffer.from(this.#held?.data ?? "");
  }

  get key(): string {
    return this.#of.key;
  }

  get unit(): UnitId {
    return this.#of.shard.id;
  }

  get id(): string {
    return positionFromEntryId(this.#stream.family, this.entryId);
  }

  get isMatching(): boolean {
    return this.#stream.matches(this);
  }
}
