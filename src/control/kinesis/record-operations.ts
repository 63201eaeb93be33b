// Kinesis calls about records: putting them, and reading them by shard iterators.

import type { NewRecord, StoredRecord } from "../../ports/streams.ts";
import type { Parsed } from "../shape.ts";
import { answerOfProblem, type KinesisAnswer, kinesisFailure, kinesisSuccess, shardMissing } from "./kinesis-answer.ts";
import type { KinesisContext } from "./kinesis-calls.ts";
import type { kinesisShapes } from "./kinesis-shapes.ts";
import { parseIterator, serviceDate, textOfIterator, TOKEN_LIFE_MS } from "./shard-iterator.ts";
import { startPlace } from "./start-place.ts";
import { streamOf } from "./stream-reference.ts";
import { Instant, type WireObject } from "./wire-value.ts";

/** Data and partition keys of one PutRecords. */
const MOST_PUT_BYTES = 10_485_760;
const MOST_READ_RECORDS = 10_000;
const MOST_READ_BYTES = 10_485_760;
const MOST_HASH_KEY = 2n ** 128n - 1n;

type Request<O extends keyof typeof kinesisShapes> = Parsed<(typeof kinesisShapes)[O]>;

type RecordRequest = {
  readonly Data?: Uint8Array | undefined;
  readonly PartitionKey?: string | undefined;
  readonly ExplicitHashKey?: string | undefined;
};

const newRecord = (request: RecordRequest): NewRecord => ({
  partitionKey: request.PartitionKey ?? "",
  explicitHashKey: request.ExplicitHashKey ?? null,
  data: request.Data ?? new Uint8Array(0),
});

function refuseHashKeys(records: readonly NewRecord[]): KinesisAnswer | null {
  const bad = records.find(
    (record) => record.explicitHashKey !== null && BigInt(record.explicitHashKey) > MOST_HASH_KEY,
  );
  if (bad === undefined) return null;
  return kinesisFailure(
    "InvalidArgumentException",
    `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${bad.explicitHashKey}`,
  );
}

export async function putRecord(context: KinesisContext, request: Request<"PutRecord">): Promise<KinesisAnswer> {
  const found = streamOf(request, context.settings);
  if (found.kind === "refused") return found.answer;
  const records = [newRecord(request)];
  const refused = refuseHashKeys(records);
  if (refused !== null) return refused;
  const put = await context.streams.append(found.name, records);
  if (put.kind !== "put") return answerOfProblem(put, found.name, context.settings.accountId);
  context.onPut?.(found.name, records.length);
  const [first] = put.puts;
  return kinesisSuccess({ ShardId: first?.shardId ?? "", SequenceNumber: first?.sequenceNumber ?? "" });
}

export async function putRecords(context: KinesisContext, request: Request<"PutRecords">): Promise<KinesisAnswer> {
  const found = streamOf(request, context.settings);
  if (found.kind === "refused") return found.answer;
  const records = (request.Records ?? []).flatMap((each) => (each === null ? [] : [newRecord(each)]));
  const bytes = records.reduce((sum, each) => sum + each.data.length + Buffer.byteLength(each.partitionKey), 0);
  if (bytes > MOST_PUT_BYTES) {
    return kinesisFailure("InvalidArgumentException", "Records size exceeds 10 MB limit");
  }
  const refused = refuseHashKeys(records);
  if (refused !== null) return refused;
  const put = await context.streams.append(found.name, records);
  if (put.kind !== "put") return answerOfProblem(put, found.name, context.settings.accountId);
  context.onPut?.(found.name, records.length);
  return kinesisSuccess({
    FailedRecordCount: 0,
    Records: put.puts.map((each) => ({ SequenceNumber: each.sequenceNumber, ShardId: each.shardId })),
  });
}

export async function getShardIterator(
  context: KinesisContext,
  request: Request<"GetShardIterator">,
): Promise<KinesisAnswer> {
  const { accountId } = context.settings;
  const found = streamOf(request, context.settings);
  if (found.kind === "refused") return found.answer;
  const shardId = request.ShardId ?? "";
  const described = await context.streams.describe(found.name);
  if (described.kind !== "stream") return answerOfProblem(described, found.name, accountId);
  if (!described.stream.shards.some((shard) => shard.id === shardId))
    return shardMissing(shardId, found.name, accountId);
  const { ShardIteratorType: type = "", StartingSequenceNumber: sequenceNumber, Timestamp: timestamp } = request;
  const madeAtMs = context.clock.nowMs();
  const placed = await startPlace(
    context,
    { streamName: found.name, shardId },
    { type, sequenceNumber, timestamp },
    { operation: "GetShardIterator", sequenceMember: "StartingSequenceNumber" },
  );
  if (placed.kind === "refused") return placed.answer;
  const iterator = { streamName: found.name, shardId, after: placed.after, madeAtMs };
  return kinesisSuccess({ ShardIterator: textOfIterator(iterator) });
}

export async function getRecords(context: KinesisContext, request: Request<"GetRecords">): Promise<KinesisAnswer> {
  const { accountId } = context.settings;
  const nowMs = context.clock.nowMs();
  const iterator = parseIterator(request.ShardIterator ?? "");
  if (iterator === null) return kinesisFailure("InvalidArgumentException", "Invalid ShardIterator.");
  if (nowMs - iterator.madeAtMs > TOKEN_LIFE_MS) {
    return kinesisFailure(
      "ExpiredIteratorException",
      `Iterator expired. The iterator was created at time ${serviceDate(iterator.madeAtMs)} while right now it is ` +
        `${serviceDate(nowMs)} which is further in the future than the tolerated delay of ${TOKEN_LIFE_MS} milliseconds.`,
    );
  }
  const { streamName, shardId } = iterator;
  if (request.StreamARN !== undefined) {
    const named = streamOf(request, context.settings);
    if (named.kind === "refused") return named.answer;
    if (named.name !== streamName) {
      return kinesisFailure("InvalidArgumentException", `The ShardIterator is not one of the stream ${named.name}.`);
    }
  }
  const limit = request.Limit ?? MOST_READ_RECORDS;
  const read = await context.streams.read(streamName, shardId, iterator.after, { limit, maxBytes: MOST_READ_BYTES });
  if (read.kind === "missing") return shardMissing(shardId, streamName, accountId);
  if (read.kind === "problem") return answerOfProblem(read, streamName, accountId);
  const after = read.records.at(-1)?.sequenceNumber ?? iterator.after;
  const ended = read.isEnded ? { ChildShards: await childShards(context, streamName, shardId) } : {};
  return kinesisSuccess({
    Records: read.records.map(recordMembers),
    NextShardIterator: read.isEnded ? null : textOfIterator({ streamName, shardId, after, madeAtMs: nowMs }),
    MillisBehindLatest: read.millisBehindLatest,
    ...ended,
  });
}

/** Told at the end of a closed shard: where its readers go on. */
export async function childShards(context: KinesisContext, streamName: string, shardId: string): Promise<WireObject[]> {
  const described = await context.streams.describe(streamName);
  if (described.kind !== "stream") return [];
  return described.stream.shards
    .map((shard) => ({ shard, parents: [shard.parentId, shard.adjacentParentId].filter((each) => each !== null) }))
    .filter(({ parents }) => parents.includes(shardId))
    .map(({ shard, parents }) => ({
      ShardId: shard.id,
      ParentShards: parents,
      HashKeyRange: { StartingHashKey: shard.startingHashKey, EndingHashKey: shard.endingHashKey },
    }));
}

export const recordMembers = (record: StoredRecord): WireObject => ({
  SequenceNumber: record.sequenceNumber,
  ApproximateArrivalTimestamp: new Instant(record.arrivedAtMs),
  Data: record.data,
  PartitionKey: record.partitionKey,
});
