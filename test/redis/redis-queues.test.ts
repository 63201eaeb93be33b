// The contract of queues, kept in Redis. Its clock is moved by hand where a story is days long, and Redis's own where receives wait.

import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import type { RedisAddress } from "../../src/threads/protocol.ts";
import { createRedisQueues } from "../../workers/redis/queues/redis-queues.ts";
import { redisUrl } from "../brokers/redis-url.ts";
import { describeDeadLettersContract } from "../contracts/dead-letters-contract.ts";
import { describeQueueWaitsContract } from "../contracts/queue-waits-contract.ts";
import { describeQueuesContract, type QueuesUnderTest } from "../contracts/queues-contract.ts";
import { describeFifoQueuesContract } from "../contracts/queues-fifo-contract.ts";
import { describeQueuesModel } from "../contracts/queues-model.ts";

const STARTS_AT_MS = 1_790_000_000_000;

function anAddress(): RedisAddress {
  const keyPrefix = `test:${randomUUID()}:`;
  return { url: redisUrl(), keyPrefix, queuePrefix: `${keyPrefix}bull`, caPem: null };
}

/** The shared Redis is left as it was found. */
async function sweepOut({ url, keyPrefix }: RedisAddress): Promise<void> {
  const client = new Redis(url);
  const left = await client.keys(`${keyPrefix}*`);
  if (left.length > 0) await client.del(left);
  client.disconnect();
}

function queuesInRedis(): Promise<QueuesUnderTest> {
  const address = anAddress();
  let atMs = STARTS_AT_MS;
  const queues = createRedisQueues({ address, clock: createSystemClock(), sweepEveryMs: null, nowMs: () => atMs });
  return Promise.resolve({
    queues,
    nowMs: () => atMs,
    pass(ms) {
      atMs += ms;
      return Promise.resolve();
    },
    async close() {
      await queues.close();
      await sweepOut(address);
    },
  });
}

describeQueuesContract("queues in Redis", queuesInRedis);
describeFifoQueuesContract("queues in Redis", queuesInRedis);
describeDeadLettersContract("queues in Redis", queuesInRedis);
describeQueuesModel("queues in Redis", queuesInRedis, { runCount: 20 });

describeQueueWaitsContract("queues in Redis", () => {
  const address = anAddress();
  const clock = createSystemClock();
  const [queues, others] = [1, 2].map(() => createRedisQueues({ address, clock, sweepEveryMs: null }));
  if (queues === undefined || others === undefined) throw new Error("no queues");
  return Promise.resolve({
    queues,
    others,
    async close() {
      await Promise.all([queues.close(), others.close()]);
      await sweepOut(address);
    },
  });
});
