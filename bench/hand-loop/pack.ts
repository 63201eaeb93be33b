// A batch in one buffer: u32 count, three u32 lengths a record, then the bytes.

import type { RawEntry } from "../road/run.ts";
import { eventRecord, type KinesisEvent, type KinesisEventRecord } from "../road/event.ts";

const HEAD_BYTES = 4;
const LENGTHS_BYTES = 12;

export function pack(entries: readonly RawEntry[]): ArrayBuffer {
  let size = HEAD_BYTES + entries.length * LENGTHS_BYTES;
  for (const [id, [, key, , data]] of entries) size += id.length + key.length + data.length;
  const buffer = new ArrayBuffer(size);
  const bytes = new Uint8Array(buffer);
  const table = new Uint32Array(buffer, 0, 1 + entries.length * 3);
  table[0] = entries.length;
  let cell = 1;
  let at = HEAD_BYTES + entries.length * LENGTHS_BYTES;
  for (const [id, [, key, , data]] of entries) {
    for (const part of [id, key, data]) {
      table[cell++] = part.length;
      bytes.set(part, at);
      at += part.length;
    }
  }
  return buffer;
}

export function unpack(buffer: ArrayBuffer, place: { readonly shard: string; readonly arn: string }): KinesisEvent {
  const bytes = Buffer.from(buffer);
  const count = new Uint32Array(buffer, 0, 1)[0] ?? 0;
  const table = new Uint32Array(buffer, HEAD_BYTES, count * 3);
  const records: KinesisEventRecord[] = [];
  let at = HEAD_BYTES + count * LENGTHS_BYTES;
  for (let index = 0; index < count; index += 1) {
    const keyAt = at + (table[index * 3] ?? 0);
    const dataAt = keyAt + (table[index * 3 + 1] ?? 0);
    const end = dataAt + (table[index * 3 + 2] ?? 0);
    records.push(
      eventRecord(
        place,
        bytes.toString("latin1", at, keyAt),
        bytes.toString("utf8", keyAt, dataAt),
        bytes.toString("base64", dataAt, end),
      ),
    );
    at = end;
  }
  return { Records: records };
}
