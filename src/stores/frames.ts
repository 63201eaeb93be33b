// Records as bytes, the same on the way to the store, in its file and on the way to a reader, so that a record is written once.
//
// A frame is, little-endian: f64 millisecond | f64 counter | u32 bytes of the key | u32 bytes of the data | key | data.
// The store stamps the first two; whoever sends a record leaves them 0.

export const FRAME_HEAD_BYTES = 24;

const KEY_LENGTH_AT = 16;
const DATA_LENGTH_AT = 20;

export interface FrameSource {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Frames of the records in one buffer of their own, to be transferred. */
export function packFrames(records: readonly FrameSource[]): ArrayBuffer {
  const keys = records.map((record) => Buffer.from(record.partitionKey, "utf8"));
  let size = 0;
  for (const [index, record] of records.entries())
    size += FRAME_HEAD_BYTES + (keys[index]?.length ?? 0) + record.data.length;
  const buffer = new ArrayBuffer(size);
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  let at = 0;
  for (const [index, record] of records.entries()) {
    const key = keys[index];
    if (key === undefined) continue;
    view.setUint32(at + KEY_LENGTH_AT, key.length, true);
    view.setUint32(at + DATA_LENGTH_AT, record.data.length, true);
    bytes.set(key, at + FRAME_HEAD_BYTES);
    bytes.set(record.data, at + FRAME_HEAD_BYTES + key.length);
    at += FRAME_HEAD_BYTES + key.length + record.data.length;
  }
  return buffer;
}

/** Steps over frames, one at a time; the members speak of the frame that it stands on. */
export class FrameCursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Offset of the frame in `bytes`. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }
  get ms(): number {
    return this.#view.getFloat64(this.at, true);
  }
  get counter(): number {
    return this.#view.getFloat64(this.at + 8, true);
  }
  get keyBytes(): number {
    return this.#view.getUint32(this.at + KEY_LENGTH_AT, true);
  }
  get dataBytes(): number {
    return this.#view.getUint32(this.at + DATA_LENGTH_AT, true);
  }
  get frameBytes(): number {
    return FRAME_HEAD_BYTES + this.keyBytes + this.dataBytes;
  }
  /** Slices of the same memory, not copies. */
  get key(): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.at + FRAME_HEAD_BYTES, this.keyBytes);
  }
  get data(): Uint8Array {
    const from = this.bytes.byteOffset + this.at + FRAME_HEAD_BYTES + this.keyBytes;
    return new Uint8Array(this.bytes.buffer, from, this.dataBytes);
  }

  stamp(ms: number, counter: number): void {
    this.#view.setFloat64(this.at, ms, true);
    this.#view.setFloat64(this.at + 8, counter, true);
  }

  next(): void {
    this.at += this.frameBytes;
  }
}

/** One buffer out of several pieces; a single piece that fills its buffer is handed on as it is. */
export function joinPieces(pieces: readonly Uint8Array[]): ArrayBuffer {
  const only = pieces[0];
  if (
    pieces.length === 1 &&
    only !== undefined &&
    only.buffer instanceof ArrayBuffer &&
    only.length === only.buffer.byteLength
  )
    return only.buffer;
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined.buffer;
}
