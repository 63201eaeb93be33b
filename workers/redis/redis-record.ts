// A record as it came from Redis. Making one is most of what the reader does for each record, so the entry id stays in its bytes:
// a text is made only of those by which somebody asks, the first and last of a batch.

import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";

const DASH = 0x2d;
const ZERO = 0x30;

/** A class, because a getter on a prototype costs nothing a record. */
export class RedisRecord implements KinesisRecord {
  readonly ordinal: number;
  readonly arrivedAtMs: number;
  readonly sizeBytes: number;
  readonly partitionKey: Uint8Array;
  readonly data: Uint8Array;
  readonly entryIdBytes: Buffer;

  constructor(members: Omit<KinesisRecord, "entryId" | "entryIdBytes">, entryIdBytes: Buffer) {
    this.ordinal = members.ordinal;
    this.arrivedAtMs = members.arrivedAtMs;
    this.sizeBytes = members.sizeBytes;
    this.partitionKey = members.partitionKey;
    this.data = members.data;
    this.entryIdBytes = entryIdBytes;
  }

  get entryId(): string {
    return this.entryIdBytes.toString("latin1");
  }
}

/** The millisecond of an entry id: the digits before its dash. */
export function arrivedAtMsOf(entryId: Uint8Array): number {
  let ms = 0;
  for (let index = 0; index < entryId.length; index += 1) {
    const byte = entryId[index] ?? DASH;
    if (byte === DASH) break;
    ms = ms * 10 + byte - ZERO;
  }
  return ms;
}
