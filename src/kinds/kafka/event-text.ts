// The Kafka event as JSON text, members in the documented order (M-101 to M-113). The object form is built by unpack-kafka.ts and the
// length by record-size.ts; property tests hold the three together.

import { type Run, runsOf } from "../../core/partitions/runs.ts";
import type { KafkaRecord, SchemaReading } from "./kafka-record.ts";

export interface KafkaEventContext {
  readonly flavour: "msk" | "selfManaged";
  /** Null where the source has none: self-managed (M-102). */
  readonly eventSourceArn: string | null;
  /** Comma-joined, in the configured order (M-103). */
  readonly bootstrapServers: string;
  readonly topic: string;
}

/** The event up to the records' own members. */
export function openingText({ flavour, eventSourceArn, bootstrapServers }: KafkaEventContext): string {
  const eventSource = flavour === "msk" ? "aws:kafka" : "SelfManagedKafka"; // M-101
  const arn = eventSourceArn === null ? "" : `"eventSourceArn":${JSON.stringify(eventSourceArn)},`;
  return `{"eventSource":"${eventSource}",${arn}"bootstrapServers":${JSON.stringify(bootstrapServers)},"records":{`;
}

export const CLOSING_TEXT = "}}";

export function eventText(context: KafkaEventContext, records: readonly KafkaRecord[]): string {
  const topicJson = JSON.stringify(context.topic);
  const runs = runsOf(records).map((run) => runText(topicJson, run));
  return `${openingText(context)}${runs.join(",")}${CLOSING_TEXT}`;
}

/** A run has the records of one partition (M-104). */
function runText(topicJson: string, { partition, records }: Run<KafkaRecord>): string {
  return `${JSON.stringify(partition?.unit ?? "")}:[${records.map((each) => recordText(topicJson, each)).join(",")}]`;
}

/** The offset as it is written: a number in JavaScript would lose digits of large ones (M-106). */
function recordText(topicJson: string, record: KafkaRecord): string {
  return (
    `{"topic":${topicJson},"partition":${record.partitionNumber},"offset":${record.offset},"timestamp":` +
    `${record.arrivedAtMs},"timestampType":"${record.timestampType}"${bytesText("key", record.key)}` +
    `${bytesText("value", record.value)},"headers":${headersText(record.headers)}` +
    `${record.schema === null ? "" : metadataText(record.schema)}}`
  );
}

/** M-109 to M-111 */
function headersText(headers: KafkaRecord["headers"]): string {
  return `[${headers.map(([name, value]) => `{${JSON.stringify(name)}:${signedText(value)}}`).join(",")}]`;
}

/** What follows the headers, from the comma on; "" where nothing was read by a schema (M-112). */
export function metadataText({ key, value }: Pick<SchemaReading, "key" | "value">): string {
  return memberText("keySchemaMetadata", key) + memberText("valueSchemaMetadata", value);
}

/** A null key or value is left out; one of no bytes is not (M-108). */
function bytesText(name: "key" | "value", bytes: Uint8Array | null): string {
  return bytes === null ? "" : `,"${name}":"${base64Of(bytes)}"`;
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/** Bytes as the event has them in a header; null where its value is null. */
export function signed(value: Uint8Array | null): Int8Array | null {
  return value === null ? null : new Int8Array(value.buffer, value.byteOffset, value.length);
}

function signedText(value: Uint8Array | null): string {
  const bytes = signed(value);
  return bytes === null ? "null" : `[${bytes.join(",")}]`;
}

function memberText(name: string, schema: SchemaReading["key"]): string {
  if (schema === null) return "";
  return `,"${name}":{"dataFormat":"${schema.dataFormat}","schemaId":${JSON.stringify(schema.schemaId)}}`;
}
