// DynamoDB Streams by the SDK's own client: what a table's stream is, and its records by every kind of iterator.

import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  ListTablesCommand,
  PutItemCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
  type ShardIteratorType,
} from "@aws-sdk/client-dynamodb-streams";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Clock } from "../../src/ports/clock.ts";
import { createHandClock } from "../stores/aside.ts";
import { call, changesOf, ordersTable, type ServedTables, serveTables } from "./served-tables.ts";

async function withOrders(
  count: number,
  clock?: Clock,
): Promise<ServedTables & { readonly arn: string; readonly shard: string }> {
  const house = await serveTables(clock);
  const made = await house.db.send(new CreateTableCommand(ordersTable() as never));
  for (let index = 0; index < count; index += 1) {
    await house.db.send(
      new PutItemCommand({ TableName: "orders", Item: { id: { S: `${index}` }, b: { B: Buffer.from([index]) } } }),
    );
  }
  const arn = made.TableDescription?.LatestStreamArn ?? "";
  const described = await house.streamsClient.send(new DescribeStreamCommand({ StreamArn: arn }));
  return { ...house, arn, shard: described.StreamDescription?.Shards?.[0]?.ShardId ?? "" };
}

type Orders = Awaited<ReturnType<typeof withOrders>>;

async function iterator(house: Orders, type: ShardIteratorType, sequenceNumber?: string): Promise<string> {
  const answer = await house.streamsClient.send(
    new GetShardIteratorCommand({
      StreamArn: house.arn,
      ShardId: house.shard,
      ShardIteratorType: type,
      SequenceNumber: sequenceNumber,
    }),
  );
  return answer.ShardIterator ?? "";
}

async function read(house: Orders, from: string, limit?: number) {
  const { Records = [], NextShardIterator: next } = await house.streamsClient.send(
    new GetRecordsCommand({ ShardIterator: from, Limit: limit }),
  );
  return { ids: Records.map((each) => each.dynamodb?.Keys?.["id"]?.S), records: Records, next };
}

test("a table's stream is described, and so are its shards (D-8)", async () => {
  const house = await withOrders(0);
  const { StreamDescription: described } = await house.streamsClient.send(
    new DescribeStreamCommand({ StreamArn: house.arn }),
  );
  expect(described).toMatchObject({
    StreamArn: house.arn,
    StreamLabel: house.arn.replace(/^.*\/stream\//, ""),
    StreamStatus: "ENABLED",
    StreamViewType: "NEW_AND_OLD_IMAGES",
    TableName: "orders",
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    CreationRequestDateTime: expect.any(Date),
  });
  expect(house.shard).toMatch(/^shardId-\d{20}-[0-9a-f]{8}$/);
  expect(described?.Shards?.[0]?.SequenceNumberRange?.StartingSequenceNumber).toMatch(/^\d{21,40}$/);
  const after = await house.streamsClient.send(
    new DescribeStreamCommand({ StreamArn: house.arn, ExclusiveStartShardId: house.shard, Limit: 1 }),
  );
  expect(after.StreamDescription?.Shards).toEqual([]);
});

test("records are read by all four kinds of iterator, and on from each page", async () => {
  const house = await withOrders(5);
  const latest = await iterator(house, "LATEST");
  const first = await read(house, await iterator(house, "TRIM_HORIZON"), 2);
  expect(first.ids).toEqual(["0", "1"]);
  const rest = await read(house, first.next ?? "");
  expect(rest.ids).toEqual(["2", "3", "4"]);
  const third = rest.records[0]?.dynamodb?.SequenceNumber ?? "";
  expect((await read(house, await iterator(house, "AT_SEQUENCE_NUMBER", third))).ids).toEqual(["2", "3", "4"]);
  expect((await read(house, await iterator(house, "AFTER_SEQUENCE_NUMBER", third))).ids).toEqual(["3", "4"]);
  const empty = await read(house, latest);
  expect([empty.ids, typeof empty.next]).toEqual([[], "string"]);
  await house.db.send(new PutItemCommand({ TableName: "orders", Item: { id: { S: "new" } } }));
  expect((await read(house, latest)).ids).toEqual(["new"]);
});

test("a record has the whole form", async () => {
  const house = await withOrders(1);
  const { records } = await read(house, await iterator(house, "TRIM_HORIZON"));
  expect(records).toEqual([
    {
      awsRegion: "us-east-1",
      eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventName: "INSERT",
      eventSource: "aws:dynamodb",
      eventVersion: "1.1",
      dynamodb: {
        ApproximateCreationDateTime: expect.any(Date),
        Keys: { id: { S: "0" } },
        NewImage: { id: { S: "0" }, b: { B: Uint8Array.of(0) } },
        SequenceNumber: expect.stringMatching(/^\d{40}$/),
        SizeBytes: 8,
        StreamViewType: "NEW_AND_OLD_IMAGES",
      },
    },
  ]);
});

test("a stream that was switched off is closed and can be read to its end; a new one has a label of its own", async () => {
  const house = await withOrders(2);
  const TableName = "orders";
  const off = await house.db.send(new UpdateTableCommand({ TableName, StreamSpecification: { StreamEnabled: false } }));
  expect([off.TableDescription?.StreamSpecification, off.TableDescription?.LatestStreamArn]).toEqual([
    undefined,
    house.arn,
  ]);
  await house.db.send(new PutItemCommand({ TableName, Item: { id: { S: "untold" } } }));
  const all = await read(house, await iterator(house, "TRIM_HORIZON"));
  expect([all.ids, all.next]).toEqual([["0", "1"], undefined]);
  const described = await house.streamsClient.send(new DescribeStreamCommand({ StreamArn: house.arn }));
  expect(described.StreamDescription).toMatchObject({
    StreamStatus: "DISABLED",
    Shards: [{ SequenceNumberRange: { EndingSequenceNumber: expect.stringMatching(/^\d{40}$/) } }],
  });
  const on = await house.db.send(
    new UpdateTableCommand({
      TableName,
      StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
    }),
  );
  expect(on.TableDescription?.LatestStreamArn).not.toBe(house.arn);
  await house.db.send(new PutItemCommand({ TableName, Item: { id: { S: "told" } } }));
  expect((await changesOf(house)).map(({ dynamodb }) => dynamodb.Keys)).toEqual([{ id: { S: "told" } }]);
  const listed = await house.streamsClient.send(new ListStreamsCommand({ TableName }));
  expect(listed.Streams?.map(({ StreamArn }) => StreamArn)).toEqual([house.arn, on.TableDescription?.LatestStreamArn]);
});

test("a deleted table's stream can be read to its end", async () => {
  const house = await withOrders(2);
  await house.db.send(new DeleteTableCommand({ TableName: "orders" }));
  expect((await house.db.send(new ListTablesCommand({}))).TableNames).toEqual([]);
  await expect(house.db.send(new DescribeTableCommand({ TableName: "orders" }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
  const all = await read(house, await iterator(house, "TRIM_HORIZON"));
  expect([all.ids, all.next]).toEqual([["0", "1"], undefined]);
});

test("streams are listed page by page", async () => {
  const house = await serveTables();
  for (const name of ["one", "two", "three"]) {
    await call(house.tables, "CreateTable", { ...ordersTable(), TableName: name });
  }
  const first = await house.streamsClient.send(new ListStreamsCommand({ Limit: 2 }));
  const rest = await house.streamsClient.send(
    new ListStreamsCommand({ Limit: 2, ExclusiveStartStreamArn: first.LastEvaluatedStreamArn }),
  );
  const names = [...(first.Streams ?? []), ...(rest.Streams ?? [])].map(({ TableName }) => TableName);
  expect([names, rest.LastEvaluatedStreamArn]).toEqual([["one", "three", "two"], undefined]);
});

describe("refusals", () => {
  const missing = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000";

  test.each([
    [{ StreamArn: missing }, "ResourceNotFoundException"],
    [{ StreamArn: "short" }, "ValidationException"],
  ])("DescribeStream %j: %s", async (input, name) => {
    const { streamsClient } = await serveTables();
    await expect(streamsClient.send(new DescribeStreamCommand(input))).rejects.toMatchObject({ name });
  });

  test.each([
    [{ ShardIteratorType: "AT_SEQUENCE_NUMBER" }, "ValidationException"],
    [{ ShardIteratorType: "LATEST", SequenceNumber: "1".repeat(40) }, "ValidationException"],
    [{ ShardIteratorType: "AT_SEQUENCE_NUMBER", SequenceNumber: "9".repeat(40) }, "ValidationException"],
    [{ ShardIteratorType: "AT_TIMESTAMP" }, "ValidationException"],
    [{ ShardIteratorType: "LATEST", ShardId: "shardId-00000000000000000000-00000000" }, "ResourceNotFoundException"],
  ] as const)("GetShardIterator %j: %s", async (input, name) => {
    const house = await withOrders(0);
    const asked = { StreamArn: house.arn, ShardId: house.shard, ...input } as never;
    await expect(house.streamsClient.send(new GetShardIteratorCommand(asked))).rejects.toMatchObject({ name });
  });

  test.each(["nonsense", "a|1|b", `${missing}|1|${Buffer.from("5/x/y").toString("base64")}`])(
    "GetRecords of %s: ValidationException",
    async (text) => {
      const { streamsClient } = await serveTables();
      await expect(streamsClient.send(new GetRecordsCommand({ ShardIterator: text }))).rejects.toMatchObject({
        name: "ValidationException",
      });
    },
  );

  test("an iterator is good for 15 minutes: ExpiredIteratorException", async () => {
    const clock = createHandClock();
    const house = await withOrders(1, clock);
    const from = await iterator(house, "TRIM_HORIZON");
    clock.moveBy(900_000);
    expect((await read(house, from)).ids).toEqual(["0"]);
    clock.moveBy(1);
    await expect(read(house, from)).rejects.toMatchObject({ name: "ExpiredIteratorException" });
  });

  test("what retention took away cannot be begun at: TrimmedDataAccessException", async () => {
    const house = await withOrders(2);
    const { records } = await read(house, await iterator(house, "TRIM_HORIZON"));
    const [first = "", last = ""] = records.map(({ dynamodb }) => dynamodb?.SequenceNumber);
    await house.trim(`dynamodb/orders/${house.arn.replace(/^.*\/stream\//, "")}`);
    for (const type of ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] as const) {
      await expect(iterator(house, type, first)).rejects.toMatchObject({ name: "TrimmedDataAccessException" });
    }
    await house.db.send(new PutItemCommand({ TableName: "orders", Item: { id: { S: "new" } } }));
    expect((await read(house, await iterator(house, "AFTER_SEQUENCE_NUMBER", last))).ids).toEqual(["new"]);
    expect((await read(house, await iterator(house, "TRIM_HORIZON"))).ids).toEqual(["new"]);
  });

  test("more than 1,000 records at once: ValidationException", async () => {
    const house = await withOrders(0);
    const from = await iterator(house, "LATEST");
    await expect(
      house.streamsClient.send(new GetRecordsCommand({ ShardIterator: from, Limit: 1_001 })),
    ).rejects.toMatchObject({ name: "ValidationException" });
  });
});

test("answers carry the sum that older SDKs check", async () => {
  const { url } = await serveTables();
  const answer = await fetch(url, {
    method: "POST",
    headers: { "x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0" },
    body: "{}",
  });
  const body = await answer.text();
  expect([body, answer.headers.get("x-amz-crc32")]).toEqual(['{"TableNames":[]}', String(crc32(body))]);
});
