// A stream in Redis as a source of records: laid out as in redis-layout.ts, or a plain stream of one shard that knows nothing of
// us. Units and starts are here; reading is redis-reader.ts.

import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import type { StreamKind } from "../../src/kinds/stream-kind.ts";
import type {
  Position,
  ResolveAnswer,
  Source,
  SourceProblem,
  Start,
  TopologyAnswer,
  UnitId,
} from "../../src/ports/source.ts";
import type { StreamDescription } from "../../src/ports/streams.ts";
import { streamMadeAnew, streamMissing } from "../../src/stores/stream-problems.ts";
import type { BlockedReads } from "./blocked-reads.ts";
import { BEGINNING } from "./entry-ids.ts";
import { digestOf, resolveStart, tipOf } from "./redis-commands.ts";
import { PLAIN_SHARD_ID, type RedisStreamForm } from "./redis-entries.ts";
import { parseStream, shardsField, trimmedField } from "./redis-layout.ts";
import type { RedisLine } from "./redis-line.ts";
import { problemFrom, wrongType } from "./redis-problems.ts";
import { openRedisReader, type ShardsJudged } from "./redis-reader.ts";

export interface RedisSourceOptions {
  readonly commands: RedisLine;
  readonly blocked: BlockedReads;
  readonly form: RedisStreamForm;
  readonly kind: StreamKind;
  readonly arn: string;
  readonly monotonicMs: () => number;
  readonly nowMs: () => number;
}

/** Closing leaves the connections open: they are their owner's. */
export function createRedisSource(options: RedisSourceOptions): Source<KinesisRecord> {
  const { commands, form, kind, arn } = options;
  const keyOf = (unit: UnitId): string =>
    form.kind === "plain" ? form.redisKey : form.keys.shard(form.streamName, unit);
  const mainKey = form.kind === "plain" ? form.redisKey : form.keys.meta(form.streamName);
  /** The stream as it was told last; null: nobody has asked. */
  let told: StreamDescription | null = null;
  /** The list of shards that was seen last. */
  let seen: { readonly digest: string; readonly stream: StreamDescription } | null = null;
  const problemOf = (error: unknown, key: string): SourceProblem => problemFrom(error, commands.address, { arn, key });

  /** A plain key that is not there yet is a stream without entries: its app makes it with the first XADD. */
  async function troubleOfStream(): Promise<SourceProblem | null> {
    if (form.kind === "plain") return null;
    const isThere = await commands.ask((redis) => redis.hexists(mainKey, shardsField), { isRepeatable: true });
    return isThere === 1 ? null : streamMissing(form.streamName);
  }

  async function topology(): Promise<TopologyAnswer> {
    if (form.kind === "plain") {
      const type = await commands.ask((redis) => redis.type(mainKey), { isRepeatable: true });
      return type === "stream" || type === "none"
        ? { kind: "topology", units: [{ id: PLAIN_SHARD_ID, parents: [], isClosed: false }] }
        : { kind: "problem", problem: wrongType({ arn, key: mainKey }) };
    }
    const stream = (await look(form.streamName))?.stream ?? null;
    if (stream === null) return { kind: "problem", problem: streamMissing(form.streamName) };
    told = stream;
    const units = stream.shards.map((shard) => ({
      id: shard.id,
      parents: [shard.parentId, shard.adjacentParentId].filter((each) => each !== null),
      isClosed: shard.endingSequenceNumber !== null,
      hashKeys: { first: shard.startingHashKey, last: shard.endingHashKey },
    }));
    return { kind: "topology", units, streamCreatedAtMs: stream.createdAtMs };
  }

  async function look(streamName: string): Promise<typeof seen> {
    const fields = await commands.ask((redis) => redis.hgetall(mainKey), { isRepeatable: true });
    const stream = parseStream(streamName, fields);
    seen = stream === null ? null : { digest: digestOf(fields), stream };
    return seen;
  }

  async function judgeShards(unit: UnitId, digest: string): Promise<ShardsJudged> {
    const { streamName } = form;
    if (seen?.digest !== digest && (await look(streamName))?.digest !== digest) return { kind: "changed" };
    const stream = seen?.stream;
    if (stream === undefined) return { kind: "changed" };
    if (told !== null && !isSameStream(told, stream)) return { kind: "anew", problem: streamMadeAnew(streamName) };
    // One that is listed no more has left with its retention: its records are gone, and whoever waits for its end goes on.
    const shard = stream.shards.find(({ id }) => id === unit);
    return { kind: "same", isClosed: shard?.endingSequenceNumber !== null };
  }

  async function resolve(unit: UnitId, start: Start): Promise<ResolveAnswer> {
    const trouble = await troubleOfStream();
    if (trouble !== null) return { kind: "problem", problem: trouble };
    if (start.kind === "latest") {
      const tip = await commands.ask((redis) => tipOf(redis, keyOf(unit)), { isRepeatable: true });
      const tipId = tip?.entryId ?? (await trimmedThrough(unit));
      return {
        kind: "resolved",
        after: tipId === null ? null : positionAt(tipId),
        earlierCount: tip === null ? 0 : tip.entryCount,
      };
    }
    const found = await commands.ask((redis) => resolveStart(redis, keyOf(unit), start), { isRepeatable: true });
    // From the beginning is from behind what retention took, so that it is no gap.
    const entryId = found ?? (await trimmedThrough(unit));
    return { kind: "resolved", after: entryId === null ? null : positionAt(entryId), earlierCount: null };
  }

  const positionAt = (id: string): Position | null => (id === BEGINNING ? null : kind.positionOf(id));

  async function trimmedThrough(unit: UnitId): Promise<string | null> {
    if (form.kind === "plain") return null;
    return commands.ask((redis) => redis.hget(mainKey, trimmedField(unit)), { isRepeatable: true });
  }

  return {
    topology: () =>
      topology().catch((error: unknown) => ({ kind: "problem", problem: problemOf(error, mainKey) }) as const),
    resolve: (unit, start) =>
      resolve(unit, start).catch(
        (error: unknown) => ({ kind: "problem", problem: problemOf(error, keyOf(unit)) }) as const,
      ),
    open: (unit, after, { firstOrdinal }) =>
      openRedisReader({
        ...options,
        unit,
        key: keyOf(unit),
        after,
        firstOrdinal,
        troubleOfStream,
        judgeShards: (digest) => judgeShards(unit, digest),
        problemFrom: (error) => problemOf(error, keyOf(unit)),
      }),
    close: () => Promise.resolve(),
  };
}

/** Shards close, open and leave after their retention; none that was open is gone, and none becomes another. */
function isSameStream(told: StreamDescription, now: StreamDescription): boolean {
  if (told.createdAtMs !== now.createdAtMs) return false;
  const shards = new Map(now.shards.map((shard) => [shard.id, shard]));
  return told.shards.every((before) => {
    const shard = shards.get(before.id);
    if (shard === undefined) return before.endingSequenceNumber !== null;
    return (
      shard.startingSequenceNumber === before.startingSequenceNumber && shard.endingHashKey === before.endingHashKey
    );
  });
}
