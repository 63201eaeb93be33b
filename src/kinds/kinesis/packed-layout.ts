// The layout of a packed Kinesis batch: one buffer in the machine's own byte order, for a function thread of the same process.
//
// u32 records | u32 bytes of all entry ids | u32 of all partition keys | u32 of the window's state | a f64 arrival (ms) a record |
// three u32 a record: bytes of entry id, partition key and data | all entry ids | all keys | all data | the state's UTF-8.
// Ids and keys lie together, so that each becomes one text of which the records' are parts: a text a record costs far more.

export const HEAD_BYTES = 16;
export const ARRIVAL_BYTES = 8;
export const LENGTHS_BYTES = 12;

/** Where the bytes of the first entry id begin. */
export function bodyOffset(recordCount: number): number {
  return HEAD_BYTES + recordCount * (ARRIVAL_BYTES + LENGTHS_BYTES);
}

export interface PackedTables {
  /** Record count; bytes of the entry ids, of the keys, of the state. */
  readonly head: Uint32Array;
  readonly arrivals: Float64Array;
  /** Entry id, key and data of record i at 3i, 3i + 1, 3i + 2. */
  readonly lengths: Uint32Array;
}

export function tablesOf(buffer: ArrayBuffer, recordCount: number): PackedTables {
  return {
    head: new Uint32Array(buffer, 0, HEAD_BYTES / Uint32Array.BYTES_PER_ELEMENT),
    arrivals: new Float64Array(buffer, HEAD_BYTES, recordCount),
    lengths: new Uint32Array(buffer, HEAD_BYTES + recordCount * ARRIVAL_BYTES, recordCount * 3),
  };
}
