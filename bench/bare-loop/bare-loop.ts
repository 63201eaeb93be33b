// The least there can be: one thread that reads one batch ahead, builds the event, calls the handler in the same thread and
// stores its position. A handler that blocks or crashes takes everything with it.

import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { serve } from "../child.ts";
import { eventRecord } from "../road/event.ts";
import { handle } from "../road/handler.ts";
import { monotonicMs, watchRun } from "../road/marks.ts";
import { streamArn } from "../road/record-shape.ts";
import { cpuMsSince, entriesOf, type RunAnswer, type RunRequest, SETTLE_MS } from "../road/run.ts";

let redis: Redis | null = null;

async function run({ redisUrl, stream, batchSize, shards }: RunRequest): Promise<RunAnswer> {
  redis ??= new Redis(redisUrl);
  const client = redis;
  const arn = streamArn(stream);
  let invocationCount = 0;

  async function runShard(shard: RunRequest["shards"][number]): Promise<void> {
    const place = { shard: shard.id, arn };
    const read = (after: string) =>
      client.callBuffer("XREAD", ["COUNT", String(batchSize), "STREAMS", shard.key, after]).then(entriesOf);
    let stored: Promise<unknown> = Promise.resolve();
    let after = "0-0";
    for (let next = read(after); after !== shard.lastEntryId; ) {
      const entries = await next;
      after = entries.at(-1)?.[0].toString("latin1") ?? shard.lastEntryId;
      if (after !== shard.lastEntryId) next = read(after);
      const records = entries.map(([id, [, key, , data]]) =>
        eventRecord(place, id.toString("latin1"), key.toString("utf8"), data.toString("base64")),
      );
      await handle({ Records: records });
      invocationCount += 1;
      stored = client.set(`bare:${stream}:${shard.id}`, after);
    }
    await stored;
  }

  const marks = watchRun(shards.length);
  const cpu = marks.first.then(() => process.cpuUsage());
  await Promise.all(shards.map(runShard));
  const wallMs = monotonicMs() - (await marks.first);
  const cpuAtStart = await cpu;
  await delay(SETTLE_MS);
  return { wallMs, cpuMs: cpuMsSince(cpuAtStart), invocationCount };
}

serve({ run }, async () => redis?.disconnect());
