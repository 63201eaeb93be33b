// SplitShard, MergeShards and UpdateShardCount as calls: what they answer, what they refuse in AWS's words, and what reading calls tell
// of closed shards.

import { expect, test } from "vitest";
import { callKinesis } from "../../src/control/kinesis/kinesis-calls.ts";
import type { KinesisOperation } from "../../src/control/kinesis/kinesis-shapes.ts";
import { handClock, surroundings } from "./doubles/house.ts";
import { memoryConsumers } from "./doubles/memory-consumers.ts";
import { memoryStreams } from "./doubles/memory-streams.ts";

const shard = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;
const HALF = (2n ** 127n).toString();
const QUARTER = (2n ** 126n).toString();
const MOST = (2n ** 128n - 1n).toString();
const StreamName = "orders";

async function aStream(shardCount = 2) {
  const clock = handClock();
  const streams = memoryStreams(clock);
  await streams.create("orders", { shardCount, mode: "PROVISIONED" });
  await streams.create("demanded", { shardCount: 4, mode: "ON_DEMAND" });
  const call = (operation: KinesisOperation, body: unknown) =>
    callKinesis({ streams, consumers: memoryConsumers(clock), clock, settings: surroundings }, operation, body);
  return { streams, call };
}

test("a split answers with an empty body, and ListShards tells parent, ranges and the closed one's last number", async () => {
  const { call } = await aStream();
  const split = await call("SplitShard", { StreamName, ShardToSplit: shard(0), NewStartingHashKey: QUARTER });
  expect(split).toEqual({ status: 200, errorType: null, body: null });
  expect((await call("ListShards", { StreamName })).body).toMatchObject({
    Shards: [
      { ShardId: shard(0), SequenceNumberRange: { EndingSequenceNumber: expect.stringMatching(/^49\d{40}$/) } },
      { ShardId: shard(1) },
      { ShardId: shard(2), ParentShardId: shard(0), HashKeyRange: { StartingHashKey: "0" } },
      { ShardId: shard(3), ParentShardId: shard(0), HashKeyRange: { StartingHashKey: QUARTER } },
    ],
  });
  const open = await call("ListShards", { StreamName, ShardFilter: { Type: "AT_LATEST" } });
  expect(open.body).toMatchObject({ Shards: [{ ShardId: shard(1) }, { ShardId: shard(2) }, { ShardId: shard(3) }] });
  const summary = await call("DescribeStreamSummary", { StreamName });
  expect(summary.body).toMatchObject({ StreamDescriptionSummary: { OpenShardCount: 3, StreamStatus: "ACTIVE" } });
});

test("a merge tells both parents, and GetRecords ends the parents with their child and no next iterator", async () => {
  const { call } = await aStream();
  expect(
    (await call("MergeShards", { StreamName, ShardToMerge: shard(0), AdjacentShardToMerge: shard(1) })).status,
  ).toBe(200);
  expect((await call("DescribeStream", { StreamName })).body).toMatchObject({
    StreamDescription: { Shards: [{}, {}, { ParentShardId: shard(0), AdjacentParentShardId: shard(1) }] },
  });
  const iteratorOf = async (ShardId: string) =>
    (await call("GetShardIterator", { StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" })).body?.[
      "ShardIterator"
    ];
  const ended = await call("GetRecords", { ShardIterator: await iteratorOf(shard(1)) });
  expect(ended.body).toMatchObject({
    Records: [],
    NextShardIterator: null,
    ChildShards: [
      {
        ShardId: shard(2),
        ParentShards: [shard(0), shard(1)],
        HashKeyRange: { StartingHashKey: "0", EndingHashKey: MOST },
      },
    ],
  });
  const open = await call("GetRecords", { ShardIterator: await iteratorOf(shard(2)) });
  expect(open.body).toMatchObject({ NextShardIterator: expect.any(String) });
  expect(open.body).not.toHaveProperty("ChildShards");
});

test("UpdateShardCount to the present count succeeds: it changes nothing, unless shards are of unequal size", async () => {
  const { call } = await aStream();
  const toTwo = { StreamName, TargetShardCount: 2, ScalingType: "UNIFORM_SCALING" };
  const openIds = async () => {
    const { body } = await call("ListShards", { StreamName, ShardFilter: { Type: "AT_LATEST" } });
    return Object(body).Shards.map((each: { readonly ShardId: string }) => each.ShardId);
  };
  expect((await call("UpdateShardCount", toTwo)).body).toMatchObject({ CurrentShardCount: 2, TargetShardCount: 2 });
  expect(await openIds()).toEqual([shard(0), shard(1)]);
  await call("MergeShards", { StreamName, ShardToMerge: shard(0), AdjacentShardToMerge: shard(1) });
  await call("SplitShard", { StreamName, ShardToSplit: shard(2), NewStartingHashKey: QUARTER });
  expect((await call("UpdateShardCount", toTwo)).body).toMatchObject({ CurrentShardCount: 2, TargetShardCount: 2 });
  const { body } = await call("ListShards", { StreamName, ShardFilter: { Type: "AT_LATEST" } });
  expect(Object(body).Shards).toMatchObject([
    { HashKeyRange: { StartingHashKey: HALF, EndingHashKey: MOST } },
    { HashKeyRange: { StartingHashKey: "0" } },
  ]);
});

test("UpdateShardCount answers with what was and what is wanted", async () => {
  const { call } = await aStream();
  const answer = await call("UpdateShardCount", { StreamName, TargetShardCount: 3, ScalingType: "UNIFORM_SCALING" });
  expect(answer.body).toEqual({
    StreamName,
    CurrentShardCount: 2,
    TargetShardCount: 3,
    StreamARN: "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
  });
});

const inStream = "in stream orders under account 123456789012";

test.for([
  [
    "a shard that is not there",
    "SplitShard",
    { StreamName, ShardToSplit: shard(9), NewStartingHashKey: HALF },
    "ResourceNotFoundException",
    `Could not find shard ${shard(9)} ${inStream}.`,
  ],
  [
    "a hash key at the shard's beginning",
    "SplitShard",
    { StreamName, ShardToSplit: shard(1), NewStartingHashKey: HALF },
    "InvalidArgumentException",
    `NewStartingHashKey ${HALF} used in SplitShard() on shard ${shard(1)} ${inStream} is not both greater than one plus the shard's StartingHashKey ${HALF} and less than the shard's EndingHashKey ${MOST}.`,
  ],
  [
    "a hash key of 2^128",
    "SplitShard",
    { StreamName, ShardToSplit: shard(1), NewStartingHashKey: (2n ** 128n).toString() },
    "InvalidArgumentException",
    `Invalid NewStartingHashKey. NewStartingHashKey must be in the range: [0, 2^128-1]. Specified value was ${2n ** 128n}`,
  ],
  [
    "neighbours the other way round",
    "MergeShards",
    { StreamName, ShardToMerge: shard(1), AdjacentShardToMerge: shard(0) },
    "InvalidArgumentException",
    `Shards ${shard(1)} and ${shard(0)} ${inStream} are not an adjacent pair of shards eligible for merging`,
  ],
  [
    "no neighbour named",
    "MergeShards",
    { StreamName, ShardToMerge: shard(1) },
    "ValidationException",
    "1 validation error detected: Value null at 'adjacentShardToMerge' failed to satisfy constraint: Member must not be null",
  ],
  [
    "more than double",
    "UpdateShardCount",
    { StreamName, TargetShardCount: 5, ScalingType: "UNIFORM_SCALING" },
    "LimitExceededException",
    "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 2, Target shard count: 5",
  ],
  [
    "more than there can be",
    "UpdateShardCount",
    { StreamName, TargetShardCount: 1_001, ScalingType: "UNIFORM_SCALING" },
    "LimitExceededException",
    "Target shard count or number of open shards cannot be greater than 1000. Current open shard count: 2, Target shard count: 1001",
  ],
  [
    "no shard",
    "UpdateShardCount",
    { StreamName, TargetShardCount: 0, ScalingType: "UNIFORM_SCALING" },
    "ValidationException",
    "1 validation error detected: Value '0' at 'targetShardCount' failed to satisfy constraint: Member must have value greater than or equal to 1",
  ],
  [
    "a scaling of its own",
    "UpdateShardCount",
    { StreamName, TargetShardCount: 3, ScalingType: "HOT" },
    "ValidationException",
    "1 validation error detected: Value 'HOT' at 'scalingType' failed to satisfy constraint: Member must satisfy enum value set: [UNIFORM_SCALING]",
  ],
  [
    "a stream in on-demand mode",
    "UpdateShardCount",
    { StreamName: "demanded", TargetShardCount: 3, ScalingType: "UNIFORM_SCALING" },
    "ValidationException",
    "Request is invalid. Stream demanded under account 123456789012 is in On-Demand mode.",
  ],
  [
    "a stream that is not there",
    "SplitShard",
    { StreamName: "none", ShardToSplit: shard(0), NewStartingHashKey: HALF },
    "ResourceNotFoundException",
    "Stream none under account 123456789012 not found.",
  ],
] as const)("%s: %s is refused, and the shards stay", async ([, operation, body, name, text]) => {
  const { call } = await aStream();
  const before = await call("ListShards", { StreamName });
  const answer = await call(operation, body);
  expect(answer).toEqual({ status: 400, errorType: name, body: { __type: name, message: text } });
  expect(await call("ListShards", { StreamName })).toEqual(before);
});

test("a closed shard is not eligible, and less than half is refused", async () => {
  const { call } = await aStream(4);
  await call("SplitShard", { StreamName, ShardToSplit: shard(0), NewStartingHashKey: "1000" });
  const again = await call("SplitShard", { StreamName, ShardToSplit: shard(0), NewStartingHashKey: "1000" });
  expect(again.body).toMatchObject({
    __type: "InvalidArgumentException",
    message: `Shard ${shard(0)} ${inStream} has already been merged or split, and thus is not eligible for merging or splitting.`,
  });
  const less = await call("UpdateShardCount", { StreamName, TargetShardCount: 2, ScalingType: "UNIFORM_SCALING" });
  expect(less.body).toMatchObject({
    __type: "LimitExceededException",
    message:
      "UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: 5, Target shard count: 2",
  });
});
