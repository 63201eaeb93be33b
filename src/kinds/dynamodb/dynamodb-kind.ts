// The DynamoDB kind: what a record of a table's stream is to the pipeline. A record's data is the text of a change (change-text.ts);
// the event's record is spliced from it (change-record.ts), so a packed batch is the event's own text in UTF-8.

import type { BatchInfo } from "../../core/on-failure-document.ts";
import type { WindowPart } from "../../core/tumbling.ts";
import type { FilterView } from "../../ports/source-kind.ts";
import type { UnitId } from "../../ports/source.ts";
import { arrivalText, ENVELOPE_BYTES, windowBytes, windowText } from "../event-window.ts";
import type { KinesisRecord } from "../kinesis/kinesis-record.ts";
import type { StreamKind } from "../stream-kind.ts";
import { admittedChange } from "./admitted-change.ts";
import { changeNumberFromEntryId } from "./change-number.ts";
import { changeConstantBytes, type ChangePieces, createChangeSplicer, filterParts } from "./change-record.ts";
import type { DynamodbEventContext } from "./dynamodb-context.ts";

/** Name of the kind, and of its unpacker. */
const DYNAMODB = "dynamodb";

export function createDynamodbKind(context: DynamodbEventContext): StreamKind {
  const splice = createChangeSplicer(context);
  const constantBytes = changeConstantBytes(context);

  function eventBytes(unit: UnitId, records: readonly KinesisRecord[], window: WindowPart | null) {
    const pieces: Uint8Array[] = [opening];
    for (const [index, record] of records.entries()) {
      if (index > 0) pieces.push(comma);
      pieces.push(...splice(piecesOf(record)));
    }
    pieces.push(Buffer.from(`]${window === null ? "" : windowText(context, unit, window)}}`));
    const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  return {
    name: DYNAMODB,
    envelopeBytes: ENVELOPE_BYTES,
    windowBytes: (unit) => windowBytes(context, unit),
    laneKey: (record) => record.partitionKey,
    identifier: changeNumberOf,
    position: changeNumberOf,
    sizing: () => ({ family: "dynamodb", constantBytes }),
    positionOf: changeNumberFromEntryId,
    admitted: admittedChange,
    filterView: (record) => filterView(context, record),
    pack(unit, records, window) {
      return { kind: DYNAMODB, buffer: eventBytes(unit, records, window).buffer, constants: {} };
    },
    text: (unit, records, window) => Buffer.from(eventBytes(unit, records, window)).toString("utf8"),
    batchInfo: (unit, records) => batchInfo(context, unit, records),
  };
}

const opening = Buffer.from('{"Records":[');
const comma = Buffer.from(",");

function changeNumberOf(record: KinesisRecord): string {
  return changeNumberFromEntryId(record.entryId);
}

function piecesOf(record: KinesisRecord): ChangePieces {
  return { data: record.data, changeNumber: changeNumberOf(record), arrivedAtMs: record.arrivedAtMs };
}

/** F-68, F-78: the stream's own record, so without the ARN that the poller adds. */
function filterView(context: DynamodbEventContext, record: KinesisRecord): FilterView {
  const { eventId, eventName, dynamodbText, userIdentity } = filterParts(piecesOf(record));
  return {
    metadata: {
      eventID: eventId,
      eventName,
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: context.region,
      ...(userIdentity === null ? {} : { userIdentity: JSON.parse(userIdentity) as unknown }),
    },
    dataMember: "dynamodb",
    dataText: dynamodbText,
  };
}

/** O-3: whole seconds, as the stream keeps a change's creation (O-4, D-4). */
function batchInfo(context: DynamodbEventContext, unit: string, records: readonly KinesisRecord[]): BatchInfo {
  const name = "DDBStreamBatchInfo";
  const first = records[0];
  const last = records.at(-1);
  // O-17: a final call has no records, and only these two members.
  if (first === undefined || last === undefined)
    return { name, members: { shardId: unit, streamArn: context.eventSourceArn } };
  return {
    name,
    members: {
      shardId: unit,
      startSequenceNumber: changeNumberOf(first),
      endSequenceNumber: changeNumberOf(last),
      approximateArrivalOfFirstRecord: secondInstant(first.arrivedAtMs),
      approximateArrivalOfLastRecord: secondInstant(last.arrivedAtMs),
      batchSize: records.length,
      streamArn: context.eventSourceArn,
    },
  };
}

function secondInstant(atMs: number): string {
  return arrivalText(Math.floor(atMs / 1000) * 1000);
}
