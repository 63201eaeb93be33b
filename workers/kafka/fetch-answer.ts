// The answer to a fetch, in the versions that the client asks in (Kafka's documentation, "Fetch API"): of each partition what it says, and
// its record batches as they are.

import { createByteReader, type ByteReader } from "./kafka-bytes.ts";
import type { AbortedTransaction } from "./record-batches.ts";

export interface FetchedPartition {
  readonly partition: number;
  /** 0: none. */
  readonly errorCode: number;
  /** Whoever reads what is committed has read it all here. */
  readonly lastStableOffset: bigint;
  readonly aborted: readonly AbortedTransaction[];
  readonly batches: Buffer;
}

export interface FetchAnswer {
  /** The client waits for so long before it asks again. */
  readonly clientSideThrottleTime: number;
  readonly partitions: readonly FetchedPartition[];
}

/** `version`: 4 to 11. */
export function fetchedOf(bytes: Buffer, version: number): FetchAnswer {
  const reader = createByteReader(bytes);
  const clientSideThrottleTime = reader.int32();
  // The fetch session, which is not used, and its error.
  if (version >= 7) reader.bytes(2 + 4);
  const topics = arrayOf(reader, () => {
    reader.text();
    return arrayOf(reader, () => partitionOf(reader, version));
  });
  return { clientSideThrottleTime, partitions: topics.flat() };
}

function partitionOf(reader: ByteReader, version: number): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  // The high watermark: what is behind it may belong to an open transaction.
  reader.int64();
  const lastStableOffset = reader.int64();
  // The oldest offset that there is.
  if (version >= 5) reader.int64();
  const aborted = arrayOf(reader, () => ({ producerId: reader.int64(), firstOffset: reader.int64() }));
  // The replica that the broker would rather be asked.
  if (version >= 11) reader.int32();
  return { partition, errorCode, lastStableOffset, aborted, batches: reader.block() ?? Buffer.alloc(0) };
}

/** An absent array, of length -1, is an empty one. */
function arrayOf<T>(reader: ByteReader, read: () => T): readonly T[] {
  return Array.from({ length: Math.max(0, reader.int32()) }, read);
}
