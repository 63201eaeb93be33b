// How many bytes a stream's record takes in the event's JSON, by arithmetic (B-11). A sizing is plain data, made by the mapping's
// kind for one unit, so that the store's thread can count as the reader does.

import { changeSizeBytes } from "./dynamodb/change-size.ts";
import { kinesisRecordSizeBytes } from "./kinesis/record-size.ts";
import type { StreamFamily } from "./stream-family.ts";

export interface EventSizing {
  readonly family: StreamFamily;
  /** What every record of the unit takes whatever it holds. */
  readonly constantBytes: number;
}

/** What the size of a record follows from. `dataBytes` is the length of the data as the kind admits it. */
export interface Sized {
  readonly partitionKey: Uint8Array;
  readonly dataBytes: number;
  readonly arrivedAtMs: number;
}

/** Exact size in the event, without the comma. */
export function eventSizeBytes({ family, constantBytes }: EventSizing, record: Sized): number {
  return family === "kinesis" ? kinesisRecordSizeBytes(constantBytes, record) : changeSizeBytes(constantBytes, record);
}
