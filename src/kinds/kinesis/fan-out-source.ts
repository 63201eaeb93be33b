// A stream as a registered consumer reads it (P-5, P-10): KPL aggregates are taken apart, and a consumer that is registered no more reads
// nothing. It stands around the stream's own source; where that reads from is none of its affair.
//
// F1  What one read of the stream brings is handed out before the next: room is kept to by the record, also where one record becomes many
//     (S2).
// F2  Ordinals are dense over what is handed out, dropped aggregates included.
// F3  Once the consumer is gone, what has been read and not handed out is kept: should it be there again, nothing was passed over.

import type {
  Lost,
  Read,
  Reader,
  ResolveAnswer,
  Room,
  Source,
  SourceProblem,
  TopologyAnswer,
  Unit,
  UnitId,
} from "../../ports/source.ts";
import { eventSizeBytes, type EventSizing } from "../event-sizing.ts";
import type { StreamKind } from "../stream-kind.ts";
import type { KinesisRecord } from "./kinesis-record.ts";
import { type InnerRecord, looksAggregated, type Md5, parseAggregate } from "./kpl-aggregate.ts";

/** Whether the consumer is registered. */
export interface ConsumerWatch {
  /** Null: it is. Asked before each read; it need not look anew while nothing has been told. */
  trouble(): Promise<SourceProblem | null>;
  /** The stream that is there now was made then: on another than its own a consumer is registered no more. */
  streamIs(createdAtMs: number): void;
  /** Calls back once, when it may have gone. Answers a function that ends the watch. */
  onGone(listener: () => void): () => void;
}

export interface FanOutOptions {
  readonly source: Source<KinesisRecord>;
  readonly kind: StreamKind;
  readonly watch: ConsumerWatch;
  readonly md5: Md5;
}

export function createFanOutSource({ source, kind, watch, md5 }: FanOutOptions): Source<KinesisRecord> {
  const units = new Map<UnitId, Unit>();
  return {
    async topology(): Promise<TopologyAnswer> {
      const problem = await watch.trouble();
      if (problem !== null) return { kind: "problem", problem };
      const answer = await source.topology();
      if (answer.kind === "problem") return answer;
      if (answer.streamCreatedAtMs !== undefined) watch.streamIs(answer.streamCreatedAtMs);
      const strange = await watch.trouble();
      if (strange !== null) return { kind: "problem", problem: strange };
      for (const unit of answer.units) units.set(unit.id, unit);
      return answer;
    },
    async resolve(unit, start): Promise<ResolveAnswer> {
      const problem = await watch.trouble();
      return problem === null ? source.resolve(unit, start) : { kind: "problem", problem };
    },
    open(unit, after, { firstOrdinal }) {
      const inner = source.open(unit, after, { firstOrdinal });
      const isWithin = rangeTest(units.get(unit));
      return openReader({ inner, sizing: kind.sizing(unit), isWithin, firstOrdinal, watch, md5 });
    },
    close: () => source.close(),
  };
}

function rangeTest(unit: Unit | undefined): (record: InnerRecord) => boolean {
  if (unit?.hashKeys === undefined) return () => true;
  const [first, last] = [BigInt(unit.hashKeys.first), BigInt(unit.hashKeys.last)];
  return ({ hashKey }) => first <= hashKey && hashKey <= last;
}

/** A record to hand out, or an aggregate that has ended: `droppedCount` of its records are not delivered. */
interface Item {
  readonly record: KinesisRecord;
  readonly droppedCount: number | null;
}

function openReader(options: {
  readonly inner: Reader<KinesisRecord>;
  readonly sizing: EventSizing;
  readonly isWithin: (record: InnerRecord) => boolean;
  readonly firstOrdinal: number;
  readonly watch: ConsumerWatch;
  readonly md5: Md5;
}): Reader<KinesisRecord> {
  const { inner, sizing, isWithin, watch } = options;
  let ordinal = options.firstOrdinal;
  let items: Item[] = [];
  let isCaughtUp = false;
  let lost: Lost | null = null;
  /** The stream's own read that is under way, or whose answer has not been handed out. */
  let reading: Promise<Read<KinesisRecord>> | null = null;
  let abort = new AbortController();
  let stopWatching = (): void => undefined;

  async function read(room: Room, signal: AbortSignal): Promise<Read<KinesisRecord>> {
    const problem = await watch.trouble();
    if (problem !== null) return { kind: "problem", problem };
    if (items.length > 0) return handOut(room);
    if (reading === null) {
      abort = new AbortController();
      reading = inner.read(room, abort.signal);
    }
    const onAbort = (): void => abort.abort();
    signal.addEventListener("abort", onAbort, { once: true });
    const answer = await unlessGone(reading);
    signal.removeEventListener("abort", onAbort);
    // F3: the read goes on and is asked again.
    if (answer === "gone") return read(room, signal);
    reading = null;
    if (answer.kind !== "records") return answer;
    items = answer.records.flatMap(taken);
    ({ isCaughtUp, lost } = answer);
    return handOut(room);
  }

  function unlessGone(answer: Promise<Read<KinesisRecord>>): Promise<Read<KinesisRecord> | "gone"> {
    return new Promise((resolve, reject) => {
      stopWatching = watch.onGone(() => resolve("gone"));
      answer.then(
        (each) => {
          stopWatching();
          resolve(each);
        },
        (error: unknown) => {
          stopWatching();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  function taken(record: KinesisRecord): readonly Item[] {
    const parsed = looksAggregated(record.data) ? parseAggregate(record.data, options.md5) : null;
    if (parsed === null) return [{ record, droppedCount: null }];
    if (!parsed.every(isWithin)) return [{ record, droppedCount: parsed.length }];
    return parsed.map((each, index) => ({
      record: innerOf(record, each, { sizing, isLast: index === parsed.length - 1 }),
      droppedCount: null,
    }));
  }

  function handOut(room: Room): Read<KinesisRecord> {
    const records: KinesisRecord[] = [];
    const dropped: { readonly record: KinesisRecord; readonly recordCount: number }[] = [];
    let bytes = 0;
    let count = 0;
    for (const { record, droppedCount } of items) {
      if (records.length >= room.records || (count > 0 && bytes >= room.bytes)) break;
      const numbered = withOrdinal(record, ordinal++);
      count += 1;
      if (droppedCount !== null) {
        dropped.push({ record: numbered, recordCount: droppedCount });
        continue;
      }
      bytes += record.sizeBytes;
      records.push(numbered);
    }
    items = count === items.length ? [] : items.slice(count);
    const gap = lost;
    lost = null;
    const answer = { kind: "records", records, isCaughtUp: isCaughtUp && items.length === 0, lost: gap } as const;
    return dropped.length === 0 ? answer : { ...answer, dropped };
  }

  return {
    read,
    close() {
      stopWatching();
      abort.abort();
      return inner.close();
    },
  };
}

/** A record of the stream's own reader may make its entry id only when asked, so it stays what it is where its number fits. */
function withOrdinal(record: KinesisRecord, ordinal: number): KinesisRecord {
  if (record.ordinal === ordinal) return record;
  const { arrivedAtMs, sizeBytes, entryId, entryIdBytes, partitionKey, data } = record;
  return {
    ordinal,
    arrivedAtMs,
    sizeBytes,
    entryId,
    ...(entryIdBytes === undefined ? {} : { entryIdBytes }),
    ...(record.isFollowed === true ? { isFollowed: true } : {}),
    partitionKey,
    data,
  };
}

function innerOf(
  outer: KinesisRecord,
  { partitionKey, data }: InnerRecord,
  { sizing, isLast }: { readonly sizing: EventSizing; readonly isLast: boolean },
): KinesisRecord {
  const { arrivedAtMs, entryId, entryIdBytes } = outer;
  return {
    ordinal: -1,
    arrivedAtMs,
    sizeBytes: eventSizeBytes(sizing, { partitionKey, dataBytes: data.length, arrivedAtMs }),
    entryId,
    ...(entryIdBytes === undefined ? {} : { entryIdBytes }),
    ...(isLast ? {} : { isFollowed: true }),
    partitionKey,
    data,
  };
}
