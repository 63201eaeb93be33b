// Streams in Redis for those who produce and administer: the Kinesis calls of the endpoint and `millrace send`. Every change of a
// stream's shape is one script, so that readers never see half of it.

import { familyOf, positionFromEntryId } from "../../src/kinds/stream-family.ts";
import type { Position } from "../../src/ports/source.ts";
import type { StoredRecord, StreamDescription, Streams, StreamsProblem } from "../../src/ports/streams.ts";
import type { RedisAddress } from "../../src/threads/protocol.ts";
import type { RawEntry } from "./blocked-reads.ts";
import { entryIdOf, isAfter, millisecondOf, positionOf } from "./entry-ids.ts";
import { appendLaidOut, appendPlain } from "./redis-append.ts";
import { resolveStart } from "./redis-commands.ts";
import { laidOutContent, PLAIN_SHARD_ID, plainContent, type PlainFields } from "./redis-entries.ts";
import { parseStream, streamKeys } from "./redis-layout.ts";
import { openRedisLine, type RedisLine } from "./redis-line.ts";
import { problemFrom } from "./redis-problems.ts";
import { CREATE, REMOVE, SET_IF_THERE } from "./redis-scripts.ts";
import { reshardLaidOut } from "./redis-reshard.ts";
import { firstShards } from "./redis-shards.ts";
import { startTrimming } from "./redis-trimming.ts";

const FIRST_RETENTION_HOURS = 24;
const TRIM_EVERY_MS = 60_000;
/** A stream is not made in the millisecond of another's deletion; each try takes a part of one. */
const MOST_TRIES = 10_000;
/** Entries of one step of a read: at most so many of the largest records lie in memory at once. */
const STEP_ENTRIES = 100;

export type PlainStream = { readonly name: string; readonly redisKey: string } & PlainFields;

export interface RedisStreamsOptions {
  readonly address: RedisAddress;
  /** Streams of the configuration that know nothing of us. They are read and added to, never made, trimmed or deleted. */
  readonly plainStreams: readonly PlainStream[];
  readonly nowMs: () => number;
  /** How often retention is looked after; null: somebody else does. Default 60,000. */
  readonly trimEveryMs?: number | null;
  /** How long an answer of Redis may take; default 5,000. */
  readonly answerWithinMs?: number;
  /** Retention cannot be looked after: one line for a person. Default: nobody is told. */
  readonly onProblem?: (detail: string) => void;
}

export function createRedisStreams(options: RedisStreamsOptions): Streams {
  const { address, nowMs } = options;
  const { answerWithinMs } = options;
  const commands = openRedisLine(address, "commands", answerWithinMs === undefined ? {} : { answerWithinMs });
  const keys = streamKeys(address.keyPrefix);
  const plain = new Map(options.plainStreams.map((each) => [each.name, each]));
  const { trimEveryMs: everyMs = TRIM_EVERY_MS, onProblem = () => undefined } = options;
  const stopTrimming = everyMs === null ? null : startTrimming({ commands, keys, nowMs, everyMs, onProblem });

  async function guarded<T>(name: string, work: () => Promise<T>): Promise<T | StreamsProblem> {
    try {
      return await work();
    } catch (error) {
      const key = plain.get(name)?.redisKey ?? keys.meta(name);
      return { kind: "problem", problem: problemFrom(error, address, { arn: name, key }) };
    }
  }

  async function find(name: string): Promise<StreamDescription | null> {
    const plainStream = plain.get(name);
    if (plainStream !== undefined) return describePlain(plainStream);
    return parseStream(name, await commands.ask((redis) => redis.hgetall(keys.meta(name)), { isRepeatable: true }));
  }

  const shardKey = (name: string, shardId: string): string => plain.get(name)?.redisKey ?? keys.shard(name, shardId);

  async function remove(name: string): Promise<{ readonly kind: "deleted" } | StreamsProblem> {
    const stream = plain.has(name) ? null : await find(name);
    if (stream === null) return { kind: "missing" };
    const shardKeys = stream.shards.map((shard) => keys.shard(name, shard.id));
    const all = [keys.meta(name), keys.names(name), keys.changes, ...shardKeys];
    await commands.ask((redis) => redis.eval(REMOVE, all.length, ...all, name));
    return { kind: "deleted" };
  }

  async function create(name: string, shardCount: number, mode: string): Promise<"created" | "exists"> {
    if (plain.has(name)) return "exists";
    // By Redis's own clock, which numbers the records too; they come after the shard's beginning.
    const [seconds = 0] = await commands.ask((redis) => redis.time(), { isRepeatable: true });
    const beginsBehind = positionFromEntryId(familyOf(name), `${Number(seconds) * 1_000 - 1}-0`);
    const madeAtMs = nowMs();
    const shards = JSON.stringify(firstShards(name, { shardCount, madeAtMs }, beginsBehind));
    const words = [name, String(madeAtMs), mode, String(FIRST_RETENTION_HOURS), shards];
    const all = [keys.meta(name), keys.names(name), keys.changes];
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const made = await commands.ask((redis) => redis.eval(CREATE, all.length, ...all, ...words));
      if (made !== 2) return made === 1 ? "created" : "exists";
    }
    throw new Error(`the clock of Redis stands still while ${name} is made`);
  }

  async function read(
    name: string,
    shardId: string,
    after: Position | null,
    { limit, maxBytes }: { readonly limit: number; readonly maxBytes: number },
  ): ReturnType<Streams["read"]> {
    const stream = await find(name);
    const shard = stream?.shards.find((each) => each.id === shardId);
    if (shard === undefined) return { kind: "missing" };
    const form = plain.get(name) ?? null;
    const key = shardKey(name, shardId);
    const from = entryIdOf(after);
    const records = await readSome(commands, { name, key, from, limit, maxBytes, form });
    const at = entryIdOf(records.at(-1)?.sequenceNumber ?? after);
    const tip = await commands.ask((redis) => resolveStart(redis, key, { kind: "latest" }), { isRepeatable: true });
    const isBehind = tip !== null && isAfter(tip, at);
    return {
      kind: "records",
      records,
      millisBehindLatest: isBehind ? Math.max(0, nowMs() - millisecondOf(at)) : 0,
      isEnded: !isBehind && shard.endingSequenceNumber !== null,
    };
  }

  return {
    create: (name, { shardCount, mode }) => guarded(name, async () => ({ kind: await create(name, shardCount, mode) })),
    delete: (name) => guarded(name, () => remove(name)),
    describe: (name) =>
      guarded(name, async () => {
        const stream = await find(name);
        return stream === null ? { kind: "missing" } : { kind: "stream", stream };
      }),
    list: () =>
      guarded("streams", async () => {
        const own = await Promise.all(
          keys.allNames.map((key) => commands.ask((redis) => redis.smembers(key), { isRepeatable: true })),
        );
        return { kind: "names", names: [...new Set([...own.flat(), ...plain.keys()])].sort() };
      }),
    append: (name, records) =>
      guarded(name, async () => {
        const form = plain.get(name);
        return form === undefined ? appendLaidOut(commands, keys, name, records) : appendPlain(commands, form, records);
      }),
    read: (name, ...rest) => guarded(name, () => read(name, ...rest)),
    locate: (name, shardId, start) =>
      guarded(name, async () => {
        const stream = await find(name);
        if (!stream?.shards.some((each) => each.id === shardId)) return { kind: "missing" };
        const key = shardKey(name, shardId);
        const entryId = await commands.ask((redis) => resolveStart(redis, key, start), { isRepeatable: true });
        return { kind: "place", after: entryId === null ? null : positionOf(familyOf(name), entryId) };
      }),
    setRetentionHours: (name, hours) =>
      guarded(name, async () => {
        const words = ["retentionHours", String(hours)];
        const set = await commands.ask((redis) => redis.eval(SET_IF_THERE, 1, keys.meta(name), ...words));
        return set === 1 ? { kind: "done" } : { kind: "missing" };
      }),
    reshard: (name, change) =>
      guarded(name, async () =>
        plain.has(name)
          ? ({ kind: "refused", refusal: { kind: "plain" } } as const)
          : reshardLaidOut(commands, keys, name, change),
      ),
    async close() {
      const trimmed = stopTrimming?.();
      commands.close(); // What is being trimmed ends with its connection; the next start goes on.
      await trimmed;
    },
  };
}

function describePlain(stream: PlainStream): StreamDescription {
  const [shard] = firstShards(stream.name, { shardCount: 1, madeAtMs: 0 }, positionFromEntryId("kinesis", "0-0"));
  return {
    name: stream.name,
    status: "ACTIVE",
    mode: "PROVISIONED",
    shards: shard === undefined ? [] : [{ ...shard, id: PLAIN_SHARD_ID }],
    retentionHours: FIRST_RETENTION_HOURS,
    createdAtMs: 0,
    isPlain: true,
  };
}

async function readSome(
  commands: RedisLine,
  what: {
    readonly name: string;
    readonly key: string;
    readonly from: string;
    readonly limit: number;
    readonly maxBytes: number;
    readonly form: PlainStream | null;
  },
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  let from = what.from;
  let bytes = 0;
  const family = familyOf(what.name);
  // In steps, so that a shard of large records is not read whole for a small answer.
  while (records.length < what.limit && bytes < what.maxBytes) {
    const most = Math.min(STEP_ENTRIES, what.limit - records.length);
    const words = [what.key, `(${from}`, "+", "COUNT", String(most)];
    const entries = await commands.ask((redis) => redis.callBuffer("XRANGE", words) as Promise<readonly RawEntry[]>, {
      isRepeatable: true,
    });
    for (const [id, fields] of entries) {
      const entryId = id.toString("latin1");
      const { partitionKey, data } = what.form === null ? laidOutContent(fields) : plainContent(id, fields, what.form);
      bytes += data.byteLength;
      if (bytes > what.maxBytes && records.length > 0) return records;
      records.push({
        sequenceNumber: positionFromEntryId(family, entryId),
        arrivedAtMs: millisecondOf(entryId),
        partitionKey: partitionKey.toString(),
        data,
      });
      from = entryId;
    }
    if (entries.length < most) break;
  }
  return records;
}
