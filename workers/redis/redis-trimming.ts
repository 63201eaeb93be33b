// Retention of laid-out streams: entries older than a stream's retention leave it, and the hash remembers the last one that left,
// so that a reader that comes later can tell a gap from a pause (E-68). Several processes may trim one Redis: each finds less to do.

import { BEGINNING } from "./entry-ids.ts";
import { parseStream, type StreamKeys, trimmedField } from "./redis-layout.ts";
import type { RedisLine } from "./redis-line.ts";
import { TRIM } from "./redis-scripts.ts";

const MS_PER_HOUR = 3_600_000;

export interface TrimOptions {
  readonly commands: RedisLine;
  readonly keys: StreamKeys;
  /** Epoch ms; entries were numbered by Redis's clock. */
  readonly nowMs: () => number;
}

/** Answers a function that stops it and waits for what is under way. */
export function startTrimming(options: TrimOptions & { readonly everyMs: number }): () => Promise<void> {
  let work: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    // A failure is a Redis that is away or busy: the next round does the same work. One that takes long is let end.
    work ??= trimAll(options)
      .catch(() => 0)
      .finally(() => {
        work = null;
      });
  }, options.everyMs);
  return async () => {
    clearInterval(timer);
    await work;
  };
}

/** How many entries left. A stream that cannot be trimmed, by its type or by a permission, keeps no other from it. */
export async function trimAll(options: TrimOptions): Promise<number> {
  const names = await options.commands.ask((redis) => redis.smembers(options.keys.names));
  let count = 0;
  for (const name of names) count += await trimStream(options, name).catch(() => 0);
  return count;
}

async function trimStream({ commands, keys, nowMs }: TrimOptions, name: string): Promise<number> {
  const stream = parseStream(name, await commands.ask((redis) => redis.hgetall(keys.meta(name))));
  if (stream === null) return 0;
  const oldestMs = nowMs() - stream.retentionHours * MS_PER_HOUR;
  const oldest = oldestMs > 0 ? `${oldestMs}-0` : BEGINNING;
  let count = 0;
  for (const { id } of stream.shards) {
    const left = commands.ask((redis) =>
      redis.eval(TRIM, 2, keys.meta(name), keys.shard(name, id), oldest, trimmedField(id)),
    );
    count += Number(await left.catch(() => 0));
  }
  return count;
}
