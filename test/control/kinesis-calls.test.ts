import { describe, expect, test } from "vitest";
import { callKinesis } from "../../src/control/kinesis/kinesis-calls.ts";
import type { KinesisOperation } from "../../src/control/kinesis/kinesis-shapes.ts";
import { placeBefore } from "../../src/kinds/stream-family.ts";
import { parseIterator, serviceDate, textOfIterator } from "../../src/control/kinesis/shard-iterator.ts";
import { handClock, streamArn, surroundings } from "./doubles/house.ts";
import { memoryConsumers } from "./doubles/memory-consumers.ts";
import { memoryStreams } from "./doubles/memory-streams.ts";

async function aStream() {
  const clock = handClock();
  const streams = memoryStreams(clock);
  await streams.create("orders", { shardCount: 2, mode: "PROVISIONED" });
  const call = (operation: KinesisOperation, body: unknown) =>
    callKinesis({ streams, consumers: memoryConsumers(clock), clock, settings: surroundings }, operation, body);
  return { clock, streams, call };
}

const data = Buffer.from("x").toString("base64");
const rule = (name: string, text: string) =>
  `1 validation error detected: Value ${name} failed to satisfy constraint: ${text}`;
const mebibyte = Buffer.alloc(1_048_576).toString("base64");

const refusals: readonly (readonly [string, KinesisOperation, object, string, string])[] = [
  [
    "no stream name",
    "CreateStream",
    { ShardCount: 1 },
    "ValidationException",
    rule("null at 'streamName'", "Member must not be null"),
  ],
  [
    "no shard",
    "CreateStream",
    { StreamName: "s", ShardCount: 0 },
    "ValidationException",
    rule("'0' at 'shardCount'", "Member must have value greater than or equal to 1"),
  ],
  [
    "a name with a blank",
    "CreateStream",
    { StreamName: "a b", ShardCount: 1 },
    "ValidationException",
    rule("'a b' at 'streamName'", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
  ],
  [
    "a name of 129",
    "CreateStream",
    { StreamName: "s".repeat(129), ShardCount: 1 },
    "ValidationException",
    rule(`'${"s".repeat(129)}' at 'streamName'`, "Member must have length less than or equal to 128"),
  ],
  [
    "a name taken",
    "CreateStream",
    { StreamName: "orders", ShardCount: 1 },
    "ResourceInUseException",
    "Stream orders under account 123456789012 already exists.",
  ],
  [
    "too many shards",
    "CreateStream",
    { StreamName: "s", ShardCount: 1_001 },
    "LimitExceededException",
    "This request would exceed the shard limit for the account 123456789012 in us-east-1. Limit: 1000. Number of shards in this request: 1001.",
  ],
  [
    "records above 1 MiB",
    "CreateStream",
    { StreamName: "s", ShardCount: 1, MaxRecordSizeInKiB: 2_048 },
    "ValidationException",
    "MaxRecordSizeInKiB is not built yet in this version of Millrace.",
  ],
  [
    "a stream that is not there",
    "DeleteStream",
    { StreamName: "none" },
    "ResourceNotFoundException",
    "Stream none under account 123456789012 not found.",
  ],
  [
    "another account's stream",
    "DescribeStream",
    { StreamARN: streamArn.replace("123456789012", "999999999999") },
    "ResourceNotFoundException",
    "Stream orders under account 999999999999 not found.",
  ],
  [
    "neither name nor ARN",
    "DescribeStreamSummary",
    {},
    "InvalidArgumentException",
    "Either StreamName or StreamARN should be provided.",
  ],
  [
    "name and ARN of two streams",
    "DescribeStreamSummary",
    { StreamName: "other", StreamARN: streamArn },
    "InvalidArgumentException",
    "StreamName and StreamARN name different streams.",
  ],
  [
    "no data",
    "PutRecord",
    { StreamName: "orders", PartitionKey: "k" },
    "ValidationException",
    rule("null at 'data'", "Member must not be null"),
  ],
  [
    "an empty partition key",
    "PutRecord",
    { StreamName: "orders", Data: data, PartitionKey: "" },
    "ValidationException",
    rule("'' at 'partitionKey'", "Member must have length greater than or equal to 1"),
  ],
  [
    "a partition key of 257",
    "PutRecord",
    { StreamName: "orders", Data: data, PartitionKey: "k".repeat(257) },
    "ValidationException",
    rule(`'${"k".repeat(257)}' at 'partitionKey'`, "Member must have length less than or equal to 256"),
  ],
  [
    "data of 1 MiB and a byte",
    "PutRecord",
    { StreamName: "orders", Data: Buffer.alloc(1_048_577).toString("base64"), PartitionKey: "k" },
    "ValidationException",
    rule(
      "'java.nio.HeapByteBuffer[pos=0 lim=1048577 cap=1048577]' at 'data'",
      "Member must have length less than or equal to 1048576",
    ),
  ],
  [
    "a hash key of 2^128",
    "PutRecord",
    { StreamName: "orders", Data: data, PartitionKey: "k", ExplicitHashKey: (2n ** 128n).toString() },
    "InvalidArgumentException",
    `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${2n ** 128n}`,
  ],
  [
    "a hash key with a zero before it",
    "PutRecord",
    { StreamName: "orders", Data: data, PartitionKey: "k", ExplicitHashKey: "01" },
    "ValidationException",
    rule("'01' at 'explicitHashKey'", "Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})"),
  ],
  [
    "data that is no base64",
    "PutRecord",
    { StreamName: "orders", Data: "a", PartitionKey: "k" },
    "SerializationException",
    "The value can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 1",
  ],
  [
    "no records",
    "PutRecords",
    { StreamName: "orders", Records: [] },
    "ValidationException",
    rule("'[]' at 'records'", "Member must have length greater than or equal to 1"),
  ],
  [
    "a record without data",
    "PutRecords",
    { StreamName: "orders", Records: [{ PartitionKey: "k" }] },
    "ValidationException",
    rule("null at 'records.1.member.data'", "Member must not be null"),
  ],
  [
    "more than 10 MiB",
    "PutRecords",
    { StreamName: "orders", Records: Array.from({ length: 10 }, () => ({ Data: mebibyte, PartitionKey: "k" })) },
    "InvalidArgumentException",
    "Records size exceeds 10 MB limit",
  ],
  [
    "a shard that is not there",
    "GetShardIterator",
    { StreamName: "orders", ShardId: "shardId-000000000009", ShardIteratorType: "LATEST" },
    "ResourceNotFoundException",
    "Shard shardId-000000000009 in stream orders under account 123456789012 does not exist",
  ],
  [
    "an iterator type of its own",
    "GetShardIterator",
    { StreamName: "orders", ShardId: "shardId-000000000000", ShardIteratorType: "NOW" },
    "ValidationException",
    rule(
      "'NOW' at 'shardIteratorType'",
      "Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
    ),
  ],
  [
    "LATEST with a sequence number",
    "GetShardIterator",
    { StreamName: "orders", ShardId: "shardId-000000000000", ShardIteratorType: "LATEST", StartingSequenceNumber: "1" },
    "InvalidArgumentException",
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified LATEST and also a StartingSequenceNumber.",
  ],
  [
    "an instant to come",
    "GetShardIterator",
    {
      StreamName: "orders",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "AT_TIMESTAMP",
      Timestamp: 1_789_481_368.9,
    },
    "InvalidArgumentException",
    "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: 1789481368000, currentTimestampInMillis: 1789481367345",
  ],
  [
    "a foreign sequence number",
    "GetShardIterator",
    {
      StreamName: "orders",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "AT_SEQUENCE_NUMBER",
      StartingSequenceNumber: "12",
    },
    "InvalidArgumentException",
    "StartingSequenceNumber 12 used in GetShardIterator on shard shardId-000000000000 in stream orders under account 123456789012 is invalid.",
  ],
  [
    "a made-up iterator",
    "GetRecords",
    { ShardIterator: "bm9uc2Vuc2U=" },
    "InvalidArgumentException",
    "Invalid ShardIterator.",
  ],
  [
    "a limit of 10,001",
    "GetRecords",
    { ShardIterator: "x", Limit: 10_001 },
    "ValidationException",
    rule("'10001' at 'limit'", "Member must have value less than or equal to 10000"),
  ],
  [
    "retention of 23",
    "DecreaseStreamRetentionPeriod",
    { StreamName: "orders", RetentionPeriodHours: 23 },
    "InvalidArgumentException",
    "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.",
  ],
  [
    "retention of 8,761",
    "IncreaseStreamRetentionPeriod",
    { StreamName: "orders", RetentionPeriodHours: 8_761 },
    "InvalidArgumentException",
    "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.",
  ],
  [
    "a decrease upwards",
    "DecreaseStreamRetentionPeriod",
    { StreamName: "orders", RetentionPeriodHours: 48 },
    "InvalidArgumentException",
    "Requested retention period (48 hours) for stream orders can not be longer than existing retention period (24 hours). Use IncreaseRetentionPeriod API.",
  ],
  [
    "shards by neither name nor token",
    "ListShards",
    {},
    "InvalidArgumentException",
    "Either NextToken or StreamName should be provided.",
  ],
  [
    "a filter without its shard",
    "ListShards",
    { StreamName: "orders", ShardFilter: { Type: "AFTER_SHARD_ID" } },
    "InvalidArgumentException",
    "ShardId must be given with the filter AFTER_SHARD_ID, and only there.",
  ],
  [
    "a filter without its instant",
    "ListShards",
    { StreamName: "orders", ShardFilter: { Type: "FROM_TIMESTAMP" } },
    "InvalidArgumentException",
    "Timestamp must be given with the filters AT_TIMESTAMP and FROM_TIMESTAMP, and only there.",
  ],
  [
    "shards of a stream of that name that was made at another time",
    "ListShards",
    { StreamName: "orders", StreamCreationTimestamp: 1_789_481_366 },
    "ResourceNotFoundException",
    "Stream orders under account 123456789012 not found.",
  ],
  [
    "a page that is to begin at two places",
    "ListShards",
    { NextToken: "eA==", ExclusiveStartShardId: "shardId-000000000000" },
    "InvalidArgumentException",
    "NextToken and ExclusiveStartShardId cannot be provided together.",
  ],
];

test.each(refusals)(
  "%s: %s is refused in AWS's form, and nothing is stored",
  async (_name, operation, body, name, text) => {
    const { call, streams } = await aStream();
    const answer = await call(operation, body);
    const member = name === "SerializationException" ? "Message" : "message";
    expect(answer).toEqual({ status: 400, errorType: name, body: { __type: name, [member]: text } });
    expect([streams.streamCount(), streams.recordCount()]).toEqual([1, 0]);
  },
);

test("501 records are one too many, 500 are taken", async () => {
  const { call } = await aStream();
  const records = (length: number) => Array.from({ length }, () => ({ Data: data, PartitionKey: "k" }));
  expect((await call("PutRecords", { StreamName: "orders", Records: records(501) })).errorType).toBe(
    "ValidationException",
  );
  expect((await call("PutRecords", { StreamName: "orders", Records: records(500) })).status).toBe(200);
});

test("the bounds themselves are taken: 1 MiB of data, a key of 256, the greatest hash key", async () => {
  const { call } = await aStream();
  const answer = await call("PutRecord", {
    StreamName: "orders",
    Data: mebibyte,
    PartitionKey: "k".repeat(256),
    ExplicitHashKey: (2n ** 128n - 1n).toString(),
  });
  expect(answer.status).toBe(200);
});

describe("iterators", () => {
  test("are good for five minutes", async () => {
    const { call, clock } = await aStream();
    const made = await call("GetShardIterator", {
      StreamName: "orders",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    });
    const iterator = made.body?.["ShardIterator"];
    clock.advance(300_000);
    expect((await call("GetRecords", { ShardIterator: iterator })).status).toBe(200);
    clock.advance(1);
    const late = await call("GetRecords", { ShardIterator: iterator });
    expect(late.errorType).toBe("ExpiredIteratorException");
    expect(late.body?.["message"]).toMatch(
      /^Iterator expired\. The iterator was created at time \w{3} \w{3} \d+ [\d:]+ UTC \d{4} while right now it is .* which is further in the future than the tolerated delay of 300000 milliseconds\.$/,
    );
  });

  test("say that the shard is gone once its stream is", async () => {
    const { call } = await aStream();
    const made = await call("GetShardIterator", {
      StreamName: "orders",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "LATEST",
    });
    await call("DeleteStream", { StreamName: "orders" });
    const answer = await call("GetRecords", { ShardIterator: made.body?.["ShardIterator"] });
    expect(answer.errorType).toBe("ResourceNotFoundException");
  });

  test("belong to the stream that a call names beside them, or to no call", async () => {
    const { call, streams } = await aStream();
    await streams.create("others", { shardCount: 1, mode: "PROVISIONED" });
    const made = await call("GetShardIterator", {
      StreamName: "orders",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "LATEST",
    });
    const read = (StreamARN: string) => call("GetRecords", { ShardIterator: made.body?.["ShardIterator"], StreamARN });
    expect((await read(streamArn)).status).toBe(200);
    expect(await read(streamArn.replace("/orders", "/others"))).toMatchObject({
      errorType: "InvalidArgumentException",
      body: { message: "The ShardIterator is not one of the stream others." },
    });
  });

  test("come back as they were written", () => {
    const iterator = { streamName: "a.b-c_d", shardId: "shardId-000000000001", after: null, madeAtMs: 5 };
    expect(parseIterator(textOfIterator(iterator))).toEqual(iterator);
    expect(parseIterator(textOfIterator({ ...iterator, streamName: "a b" }))).toBeNull();
  });

  test("the place before a record's own is right below it", () => {
    const of = (ms: string, counter: string) => `49${ms.padStart(20, "0")}${counter.padStart(20, "0")}`;
    expect(placeBefore("kinesis", of("7", "5"))).toBe(of("7", "4"));
    expect(placeBefore("kinesis", of("7", "0"))).toBe(of("6", "18446744073709551615"));
    expect(placeBefore("kinesis", of("0", "0"))).toBeNull();
    expect(placeBefore("kinesis", "5")).toBeUndefined();
  });

  test("instants in texts have the service's form", () => {
    expect(serviceDate(1_421_889_722_000)).toBe("Thu Jan 22 01:22:02 UTC 2015");
  });
});

test("a store that cannot be used now is a fault of the server, told with what is wrong", async () => {
  const { call, streams } = await aStream();
  streams.problem = { code: "unreachable", text: "PROBLEM: x", detail: "redis is away" };
  expect(await call("PutRecord", { StreamName: "orders", Data: data, PartitionKey: "k" })).toMatchObject({
    status: 500,
    body: { __type: "InternalFailure", message: "Stream orders cannot be used now: redis is away" },
  });
});
