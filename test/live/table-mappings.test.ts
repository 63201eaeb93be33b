// A mapping on the stream of a table, from AWS's own clients to the handler: lanes, failures, a restart, the stream switched off, and
// what other programs write.

import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  type StreamViewType,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import type { DynamoDBRecord } from "aws-lambda";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { createServedRecords } from "../../src/cli/explain/served-records.ts";
import { openStoredRecords } from "../../src/cli/explain/stored-records.ts";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aHouse, base } from "./support/house.ts";
import { aFolder, aServer, inTime, queueArn, toldBy } from "./support/live-server.ts";
import { type Decide, type Delivery, goOn } from "./support/witness.ts";

/** In its stream's ARN stands what also stands in a registered consumer's. */
const TableName = "consumer";

function tablesAt(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new DynamoDBClient({ region: "us-east-1", credentials, maxAttempts: 1, endpoint });
  onTestFinished(() => client.destroy());
  return client;
}

async function aTable(client: DynamoDBClient): Promise<string> {
  const { TableDescription: made } = await client.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    }),
  );
  return made?.LatestStreamArn ?? "";
}

const put = (client: DynamoDBClient, id: string, n: number) =>
  client.send(new PutItemCommand({ TableName, Item: { id: { S: id }, n: { N: String(n) } } }));

const recordsOf = (deliveries: readonly Delivery[]): readonly DynamoDBRecord[] =>
  deliveries.flatMap(({ event }) => event.Records as readonly unknown[] as readonly DynamoDBRecord[]);

/** `a1`: an item's key and number. */
const imagesOf = (deliveries: readonly Delivery[]): readonly string[] =>
  recordsOf(deliveries).map(({ dynamodb }) => `${dynamodb?.NewImage?.["id"]?.S}${dynamodb?.NewImage?.["n"]?.N}`);

async function membersOn(store: string): Promise<Readonly<Record<string, unknown>>> {
  if (store !== "Redis") return {};
  const redis = await startBroker("redis", { own: true, durable: true });
  onTestFinished(() => redis.stop());
  return { brokers: { redis: { url: redis.url } } };
}

test.for(["the embedded store", "Redis"] as const)(
  "E-62, O-3, P-12: lanes keep an item's order, a poison item goes to its queue, and a restart goes on behind it, on %s",
  async (store) => {
    const members = { ...(await membersOn(store)), queues: ["failed"] };
    const folder = aFolder();
    const { witness, server, lambda } = await aHouse({ members, folder });
    const failing: Decide = (delivery) =>
      imagesOf([delivery]).some((image) => image.startsWith("poison")) ? { do: "throw", message: "bad" } : goOn;
    witness.orders(failing);
    const client = tablesAt(server.url);
    const EventSourceArn = await aTable(client);
    await mapped(server, lambda, {
      ...base,
      EventSourceArn,
      ParallelizationFactor: 4,
      MaximumRetryAttempts: 0,
      BatchSize: 1,
      DestinationConfig: { OnFailure: { Destination: queueArn("failed") } },
    });
    const ids = ["a", "b", "c", "d", "e"];
    for (const n of [1, 2, 3]) await Promise.all(ids.map((id) => put(client, id, n)));
    await put(client, "poison", 1);
    await expect.poll(() => server.messages("failed"), inTime).toHaveLength(1);
    await witness.sees((all) => imagesOf(all).filter((image) => !image.startsWith("poison")).length >= 15);
    expect(ids.map((id) => imagesOf(witness.deliveries).filter((image) => image.startsWith(id)))).toEqual(
      ids.map((id) => [`${id}1`, `${id}2`, `${id}3`]),
    );
    const [failed = "{}"] = await server.messages("failed");
    const { DDBStreamBatchInfo: info } = JSON.parse(failed);
    const poison = recordsOf(witness.deliveries).find(({ dynamodb }) => dynamodb?.Keys?.["id"]?.S === "poison");
    expect(info).toMatchObject({
      startSequenceNumber: poison?.dynamodb?.SequenceNumber,
      endSequenceNumber: poison?.dynamodb?.SequenceNumber,
      batchSize: 1,
      streamArn: EventSourceArn,
    });
    expect(info.approximateArrivalOfFirstRecord).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    // What explain reads again from the running server is what the function got.
    const served = await createServedRecords(server.url, fetch).page(EventSourceArn, info.shardId, null);
    const delivered = new Set(recordsOf(witness.deliveries).map(({ dynamodb }) => dynamodb?.SequenceNumber));
    expect(new Set(served.map(({ position }) => position))).toEqual(delivered);

    await server.stop();
    const stored = store === "Redis" ? null : openStoredRecords(server.stateDir, Date.now);
    const from = { position: info.startSequenceNumber, isIncluded: true };
    const [atPoison] = (await stored?.page(EventSourceArn, info.shardId, from)) ?? [];
    stored?.close();
    expect(atPoison?.position).toBe(stored === null ? undefined : info.startSequenceNumber);
    const again = await aServer({ ...members, functions: { f: toldBy(witness.url) } }, { folder });
    const seen = witness.deliveries.length;
    await put(tablesAt(again.url), "a", 4);
    await witness.sees((all) => all.length > seen);
    expect(imagesOf(witness.deliveries.slice(seen))).toEqual(["a4"]);
  },
);

test.for(["the embedded store", "Redis"] as const)(
  "H-1, P-8: a stream that was switched off is read to its end, and the table's next one is another source, on %s",
  async (store) => {
    const { witness, server, lambda } = await aHouse({ members: await membersOn(store) });
    const client = tablesAt(server.url);
    const first = await aTable(client);
    await put(client, "a", 1);
    const switched = (StreamEnabled: boolean, StreamViewType?: StreamViewType) =>
      client.send(
        new UpdateTableCommand({
          TableName,
          StreamSpecification: { StreamEnabled, ...(StreamViewType === undefined ? {} : { StreamViewType }) },
        }),
      );
    await switched(false);
    await put(client, "b", 1);
    const { TableDescription: now } = await switched(true, "KEYS_ONLY");
    const second = now?.LatestStreamArn ?? "";
    await put(client, "c", 1);
    expect(second).not.toBe(first);
    await mapped(server, lambda, { ...base, EventSourceArn: first });
    await mapped(server, lambda, { ...base, EventSourceArn: second });
    await witness.sees((all) => all.length >= 2);
    const keysBySource = recordsOf(witness.deliveries).map(({ eventSourceARN, dynamodb }) => [
      eventSourceARN,
      dynamodb?.Keys?.["id"]?.S,
      dynamodb?.StreamViewType,
    ]);
    // The two mappings are independent: either may come first.
    expect(keysBySource).toHaveLength(2);
    expect(keysBySource).toContainEqual([first, "a", "NEW_AND_OLD_IMAGES"]);
    expect(keysBySource).toContainEqual([second, "c", "KEYS_ONLY"]);
  },
);

test("what another program writes into a table's stream in Redis is delivered, well formed or not, and holds nothing up", async () => {
  const members = await membersOn("Redis");
  const { witness, server } = await aHouse({ members });
  const EventSourceArn = await aTable(tablesAt(server.url));
  const { url } = (members["brokers"] as { redis: { url: string } }).redis;
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const [, table, label] = /table\/(.+)\/stream\/(.+)$/.exec(EventSourceArn) ?? [];
  const key = `millrace:dynamodb:{${table}/${label}}`;
  const [{ id }] = JSON.parse((await redis.hget(key, "shards")) ?? "[]");
  await mapped(server, lambdaAt(server.url), { ...base, EventSourceArn, BatchSize: 10 });
  const spaced = JSON.stringify({ eventName: "REMOVE", dynamodb: { Keys: { id: { S: "z" } } } }, null, 2);
  for (const data of ["oops", Buffer.from([0xff]), spaced])
    await redis.xadd(`${key}:${id}`, "*", "partitionKey", "k", "data", data);
  await put(tablesAt(server.url), "a", 1);
  await witness.sees((all) => recordsOf(all).length >= 4);
  expect(recordsOf(witness.deliveries).map(({ eventName, dynamodb }) => [eventName, dynamodb?.NewImage])).toEqual([
    ["INSERT", { unreadableChange: { S: "oops" } }],
    ["INSERT", { unreadableChange: { B: "/w==" } }],
    ["REMOVE", undefined],
    ["INSERT", { id: { S: "a" }, n: { N: "1" } }],
  ]);
});
