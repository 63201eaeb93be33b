// Sequence numbers of an event's records, in their order; parts of an aggregated record have its one number.

import { isObject } from "./scenario.ts";

export function positionsIn(eventText: string): readonly string[] {
  const event: unknown = JSON.parse(eventText);
  const records = isObject(event) && Array.isArray(event["Records"]) ? event["Records"].filter(isObject) : [];
  return records.map(({ kinesis, dynamodb }) => {
    if (isObject(kinesis)) return String(kinesis["sequenceNumber"]);
    return isObject(dynamodb) ? String(dynamodb["SequenceNumber"]) : "";
  });
}
