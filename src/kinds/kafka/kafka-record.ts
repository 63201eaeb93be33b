// A record of a Kafka topic as the pipeline carries it. Its position is its offset as decimal text, so that all digits stay (M-106).

import type { PartitionEpoch, Rec } from "../../core/record.ts";
import { kafkaRecordBytes } from "./record-size.ts";

export interface KafkaRecord extends Rec {
  readonly partition: PartitionEpoch;
  readonly partitionNumber: number;
  /** Decimal digits. */
  readonly offset: string;
  /** `arrivedAtMs` is the record's timestamp: what decides its age (M-407). */
  readonly timestampType: "CREATE_TIME" | "LOG_APPEND_TIME";
  /** Null: there is none; of no bytes: there is an empty one (M-108). With a registry: what is delivered, decoded or without its prefix (M-113). */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** In the record's order; a name may come twice (M-109). */
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
  /** What a schema registry made of it; null: no registry, or nothing of it was looked at. */
  readonly schema: SchemaReading | null;
}

export interface SchemaReading {
  readonly key: AttributeSchema | null;
  readonly value: AttributeSchema | null;
  /** It cannot be delivered (M-414); null: it can. */
  readonly fault: "SCHEMA_NOT_FOUND" | "DESERIALIZATION_ERROR" | null;
}

export interface AttributeSchema {
  readonly dataFormat: "AVRO" | "JSON" | "PROTOBUF";
  readonly schemaId: string;
  /** The decoded data as JSON text: what a filter sees, also where the source's bytes are delivered (M-316). */
  readonly json: string;
}

/** A partition's name in the event: the topic may have hyphens itself (M-104). */
export function partitionUnit(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** Bytes of `"UNIT":[]`, which the event has once for each partition with records. */
export function partitionHeadBytes(unit: string): number {
  return Buffer.byteLength(JSON.stringify(unit), "utf8") + 3;
}

/** The record with its exact size in the event. */
export function kafkaRecord(given: Omit<KafkaRecord, "sizeBytes">): KafkaRecord {
  return { ...given, sizeBytes: kafkaRecordBytes(given) };
}
