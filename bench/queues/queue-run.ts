// One run of one contestant: a queue that lies full in Redis or in the embedded store, until it is empty.

import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { monotonicMs, onMarks } from "../road/marks.ts";
import { KEY_PREFIX } from "../road/record-shape.ts";

export const QUEUE_PREFIX = `${KEY_PREFIX}bull`;
/** How many batches are out at a time, as a mapping begins (P-20). */
export const AT_ONCE = 5;
const LOOK_EVERY_MS = 5;

export interface QueueRunRequest {
  /** Null: the queue is in the embedded store, which only the whole server reads. */
  readonly redisUrl: string | null;
  readonly queue: string;
  readonly batchSize: number;
}

export interface QueueRunAnswer {
  /** From the handler's first call until the queue was empty. */
  readonly wallMs: number;
}

/** When the handler has seen the message that was sent first. */
export function firstCall(): Promise<number> {
  return new Promise((resolve) => {
    const close = onMarks((mark) => {
      if (mark.kind !== "first") return;
      close();
      resolve(mark.atMs);
    });
  });
}

/** Asks `leftCount` until nothing is left; the instant. */
export async function untilEmpty(leftCount: () => Promise<number>): Promise<number> {
  while ((await leftCount()) > 0) await delay(LOOK_EVERY_MS);
  return monotonicMs();
}

const LEFT = `local left = 0
for _, list in ipairs({ 'wait', 'active' }) do left = left + redis.call('LLEN', KEYS[1] .. list) end
for _, set in ipairs({ 'prioritized', 'delayed' }) do left = left + redis.call('ZCARD', KEYS[1] .. set) end
return left`;

/** Messages of a queue of BullMQ, wherever they are. */
export async function leftInRedis(redis: Redis, queue: string): Promise<number> {
  return Number(await redis.eval(LEFT, 1, `${QUEUE_PREFIX}:${queue}:`));
}
