// The layout of a packed Kafka batch: one buffer in the machine's own byte order, for a function thread of the same process.
//
// u32 records, runs, headers, and one that means nothing | two f64 a record: timestamp (ms), offset as the number that JSON.parse makes of
// it | two i32 a run: partition, records | five i32 a record: bytes of its key and of its value (-1: none), its headers, bytes of its
// schemas' text, 1 for LOG_APPEND_TIME | two i32 a header: bytes of its name and of its value (-1: none) | record by record its key, its
// value, its headers' names and values, and the JSON text of its schemas.

const HEAD_CELLS = 4;
const CELL_BYTES = Int32Array.BYTES_PER_ELEMENT;
export const NUMBERS_A_RECORD = 2;
export const CELLS_A_RUN = 2;
export const CELLS_A_RECORD = 5;
export const CELLS_A_HEADER = 2;

export interface PackedCounts {
  readonly recordCount: number;
  readonly runCount: number;
  readonly headerCount: number;
}

export interface PackedTables {
  readonly numbers: Float64Array;
  readonly runs: Int32Array;
  readonly cells: Int32Array;
  readonly headers: Int32Array;
  readonly bodyAt: number;
}

/** Where the first key is. */
export function bodyOffset({ recordCount, runCount, headerCount }: PackedCounts): number {
  const numbersBytes = recordCount * NUMBERS_A_RECORD * Float64Array.BYTES_PER_ELEMENT;
  const cellCount = runCount * CELLS_A_RUN + recordCount * CELLS_A_RECORD + headerCount * CELLS_A_HEADER;
  return numbersBytes + (HEAD_CELLS + cellCount) * CELL_BYTES;
}

export function headOf(buffer: ArrayBuffer): Uint32Array {
  return new Uint32Array(buffer, 0, HEAD_CELLS);
}

export function tablesOf(buffer: ArrayBuffer, counts: PackedCounts): PackedTables {
  const numberCount = counts.recordCount * NUMBERS_A_RECORD;
  const numbersAt = HEAD_CELLS * CELL_BYTES;
  const runsAt = numbersAt + numberCount * Float64Array.BYTES_PER_ELEMENT;
  const cellsAt = runsAt + counts.runCount * CELLS_A_RUN * CELL_BYTES;
  const headersAt = cellsAt + counts.recordCount * CELLS_A_RECORD * CELL_BYTES;
  return {
    numbers: new Float64Array(buffer, numbersAt, numberCount),
    runs: new Int32Array(buffer, runsAt, counts.runCount * CELLS_A_RUN),
    cells: new Int32Array(buffer, cellsAt, counts.recordCount * CELLS_A_RECORD),
    headers: new Int32Array(buffer, headersAt, counts.headerCount * CELLS_A_HEADER),
    bodyAt: bodyOffset(counts),
  };
}
