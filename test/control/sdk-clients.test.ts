// The unmodified AWS SDK for JavaScript against the port: Lambda over HTTP/1.1, Kinesis over clear-text HTTP/2.

import {
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
  ListTagsCommand,
  paginateListEventSourceMappings,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { expect, onTestFinished, test } from "vitest";
import { streamArn } from "./doubles/house.ts";
import { aServedHouse } from "./doubles/served.ts";

const common = { region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };

function lambdaClient(endpoint: string): LambdaClient {
  const client = new LambdaClient({ ...common, endpoint });
  onTestFinished(() => client.destroy());
  return client;
}

function kinesisClient(endpoint: string): KinesisClient {
  const client = new KinesisClient({ ...common, endpoint });
  onTestFinished(() => client.destroy());
  return client;
}

test("Lambda's client creates, gets, lists, updates, disables, enables, tags and deletes a mapping", async () => {
  const { url, control } = await aServedHouse();
  const client = lambdaClient(url);
  const created = await client.send(
    new CreateEventSourceMappingCommand({
      EventSourceArn: streamArn,
      FunctionName: "handle",
      StartingPosition: "AT_TIMESTAMP",
      StartingPositionTimestamp: new Date(1_700_000_000_123),
      DestinationConfig: { OnFailure: { Destination: "arn:aws:sqs:us-east-1:123456789012:dead" } },
      Tags: { team: "orders" },
    }),
  );
  const { UUID, EventSourceMappingArn: Resource } = created;
  expect(created).toMatchObject({ State: "Creating", StartingPositionTimestamp: new Date(1_700_000_000_123) });
  await control.settled();
  const got = await client.send(new GetEventSourceMappingCommand({ UUID }));
  expect(got).toMatchObject({ State: "Enabled", BatchSize: 100, LastModified: new Date(1_789_481_340_000) });
  expect(got.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);

  const pages = [];
  for await (const page of paginateListEventSourceMappings({ client }, { FunctionName: "handle" })) pages.push(page);
  expect(pages.flatMap((page) => page.EventSourceMappings ?? []).map((each) => each.UUID)).toEqual([UUID]);

  const disabled = await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  await control.settled();
  const enabled = await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true, BatchSize: 5 }));
  await control.settled();
  expect([disabled.State, enabled.State, enabled.BatchSize]).toEqual(["Disabling", "Enabling", 5]);

  await client.send(new TagResourceCommand({ Resource, Tags: { "a b": "c" } }));
  await client.send(new UntagResourceCommand({ Resource, TagKeys: ["team", "with space"] }));
  expect((await client.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ "a b": "c" });

  expect((await client.send(new DeleteEventSourceMappingCommand({ UUID }))).State).toBe("Deleting");
  await control.settled();
  await expect(client.send(new GetEventSourceMappingCommand({ UUID }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    message: "The resource you requested does not exist.",
    $metadata: { httpStatusCode: 404 },
  });
});

test("Kinesis' client makes a stream, puts records, reads them back and deletes the stream", async () => {
  const { url } = await aServedHouse();
  const client = kinesisClient(url);
  const StreamName = "events";
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
  const { StreamDescriptionSummary: summary } = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
  const StreamARN = summary?.StreamARN;
  expect(summary).toMatchObject({ StreamStatus: "ACTIVE", OpenShardCount: 2, RetentionPeriodHours: 24 });
  const { StreamDescription: description } = await client.send(new DescribeStreamCommand({ StreamARN, Limit: 1 }));
  expect(description).toMatchObject({ HasMoreShards: true, Shards: [{ ShardId: "shardId-000000000000" }] });
  expect((await client.send(new ListStreamsCommand({ Limit: 1 }))).StreamNames).toEqual(["events"]);

  const put = await client.send(
    new PutRecordCommand({ StreamName, PartitionKey: "a", Data: Buffer.from("one"), ExplicitHashKey: "0" }),
  );
  const many = await client.send(
    new PutRecordsCommand({
      StreamARN,
      Records: [
        { PartitionKey: "a", Data: Buffer.from("two"), ExplicitHashKey: "0" },
        { PartitionKey: "b", Data: Buffer.from("three"), ExplicitHashKey: (2n ** 128n - 1n).toString() },
      ],
    }),
  );
  expect(put.ShardId).toBe("shardId-000000000000");
  expect(many).toMatchObject({
    FailedRecordCount: 0,
    Records: [{ ShardId: put.ShardId }, { ShardId: "shardId-000000000001" }],
  });

  const read = async (start: object): Promise<readonly string[]> => {
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName,
        ShardId: "shardId-000000000000",
        ShardIteratorType: "TRIM_HORIZON",
        ...start,
      }),
    );
    const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator }));
    expect(NextShardIterator).toBeTruthy();
    return Records.map((record) => Buffer.from(record.Data ?? []).toString());
  };
  const StartingSequenceNumber = put.SequenceNumber;
  expect(await read({})).toEqual(["one", "two"]);
  expect(await read({ ShardIteratorType: "LATEST" })).toEqual([]);
  expect(await read({ ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber })).toEqual(["one", "two"]);
  expect(await read({ ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber })).toEqual(["two"]);
  expect(await read({ ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(0) })).toEqual(["one", "two"]);

  await client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 48 }));
  await client.send(new DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 24 }));
  const first = await client.send(new ListShardsCommand({ StreamName, MaxResults: 1 }));
  const second = await client.send(new ListShardsCommand({ NextToken: first.NextToken }));
  expect([...(first.Shards ?? []), ...(second.Shards ?? [])].map((shard) => shard.ShardId)).toEqual([
    "shardId-000000000000",
    "shardId-000000000001",
  ]);
  await client.send(new DeleteStreamCommand({ StreamName }));
  await expect(client.send(new DescribeStreamSummaryCommand({ StreamName }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    message: "Stream events under account 123456789012 not found.",
  });
});

test("500 records of 1 KB go in by one PutRecords, over the HTTP/2 of the client", async () => {
  const { url, streams } = await aServedHouse();
  const Records = Array.from({ length: 500 }, (_, index) => ({
    PartitionKey: `${index}`,
    Data: Buffer.alloc(1_024, index),
  }));
  const answer = await kinesisClient(url).send(new PutRecordsCommand({ StreamName: "orders", Records }));
  expect(answer.FailedRecordCount).toBe(0);
  expect(streams.recordCount()).toBe(500);
});
