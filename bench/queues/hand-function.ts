// A function thread of the hand loop on queues: builds the event from one buffer, calls the handler, says that it has returned.

import { parentPort } from "node:worker_threads";
import { queueEventRecord, type QueueEventRecord } from "./queue-event.ts";
import { handle } from "./queue-handler.ts";

export const PARTS = 5;

export interface HandBatch {
  readonly index: number;
  readonly queue: string;
  /** Of all messages of the batch. */
  readonly mark: string;
  /** u32 count of parts, a u32 length each, then their bytes; PARTS a message. */
  readonly buffer: ArrayBuffer;
}

export function packParts(parts: readonly Buffer[]): ArrayBuffer {
  const head = 4 * (1 + parts.length);
  const buffer = new ArrayBuffer(parts.reduce((sum, part) => sum + part.length, head));
  const lengths = new Uint32Array(buffer, 0, 1 + parts.length);
  const bytes = new Uint8Array(buffer);
  lengths[0] = parts.length;
  let at = head;
  parts.forEach((part, index) => {
    lengths[index + 1] = part.length;
    bytes.set(part, at);
    at += part.length;
  });
  return buffer;
}

function unpack({ queue, mark, buffer }: HandBatch): QueueEventRecord[] {
  const bytes = Buffer.from(buffer);
  const count = new Uint32Array(buffer, 0, 1)[0] ?? 0;
  const lengths = new Uint32Array(buffer, 4, count);
  const records: QueueEventRecord[] = [];
  let at = 4 * (1 + count);
  const next = (index: number): string => {
    const from = at;
    at += lengths[index] ?? 0;
    return bytes.toString("utf8", from, at);
  };
  for (let index = 0; index < count; index += PARTS) {
    const [id, data, sentAtMs] = [next(index), next(index + 1), next(index + 2)];
    const [receiveCount, firstReceivedAtMs] = [next(index + 3), next(index + 4)];
    const receipt = `${mark}.${id}`;
    records.push(queueEventRecord(queue, { id, receipt, data, sentAtMs, firstReceivedAtMs, receiveCount }));
  }
  return records;
}

const port = parentPort;
/** Null: there are no more. */
port?.on("message", (batch: HandBatch | null) => {
  if (batch === null) return port.close();
  void handle({ Records: unpack(batch) }).then(() => port.postMessage(batch.index));
});
