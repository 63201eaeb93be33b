// A table of the configuration with a mapping on it, whole: what is put is heard, on both stores; and what clients are told while Redis is
// away.

import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { DescribeStreamCommand, DynamoDBStreamsClient, ListStreamsCommand } from "@aws-sdk/client-dynamodb-streams";
import type { DynamoDBRecord } from "aws-lambda";
import { expect, onTestFinished, test } from "vitest";
import type { RunningBroker } from "../../scripts/brokers/broker.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { aServer, type FileMembers, inTime, toldBy } from "./support/live-server.ts";
import { aWitness, type Witness } from "./support/witness.ts";

const TableName = "orders";

const members = (witness: Witness): FileMembers => ({
  functions: { f: toldBy(witness.url) },
  tables: { [TableName]: { key: "id", stream: "NEW_AND_OLD_IMAGES" } },
  mappings: [{ EventSourceArn: `dynamodb:${TableName}`, FunctionName: "f", StartingPosition: "TRIM_HORIZON" }],
});

async function aRedis(): Promise<{ readonly redis: RunningBroker; readonly brokers: FileMembers }> {
  const redis = await startBroker("redis", { own: true, durable: true });
  onTestFinished(() => redis.stop());
  return { redis, brokers: { brokers: { redis: { url: redis.url } } } };
}

const common = { region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };

function tableAt(endpoint: string) {
  const db = new DynamoDBClient({ ...common, endpoint });
  const streams = new DynamoDBStreamsClient({ ...common, endpoint });
  onTestFinished(() => {
    db.destroy();
    streams.destroy();
  });
  return {
    db,
    streams,
    put: (id: string, n: number) =>
      db.send(new PutItemCommand({ TableName, Item: { id: { S: id }, n: { N: `${n}` } } })),
    add: () =>
      db.send(
        new UpdateItemCommand({
          TableName,
          Key: { id: { S: "count" } },
          UpdateExpression: "ADD n :one",
          ExpressionAttributeValues: { ":one": { N: "1" } },
        }),
      ),
    count: async () =>
      (await db.send(new GetItemCommand({ TableName, Key: { id: { S: "count" } } }))).Item?.["n"]?.N ?? "0",
  };
}

const heard = (witness: Witness): readonly DynamoDBRecord[] =>
  witness.deliveries.flatMap(({ event }) => event.Records as readonly DynamoDBRecord[]);

test.each(["the embedded store", "Redis"])(
  "what is put into a table is heard by its mapping's function, on %s",
  async (store) => {
    const { brokers } = store === "Redis" ? await aRedis() : { brokers: {} };
    const witness = await aWitness();
    const server = await aServer({ ...members(witness), ...brokers });
    const table = tableAt(server.url);
    await table.put("a", 1);
    await table.put("a", 1);
    await table.put("a", 2);
    await expect.poll(() => heard(witness).length, inTime).toBe(2);
    const { Streams: [stream] = [] } = await table.streams.send(new ListStreamsCommand({ TableName }));
    expect(heard(witness)[1]).toMatchObject({
      eventName: "MODIFY",
      eventSource: "aws:dynamodb",
      eventSourceARN: stream?.StreamArn,
      dynamodb: {
        Keys: { id: { S: "a" } },
        OldImage: { id: { S: "a" }, n: { N: "1" } },
        NewImage: { id: { S: "a" }, n: { N: "2" } },
        SizeBytes: 15,
      },
    });
    // Switched off, the stream is read to its end, and the mapping has no more of it.
    await table.db.send(new UpdateTableCommand({ TableName, StreamSpecification: { StreamEnabled: false } }));
    await server.log.entry((entry) => entry.kind === "unit-ended");
    const described = await table.streams.send(new DescribeStreamCommand({ StreamArn: stream?.StreamArn }));
    expect(described.StreamDescription?.StreamStatus).toBe("DISABLED");
    await table.put("untold", 1);
    expect(heard(witness)).toHaveLength(2);
  },
);

test("O4: while Redis is away nothing is written, and what was counted once it is back is what the function hears", async () => {
  const { redis, brokers } = await aRedis();
  const witness = await aWitness();
  const server = await aServer({ ...members(witness), ...brokers });
  const table = tableAt(server.url);
  await table.add();
  await redis.kill();
  await expect(table.add()).rejects.toMatchObject({
    name: "InternalServerError",
    message: expect.stringMatching(/^Nothing was written: .*Redis at /),
  });
  expect(await table.count()).toBe("1");
  await redis.restart();
  const added = (): Promise<unknown> => table.add().catch(() => null);
  await expect.poll(added, inTime).not.toBeNull();
  expect(await table.count()).toBe("2");
  await expect
    .poll(() => heard(witness).map(({ dynamodb }) => dynamodb?.NewImage?.["n"]?.N), inTime)
    .toEqual(["1", "2"]);
}, 60_000);
