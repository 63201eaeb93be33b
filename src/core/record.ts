// What the core knows of a record: when it came, how large it is in the event, and its place in the order of reading.
// The core never looks at payloads; source kinds extend this type with what they carry, and the core hands it on untouched.

/**
 * A record as the core sees it.
 *
 * `ordinal` is dense within one unit of order (shard, partition), starting at 0 when a reader opens, by order of reading;
 * filtered records take a number too. `arrivedAtMs` is the source's own arrival or creation instant (epoch ms).
 * `sizeBytes` is the exact number of UTF-8 bytes that the record takes in the Lambda event's JSON, without the comma that
 * separates it from its neighbour (B-11).
 */
export interface Rec {
  readonly ordinal: number;
  readonly arrivedAtMs: number;
  readonly sizeBytes: number;
  /** From this instant on it is not tried again; left out where a record has no such instant of its own. */
  readonly expiresAtMs?: number;
  /** Left out: its lane is one order. `ordinal` is then dense within the epoch. */
  readonly partition?: PartitionEpoch;
  /** Calls with it that failed before its source handed it out again; left out: none are known. */
  readonly failedBefore?: number;
}

/**
 * A partition while one consumer has it without a break. A lane of a source with a consumer group takes batches that mix partitions
 * (M-304): order then holds within each, and a batch has each partition's records in one run. There is one object an epoch; it is
 * told apart by `epoch`, which is never used twice.
 */
export interface PartitionEpoch {
  /** As the event names it: `TOPIC-NUMBER`. */
  readonly unit: string;
  readonly epoch: number;
  /** Bytes that the event has once for each partition with records: its name, the colon and the brackets, without a comma. */
  readonly headBytes: number;
}

/** State that a tumbling window carries from call to call: its JSON text and that text's length in UTF-8 bytes (W-7). */
export interface Carried {
  readonly json: string;
  readonly sizeBytes: number;
}
