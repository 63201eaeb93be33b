// A partition while this member has it: how far it has been read, and what a fetch of it means for whoever reads it.

import type { PartitionEpoch } from "../../src/core/record.ts";
import {
  type KafkaRecord,
  kafkaRecord,
  partitionHeadBytes,
  partitionUnit,
} from "../../src/kinds/kafka/kafka-record.ts";
import type { MemberEvent } from "../../src/ports/group-source.ts";
import type { Lost, Position } from "../../src/ports/source.ts";
import type { BatchRecord } from "./record-batches.ts";

/** What a fetch has brought of a partition. */
export interface Fetched {
  readonly records: readonly BatchRecord[];
  readonly next: bigint;
  readonly isCaughtUp: boolean;
}

/** Changed in place; there is one an epoch. */
export interface PartitionReading {
  readonly partitionNumber: number;
  readonly partition: PartitionEpoch;
  /** The offset to be fetched next. */
  next: bigint;
  ordinal: number;
  isPaused: boolean;
  /** Fetched while it was paused, and told when it is resumed; until then no more is fetched. */
  ahead: Fetched | null;
  isOver: boolean;
  /** As it was told last. */
  isCaughtUp: boolean;
  /** To be told with what is read next. */
  lost: Lost | null;
}

export function partitionReading(
  topic: string,
  partitionNumber: number,
  given: { readonly epoch: number; readonly next: bigint; readonly lost: Lost | null },
): PartitionReading {
  const unit = partitionUnit(topic, partitionNumber);
  return {
    partitionNumber,
    partition: { unit, epoch: given.epoch, headBytes: partitionHeadBytes(unit) },
    next: given.next,
    ordinal: 0,
    isPaused: false,
    ahead: null,
    isOver: false,
    isCaughtUp: false,
    lost: given.lost,
  };
}

/** The place behind which `next` is the first record. */
export const placeBefore = (next: bigint): Position | null => (next <= 0n ? null : String(next - 1n));

/** Moves the reading on. Nothing where a fetch has brought nothing, and nothing is new. */
export function eventsOfFetch(reading: PartitionReading, read: Fetched): readonly MemberEvent<KafkaRecord>[] {
  const { partition, lost } = reading;
  const records = read.records.map((each, index) => recordOf(reading, each, reading.ordinal + index));
  const last = read.records.at(-1)?.offset ?? reading.next - 1n;
  const isPassing = read.next - 1n > last;
  reading.ordinal += records.length;
  const passed: MemberEvent<KafkaRecord> = {
    kind: "passed",
    partition,
    ordinal: reading.ordinal,
    through: String(read.next - 1n),
  };
  if (isPassing) reading.ordinal += 1;
  const isNews = records.length > 0 || lost !== null || read.isCaughtUp !== reading.isCaughtUp;
  reading.next = read.next;
  reading.isCaughtUp = read.isCaughtUp;
  reading.lost = null;
  return [
    ...(isNews ? [{ kind: "records", partition, records, isCaughtUp: read.isCaughtUp, lost } as const] : []),
    ...(isPassing ? [passed] : []),
  ];
}

/** Empty: what it is to be told is only what is fetched from now on. */
export function eventsOfResume(reading: PartitionReading): readonly MemberEvent<KafkaRecord>[] {
  const { ahead } = reading;
  reading.isPaused = false;
  reading.ahead = null;
  return ahead === null ? [] : eventsOfFetch(reading, ahead);
}

function recordOf(reading: PartitionReading, record: BatchRecord, ordinal: number): KafkaRecord {
  return kafkaRecord({
    ordinal,
    partition: reading.partition,
    partitionNumber: reading.partitionNumber,
    offset: String(record.offset),
    arrivedAtMs: record.timestampMs,
    timestampType: record.timestampType,
    key: record.key,
    value: record.value,
    headers: record.headers,
    schema: null,
  });
}
