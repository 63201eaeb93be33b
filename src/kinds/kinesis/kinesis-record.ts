// A record of a Kinesis stream as the pipeline carries it: slices of the bytes that were read, and the entry id.

import type { Rec } from "../../core/record.ts";

export interface KinesisRecord extends Rec {
  /** `<ms>-<counter>`, both decimal without leading zeros, each below 2^64; converts both ways to the sequence number. */
  readonly entryId: string;
  /** The entry id's ASCII bytes, where a reader has them: then `entryId` may be made only when it is asked for. */
  readonly entryIdBytes?: Uint8Array;
  /** Of a KPL aggregate's records (P-10): others with the same entry id follow. */
  readonly isFollowed?: true;
  /** UTF-8. */
  readonly partitionKey: Uint8Array;
  readonly data: Uint8Array;
}

/** What the event of a mapping's shard needs beside its records (K-1). */
export interface KinesisEventContext {
  readonly eventSourceArn: string;
  readonly region: string;
  readonly roleArn: string;
}
