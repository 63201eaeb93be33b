// ReceiveRequestAttemptId: who asks again within five minutes, as after an answer that was lost, gets the same messages under the same
// handles, as long as none of them was deleted or had its visibility changed meanwhile.

import type { Clock } from "../../ports/clock.ts";
import type { QueueMessage } from "../../ports/queues.ts";

const KNOWN_FOR_MS = 300_000;
const MOST_ATTEMPTS = 1_000;
/** Of bodies, over all attempts; the oldest is forgotten first. */
const MOST_BYTES = 67_108_864;

/** What a receive has handed out. */
export interface Handed {
  readonly messages: readonly QueueMessage[];
  /** Wall time. */
  readonly receivedAtMs: number;
}

interface Attempt {
  readonly handed: Handed;
  readonly atMs: number;
  readonly bytes: number;
}

export interface ReceiveAttempts {
  /** Null: not known, or not any more. */
  find(queue: string, id: string): Handed | null;
  /** An answer without messages is not kept: the next one may have some. */
  keep(queue: string, id: string, handed: Handed): void;
  forget(queue: string, id: string): void;
  /** This receipt was used: whatever attempt handed it out cannot be answered again. */
  used(receipt: string): void;
}

export function createReceiveAttempts(clock: Pick<Clock, "monotonicMs">): ReceiveAttempts {
  const attempts = new Map<string, Attempt>();
  const byReceipt = new Map<string, string>();
  let bytes = 0;
  const keyOf = (queue: string, id: string): string => `${queue} ${id}`;

  function drop(key: string): void {
    const attempt = attempts.get(key);
    if (attempt === undefined) return;
    attempts.delete(key);
    bytes -= attempt.bytes;
    for (const { receiptHandle } of attempt.handed.messages) byReceipt.delete(receiptHandle);
  }

  return {
    find(queue, id) {
      const key = keyOf(queue, id);
      const attempt = attempts.get(key);
      if (attempt === undefined) return null;
      if (clock.monotonicMs() - attempt.atMs < KNOWN_FOR_MS) return attempt.handed;
      drop(key);
      return null;
    },
    keep(queue, id, handed) {
      const { messages } = handed;
      const key = keyOf(queue, id);
      drop(key);
      if (messages.length === 0) return;
      const attempt = {
        handed,
        atMs: clock.monotonicMs(),
        bytes: messages.reduce((sum, { body, attributes }) => sum + body.length + (attributes?.length ?? 0), 0),
      };
      attempts.set(key, attempt);
      bytes += attempt.bytes;
      for (const { receiptHandle } of messages) byReceipt.set(receiptHandle, key);
      for (const [oldest, { atMs }] of attempts) {
        const isOver = clock.monotonicMs() - atMs >= KNOWN_FOR_MS;
        if (!isOver && attempts.size <= MOST_ATTEMPTS && bytes <= MOST_BYTES) break;
        drop(oldest);
      }
    },
    forget: (queue, id) => drop(keyOf(queue, id)),
    used(receipt) {
      const key = byReceipt.get(receipt);
      if (key !== undefined) drop(key);
    },
  };
}
