// A KPL aggregate, as enhanced fan-out takes it apart (P-10): four bytes of magic, a protocol-buffers message, and the MD5 of that message.
// The message has a table of partition keys, one of explicit hash keys, and records that name their keys by index. Pure; whatever is not
// wholly well formed is no aggregate, and the record goes on as it is.

import { PbfReader } from "pbf";

const MAGIC = [0xf3, 0x89, 0x9a, 0xc2] as const;
const DIGEST_BYTES = 16;
const MOST_HASH_KEY = 2n ** 128n - 1n;

/** In 32 lower-case hexadecimal digits. */
export type Md5 = (bytes: Uint8Array) => string;

export interface InnerRecord {
  /** UTF-8. */
  readonly partitionKey: Uint8Array;
  /** The explicit hash key where there is one, else the partition key's MD5. */
  readonly hashKey: bigint;
  /** A part of the aggregate's own bytes. */
  readonly data: Uint8Array;
}

interface Message {
  readonly partitionKeys: Uint8Array[];
  readonly hashKeys: string[];
  readonly records: { partitionKeyIndex: number; hashKeyIndex: number | null; data: Uint8Array | null }[];
}

/** Whether a record's data can be an aggregate at all: cheap, and asked of every record. */
export function looksAggregated(data: Uint8Array): boolean {
  return data.length > MAGIC.length + DIGEST_BYTES && MAGIC.every((byte, index) => data[index] === byte);
}

/** The records of an aggregate, at least one, in their order; null: it is none. */
export function parseAggregate(data: Uint8Array, md5: Md5): readonly InnerRecord[] | null {
  if (!looksAggregated(data)) return null;
  const body = data.subarray(MAGIC.length, data.length - DIGEST_BYTES);
  if (md5(body) !== Buffer.from(data.subarray(data.length - DIGEST_BYTES)).toString("hex")) return null;
  const message = messageFrom(body);
  if (message === null || message.records.length === 0) return null;
  const inner: InnerRecord[] = [];
  for (const record of message.records) {
    const partitionKey = message.partitionKeys[record.partitionKeyIndex];
    const hashKey =
      partitionKey === undefined ? null : hashKeyOf({ index: record.hashKeyIndex, partitionKey }, message, md5);
    if (partitionKey === undefined || hashKey === null || record.data === null) return null;
    inner.push({ partitionKey, hashKey, data: record.data });
  }
  return inner;
}

function messageFrom(body: Uint8Array): Message | null {
  const message: Message = { partitionKeys: [], hashKeys: [], records: [] };
  try {
    const reader = new PbfReader(body);
    reader.readFields((tag, into, pbf) => {
      if (tag === 1) into.partitionKeys.push(bytesOf(pbf));
      else if (tag === 2) into.hashKeys.push(Buffer.from(bytesOf(pbf)).toString("latin1"));
      else if (tag === 3) into.records.push(recordFrom(pbf));
    }, message);
    return reader.pos === body.length ? message : null;
  } catch {
    // Its sum was right, yet it is no message of this kind: somebody else's bytes.
    return null;
  }
}

function recordFrom(pbf: PbfReader): Message["records"][number] {
  const end = pbf.readVarint() + pbf.pos;
  if (end > pbf.length) throw new RangeError("a record reaches beyond its message");
  const record: Message["records"][number] = { partitionKeyIndex: -1, hashKeyIndex: null, data: null };
  return pbf.readFields(
    (tag, into, inner) => {
      if (tag === 1) into.partitionKeyIndex = inner.readVarint();
      else if (tag === 2) into.hashKeyIndex = inner.readVarint();
      else if (tag === 3) into.data = bytesOf(inner);
    },
    record,
    end,
  );
}

function bytesOf(pbf: PbfReader): Uint8Array {
  const bytes = pbf.readBytes();
  if (pbf.pos > pbf.length) throw new RangeError("a text reaches beyond its message");
  return bytes;
}

/** Null: the table has none there, or it is no hash key. */
function hashKeyOf(
  { index, partitionKey }: { readonly index: number | null; readonly partitionKey: Uint8Array },
  { hashKeys }: Message,
  md5: Md5,
): bigint | null {
  if (index === null) return BigInt(`0x${md5(partitionKey)}`);
  const text = hashKeys[index];
  if (text === undefined || !/^\d{1,39}$/.test(text)) return null;
  const hashKey = BigInt(text);
  return hashKey <= MOST_HASH_KEY ? hashKey : null;
}
