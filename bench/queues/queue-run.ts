// One run of one contestant: a queue that lies full in Redis or in the embedded store, until it is empty.

import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { monotonicMs, onMarks } from "../road/marks.ts";
import { KEY_PREFIX } from "../road/record-shape.ts";

export const QUEUE_PREFIX = `${KEY_PREFIX}bull`;
/** How many batches are out at a time, as a mapping begins (P-20). */
export const AT_ONCE = 5;
/** Function threads, each with one call at a time: as many as the whole server has in this row. */
export const FUNCTION_THREADS = 4;
const LEAST_LOOK_MS = 1;
const MOST_LOOK_MS = 50;
/** A contestant empties no more than so many in a ms. */
const MOST_A_MS = 200;

export interface QueueRunRequest {
  /** Null: the queue is in the embedded store, which only the whole server reads. */
  readonly redisUrl: string | null;
  readonly queue: string;
  readonly batchSize: number;
  /** Of the loop by hand: its function threads. */
  readonly threads?: number;
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

/** Asks `leftCount` until nothing is left, seldom while there is much: looking costs Redis, too. The instant. */
export async function untilEmpty(leftCount: () => Promise<number>): Promise<number> {
  for (let left = await leftCount(); left > 0; left = await leftCount())
    await delay(Math.min(MOST_LOOK_MS, Math.max(LEAST_LOOK_MS, left / MOST_A_MS)));
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
