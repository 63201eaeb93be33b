// Fills streams in Redis before they are measured, by the documented layout.

import type { Redis } from "ioredis";
import { FIRST_KEY, LAST_KEY, recordBytes, shardIdOf, shardKeyOf } from "./record-shape.ts";

const PIPELINED = 1_000;

export interface FilledStream {
  readonly stream: string;
  readonly recordCount: number;
  readonly shards: readonly { readonly id: string; readonly key: string; readonly lastEntryId: string }[];
}

/** Fills the shards alike, `recordCount` over all of them. */
export async function fillStream(
  redis: Redis,
  stream: string,
  options: { readonly shardCount: number; readonly recordCount: number },
): Promise<FilledStream> {
  const perShard = Math.ceil(options.recordCount / options.shardCount);
  const shards: { id: string; key: string; lastEntryId: string }[] = [];
  for (let index = 0; index < options.shardCount; index += 1) {
    const id = shardIdOf(index);
    const key = shardKeyOf(stream, id);
    shards.push({ id, key, lastEntryId: await fillShard(redis, key, perShard) });
  }
  return { stream, recordCount: perShard * options.shardCount, shards };
}

async function fillShard(redis: Redis, key: string, count: number): Promise<string> {
  let last: unknown = "";
  for (let from = 0; from < count; from += PIPELINED) {
    const pipeline = redis.pipeline();
    for (let index = from; index < Math.min(count, from + PIPELINED); index += 1) {
      const partitionKey = index === 0 ? FIRST_KEY : index === count - 1 ? LAST_KEY : `key-${index % 100}`;
      pipeline.call("XADD", [key, "*", "partitionKey", partitionKey, "data", recordBytes(index)]);
    }
    const answers = await pipeline.exec();
    last = answers?.at(-1)?.[1];
  }
  return String(last);
}
