// The bytes that Confluent's serialisers write in front of the data (M-614).

const prefixBytes = 5;

/** Null: there is no such prefix. */
export function unprefixed(bytes: Uint8Array): { readonly schemaId: number; readonly data: Buffer } | null {
  if (bytes.length < prefixBytes || bytes[0] !== 0) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { schemaId: buffer.readInt32BE(1), data: buffer.subarray(prefixBytes) };
}

/**
 * Which message of its file a Protobuf record is: its index among the file's messages, then among that one's own, and so on. A single
 * byte 0 stands for the first message. Throws where there are no such indexes.
 */
export function messageIndexes(data: Buffer): { readonly indexes: readonly number[]; readonly message: Buffer } {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = data[at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw new Error("the indexes of the message are cut off");
  };
  const count = next();
  if (count === 0) return { indexes: [0], message: data.subarray(at) };
  if (count < 0 || count > data.length) throw new Error(`${count} indexes of a message in ${data.length} bytes`);
  const indexes = Array.from({ length: count }, next);
  return { indexes, message: data.subarray(at) };
}
