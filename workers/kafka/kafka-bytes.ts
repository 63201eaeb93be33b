// Reading Kafka's own binary forms: numbers of fixed length, numbers of varying length (zigzag in records, plain in newer answers), and
// text and bytes behind their length. Whoever reads beyond the end gets an error, as what a broker sends is whole.

export interface ByteReader {
  readonly left: number;
  int8(): number;
  int16(): number;
  int32(): number;
  int64(): bigint;
  /** Zigzag, up to 64 bits; exact up to 2^53. */
  varint(): number;
  uvarint(): number;
  /** Not a copy. */
  bytes(count: number): Buffer;
  /** As many as it holds. */
  copyTo(target: Buffer): void;
  skip(count: number): void;
  /** Behind an int16; null where that is -1. */
  text(): string | null;
  /** Behind an int32; null where that is -1. */
  block(): Buffer | null;
}

export function createByteReader(buffer: Buffer): ByteReader {
  let at = 0;

  function advance(count: number): number {
    const from = at;
    if (count < 0) throw new RangeError(`a part of an answer is ${-count} bytes shorter than what is in it`);
    at += count;
    if (at > buffer.length) throw new RangeError(`an answer ends ${at - buffer.length} bytes early`);
    return from;
  }

  function uvarint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = buffer[advance(1)] ?? 0;
      if (byte < 0x80 && factor === 1) return byte;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  }

  function bytes(count: number): Buffer {
    const from = advance(count);
    return buffer.subarray(from, at);
  }

  return {
    get left() {
      return buffer.length - at;
    },
    int8: () => buffer.readInt8(advance(1)),
    int16: () => buffer.readInt16BE(advance(2)),
    int32: () => buffer.readInt32BE(advance(4)),
    int64: () => buffer.readBigInt64BE(advance(8)),
    varint() {
      const value = uvarint();
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    },
    uvarint,
    bytes,
    copyTo(target) {
      const from = advance(target.length);
      buffer.copy(target, 0, from, at);
    },
    skip: (count) => void advance(count),
    text() {
      const count = buffer.readInt16BE(advance(2));
      return count < 0 ? null : bytes(count).toString();
    },
    block() {
      const count = buffer.readInt32BE(advance(4));
      return count < 0 ? null : bytes(count);
    },
  };
}

export const int16Bytes = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};

export const int32Bytes = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

export const textBytes = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([int16Bytes(bytes.length), bytes]);
};

export function arrayBytes<T>(items: readonly T[], bytesOf: (item: T) => Buffer): Buffer {
  return Buffer.concat([int32Bytes(items.length), ...items.map(bytesOf)]);
}
