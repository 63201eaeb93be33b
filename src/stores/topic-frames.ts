// Records of embedded topics as bytes, the same on the way to the store, in its file and on the way to a reader.
//
// A frame is, little-endian: f64 timestamp | u32 bytes of the key | u32 of the value | u32 of the headers | key | value | headers.
// Headers are, each: u32 bytes of the name | u32 of the value | name | value. A length of ABSENT is a null.

import type { NewKafkaRecord } from "../ports/kafka-topics.ts";

const HEAD_BYTES = 20;
const KEY_AT = 8;
const VALUE_AT = 12;
const HEADERS_AT = 16;
const ABSENT = 0xffff_ffff;

type Headers = NewKafkaRecord["headers"];

/** Frames of the records in one buffer of their own, to be transferred. A record without a timestamp is given this one. */
export function packTopicFrames(records: readonly NewKafkaRecord[], nowMs: number): ArrayBuffer {
  const headers = records.map((record) => packHeaders(record.headers));
  const size = records.reduce(
    (sum, { key, value }, index) => sum + HEAD_BYTES + lengthOf(key) + lengthOf(value) + (headers[index]?.length ?? 0),
    0,
  );
  const buffer = new ArrayBuffer(size);
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  let at = 0;
  for (const [index, { key, value, timestampMs }] of records.entries()) {
    const packed = headers[index] ?? new Uint8Array();
    view.setFloat64(at, Math.floor(timestampMs ?? nowMs), true);
    view.setUint32(at + KEY_AT, key === null ? ABSENT : key.length, true);
    view.setUint32(at + VALUE_AT, value === null ? ABSENT : value.length, true);
    view.setUint32(at + HEADERS_AT, packed.length, true);
    at += HEAD_BYTES;
    for (const part of [key, value, packed]) {
      if (part === null) continue;
      bytes.set(part, at);
      at += part.length;
    }
  }
  return buffer;
}

/** Steps over frames, one at a time; the members speak of the frame that it stands on. Parts are slices of the same memory. */
export class TopicFrameCursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }
  get timestampMs(): number {
    return this.#view.getFloat64(this.at, true);
  }
  get key(): Uint8Array | null {
    return this.#lengthAt(KEY_AT) === ABSENT ? null : this.#part(0, this.#keyBytes);
  }
  get value(): Uint8Array | null {
    return this.#lengthAt(VALUE_AT) === ABSENT ? null : this.#part(this.#keyBytes, this.#valueBytes);
  }
  get headers(): Headers {
    return unpackHeaders(this.#part(this.#keyBytes + this.#valueBytes, this.#lengthAt(HEADERS_AT)));
  }
  get frameBytes(): number {
    return HEAD_BYTES + this.#keyBytes + this.#valueBytes + this.#lengthAt(HEADERS_AT);
  }

  next(): void {
    this.at += this.frameBytes;
  }

  get #keyBytes(): number {
    return bytesOf(this.#lengthAt(KEY_AT));
  }
  get #valueBytes(): number {
    return bytesOf(this.#lengthAt(VALUE_AT));
  }
  #lengthAt(offset: number): number {
    return this.#view.getUint32(this.at + offset, true);
  }
  #part(from: number, length: number): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.at + HEAD_BYTES + from, length);
  }
}

function packHeaders(headers: Headers): Uint8Array {
  if (headers.length === 0) return new Uint8Array();
  const parts = headers.flatMap(([name, value]) => {
    const nameBytes = Buffer.from(name, "utf8");
    const head = Buffer.alloc(8);
    head.writeUInt32LE(nameBytes.length, 0);
    head.writeUInt32LE(value === null ? ABSENT : value.length, 4);
    return [head, nameBytes, value ?? new Uint8Array()];
  });
  return Buffer.concat(parts);
}

function unpackHeaders(bytes: Uint8Array): Headers {
  const headers: (readonly [string, Uint8Array | null])[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const nameBytes = view.getUint32(at, true);
    const valueLength = view.getUint32(at + 4, true);
    const valueAt = at + 8 + nameBytes;
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + at + 8, nameBytes).toString("utf8");
    at = valueAt + bytesOf(valueLength);
    headers.push([name, valueLength === ABSENT ? null : bytes.subarray(valueAt, at)]);
  }
  return headers;
}

const bytesOf = (length: number): number => (length === ABSENT ? 0 : length);
const lengthOf = (bytes: Uint8Array | null): number => bytes?.length ?? 0;
