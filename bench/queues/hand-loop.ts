// What somebody would write by hand to be fast on a queue: two threads, a script that receives a batch, the batch in one transferred buffer,
// a script that deletes it, five batches out at a time. No retries, no filters, no dead letters, no groups, no journal.

import { Worker } from "node:worker_threads";
import { Redis } from "ioredis";
import { serve } from "../child.ts";
import { packParts } from "./hand-function.ts";
import {
  AT_ONCE,
  firstCall,
  leftInRedis,
  QUEUE_PREFIX,
  type QueueRunAnswer,
  type QueueRunRequest,
  untilEmpty,
} from "./queue-run.ts";

const VISIBILITY_MS = 60_000;

const RECEIVE = `
local at = KEYS[1]
local ids = redis.call('RPOP', at .. 'wait', ARGV[1]) or {}
local time = redis.call('TIME')
local untilMs = time[1] * 1000 + math.floor(time[2] / 1000) + ${VISIBILITY_MS}
local out, hidden = {}, {}
for index, id in ipairs(ids) do
  local f = redis.call('HMGET', at .. id, 'data', 'timestamp')
  local count = redis.call('HINCRBY', at .. id, 'ats', 1)
  local n = #out
  out[n + 1], out[n + 2], out[n + 3], out[n + 4] = id, f[1], f[2], tostring(count)
  hidden[2 * index - 1], hidden[2 * index] = untilMs, id
end
if #ids > 0 then redis.call('ZADD', at .. 'hand:hidden', unpack(hidden)) end
return out`;

const DELETE = `
local at = KEYS[1]
redis.call('ZREM', at .. 'hand:hidden', unpack(ARGV))
for _, id in ipairs(ARGV) do redis.call('DEL', at .. id) end
return #ARGV`;

const worker = new Worker(new URL("./hand-function.ts", import.meta.url));
const waiting = new Map<number, () => void>();
worker.on("message", (index: number) => waiting.get(index)?.());
let redis: Redis | null = null;
let lastIndex = 0;

async function run({ redisUrl, queue, batchSize }: QueueRunRequest): Promise<QueueRunAnswer> {
  if (redisUrl === null) throw new Error("by hand there is no embedded store");
  redis ??= new Redis(redisUrl);
  const client = redis;
  const key = `${QUEUE_PREFIX}:${queue}:`;
  const [receive, erase] = await Promise.all([RECEIVE, DELETE].map((text) => client.script("LOAD", text)));

  async function loop(): Promise<void> {
    for (;;) {
      const parts = (await client.callBuffer("EVALSHA", [String(receive), "1", key, String(batchSize)])) as Buffer[];
      if (parts.length === 0) return;
      const ids = parts.filter((_, index) => index % 4 === 0);
      const buffer = packParts(parts);
      const index = ++lastIndex;
      await new Promise<void>((resolve) => {
        waiting.set(index, resolve);
        worker.postMessage({ index, queue, buffer }, [buffer]);
      });
      waiting.delete(index);
      await client.call("EVALSHA", [String(erase), "1", key, ...ids]);
    }
  }

  const first = firstCall();
  await Promise.all(Array.from({ length: AT_ONCE }, loop));
  const endMs = await untilEmpty(() => leftInRedis(client, queue));
  return { wallMs: endMs - (await first) };
}

serve({ run }, async () => {
  redis?.disconnect();
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  worker.postMessage(null);
  await ended;
});
