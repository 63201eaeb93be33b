// Retention of laid-out streams: entries older than a stream's retention leave it, and the hash remembers the last one that left,
// so that a reader that comes later can tell a gap from a pause (E-68).

import type { Redis } from "ioredis";
import { parseStream, type StreamKeys, trimmedField } from "./redis-layout.ts";

const MS_PER_HOUR = 3_600_000;

const TRIM = `
local last = redis.call('XREVRANGE', KEYS[2], '(' .. ARGV[1], '-', 'COUNT', 1)
if #last == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], last[1][1])
return redis.call('XTRIM', KEYS[2], 'MINID', ARGV[1])`;

/** Answers a function that stops it and waits for what is under way. */
export function startTrimming(options: {
  readonly commands: Redis;
  readonly keys: StreamKeys;
  readonly nowMs: () => number;
  readonly everyMs: number;
}): () => Promise<void> {
  let work: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    // A failure is a Redis that is away or busy: the next round does the same work.
    work = work.then(() => trimAll(options)).catch(() => undefined);
  }, options.everyMs);
  return async () => {
    clearInterval(timer);
    await work;
  };
}

export async function trimAll(options: {
  readonly commands: Redis;
  readonly keys: StreamKeys;
  readonly nowMs: () => number;
}): Promise<void> {
  const { commands, keys } = options;
  if (commands.status !== "ready") return;
  for (const name of await commands.smembers(keys.names)) {
    const stream = parseStream(name, await commands.hgetall(keys.meta(name)));
    if (stream === null) continue;
    const oldest = `${options.nowMs() - stream.retentionHours * MS_PER_HOUR}-0`;
    for (const shard of stream.shards)
      await commands.eval(TRIM, 2, keys.meta(name), keys.shard(name, shard.id), oldest, trimmedField(shard.id));
  }
}
