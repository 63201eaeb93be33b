// What tests of queues in Redis begin with: queues under prefixes of their own, and BullMQ's own Queue on the same keys.

import { randomUUID } from "node:crypto";
import { Queue, Worker, type Processor } from "bullmq";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import type { RunningBroker } from "../../../scripts/brokers/broker.ts";
import { createSystemClock } from "../../../src/platform/system-clock.ts";
import type { NewMessage } from "../../../src/ports/queues.ts";
import type { RedisAddress } from "../../../src/threads/protocol.ts";
import { createRedisQueues, type RedisQueues } from "../../../workers/redis/queues/redis-queues.ts";
import { redisUrl } from "../../brokers/redis-url.ts";

export interface QueueHouse {
  readonly address: RedisAddress;
  readonly queues: RedisQueues;
  /** The same queues over connections of their own, as another thread has them. */
  readonly another: (options?: { readonly blockMs?: number }) => RedisQueues;
  readonly client: Redis;
  /** BullMQ's own Queue, as an app makes one. */
  readonly bull: (name: string) => Queue;
  readonly worker: (name: string, processor: Processor, stalledInterval?: number) => Worker;
  readonly key: (queue: string, part: string) => string;
}

export function aQueueHouse(options: { readonly broker?: RunningBroker; readonly blockMs?: number } = {}): QueueHouse {
  const keyPrefix = `test:${randomUUID()}:`;
  const queuePrefix = `${keyPrefix}bull`;
  const url = options.broker?.url ?? redisUrl();
  const address = { url, keyPrefix, queuePrefix, caPem: null };
  const closers: (() => Promise<unknown>)[] = [];
  const another = (how: { readonly blockMs?: number } = {}): RedisQueues => {
    const queues = createRedisQueues({ address, clock: createSystemClock(), sweepEveryMs: null, ...how });
    closers.push(() => queues.close());
    return queues;
  };
  const queues = another(options.blockMs === undefined ? {} : { blockMs: options.blockMs });
  const client = new Redis(url);
  client.on("error", () => undefined);
  const { hostname: host, port } = new URL(url);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  onTestFinished(async () => {
    for (const close of closers.reverse()) await close();
    if (options.broker === undefined) {
      const left = await client.keys(`${keyPrefix}*`);
      if (left.length > 0) await client.del(left);
    }
    client.disconnect();
  });
  return {
    address,
    queues,
    another,
    client,
    key: (queue, part) => `${queuePrefix}:${queue}:${part}`,
    bull(name) {
      const queue = new Queue(name, { connection, prefix: queuePrefix });
      closers.push(() => queue.close());
      return queue;
    },
    worker(name, processor, stalledInterval = 30_000) {
      const worker = new Worker(name, processor, { connection, prefix: queuePrefix, stalledInterval });
      closers.push(() => worker.close());
      return worker;
    },
  };
}

export const aMessage = (body: string, members: Partial<NewMessage> = {}): NewMessage => ({
  body,
  attributes: null,
  sizeBytes: Buffer.byteLength(body),
  delayMs: null,
  ...members,
});

export const bodiesOf = (received: { readonly messages: readonly { readonly body: string }[] } | null): string[] =>
  (received?.messages ?? []).map(({ body }) => body);

export const now = { max: 10, visibilityMs: null, waitMs: 0 } as const;
