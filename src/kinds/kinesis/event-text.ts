// The Kinesis event's records as JSON text, members in the recorded order (K-1); a window's part is event-window.ts's. The object
// form is built by unpack-kinesis.ts and the length by record-size.ts; property tests hold the three together.

import type { UnitId } from "../../ports/source.ts";
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
