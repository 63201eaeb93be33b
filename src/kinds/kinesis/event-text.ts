// The Kinesis event as JSON text, members in the recorded order (K-1, W-1). Its object form is built by unpack-kinesis.ts and its
// length by record-size.ts; property tests hold the three together.

import { javaInstant } from "../../core/instant.ts";
import type { UnitId } from "../../ports/source.ts";
import type { WindowPart } from "../../core/tumbling.ts";
import type { KinesisEventContext } from "./kinesis-record.ts";

export interface RecordPieces {
  readonly sequenceNumber: string;
  /** With its quotes. */
  readonly partitionKeyJson: string;
  readonly dataBase64: string;
  /** Epoch seconds as a JSON number (K-2). */
  readonly arrival: string;
}

export function recordText(context: KinesisEventContext, unit: UnitId, pieces: RecordPieces): string {
  return (
    `{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":${pieces.partitionKeyJson},"sequenceNumber":"` +
    `${pieces.sequenceNumber}","data":"${pieces.dataBase64}","approximateArrivalTimestamp":${pieces.arrival}},` +
    `"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":${JSON.stringify(`${unit}:${pieces.sequenceNumber}`)},` +
    `"eventName":"aws:kinesis:record","invokeIdentityArn":${JSON.stringify(context.roleArn)},` +
    `"awsRegion":${JSON.stringify(context.region)},"eventSourceARN":${JSON.stringify(context.eventSourceArn)}}`
  );
}

/** What follows the records of a windowed event, from the comma on (W-1). */
export function windowText(context: KinesisEventContext, unit: UnitId, window: WindowPart): string {
  return (
    `,"shardId":${JSON.stringify(unit)},"eventSourceARN":${JSON.stringify(context.eventSourceArn)},` +
    `"window":{"start":"${windowEdgeText(window.startMs)}","end":"${windowEdgeText(window.endMs)}"},` +
    `"state":${window.stateJson},"isFinalInvokeForWindow":${window.isFinal},` +
    `"isWindowTerminatedEarly":${window.isTerminatedEarly}`
  );
}

/** A window's edge: UTC, whole seconds (W-2). */
export function windowEdgeText(atMs: number): string {
  return arrivalText(atMs);
}

/** Greatest instant that a date can have; entry ids chosen by a client may lie beyond. */
const GREATEST_DATE_MS = 8.64e15;

/** An arrival as an on-failure document has it (O-4). */
export function arrivalText(atMs: number): string {
  return javaInstant(Math.min(atMs, GREATEST_DATE_MS));
}
