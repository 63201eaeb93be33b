// Builds the Kinesis event from a packed batch, inside a function thread: the same members in the same order as the event's text
// (K-1, W-1). It imports next to nothing, so that a function thread starts fast.

import type { PackedBatch } from "../../ports/source-kind.ts";
import { bodyOffset, tablesOf } from "./packed-layout.ts";
import { sequenceNumberFromEntryId } from "./sequence-number.ts";

export function unpackKinesis(packed: PackedBatch): Record<string, unknown> {
  const { buffer, constants } = packed;
  const bytes = Buffer.from(buffer);
  const count = new Uint32Array(buffer, 0, 1)[0] ?? 0;
  const { head, arrivals, lengths } = tablesOf(buffer, count);
  const { unit, eventSourceArn, region, roleArn } = constants;
  const records: unknown[] = [];
  let at = bodyOffset(count);
  for (let index = 0; index < count; index++) {
    const keyAt = at + (lengths[index * 3] ?? 0);
    const dataAt = keyAt + (lengths[index * 3 + 1] ?? 0);
    const end = dataAt + (lengths[index * 3 + 2] ?? 0);
    const sequenceNumber = sequenceNumberFromEntryId(bytes.toString("latin1", at, keyAt));
    records.push({
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey: bytes.toString("utf8", keyAt, dataAt),
        sequenceNumber,
        data: bytes.toString("base64", dataAt, end),
        approximateArrivalTimestamp: (arrivals[index] ?? 0) / 1000,
      },
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: `${unit}:${sequenceNumber}`,
      eventName: "aws:kinesis:record",
      invokeIdentityArn: roleArn,
      awsRegion: region,
      eventSourceARN: eventSourceArn,
    });
    at = end;
  }
  if (constants["windowStart"] === undefined) return { Records: records };
  return {
    Records: records,
    shardId: unit,
    eventSourceARN: eventSourceArn,
    window: { start: constants["windowStart"], end: constants["windowEnd"] },
    state: JSON.parse(bytes.toString("utf8", at, at + (head[1] ?? 0))),
    isFinalInvokeForWindow: constants["isFinal"] === "true",
    isWindowTerminatedEarly: constants["isTerminatedEarly"] === "true",
  };
}
