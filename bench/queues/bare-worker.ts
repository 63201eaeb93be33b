// The yardstick of BullMQ itself: its own worker, jobs a call of one, handler in the same thread, jobs gone once they are done.

import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { serve } from "../child.ts";
import { queueEventRecord } from "./queue-event.ts";
import { handle } from "./queue-handler.ts";
import {
  firstCall,
  leftInRedis,
  QUEUE_PREFIX,
  type QueueRunAnswer,
  type QueueRunRequest,
  untilEmpty,
} from "./queue-run.ts";

/** More made it no faster here. */
const CONCURRENCY = 50;
let redis: Redis | null = null;

async function run({ redisUrl, queue }: QueueRunRequest): Promise<QueueRunAnswer> {
  if (redisUrl === null) throw new Error("by hand there is no embedded store");
  redis ??= new Redis(redisUrl);
  const client = redis;
  const { hostname: host, port } = new URL(redisUrl);
  const first = firstCall();
  const worker = new Worker<{ readonly body: string }>(
    queue,
    async ({ id = "", data, timestamp, processedOn, attemptsStarted }) => {
      const message = {
        id,
        receipt: id,
        data: JSON.stringify(data),
        sentAtMs: String(timestamp),
        firstReceivedAtMs: String(processedOn),
        receiveCount: String(attemptsStarted),
      };
      await handle({ Records: [queueEventRecord(queue, message)] });
    },
    {
      connection: { host, port: Number(port), maxRetriesPerRequest: null },
      prefix: QUEUE_PREFIX,
      concurrency: CONCURRENCY,
      removeOnComplete: { count: 0 },
    },
  );
  const firstMs = await first;
  const endMs = await untilEmpty(() => leftInRedis(client, queue));
  await worker.close();
  return { wallMs: endMs - firstMs };
}

serve({ run }, async () => redis?.disconnect());
