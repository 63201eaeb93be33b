// How many UTF-8 bytes a record takes in the event's JSON, by arithmetic: nothing is serialised (B-11). It mirrors the text that
// src/kinds/kinesis/event-text.ts makes; a property test holds the two together.

import type { UnitId } from "../../ports/source.ts";
import { recordText } from "./event-text.ts";
import type { KinesisEventContext } from "./kinesis-record.ts";
import { sequenceNumberFromEntryId } from "./sequence-number.ts";

/** Size of a record of this unit whose partition key, data and arrival take no bytes: made once a reader. */
export function kinesisConstantBytes(context: KinesisEventContext, unit: UnitId): number {
  const pieces = {
    sequenceNumber: sequenceNumberFromEntryId("0-0"),
    partitionKeyJson: "",
    dataBase64: "",
    arrival: "",
  };
  return Buffer.byteLength(recordText(context, unit, pieces), "utf8");
}

/** Exact size in the event, without the comma; `constantBytes` from `kinesisConstantBytes`. */
export function kinesisRecordSizeBytes(
  constantBytes: number,
  record: { readonly partitionKey: Uint8Array; readonly dataBytes: number; readonly arrivedAtMs: number },
): number {
  return (
    constantBytes +
    jsonStringBytes(record.partitionKey) +
    4 * Math.ceil(record.dataBytes / 3) +
    secondsTextBytes(record.arrivedAtMs)
  );
}

/** Bytes of the JSON string, quotes included, that a UTF-8 text becomes. Bytes that are not UTF-8 count as they decode: U+FFFD. */
export function jsonStringBytes(utf8: Uint8Array): number {
  let bytes = utf8.length + 2;
  for (let index = 0; index < utf8.length; index++) {
    const byte = utf8[index] ?? 0;
    if (byte >= 0x80) return Buffer.byteLength(JSON.stringify(decodeUtf8(utf8)), "utf8");
    if (byte === 0x22 || byte === 0x5c) bytes += 1;
    else if (byte < 0x20) bytes += byte >= 0x08 && byte <= 0x0d && byte !== 0x0b ? 1 : 5;
  }
  return bytes;
}

export function decodeUtf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** Length of the number that `ms / 1000` prints as. */
function secondsTextBytes(ms: number): number {
  if (ms < 1e12 || ms >= 1e13) return String(ms / 1000).length;
  // Between 2001 and 2286: ten digits of seconds, and a fraction without trailing zeros.
  const fraction = ms % 1000;
  return fraction === 0 ? 10 : fraction % 100 === 0 ? 12 : fraction % 10 === 0 ? 13 : 14;
}
