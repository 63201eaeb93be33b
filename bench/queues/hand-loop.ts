// What somebody would write by hand to be fast on a queue and to keep SQS's promises for the messages themselves: a script that receives a
// batch (what is not hidden any more comes again, each message has a count, a first receive and a receipt), the batch in one transferred
// buffer, function threads that have one call at a time each, a script that deletes what the receipts still hold, five batches out at a time
// (P-20). No failed calls, no filters, no dead letters, no groups, no delays, no retention, no waiting, no journal, no counters.

import { Redis } from "ioredis";
import { serve } from "../child.ts";
import { PARTS } from "./hand-function.ts";
import { emptyByHand, endThreads, type HandStore } from "./hand-threads.ts";
import {
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
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local untilMs = now + ${VISIBILITY_MS}
local back = redis.call('ZRANGEBYSCORE', at .. 'hand:hidden', '-inf', now, 'LIMIT', 0, 1000)
if #back > 0 then
  redis.call('ZREM', at .. 'hand:hidden', unpack(back))
  redis.call('RPUSH', at .. 'wait', unpack(back))
end
local ids = redis.call('RPOP', at .. 'wait', ARGV[1]) or {}
local out, hidden = {}, {}
for index, id in ipairs(ids) do
  local f = redis.call('HMGET', at .. id, 'data', 'timestamp', 'ats', 'sfr')
  local count, first, n = (tonumber(f[3]) or 0) + 1, f[4] or now, ${PARTS} * index
  redis.call('HSET', at .. id, 'ats', count, 'srn', ARGV[2], 'sfr', first)
  out[n - 4], out[n - 3], out[n - 2], out[n - 1], out[n] = id, f[1], f[2], tostring(count), tostring(first)
  hidden[2 * index - 1], hidden[2 * index] = untilMs, id
end
if #ids > 0 then redis.call('ZADD', at .. 'hand:hidden', unpack(hidden)) end
return out`;

const DELETE = `
local at = KEYS[1]
local ids, keys = {}, {}
for index = 2, #ARGV do
  local key = at .. ARGV[index]
  if redis.call('HGET', key, 'srn') == ARGV[1] then
    ids[#ids + 1], keys[#keys + 1] = ARGV[index], key
  end
end
if #ids > 0 then
  redis.call('ZREM', at .. 'hand:hidden', unpack(ids))
  redis.call('DEL', unpack(keys))
end
return #ids`;

let redis: Redis | null = null;

async function run(request: QueueRunRequest): Promise<QueueRunAnswer> {
  const { redisUrl, queue } = request;
  if (redisUrl === null) throw new Error("this loop's queue is in Redis");
  redis ??= new Redis(redisUrl);
  const client = redis;
  const key = `${QUEUE_PREFIX}:${queue}:`;
  const [receive, erase] = await Promise.all([RECEIVE, DELETE].map((text) => client.script("LOAD", text)));
  const store: HandStore = {
    receive: (max, mark) =>
      client.callBuffer("EVALSHA", [String(receive), "1", key, String(max), mark]) as Promise<Buffer[]>,
    erase: (mark, ids) => client.call("EVALSHA", [String(erase), "1", key, mark, ...ids]),
  };
  const first = firstCall();
  await emptyByHand(store, request);
  const endMs = await untilEmpty(() => leftInRedis(client, queue));
  return { wallMs: endMs - (await first) };
}

serve({ run }, async () => {
  redis?.disconnect();
  await endThreads();
});
