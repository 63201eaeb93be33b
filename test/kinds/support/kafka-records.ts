// Records of a Kafka topic for tests of what they mean.

import type { PartitionEpoch } from "../../../src/core/record.ts";
import {
  type KafkaRecord,
  kafkaRecord,
  partitionHeadBytes,
  partitionUnit,
} from "../../../src/kinds/kafka/kafka-record.ts";

export interface GivenRecord {
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: bigint | number;
  readonly timestamp?: number;
  readonly timestampType?: KafkaRecord["timestampType"];
  readonly key?: string | Uint8Array | null;
  readonly value?: string | Uint8Array | null;
  readonly headers?: KafkaRecord["headers"];
  readonly schema?: KafkaRecord["schema"];
}

export function aPartition(topic: string, partition: number, epoch = partition): PartitionEpoch {
  const unit = partitionUnit(topic, partition);
  return { unit, epoch, headBytes: partitionHeadBytes(unit) };
}

export function aKafkaRecord(given: GivenRecord = {}): KafkaRecord {
  const { topic = "mytopic", partition = 0, key = null, value = "Hello" } = given;
  return kafkaRecord({
    ordinal: 0,
    arrivedAtMs: given.timestamp ?? 1_545_084_650_987,
    partition: aPartition(topic, partition),
    partitionNumber: partition,
    offset: String(given.offset ?? 15),
    timestampType: given.timestampType ?? "CREATE_TIME",
    key: typeof key === "string" ? Buffer.from(key) : key,
    value: typeof value === "string" ? Buffer.from(value) : value,
    headers: given.headers ?? [],
    schema: given.schema ?? null,
  });
}
