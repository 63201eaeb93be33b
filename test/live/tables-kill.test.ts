// kill -9 of the whole process while tables are written by many clients, again and again: what is in the table is what its stream tells,
// each change once, on both stores; and a mapping's function hears all of it.

import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
  type _Record,
} from "@aws-sdk/client-dynamodb-streams";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { inSoakElse } from "../in-soak.ts";
import { aFolder, configIn, type FileMembers, inTime } from "./support/live-server.ts";
import { started } from "./support/process.ts";

const TableName = "orders";
const ROUNDS = inSoakElse(3, 2);
const WRITERS = 8;

const common = { region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };

function tablesAt(endpoint: string): { readonly db: DynamoDBClient; readonly streams: DynamoDBStreamsClient } {
  const db = new DynamoDBClient({ ...common, endpoint });
  const streams = new DynamoDBStreamsClient({ ...common, endpoint });
  onTestFinished(() => {
    db.destroy();
    streams.destroy();
  });
  return { db, streams };
}

/** Writes until the server is gone; answers how many writes of each counter were acknowledged. */
async function writesUntilGone(db: DynamoDBClient, acknowledged: Map<string, number>): Promise<void> {
  const writer = async (number: number): Promise<void> => {
    for (let turn = 0; ; turn += 1) {
      const id = `w${number}-${turn % 3}`;
      const update = {
        TableName,
        Key: { id: { S: id } },
        UpdateExpression: "ADD n :one",
        ExpressionAttributeValues: { ":one": { N: "1" } },
      };
      const pair = { Update: { ...update, Key: { id: { S: `${id}-pair` } } } };
      try {
        if (turn % 4 === 0) await db.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: update }, pair] }));
        else await db.send(new UpdateItemCommand(update));
        if (turn % 5 === 0) await db.send(new PutItemCommand({ TableName, Item: { id: { S: `p${number}-${turn}` } } }));
      } catch {
        return; // The server is gone.
      }
      acknowledged.set(id, (acknowledged.get(id) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
}

async function recordsOf(streams: DynamoDBStreamsClient): Promise<readonly _Record[]> {
  const { Streams: [stream] = [] } = await streams.send(new ListStreamsCommand({ TableName }));
  const StreamArn = stream?.StreamArn;
  const { StreamDescription: described } = await streams.send(new DescribeStreamCommand({ StreamArn }));
  const records: _Record[] = [];
  for (const { ShardId } of described?.Shards ?? []) {
    let { ShardIterator: from } = await streams.send(
      new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
    );
    for (let count = 1; count > 0 && from !== undefined; ) {
      const read = await streams.send(new GetRecordsCommand({ ShardIterator: from }));
      count = read.Records?.length ?? 0;
      records.push(...(read.Records ?? []));
      from = read.NextShardIterator;
    }
  }
  return records;
}

async function itemsOf(db: DynamoDBClient): Promise<Readonly<Record<string, string | undefined>>> {
  const { Items = [] } = await db.send(new ScanCommand({ TableName }));
  return Object.fromEntries(Items.map(({ id, n }) => [id?.S ?? "", n?.N]));
}

/** Each change follows from the one before: nothing is missing, doubled or out of order. */
function folded(records: readonly _Record[]): Readonly<Record<string, string | undefined>> {
  const items: Record<string, string | undefined> = {};
  const images = new Map<string, unknown>();
  for (const { dynamodb: change } of records) {
    const id = change?.Keys?.["id"]?.S ?? "";
    expect(change?.OldImage).toEqual(images.get(id));
    images.set(id, change?.NewImage);
    items[id] = change?.NewImage?.["n"]?.N;
  }
  return items;
}

test.each(["the embedded store", "Redis"])(
  "O1: killed again and again in the midst of writes, on %s",
  async (store) => {
    const brokers: FileMembers = {};
    if (store === "Redis") {
      const redis = await startBroker("redis", { own: true, durable: true });
      onTestFinished(() => redis.stop());
      Object.assign(brokers, { brokers: { redis: { url: redis.url } } });
    }
    const folder = aFolder();
    configIn(folder, { tables: { [TableName]: { key: "id", stream: "NEW_AND_OLD_IMAGES" } }, ...brokers });
    const acknowledged = new Map<string, number>();
    let server = await started(folder);
    for (let round = 0; round < ROUNDS; round += 1) {
      const { db, streams } = tablesAt(server.url);
      const seenBefore = (await recordsOf(streams)).length;
      const writing = writesUntilGone(db, acknowledged);
      // Killed while some are acknowledged and others under way.
      await expect.poll(async () => (await recordsOf(streams)).length, inTime).toBeGreaterThan(seenBefore + 100);
      await server.kill();
      await writing;
      server = await started(folder);
    }
    const { db, streams } = tablesAt(server.url);
    const items = await itemsOf(db);
    await expect.poll(async () => folded(await recordsOf(streams)), inTime).toEqual(items);
    const lost = [...acknowledged].filter(([id, count]) => Number(items[id] ?? 0) < count);
    expect(lost).toEqual([]);
    // And no more than the one that each writer had under way at each kill.
    const extra = [...acknowledged].map(([id, count]) => Number(items[id]) - count);
    expect(Math.max(...extra)).toBeLessThanOrEqual(ROUNDS);
    expect(acknowledged.size).toBe(WRITERS * 3);
    await server.kill();
  },
  120_000,
);

test("O1: Redis killed again and again in the midst of writes: every change is told once, in order", async () => {
  const redis = await startBroker("redis", { own: true, durable: true });
  onTestFinished(() => redis.stop());
  const folder = aFolder();
  const tables = { [TableName]: { key: "id", stream: "NEW_AND_OLD_IMAGES" } };
  configIn(folder, { tables, brokers: { redis: { url: redis.url } } });
  const server = await started(folder);
  const { db, streams } = tablesAt(server.url);
  let isOver = false;
  let doneCount = 0;
  const writer = async (number: number): Promise<void> => {
    for (let turn = 0; !isOver; turn += 1) {
      const item = { id: { S: `w${number}-${turn % 3}` }, n: { N: `${turn}` } };
      // Refused while Redis is away: the next turn is another write.
      await db.send(new PutItemCommand({ TableName, Item: item })).then(
        () => (doneCount += 1),
        () => null,
      );
    }
  };
  const writing = Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
  for (let round = 0; round < ROUNDS; round += 1) {
    const doneBefore = doneCount;
    await expect.poll(() => doneCount, inTime).toBeGreaterThan(doneBefore + 100);
    await redis.kill();
    await redis.restart();
  }
  const doneBefore = doneCount;
  await expect.poll(() => doneCount, inTime).toBeGreaterThan(doneBefore + 20);
  isOver = true;
  await writing;
  const items = await itemsOf(db);
  await expect.poll(async () => folded(await recordsOf(streams)), inTime).toEqual(items);
  await server.kill();
}, 120_000);

test("a transaction is whole or not at all after a kill", async () => {
  const folder = aFolder();
  configIn(folder, {});
  let server = await started(folder);
  const { db } = tablesAt(server.url);
  await db.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    }),
  );
  const both = (turn: number) => ({
    TransactItems: ["left", "right"].map((id) => ({
      Put: { TableName, Item: { id: { S: id }, n: { N: `${turn}` } } },
    })),
  });
  let doneCount = 0;
  const writing = (async () => {
    try {
      for (; ; doneCount += 1) await db.send(new TransactWriteItemsCommand(both(doneCount)));
    } catch {
      // The server is gone.
    }
  })();
  await expect.poll(() => doneCount, inTime).toBeGreaterThan(50);
  await server.kill();
  await writing;
  server = await started(folder);
  const after = tablesAt(server.url);
  const items = await itemsOf(after.db);
  expect(items["left"]).toBe(items["right"]);
  await expect.poll(async () => folded(await recordsOf(after.streams)), inTime).toEqual(items);
  await server.kill();
});
