// What a fetch brings of one partition: record batches as the broker keeps them (Kafka's documentation, "Record Batch"). The client's own
// decoder loses the order of headers and names that JavaScript's objects have already (M-814), and takes a batch that compaction has
// emptied for the partition's end, so that this is done here. The bytes are copied, as a slice would keep the whole fetch (M-817).
//
// D1  Records come in order of their offsets; none lies before `from`.
// D2  `next` is behind every batch that was whole, whatever was in it: control records, aborted ones, none (M-804).

import { createByteReader, type ByteReader } from "./kafka-bytes.ts";

export interface BatchRecord {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly timestampType: "CREATE_TIME" | "LOG_APPEND_TIME";
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}

/** A transaction that was aborted: what this producer wrote from there to its next control record. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

export interface BatchesRead {
  readonly records: readonly BatchRecord[];
  readonly next: bigint;
}

/** `codec`: as the batch names it, 1 to 4. */
export type Decompress = (codec: number, bytes: Buffer) => Promise<Buffer>;

interface BatchHead {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly firstTimestampMs: number;
  readonly lastTimestampMs: number;
  readonly producerId: bigint;
  readonly codec: number;
  readonly isLogAppendTime: boolean;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly recordCount: number;
}

const LENGTH_AT = 12;
const MAGIC_AT = 16;
const MAGIC = 2;

export async function readBatches(
  bytes: Buffer,
  from: bigint,
  aborted: readonly AbortedTransaction[],
  decompress: Decompress,
): Promise<BatchesRead> {
  const transactions = createAbortedProducers(aborted);
  const records: BatchRecord[] = [];
  let next = from;
  // The last one may be cut off, as a fetch is as long as it was asked to be.
  for (let rest = bytes; isWhole(rest); rest = rest.subarray(LENGTH_AT + rest.readInt32BE(8))) {
    if (rest.readInt8(MAGIC_AT) !== MAGIC) throw new Error("the topic has records in the format before Kafka 0.11");
    const reader = createByteReader(rest.subarray(0, LENGTH_AT + rest.readInt32BE(8)));
    const head = headOf(reader);
    const body = reader.bytes(reader.left);
    const content = head.codec === 0 ? body : await decompress(head.codec, body);
    if (!transactions.isLeftOut(head, content)) addRecords(records, head, createByteReader(content), from);
    if (head.lastOffset >= next) next = head.lastOffset + 1n;
  }
  return { records, next };
}

function isWhole(bytes: Buffer): boolean {
  return bytes.length > MAGIC_AT && bytes.length >= LENGTH_AT + bytes.readInt32BE(8);
}

function headOf(reader: ByteReader): BatchHead {
  const firstOffset = reader.int64();
  // Its length, the leader's epoch, its format, and its sum (M-818).
  reader.bytes(4 + 4 + 1 + 4);
  const attributes = reader.int16();
  const lastOffset = firstOffset + BigInt(reader.int32());
  const firstTimestampMs = Number(reader.int64());
  const lastTimestampMs = Number(reader.int64());
  const producerId = reader.int64();
  // The producer's epoch and sequence.
  reader.bytes(2 + 4);
  return {
    firstOffset,
    lastOffset,
    firstTimestampMs,
    lastTimestampMs,
    producerId,
    codec: attributes & 0x07,
    isLogAppendTime: (attributes & 0x08) !== 0,
    isTransactional: (attributes & 0x10) !== 0,
    isControl: (attributes & 0x20) !== 0,
    recordCount: reader.int32(),
  };
}

function addRecords(records: BatchRecord[], head: BatchHead, reader: ByteReader, from: bigint): void {
  for (let index = 0; index < head.recordCount; index += 1) {
    const recordBytes = reader.varint();
    const leftBehind = reader.left - recordBytes;
    const record = recordOf(head, reader);
    // What a later version of the format may add.
    reader.skip(reader.left - leftBehind);
    if (record.offset >= from) records.push(record);
  }
}

function recordOf(head: BatchHead, reader: ByteReader): BatchRecord {
  // Attributes, which no record has.
  reader.int8();
  const timestampMs = head.firstTimestampMs + reader.varint();
  const offset = head.firstOffset + BigInt(reader.varint());
  const key = copyOf(reader);
  const value = copyOf(reader);
  const headers: [string, Uint8Array | null][] = [];
  for (let left = reader.varint(); left > 0; left -= 1) {
    const name = reader.bytes(reader.varint()).toString();
    headers.push([name, copyOf(reader)]);
  }
  return {
    offset,
    timestampMs: head.isLogAppendTime ? head.lastTimestampMs : timestampMs,
    timestampType: head.isLogAppendTime ? "LOG_APPEND_TIME" : "CREATE_TIME",
    key,
    value,
    headers,
  };
}

/** In Node's pool where it is small: memory of its own for each value costs more than the value's copying. */
function copyOf(reader: ByteReader): Uint8Array | null {
  const count = reader.varint();
  if (count < 0) return null;
  const copy = Buffer.allocUnsafe(count);
  reader.copyTo(copy);
  return copy;
}

/** Whose transactional records are left out at this place of the log. The broker tells where each aborted transaction began; its end is a control record. */
function createAbortedProducers(aborted: readonly AbortedTransaction[]) {
  const coming = [...aborted].sort((a, b) => Number(a.firstOffset - b.firstOffset));
  const current = new Set<bigint>();
  return {
    isLeftOut(head: BatchHead, content: Buffer): boolean {
      while (coming[0] !== undefined && coming[0].firstOffset <= head.lastOffset) {
        current.add(coming[0].producerId);
        coming.shift();
      }
      if (!head.isControl) return head.isTransactional && current.has(head.producerId);
      if (head.recordCount > 0 && isAbort(content)) current.delete(head.producerId);
      return true;
    },
  };
}

/** A control record's key is its version and its type: 0 aborts, 1 commits. */
function isAbort(content: Buffer): boolean {
  const reader = createByteReader(content);
  reader.varint();
  reader.int8();
  reader.varint();
  reader.varint();
  const keyBytes = reader.varint();
  return keyBytes >= 4 && reader.bytes(keyBytes).readInt16BE(2) === 0;
}
