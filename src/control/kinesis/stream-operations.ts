// Kinesis calls about streams and shards.

import { familyOf } from "../../kinds/stream-family.ts";
import { MOST_SHARDS, type ShardDescription, type StreamDescription } from "../../ports/streams.ts";
import type { Parsed } from "../shape.ts";
import {
  answerOfProblem,
  type KinesisAnswer,
  kinesisFailure,
  kinesisSuccess,
  streamMissing,
} from "./kinesis-answer.ts";
import type { KinesisContext } from "./kinesis-calls.ts";
import type { kinesisShapes } from "./kinesis-shapes.ts";
import { shardFilterFault, shardsThrough } from "./shard-filter.ts";
import { TOKEN_LIFE_MS } from "./shard-iterator.ts";
import { streamArn, streamOf } from "./stream-reference.ts";
import { Instant, type WireObject } from "./wire-value.ts";

/** Shards of an on-demand stream that was just made, as on AWS. */
const ON_DEMAND_SHARDS = 4;
const LEAST_HOURS = 24;
const MOST_HOURS = 8_760;
const DEFAULT_PAGE = 100;
const DEFAULT_SHARD_PAGE = 1_000;

type Request<O extends keyof typeof kinesisShapes> = Parsed<(typeof kinesisShapes)[O]>;

export async function createStream(context: KinesisContext, request: Request<"CreateStream">): Promise<KinesisAnswer> {
  const { accountId, region } = context.settings;
  const name = request.StreamName ?? "";
  const mode = request.StreamModeDetails?.StreamMode === "ON_DEMAND" ? "ON_DEMAND" : "PROVISIONED";
  const unbuilt = unbuiltMember(request);
  if (unbuilt !== null) {
    return kinesisFailure("ValidationException", `${unbuilt} is not built yet in this version of Millrace.`);
  }
  if (mode === "ON_DEMAND" && request.ShardCount !== undefined) {
    return kinesisFailure("ValidationException", "ShardCount cannot be given for a stream in ON_DEMAND mode.");
  }
  if (mode === "PROVISIONED" && request.ShardCount === undefined) {
    return kinesisFailure("ValidationException", "ShardCount must be given for a stream in PROVISIONED mode.");
  }
  const shardCount = request.ShardCount ?? ON_DEMAND_SHARDS;
  if (shardCount > MOST_SHARDS) {
    return kinesisFailure(
      "LimitExceededException",
      `This request would exceed the shard limit for the account ${accountId} in ${region}. Limit: ${MOST_SHARDS}. ` +
        `Number of shards in this request: ${shardCount}.`,
    );
  }
  const created = await context.streams.create(name, { shardCount, mode });
  switch (created.kind) {
    case "created":
      return kinesisSuccess(null);
    case "exists":
      return kinesisFailure("ResourceInUseException", `Stream ${name} under account ${accountId} already exists.`);
    default:
      return answerOfProblem(created, name, accountId);
  }
}

function unbuiltMember(request: Request<"CreateStream">): string | null {
  if (request.Tags !== undefined && request.Tags.size > 0) return "Tags";
  if (request.WarmThroughputMiBps !== undefined && request.WarmThroughputMiBps > 0) return "WarmThroughputMiBps";
  return request.MaxRecordSizeInKiB !== undefined && request.MaxRecordSizeInKiB !== 1_024 ? "MaxRecordSizeInKiB" : null;
}

export async function deleteStream(context: KinesisContext, request: Request<"DeleteStream">): Promise<KinesisAnswer> {
  const found = streamOf(request, context.settings);
  if (found.kind === "refused") return found.answer;
  const { name } = found;
  const { accountId } = context.settings;
  if (request.EnforceConsumerDeletion !== true) {
    const described = await context.streams.describe(name);
    const consumerCount = described.kind === "stream" ? (await context.consumers.list(described.stream)).length : 0;
    if (consumerCount > 0) {
      return kinesisFailure(
        "ResourceInUseException",
        `Stream ${name} under account ${accountId} has ${consumerCount} registered consumers: deregister them, or set EnforceConsumerDeletion.`,
      );
    }
  }
  const deleted = await context.streams.delete(name);
  if (deleted.kind === "deleted") {
    await context.consumers.forgetStream(name);
    return kinesisSuccess(null);
  }
  return answerOfProblem(deleted, name, accountId);
}

/** The stream that a call names, or the answer that there is none. */
async function described(
  context: KinesisContext,
  request: { readonly StreamName?: string | undefined; readonly StreamARN?: string | undefined },
): Promise<
  | { readonly kind: "stream"; readonly stream: StreamDescription }
  | { readonly kind: "refused"; readonly answer: KinesisAnswer }
> {
  const found = streamOf(request, context.settings);
  if (found.kind === "refused") return found;
  const answer = await context.streams.describe(found.name);
  if (answer.kind === "stream") return answer;
  return { kind: "refused", answer: answerOfProblem(answer, found.name, context.settings.accountId) };
}

function commonMembers(context: KinesisContext, stream: StreamDescription): WireObject {
  return {
    StreamName: stream.name,
    StreamARN: streamArn(stream.name, context.settings),
    StreamStatus: stream.status,
    StreamModeDetails: { StreamMode: stream.mode },
    StreamCreationTimestamp: new Instant(stream.createdAtMs),
  };
}

export async function describeStream(
  context: KinesisContext,
  request: Request<"DescribeStream">,
): Promise<KinesisAnswer> {
  const answer = await described(context, request);
  if (answer.kind === "refused") return answer.answer;
  const { stream } = answer;
  const limit = request.Limit ?? DEFAULT_PAGE;
  const rest = stream.shards.filter((shard) => shard.id > (request.ExclusiveStartShardId ?? ""));
  return kinesisSuccess({
    StreamDescription: {
      ...commonMembers(context, stream),
      RetentionPeriodHours: stream.retentionHours,
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
      EncryptionType: "NONE",
      HasMoreShards: rest.length > limit,
      Shards: rest.slice(0, limit).map(shardMembers),
    },
  });
}

export async function describeStreamSummary(
  context: KinesisContext,
  request: Request<"DescribeStreamSummary">,
): Promise<KinesisAnswer> {
  const answer = await described(context, request);
  if (answer.kind === "refused") return answer.answer;
  const { stream } = answer;
  return kinesisSuccess({
    StreamDescriptionSummary: {
      ...commonMembers(context, stream),
      RetentionPeriodHours: stream.retentionHours,
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
      EncryptionType: "NONE",
      OpenShardCount: stream.shards.filter((shard) => shard.endingSequenceNumber === null).length,
      ConsumerCount: (await context.consumers.list(stream)).length,
    },
  });
}

function shardMembers(shard: ShardDescription): WireObject {
  const parents = {
    ...(shard.parentId === null ? {} : { ParentShardId: shard.parentId }),
    ...(shard.adjacentParentId === null ? {} : { AdjacentParentShardId: shard.adjacentParentId }),
  };
  const ending = shard.endingSequenceNumber === null ? {} : { EndingSequenceNumber: shard.endingSequenceNumber };
  return {
    ShardId: shard.id,
    ...parents,
    HashKeyRange: { StartingHashKey: shard.startingHashKey, EndingHashKey: shard.endingHashKey },
    SequenceNumberRange: { StartingSequenceNumber: shard.startingSequenceNumber, ...ending },
  };
}

export async function listStreams(context: KinesisContext, request: Request<"ListStreams">): Promise<KinesisAnswer> {
  const listed = await context.streams.list();
  if (listed.kind !== "names") return answerOfProblem(listed, "", context.settings.accountId);
  const limit = request.Limit ?? DEFAULT_PAGE;
  const start = request.NextToken === undefined ? (request.ExclusiveStartStreamName ?? "") : namedBy(request.NextToken);
  // Streams of tables are in the same store, and are no Kinesis streams.
  const own = listed.names.filter((name) => familyOf(name) === "kinesis");
  const rest = own.filter((name) => name > start);
  const shown = rest.slice(0, limit);
  const descriptions = await Promise.all(shown.map((name) => context.streams.describe(name)));
  const hasMore = rest.length > limit;
  return kinesisSuccess({
    StreamNames: shown,
    HasMoreStreams: hasMore,
    ...(hasMore ? { NextToken: Buffer.from(shown.at(-1) ?? "").toString("base64") } : {}),
    StreamSummaries: descriptions.flatMap((each) =>
      each.kind === "stream" ? [commonMembers(context, each.stream)] : [],
    ),
  });
}

const namedBy = (token: string): string => Buffer.from(token, "base64").toString("latin1");

export async function listShards(context: KinesisContext, request: Request<"ListShards">): Promise<KinesisAnswer> {
  const { NextToken: token } = request;
  const isNamed = request.StreamName !== undefined || request.StreamARN !== undefined;
  if (token === undefined) {
    if (!isNamed) {
      return kinesisFailure("InvalidArgumentException", "Either NextToken or StreamName should be provided.");
    }
    return shardPage(context, request, request.ExclusiveStartShardId ?? "");
  }
  const beside = isNamed
    ? "StreamName"
    : (["ExclusiveStartShardId", "StreamCreationTimestamp"] as const).find((name) => request[name] !== undefined);
  if (beside !== undefined) {
    return kinesisFailure("InvalidArgumentException", `NextToken and ${beside} cannot be provided together.`);
  }
  const [madeAt = "", name = "", after = "", filterType = "", timestamp = ""] = namedBy(token).split("/");
  if (!/^\d{1,16}$/.test(madeAt) || !/^[a-zA-Z0-9_.-]{1,128}$/.test(name) || !/^[\d.]*$/.test(timestamp)) {
    return kinesisFailure("InvalidArgumentException", "Invalid NextToken.");
  }
  if (context.clock.nowMs() - Number(madeAt) > TOKEN_LIFE_MS) {
    return kinesisFailure("ExpiredNextTokenException", "NextToken expired: it is good for five minutes.");
  }
  // A page goes on behind its last shard with the filter that the first page had.
  const Timestamp = timestamp === "" ? undefined : Number(timestamp);
  const ShardFilter = PAGED_FILTERS.has(filterType) ? { Type: filterType, Timestamp } : undefined;
  return shardPage(context, { MaxResults: request.MaxResults, StreamName: name, ShardFilter }, after);
}

/** AFTER_SHARD_ID is no more than a place to begin at, and a later page has its own. */
const PAGED_FILTERS = new Set(["AT_LATEST", "AT_TRIM_HORIZON", "AT_TIMESTAMP", "FROM_TRIM_HORIZON", "FROM_TIMESTAMP"]);

async function shardPage(
  context: KinesisContext,
  request: Request<"ListShards">,
  after: string,
): Promise<KinesisAnswer> {
  const { ShardFilter: filter = {}, StreamCreationTimestamp: createdAt } = request;
  const fault = shardFilterFault(filter);
  if (fault !== null) return kinesisFailure("InvalidArgumentException", fault);
  const answer = await described(context, request);
  if (answer.kind === "refused") return answer.answer;
  const { stream } = answer;
  // It tells streams of one name apart; clients send it in whole seconds or as they got it.
  if (createdAt !== undefined && Math.floor(createdAt) !== Math.floor(stream.createdAtMs / 1_000)) {
    return streamMissing(stream.name, context.settings.accountId);
  }
  const nowMs = context.clock.nowMs();
  const rest = shardsThrough(filter, stream, nowMs).filter((shard) => shard.id > after);
  const limit = request.MaxResults ?? DEFAULT_SHARD_PAGE;
  const shown = rest.slice(0, limit);
  const last = shown.at(-1)?.id ?? "";
  const token = [nowMs, stream.name, last, filter.Type ?? "", filter.Timestamp ?? ""].join("/");
  return kinesisSuccess({
    Shards: shown.map(shardMembers),
    ...(rest.length > limit ? { NextToken: Buffer.from(token).toString("base64") } : {}),
  });
}

export async function changeRetention(
  context: KinesisContext,
  request: Request<"IncreaseStreamRetentionPeriod">,
  direction: "longer" | "shorter",
): Promise<KinesisAnswer> {
  const answer = await described(context, request);
  if (answer.kind === "refused") return answer.answer;
  const { name, retentionHours } = answer.stream;
  const hours = request.RetentionPeriodHours ?? 0;
  const refused = retentionFault(name, { hours, nowHours: retentionHours, direction });
  if (refused !== null) return kinesisFailure("InvalidArgumentException", refused);
  const changed = await context.streams.setRetentionHours(name, hours);
  if (changed.kind === "done") return kinesisSuccess(null);
  return answerOfProblem(changed, name, context.settings.accountId);
}

function retentionFault(
  name: string,
  change: { readonly hours: number; readonly nowHours: number; readonly direction: "longer" | "shorter" },
): string | null {
  const { hours, nowHours, direction } = change;
  const asked = `Requested retention period (${hours} hours)`;
  if (hours < LEAST_HOURS) return `Minimum allowed retention period is ${LEAST_HOURS} hours. ${asked} is too short.`;
  if (hours > MOST_HOURS) return `Maximum allowed retention period is ${MOST_HOURS} hours. ${asked} is too long.`;
  if (direction === "longer" && hours < nowHours) {
    return `${asked} for stream ${name} can not be shorter than existing retention period (${nowHours} hours). Use DecreaseRetentionPeriod API.`;
  }
  if (direction === "shorter" && hours > nowHours) {
    return `${asked} for stream ${name} can not be longer than existing retention period (${nowHours} hours). Use IncreaseRetentionPeriod API.`;
  }
  return null;
}
