// What somebody would write by hand to be fast: two threads, a batch in one transferred buffer, one batch read ahead, one
// invocation in flight a shard, the position stored after each. No retries, no filters, no limits, no journal, no stop.

import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Redis } from "ioredis";
import { serve } from "../child.ts";
import { monotonicMs, watchRun } from "../road/marks.ts";
import { streamArn } from "../road/record-shape.ts";
import { cpuMsSince, entriesOf, type RunAnswer, type RunRequest, SETTLE_MS } from "../road/run.ts";
import { pack } from "./pack.ts";

const worker = new Worker(new URL("./function.ts", import.meta.url));
const waiting: ((value: void) => void)[] = [];
worker.on("message", (index: number) => waiting[index]?.());
let redis: Redis | null = null;

async function run({ redisUrl, stream, batchSize, shards }: RunRequest): Promise<RunAnswer> {
  redis ??= new Redis(redisUrl);
  const client = redis;
  const arn = streamArn(stream);
  let invocationCount = 0;

  async function runShard(index: number, shard: RunRequest["shards"][number]): Promise<void> {
    const read = (after: string) =>
      client.callBuffer("XREAD", ["COUNT", String(batchSize), "STREAMS", shard.key, after]).then(entriesOf);
    let stored: Promise<unknown> = Promise.resolve();
    let after = "0-0";
    for (let next = read(after); after !== shard.lastEntryId; ) {
      const entries = await next;
      after = entries.at(-1)?.[0].toString("latin1") ?? shard.lastEntryId;
      if (after !== shard.lastEntryId) next = read(after);
      const buffer = pack(entries);
      const returned = new Promise<void>((resolve) => {
        waiting[index] = resolve;
      });
      worker.postMessage({ index, buffer, place: { shard: shard.id, arn } }, [buffer]);
      await returned;
      invocationCount += 1;
      stored = client.set(`hand:${stream}:${shard.id}`, after);
    }
    await stored;
  }

  const marks = watchRun(shards.length);
  const cpu = marks.first.then(() => process.cpuUsage());
  await Promise.all(shards.map((shard, index) => runShard(index, shard)));
  const wallMs = monotonicMs() - (await marks.first);
  const cpuAtStart = await cpu;
  await delay(SETTLE_MS);
  return { wallMs, cpuMs: cpuMsSince(cpuAtStart), invocationCount };
}

serve({ run }, async () => {
  redis?.disconnect();
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  worker.postMessage(null);
  await ended;
});
