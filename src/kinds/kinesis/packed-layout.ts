// The layout of a packed Kinesis batch: one buffer in the machine's own byte order, for a function thread of the same process.
//
// u32 records | u32 bytes of the window's state | a f64 arrival (ms) a record | three u32 a record: bytes of entry id, partition key
// and data | the bytes themselves, record after record | the state's UTF-8.

export const HEAD_BYTES = 8;
export const ARRIVAL_BYTES = 8;
export const LENGTHS_BYTES = 12;

/** Where the bytes of the first record begin. */
export function bodyOffset(recordCount: number): number {
  return HEAD_BYTES + recordCount * (ARRIVAL_BYTES + LENGTHS_BYTES);
}

export interface PackedTables {
  /** Record count, state bytes. */
  readonly head: Uint32Array;
  readonly arrivals: Float64Array;
  /** Entry id, key and data of record i at 3i, 3i + 1, 3i + 2. */
  readonly lengths: Uint32Array;
}

export function tablesOf(buffer: ArrayBuffer, recordCount: number): PackedTables {
  return {
    head: new Uint32Array(buffer, 0, 2),
    arrivals: new Float64Array(buffer, HEAD_BYTES, recordCount),
    lengths: new Uint32Array(buffer, HEAD_BYTES + recordCount * ARRIVAL_BYTES, recordCount * 3),
  };
}
