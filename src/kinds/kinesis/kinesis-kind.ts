// The Kinesis kind: what a record of a Kinesis stream is to the pipeline. It joins size, packing, text, the filter's view and the
// on-failure document's range; who reads the records, and from where, is left to the adapters.

import type { BatchInfo } from "../../core/on-failure-document.ts";
import type { WindowPart } from "../../core/tumbling.ts";
import type { FilterView } from "../../ports/source-kind.ts";
import type { StreamKind } from "../stream-kind.ts";
import { entryIdBefore } from "../entry-id.ts";
import { arrivalText, ENVELOPE_BYTES, windowBytes, windowText } from "../event-window.ts";
import { recordText } from "./event-text.ts";
import type { KinesisEventContext, KinesisRecord } from "./kinesis-record.ts";
import { KINESIS, packKinesis } from "./pack-kinesis.ts";
import { decodeUtf8, kinesisConstantBytes } from "./record-size.ts";
import { sequenceNumberFromEntryId } from "./sequence-number.ts";

export function createKinesisKind(context: KinesisEventContext): StreamKind {
  return {
    name: KINESIS,
    envelopeBytes: ENVELOPE_BYTES,
    windowBytes: (unit) => windowBytes(context, unit),
    laneKey: (record) => record.partitionKey,
    identifier: sequenceNumberOf,
    position: sequenceNumberOf,
    place: (record) => (record.isFollowed === true ? placeBefore(record) : sequenceNumberOf(record)),
    sizing: (unit) => ({ family: "kinesis", constantBytes: kinesisConstantBytes(context, unit) }),
    positionOf: sequenceNumberFromEntryId,
    admitted: (data) => data,
    filterView,
    pack: (unit, records, window) => packKinesis(context, unit, records, window),
    text: (unit, records, window) => eventText(context, unit, records, window),
    batchInfo: (unit, records) => batchInfo(context, unit, records),
  };
}

function sequenceNumberOf(record: KinesisRecord): string {
  return sequenceNumberFromEntryId(record.entryId);
}

function placeBefore(record: KinesisRecord): string {
  return sequenceNumberFromEntryId(entryIdBefore(record.entryId));
}

function eventText(
  context: KinesisEventContext,
  unit: string,
  records: readonly KinesisRecord[],
  window: WindowPart | null,
): string {
  const texts = records.map((record) =>
    recordText(context, unit, {
      sequenceNumber: sequenceNumberOf(record),
      partitionKeyJson: JSON.stringify(decodeUtf8(record.partitionKey)),
      dataBase64: Buffer.from(record.data.buffer, record.data.byteOffset, record.data.length).toString("base64"),
      arrival: String(record.arrivedAtMs / 1000),
    }),
  );
  return `{"Records":[${texts.join(",")}]${window === null ? "" : windowText(context, unit, window)}}`;
}

/** F-67: the flattened `kinesis` object, with the decoded data at its top level. */
function filterView(record: KinesisRecord): FilterView {
  return {
    metadata: {
      kinesisSchemaVersion: "1.0",
      partitionKey: decodeUtf8(record.partitionKey),
      sequenceNumber: sequenceNumberOf(record),
      approximateArrivalTimestamp: record.arrivedAtMs / 1000,
    },
    dataMember: "data",
    dataText: textOrNull(record.data),
  };
}

/** F-79: bytes that are not UTF-8 are no text. A byte order mark is kept: it is part of the payload. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOrNull(data: Uint8Array): string | null {
  try {
    return strictUtf8.decode(data);
  } catch {
    // The decoder's only failure is the answer: not UTF-8.
    return null;
  }
}

function batchInfo(context: KinesisEventContext, unit: string, records: readonly KinesisRecord[]): BatchInfo {
  const first = records[0];
  const last = records.at(-1);
  // O-17: a final call has no records, and only these two members.
  if (first === undefined || last === undefined)
    return { name: "KinesisBatchInfo", members: { shardId: unit, streamArn: context.eventSourceArn } };
  return {
    name: "KinesisBatchInfo",
    members: {
      shardId: unit,
      startSequenceNumber: sequenceNumberOf(first),
      endSequenceNumber: sequenceNumberOf(last),
      approximateArrivalOfFirstRecord: arrivalText(first.arrivedAtMs),
      approximateArrivalOfLastRecord: arrivalText(last.arrivedAtMs),
      batchSize: records.length,
      streamArn: context.eventSourceArn,
    },
  };
}
