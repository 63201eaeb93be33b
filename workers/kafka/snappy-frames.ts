// Snappy as Kafka's clients write it. Java's has a header and then blocks with their length in front (the framing of xerial's
// snappy-java); librdkafka and others write one bare block. Brokers take both, so we read both, and write the former (M-816).

const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** The magic, the version and the oldest version that can read it. */
const headerBytes = magic.length + 8;

/** The bare blocks of what a record batch holds, in their order. Throws where a block's length is beyond the end. */
export function unwrapSnappy(buffer: Buffer): readonly Buffer[] {
  if (!startsWithMagic(buffer, 0)) return [buffer];
  const blocks: Buffer[] = [];
  let at = 0;
  while (at < buffer.length) {
    // Streams that were written one behind the other have a header each.
    if (startsWithMagic(buffer, at)) {
      at += headerBytes;
      continue;
    }
    const start = at + 4;
    const end = start > buffer.length ? start : start + buffer.readUInt32BE(at);
    if (end > buffer.length) {
      throw new Error(`a snappy block at byte ${at} goes beyond the ${buffer.length} bytes of its batch`);
    }
    blocks.push(buffer.subarray(start, end));
    at = end;
  }
  return blocks;
}

export function wrapSnappy(block: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes + 4);
  magic.copy(header);
  header.writeUInt32BE(1, magic.length);
  header.writeUInt32BE(1, magic.length + 4);
  header.writeUInt32BE(block.length, headerBytes);
  return Buffer.concat([header, block]);
}

function startsWithMagic(buffer: Buffer, at: number): boolean {
  return buffer.length >= at + magic.length && buffer.compare(magic, 0, magic.length, at, at + magic.length) === 0;
}
