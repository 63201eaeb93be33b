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
  const keysAt = bodyOffset(count) + (head[1] ?? 0);
  const ids = bytes.toString("latin1", bodyOffset(count), keysAt);
  let dataAt = keysAt + (head[2] ?? 0);
  const keyOf = keyReader(bytes, keysAt, dataAt);
  let idAt = 0;
  let keyAt = 0;
  for (let index = 0; index < count; index++) {
    const idEnd = idAt + (lengths[index * 3] ?? 0);
    const keyEnd = keyAt + (lengths[index * 3 + 1] ?? 0);
    const dataEnd = dataAt + (lengths[index * 3 + 2] ?? 0);
    const sequenceNumber = sequenceNumberFromEntryId(ids.slice(idAt, idEnd));
    records.push({
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey: keyOf(keyAt, keyEnd),
        sequenceNumber,
        data: bytes.toString("base64", dataAt, dataEnd),
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
    idAt = idEnd;
    keyAt = keyEnd;
    dataAt = dataEnd;
  }
  if (constants["windowStart"] === undefined) return { Records: records };
  return {
    Records: records,
    shardId: unit,
    eventSourceARN: eventSourceArn,
    window: { start: constants["windowStart"], end: constants["windowEnd"] },
    state: JSON.parse(bytes.toString("utf8", dataAt, dataAt + (head[3] ?? 0))),
    isFinalInvokeForWindow: constants["isFinal"] === "true",
    isWindowTerminatedEarly: constants["isTerminatedEarly"] === "true",
  };
}

/** Texts of keys by their place among all keys: parts of one text where every byte is a character, as it mostly is. */
function keyReader(bytes: Buffer, from: number, to: number): (at: number, end: number) => string {
  const all = bytes.toString("utf8", from, to);
  if (all.length === to - from) return (at, end) => all.slice(at, end);
  return (at, end) => bytes.toString("utf8", from + at, from + end);
}
