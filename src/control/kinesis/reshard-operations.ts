// Kinesis calls that change a stream's shards. What may be changed is decided where the shards are, in one step with the change; here
// the refusals get AWS's words. A change is done when it is answered: no stream is UPDATING afterwards.

import { assertNever } from "../../core/assert-never.ts";
import { MOST_SHARDS, type ReshardChange, type Resharded, type ReshardRefusal } from "../../ports/streams.ts";
import type { Parsed } from "../shape.ts";
import { answerOfProblem, type KinesisAnswer, kinesisFailure, kinesisSuccess } from "./kinesis-answer.ts";
import type { KinesisContext } from "./kinesis-calls.ts";
import type { kinesisShapes } from "./kinesis-shapes.ts";
import { streamArn, streamOf } from "./stream-reference.ts";

const MOST_HASH_KEY = 2n ** 128n - 1n;

type Request<O extends keyof typeof kinesisShapes> = Parsed<(typeof kinesisShapes)[O]>;

export async function splitShard(context: KinesisContext, request: Request<"SplitShard">): Promise<KinesisAnswer> {
  const newStartingHashKey = request.NewStartingHashKey ?? "";
  if (BigInt(newStartingHashKey) > MOST_HASH_KEY) {
    return kinesisFailure(
      "InvalidArgumentException",
      `Invalid NewStartingHashKey. NewStartingHashKey must be in the range: [0, 2^128-1]. Specified value was ${newStartingHashKey}`,
    );
  }
  const change = { kind: "split", shardId: request.ShardToSplit ?? "", newStartingHashKey } as const;
  return reshard(context, request, change, () => null);
}

export async function mergeShards(context: KinesisContext, request: Request<"MergeShards">): Promise<KinesisAnswer> {
  const [shardId = "", adjacentShardId = ""] = [request.ShardToMerge, request.AdjacentShardToMerge];
  return reshard(context, request, { kind: "merge", shardId, adjacentShardId }, () => null);
}

export async function updateShardCount(
  context: KinesisContext,
  request: Request<"UpdateShardCount">,
): Promise<KinesisAnswer> {
  const shardCount = request.TargetShardCount ?? 0;
  return reshard(context, request, { kind: "count", shardCount }, (name, { openCount }) => ({
    StreamName: name,
    CurrentShardCount: openCount,
    TargetShardCount: shardCount,
    StreamARN: streamArn(name, context.settings),
  }));
}

async function reshard(
  context: KinesisContext,
  request: { readonly StreamName?: string | undefined; readonly StreamARN?: string | undefined },
  change: ReshardChange,
  bodyOf: (name: string, done: Resharded) => Parameters<typeof kinesisSuccess>[0],
): Promise<KinesisAnswer> {
  const { accountId } = context.settings;
  const found = streamOf(request, context.settings);
  if (found.kind === "refused") return found.answer;
  const { name } = found;
  const described = await context.streams.describe(name);
  if (described.kind !== "stream") return answerOfProblem(described, name, accountId);
  if (described.stream.mode === "ON_DEMAND") {
    return kinesisFailure(
      "ValidationException",
      `Request is invalid. Stream ${name} under account ${accountId} is in On-Demand mode.`,
    );
  }
  const done = await context.streams.reshard(name, change);
  switch (done.kind) {
    case "resharded":
      return kinesisSuccess(bodyOf(name, done));
    case "refused":
      return refusedText(context, { name, change }, done.refusal);
    case "missing":
    case "problem":
      return answerOfProblem(done, name, accountId);
    default:
      return assertNever(done);
  }
}

function refusedText(
  { settings: { accountId, region } }: KinesisContext,
  asked: { readonly name: string; readonly change: ReshardChange },
  refusal: ReshardRefusal,
): KinesisAnswer {
  const inStream = `in stream ${asked.name} under account ${accountId}`;
  switch (refusal.kind) {
    case "noSuchShard":
      return kinesisFailure("ResourceNotFoundException", `Could not find shard ${refusal.shardId} ${inStream}.`);
    case "closedShard":
      return kinesisFailure(
        "InvalidArgumentException",
        `Shard ${refusal.shardId} ${inStream} has already been merged or split, and thus is not eligible for merging or splitting.`,
      );
    case "notAdjacent":
      return kinesisFailure(
        "InvalidArgumentException",
        `Shards ${refusal.shardId} and ${refusal.adjacentShardId} ${inStream} are not an adjacent pair of shards eligible for merging`,
      );
    case "hashKeyOutside": {
      const asks = asked.change.kind === "split" ? asked.change.newStartingHashKey : "";
      return kinesisFailure(
        "InvalidArgumentException",
        `NewStartingHashKey ${asks} used in SplitShard() on shard ${refusal.shardId} ${inStream} is not both greater than one plus ` +
          `the shard's StartingHashKey ${refusal.startingHashKey} and less than the shard's EndingHashKey ${refusal.endingHashKey}.`,
      );
    }
    case "tooMany":
      return kinesisFailure(
        "LimitExceededException",
        asked.change.kind === "count"
          ? `Target shard count or number of open shards cannot be greater than ${MOST_SHARDS}. ${countsOf(refusal)}`
          : `This request would exceed the shard limit for the account ${accountId} in ${region}. Limit: ${MOST_SHARDS}. ` +
              `Current shard count: ${refusal.openCount}. Number of additional shards that would have resulted from this request: 1.`,
      );
    case "overDouble":
      return kinesisFailure(
        "LimitExceededException",
        `UpdateShardCount cannot scale up over double your current open shard count. ${countsOf(refusal)}`,
      );
    case "underHalf":
      return kinesisFailure(
        "LimitExceededException",
        `UpdateShardCount cannot scale down below half your current open shard count. ${countsOf(refusal)}`,
      );
    case "plain":
      return kinesisFailure(
        "InvalidArgumentException",
        `Stream ${asked.name} is a plain Redis stream (redisKey of the configuration): it has one shard, which cannot be split or merged.`,
      );
    default:
      return assertNever(refusal);
  }
}

const countsOf = (refusal: { readonly openCount: number; readonly wantedCount: number }): string =>
  `Current open shard count: ${refusal.openCount}, Target shard count: ${refusal.wantedCount}`;
