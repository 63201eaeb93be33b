// The layout of a packed Kafka batch: one buffer in the machine's own byte order, for a function thread of the same process.
//
// u32 records, runs, and two that mean nothing | two f64 a record: timestamp (ms), offset as the number that JSON.parse makes of it |
// two u32 a run: partition, records | four i32 a record: bytes of its key and of its value (-1: none), of its headers and
// schemas (0: none), and 1 for LOG_APPEND_TIME | keys and values, record by record | headers and schemas as JSON text.

const HEAD_CELLS = 4;
export const NUMBERS_A_RECORD = 2;
export const CELLS_A_RUN = 2;
export const CELLS_A_RECORD = 4;

export interface PackedTables {
  readonly numbers: Float64Array;
  readonly runs: Uint32Array;
  readonly cells: Int32Array;
  /** Where the first key is. */
  readonly bodyAt: number;
}

/** Where the first key is. */
export function bodyOffset(recordCount: number, runCount: number): number {
  return (
    HEAD_CELLS * Uint32Array.BYTES_PER_ELEMENT +
    recordCount * NUMBERS_A_RECORD * Float64Array.BYTES_PER_ELEMENT +
    (runCount * CELLS_A_RUN + recordCount * CELLS_A_RECORD) * Uint32Array.BYTES_PER_ELEMENT
  );
}

export function headOf(buffer: ArrayBuffer): Uint32Array {
  return new Uint32Array(buffer, 0, HEAD_CELLS);
}

export function tablesOf(buffer: ArrayBuffer, recordCount: number, runCount: number): PackedTables {
  const numbersAt = HEAD_CELLS * Uint32Array.BYTES_PER_ELEMENT;
  const runsAt = numbersAt + recordCount * NUMBERS_A_RECORD * Float64Array.BYTES_PER_ELEMENT;
  const cellsAt = runsAt + runCount * CELLS_A_RUN * Uint32Array.BYTES_PER_ELEMENT;
  return {
    numbers: new Float64Array(buffer, numbersAt, recordCount * NUMBERS_A_RECORD),
    runs: new Uint32Array(buffer, runsAt, runCount * CELLS_A_RUN),
    cells: new Int32Array(buffer, cellsAt, recordCount * CELLS_A_RECORD),
    bodyAt: bodyOffset(recordCount, runCount),
  };
}
