// Retention of laid-out streams: entries older than a stream's retention leave it, and the hash remembers the last one that left,
// so that a reader that comes later can tell a gap from a pause (E-68). Several processes may trim one Redis: each finds less to do.

import type { Redis } from "ioredis";
import type { SourceProblem } from "../../src/ports/source.ts";
import type { ShardDescription, StreamDescription } from "../../src/ports/streams.ts";
import { parseStream, shardsField, type StreamKeys, trimmedField } from "./redis-layout.ts";
import type { RedisLine } from "./redis-line.ts";
import { problemFrom } from "./redis-problems.ts";
import { entryIdOf, millisecondOf } from "./entry-ids.ts";
import { PRUNE, TRIM } from "./redis-scripts.ts";

const MS_PER_HOUR = 3_600_000;

export interface TrimOptions {
  /** Told of each stream that could not be trimmed; default: nobody. */
  readonly onProblem?: (problem: SourceProblem) => void;
  readonly commands: RedisLine;
  readonly keys: StreamKeys;
  /** Epoch ms; entries were numbered by Redis's clock. */
  readonly nowMs: () => number;
}

/** Answers a function that stops it and waits for what is under way. What keeps records from leaving is told once, as long as it lasts. */
export function startTrimming(
  options: Omit<TrimOptions, "onProblem"> & { readonly everyMs: number; readonly onProblem: (detail: string) => void },
): () => Promise<void> {
  let work: Promise<unknown> | null = null;
  let told: ReadonlySet<string> = new Set();

  async function round(): Promise<void> {
    const met = new Set<string>();
    const onProblem = ({ code, detail }: SourceProblem): void => {
      if (code === "unreachable") return; // Who reads and who produces says so.
      if (!told.has(detail) && !met.has(detail)) options.onProblem(`records past their retention stay: ${detail}`);
      met.add(detail);
    };
    await trimAll({ ...options, onProblem });
    told = met;
  }

  const timer = setInterval(() => {
    // The next round does the same work. One that takes long is let end.
    work ??= round().finally(() => {
      work = null;
    });
  }, options.everyMs);
  return async () => {
    clearInterval(timer);
    await work;
  };
}

/** How many entries left. A stream that cannot be trimmed, by its type or by a permission, keeps no other from it. Never rejects. */
export async function trimAll(options: TrimOptions): Promise<number> {
  let count = 0;
  for (const key of options.keys.allNames) {
    const names = await orNothing(options, key, { ask: (redis) => redis.smembers(key), nothing: [] });
    for (const name of names) count += await trimStream(options, name);
  }
  return count;
}

async function trimStream(options: TrimOptions, name: string): Promise<number> {
  const { keys, nowMs } = options;
  const metaKey = keys.meta(name);
  const fields = await orNothing(options, metaKey, { ask: (redis) => redis.hgetall(metaKey), nothing: {} });
  const stream = parseStream(name, fields);
  if (stream === null) return 0;
  const oldestMs = nowMs() - stream.retentionHours * MS_PER_HOUR;
  if (oldestMs <= 0) return 0;
  let count = 0;
  for (const { id } of stream.shards) {
    const key = keys.shard(name, id);
    const ask = (redis: Redis): Promise<unknown> =>
      redis.eval(TRIM, 2, metaKey, key, `${oldestMs}-0`, trimmedField(id));
    count += Number(await orNothing(options, key, { ask, nothing: 0 }));
  }
  await prune(options, stream, { shardsText: fields[shardsField] ?? "", oldestMs });
  return count;
}

/** A closed shard is listed for as long as its last record could be kept. */
async function prune(
  options: TrimOptions,
  { name, shards }: StreamDescription,
  { shardsText, oldestMs }: { readonly shardsText: string; readonly oldestMs: number },
): Promise<void> {
  const { keys } = options;
  const isOver = ({ endingSequenceNumber: end }: ShardDescription): boolean =>
    end !== null && millisecondOf(entryIdOf(end)) < oldestMs;
  const over = shards.filter(isOver);
  if (over.length === 0) return;
  const metaKey = keys.meta(name);
  const allKeys = [metaKey, ...over.map(({ id }) => keys.shard(name, id))];
  const left = JSON.stringify(shards.filter((shard) => !isOver(shard)));
  const ask = (redis: Redis): Promise<unknown> => redis.eval(PRUNE, allKeys.length, ...allKeys, shardsText, left);
  await orNothing(options, metaKey, { ask, nothing: 0 });
}

/** What Redis answers, or nothing and its problem told. */
async function orNothing<T>(
  { commands, onProblem }: TrimOptions,
  key: string,
  { ask, nothing }: { readonly ask: (redis: Redis) => Promise<T>; readonly nothing: T },
): Promise<T> {
  try {
    return await commands.ask(ask);
  } catch (error) {
    onProblem?.(problemFrom(error, commands.address, { arn: key, key }));
    return nothing;
  }
}
