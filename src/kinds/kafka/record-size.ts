// How many UTF-8 bytes a record takes in the event's JSON, by arithmetic (B-11). It mirrors the text that event-text.ts makes; a
// property test holds the two together.

import type { KafkaRecord } from "./kafka-record.ts";
import { metadataText } from "./event-text.ts";

type Sized = Omit<KafkaRecord, "sizeBytes">;

/** What every record has, its values left out. */
const FIXED_BYTES = '{"topic":,"partition":,"offset":,"timestamp":,"timestampType":"","headers":[]}'.length;
const KEY_BYTES = ',"key":""'.length;
const VALUE_BYTES = ',"value":""'.length;
/** `"":[]` and the hyphen: what a partition's head has besides the topic and the number. */
const HEAD_EXTRA_BYTES = 6;
const HEADER_EXTRA_BYTES = "{:}".length;
const NULL_BYTES = "null".length;

/** Bytes of each byte as a signed number (M-110). */
const signedBytes = Uint8Array.from({ length: 256 }, (_, byte) => String(byte < 128 ? byte : byte - 256).length);

/** Exact size in the event, without the comma. */
export function kafkaRecordBytes(record: Sized): number {
  const { key, value, headers, schema } = record;
  const partitionBytes = digitsOf(record.partitionNumber);
  // The head has the topic as JSON, too: escaped where it has to be.
  const topicBytes = record.partition.headBytes - HEAD_EXTRA_BYTES - partitionBytes + 2;
  let bytes = FIXED_BYTES + topicBytes + partitionBytes + record.offset.length + String(record.arrivedAtMs).length;
  bytes += record.timestampType.length;
  if (key !== null) bytes += KEY_BYTES + base64Bytes(key);
  if (value !== null) bytes += VALUE_BYTES + base64Bytes(value);
  if (headers.length > 0) bytes += headersBytes(headers);
  if (schema !== null) bytes += Buffer.byteLength(metadataText(schema), "utf8");
  return bytes;
}

/** Without the brackets. */
function headersBytes(headers: KafkaRecord["headers"]): number {
  let bytes = headers.length - 1;
  for (const [name, value] of headers) {
    bytes += HEADER_EXTRA_BYTES + Buffer.byteLength(JSON.stringify(name), "utf8");
    bytes += value === null ? NULL_BYTES : signedListBytes(value);
  }
  return bytes;
}

function signedListBytes(value: Uint8Array): number {
  let bytes = 2 + Math.max(0, value.length - 1);
  for (const byte of value) bytes += signedBytes[byte] ?? 0;
  return bytes;
}

const base64Bytes = ({ length }: Uint8Array): number => 4 * Math.ceil(length / 3);

function digitsOf(number: number): number {
  return number < 10 ? 1 : number < 100 ? 2 : String(number).length;
}
