// Streams in Redis for those who produce and administer: the Kinesis calls of the endpoint and `millrace send`. Every change of a
// stream's shape is one script or transaction, so that readers never see half of it.

import type { Redis } from "ioredis";
import { entryIdFromSequenceNumber, sequenceNumberFromEntryId } from "../../src/kinds/kinesis/sequence-number.ts";
import type { Position } from "../../src/ports/source.ts";
import type {
  NewRecord,
  Put,
  StoredRecord,
  StreamDescription,
  Streams,
  StreamsProblem,
} from "../../src/ports/streams.ts";
import type { RedisAddress } from "../../src/threads/protocol.ts";
import { isAfter, type RawEntry } from "./blocked-reads.ts";
import { connectRedis, problemFrom, unreachable, whenUsable } from "./redis-connection.ts";
import {
  dataField,
  explicitHashKeyField,
  parseStream,
  partitionKeyField,
  type StreamKeys,
  streamKeys,
} from "./redis-layout.ts";
import { laidOutFields, PLAIN_SHARD_ID, plainFields, type RedisStreamForm, resolveStart } from "./redis-source.ts";
import { createShardChooser, firstShards } from "./redis-shards.ts";
import { startTrimming } from "./redis-trimming.ts";

const FIRST_RETENTION_HOURS = 24;

export type PlainStream = { readonly name: string } & Extract<RedisStreamForm, { kind: "plain" }>;

export interface RedisStreamsOptions {
  readonly address: RedisAddress;
  /** Streams of the configuration that know nothing of us. They are read, never made, trimmed or deleted. */
  readonly plainStreams: readonly PlainStream[];
  readonly nowMs: () => number;
  /** How often retention is looked after; default 60,000. */
  readonly trimEveryMs?: number;
}

export function createRedisStreams(options: RedisStreamsOptions): Streams {
  const { address, nowMs } = options;
  const commands = connectRedis(address, "commands");
  const keys = streamKeys(address.keyPrefix);
  const plain = new Map(options.plainStreams.map((each) => [each.name, each]));
  const stopTrimming = startTrimming({ commands, keys, nowMs, everyMs: options.trimEveryMs ?? 60_000 });

  async function guarded<T>(name: string, work: () => Promise<T>): Promise<T | StreamsProblem> {
    if (!(await whenUsable(commands))) return { kind: "problem", problem: unreachable(address) };
    try {
      return await work();
    } catch (error) {
      return { kind: "problem", problem: problemFrom(error, address, name, name) };
    }
  }

  async function find(name: string): Promise<StreamDescription | null> {
    const plainStream = plain.get(name);
    if (plainStream !== undefined) return describePlain(plainStream);
    return parseStream(name, await commands.hgetall(keys.meta(name)));
  }

  const shardKey = (name: string, shardId: string): string => plain.get(name)?.redisKey ?? keys.shard(name, shardId);

  return {
    create: (name, { shardCount, mode }) =>
      guarded(name, async () => {
        if (plain.has(name)) return { kind: "exists" };
        // By Redis's own clock, which numbers the records too; they come after the shard's beginning.
        const [seconds = 0] = await commands.time();
        const beginsBehind = sequenceNumberFromEntryId(`${Number(seconds) * 1_000 - 1}-0`);
        const made = await commands.eval(
          CREATE,
          2,
          keys.meta(name),
          keys.names,
          name,
          String(nowMs()),
          mode,
          String(FIRST_RETENTION_HOURS),
          JSON.stringify(firstShards(shardCount, beginsBehind)),
        );
        return made === 1 ? { kind: "created" } : { kind: "exists" };
      }),
    delete: (name) =>
      guarded(name, async () => {
        const stream = plain.has(name) ? null : await find(name);
        if (stream === null) return { kind: "missing" };
        await commands
          .multi()
          .del(keys.meta(name), ...stream.shards.map((shard) => keys.shard(name, shard.id)))
          .srem(keys.names, name)
          .exec();
        return { kind: "deleted" };
      }),
    describe: (name) =>
      guarded(name, async () => {
        const stream = await find(name);
        return stream === null ? { kind: "missing" } : { kind: "stream", stream };
      }),
    list: () =>
      guarded("streams", async () => {
        const names = new Set([...(await commands.smembers(keys.names)), ...plain.keys()]);
        return { kind: "names", names: [...names].sort() };
      }),
    append: (name, records) =>
      guarded(name, async () => {
        const stream = await find(name);
        if (stream === null) return { kind: "missing" };
        return append(commands, stream, records, { keys, plain: plain.get(name) ?? null });
      }),
    read: (name, shardId, after, { limit, maxBytes }) =>
      guarded(name, async () => {
        const stream = await find(name);
        const shard = stream?.shards.find((each) => each.id === shardId);
        if (shard === undefined) return { kind: "missing" };
        const form = plain.get(name) ?? null;
        const key = shardKey(name, shardId);
        const from = after === null ? "0-0" : (entryIdFromSequenceNumber(after) ?? "0-0");
        const records = await readSome(commands, { key, from, limit, maxBytes, form });
        const last = records.at(-1);
        const at = last === undefined ? from : (entryIdFromSequenceNumber(last.sequenceNumber) ?? from);
        const tip = await resolveStart(commands, key, { kind: "latest" });
        const isBehind = tip !== null && isAfter(tip, at);
        return {
          kind: "records",
          records,
          millisBehindLatest: isBehind ? Math.max(0, nowMs() - Number(at.split("-")[0])) : 0,
          isEnded: !isBehind && shard.endingSequenceNumber !== null,
        };
      }),
    locate: (name, shardId, start) =>
      guarded(name, async () => {
        const stream = await find(name);
        if (!stream?.shards.some((each) => each.id === shardId)) return { kind: "missing" };
        const entryId = await resolveStart(commands, shardKey(name, shardId), start);
        return { kind: "place", after: entryId === null ? null : sequenceNumberFromEntryId(entryId) };
      }),
    setRetentionHours: (name, hours) =>
      guarded(name, async () => {
        if ((await commands.eval(SET_IF_THERE, 1, keys.meta(name), "retentionHours", String(hours))) !== 1)
          return { kind: "missing" };
        return { kind: "done" };
      }),
    async close() {
      await stopTrimming();
      commands.disconnect();
    },
  };
}

const CREATE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'createdAtMs', ARGV[2], 'mode', ARGV[3], 'retentionHours', ARGV[4], 'shards', ARGV[5])
redis.call('SADD', KEYS[2], ARGV[1])
return 1`;

const SET_IF_THERE = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1`;

function describePlain(stream: PlainStream): StreamDescription {
  const [shard] = firstShards(1, sequenceNumberFromEntryId("0-0"));
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

async function append(
  commands: Redis,
  stream: StreamDescription,
  records: readonly NewRecord[],
  place: { readonly keys: StreamKeys; readonly plain: PlainStream | null },
): Promise<{ readonly kind: "put"; readonly puts: readonly Put[] }> {
  // A transaction, so that a reader that waits gets what one call put on its shard in one piece.
  const transaction = commands.multi();
  const chooser = createShardChooser(stream.shards);
  const shardIds: string[] = [];
  for (const record of records) {
    const shardId = chooser.shardFor(record);
    shardIds.push(shardId);
    const key = place.plain?.redisKey ?? place.keys.shard(stream.name, shardId);
    transaction.xadd(key, "*", ...fieldsOf(record, place.plain));
  }
  const replies = (await transaction.exec()) ?? [];
  const puts: Put[] = [];
  for (const [index, [error, id]] of replies.entries()) {
    if (error !== null) throw error;
    puts.push({ shardId: shardIds[index] ?? PLAIN_SHARD_ID, sequenceNumber: sequenceNumberFromEntryId(String(id)) });
  }
  return { kind: "put", puts };
}

function fieldsOf(record: NewRecord, plain: PlainStream | null): (string | Buffer)[] {
  const data = Buffer.from(record.data.buffer, record.data.byteOffset, record.data.byteLength);
  if (plain !== null) {
    const key = plain.partitionKeyField === null ? [] : [plain.partitionKeyField, record.partitionKey];
    return [...key, plain.dataField ?? dataField, data];
  }
  const hashKey = record.explicitHashKey === null ? [] : [explicitHashKeyField, record.explicitHashKey];
  return [partitionKeyField, record.partitionKey, dataField, data, ...hashKey];
}

async function readSome(
  commands: Redis,
  what: {
    readonly key: string;
    readonly from: Position;
    readonly limit: number;
    readonly maxBytes: number;
    readonly form: PlainStream | null;
  },
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  let from = what.from;
  let bytes = 0;
  // In steps, so that a shard of large records is not read whole for a small answer.
  while (records.length < what.limit && bytes < what.maxBytes) {
    const most = Math.min(100, what.limit - records.length);
    const entries = (await commands.callBuffer("XRANGE", [
      what.key,
      `(${from}`,
      "+",
      "COUNT",
      String(most),
    ])) as readonly RawEntry[];
    for (const [id, fields] of entries) {
      const entryId = id.toString("latin1");
      const { partitionKey, data } = what.form === null ? laidOutFields(fields) : plainFields(id, fields, what.form);
      bytes += data.byteLength;
      if (bytes > what.maxBytes && records.length > 0) return records;
      records.push({
        sequenceNumber: sequenceNumberFromEntryId(entryId),
        arrivedAtMs: Number(entryId.slice(0, entryId.indexOf("-"))),
        partitionKey: partitionKey.toString(),
        data,
      });
      from = entryId;
    }
    if (entries.length < most) break;
  }
  return records;
}
