// Test records that the dashboard puts into the source of a mapping by POST: of each kind that is embedded, and refused for a broker or a
// cluster of one's own.

import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type ScalarAttributeType,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import type { CreateEventSourceMappingCommandInput } from "@aws-sdk/client-lambda";
import { expect, onTestFinished, test } from "vitest";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aServer, type FileMembers, type LiveServer } from "./support/live-server.ts";

const mqArn = (name: string): string => `arn:aws:mq:us-east-1:000000000000:broker:${name}:b-1`;
const kafkaArn = "arn:aws:kafka:us-east-1:000000000000:cluster/line/f3bb8a1e-1";
const docsArn = "arn:aws:rds:us-east-1:000000000000:cluster:docs";
const login = { Type: "BASIC_AUTH" as const, URI: "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef" };
const secrets = { login: { username: "u", password: "p" } };

type Members = Omit<CreateEventSourceMappingCommandInput, "FunctionName" | "Enabled">;

const onQueue = (
  name: string,
  more: readonly { readonly Type: "VIRTUAL_HOST"; readonly URI: string }[] = [],
): Members => ({
  EventSourceArn: mqArn(name),
  Queues: ["orders"],
  SourceAccessConfigurations: [login, ...more],
});
const onTopic: Members = { EventSourceArn: kafkaArn, Topics: ["orders"], StartingPosition: "TRIM_HORIZON" };
const onCollection = (CollectionName?: string): Members => ({
  EventSourceArn: docsArn,
  StartingPosition: "LATEST",
  DocumentDBEventSourceConfig: { DatabaseName: "store", ...(CollectionName === undefined ? {} : { CollectionName }) },
  SourceAccessConfigurations: [login],
});

async function aHouse(sources: FileMembers) {
  const functions = { f: { Handler: "event-ledger.book", Environment: { Variables: { LEDGER: "/dev/null" } } } };
  const server = await aServer({ secrets, sources, functions });
  // Nothing is read: what was sent stays where it is.
  const make = (members: Members): Promise<string> =>
    mapped(server, lambdaAt(server.url), { FunctionName: "f", Enabled: false, ...members });
  const send = async (uuid: string, body: object) => {
    const init = { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${server.url}/_millrace/mappings/${uuid}/send`, init);
    return { status: answer.status, body: (await answer.json()) as unknown };
  };
  return { server, make, send, sendTo: async (members: Members, body: object) => send(await make(members), body) };
}

const seen = async ({ url }: LiveServer, path: string): Promise<unknown> =>
  (await fetch(`${url}/_millrace/${path}`)).json();

test("queues of RabbitMQ, on their virtual host, and of ActiveMQ", async () => {
  const { server, sendTo } = await aHouse({
    [mqArn("rabbit")]: { engine: "RABBITMQ" },
    [mqArn("active")]: { engine: "ACTIVEMQ" },
  });
  expect(await sendTo(onQueue("rabbit", [{ Type: "VIRTUAL_HOST", URI: "v1" }]), { data: "a", count: 2 })).toMatchObject(
    {
      status: 200,
      body: { target: "rabbitmq:rabbit/orders", messageCount: 2 },
    },
  );
  expect(await seen(server, "brokers/rabbit/orders?virtualHost=v1")).toMatchObject({
    messages: [{ text: "a" }, { text: "a" }],
  });
  expect(await seen(server, "brokers/rabbit/orders")).toMatchObject({ message: expect.stringContaining("no queue") });
  expect(await sendTo(onQueue("active"), { data: "b" })).toMatchObject({
    status: 200,
    body: { target: "activemq:active/orders" },
  });
  expect(await seen(server, "brokers/active/orders")).toMatchObject({ messages: [{ text: "b" }] });
});

test("a topic of Kafka, by key; a collection of DocumentDB, and one for tests where a whole database is read", async () => {
  const { server, make, send, sendTo } = await aHouse({
    [kafkaArn]: { engine: "KAFKA" },
    [docsArn]: { engine: "DOCDB" },
  });
  expect(await sendTo(onTopic, { data: "v", key: "k" })).toMatchObject({ status: 200, body: { recordCount: 1 } });
  expect(await seen(server, "kafka/line/orders")).toMatchObject({ records: [{ key: "k", value: "v" }] });

  const document = { data: '{"_id":1,"n":12345678901234567890}' };
  expect(await sendTo(onCollection("orders"), document)).toMatchObject({ status: 200, body: { changedCount: 1 } });
  expect(JSON.stringify(await seen(server, "documentdb/docs/store/orders"))).toContain('"_id":1');
  const whole = await make(onCollection());
  expect(await send(whole, { data: "no JSON" })).toMatchObject({
    status: 400,
    body: { code: "bad-argument", message: expect.stringContaining("a document is JSON") },
  });
  expect(await send(whole, { data: '{"_id":2}' })).toMatchObject({
    status: 200,
    body: { target: "documentdb:docs/store/test" },
  });
  expect(JSON.stringify(await seen(server, "documentdb/docs/store/test"))).toContain('"_id":2');
});

test("items of a table; a key beside them is refused, as it is in the item", async () => {
  const { server, make, send } = await aHouse({});
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const tables = new DynamoDBClient({ endpoint: server.url, region: "us-east-1", credentials });
  onTestFinished(() => tables.destroy());
  const type: ScalarAttributeType = "S";
  await tables.send(
    new CreateTableCommand({
      TableName: "carts",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: type }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    }),
  );
  const { Table } = await tables.send(new DescribeTableCommand({ TableName: "carts" }));
  const uuid = await make({ EventSourceArn: Table?.LatestStreamArn, StartingPosition: "TRIM_HORIZON" });
  expect(await send(uuid, { data: '{"id":"c1","n":2}' })).toMatchObject({
    status: 200,
    body: { target: "dynamodb:carts", itemCount: 1 },
  });
  const { Items } = await tables.send(new ScanCommand({ TableName: "carts" }));
  expect(Items).toEqual([{ id: { S: "c1" }, n: { N: "2" } }]);
  expect(await send(uuid, { data: '{"id":"c2"}', key: "c2" })).toMatchObject({
    status: 400,
    body: { code: "bad-argument", message: expect.stringContaining("key is in the item") },
  });
});

test("what is a broker or a cluster of one's own is told by its place: its records are sent to it", async () => {
  const { sendTo } = await aHouse({
    [mqArn("rabbit")]: { engine: "RABBITMQ", url: "amqp://127.0.0.1:1" },
    [mqArn("active")]: { engine: "ACTIVEMQ", url: "amqp://127.0.0.1:2" },
    [kafkaArn]: { engine: "KAFKA", servers: ["127.0.0.1:3"] },
    [docsArn]: { engine: "DOCDB", url: "mongodb://127.0.0.1:4" },
  });
  const sendings: readonly (readonly [Members, string])[] = [
    [onQueue("rabbit"), "amqp://127.0.0.1:1"],
    [onQueue("active"), "amqp://127.0.0.1:2"],
    [onTopic, "127.0.0.1:3"],
    [onCollection("orders"), "mongodb://127.0.0.1:4"],
  ];
  for (const [members, at] of sendings)
    expect(await sendTo(members, { data: "{}" })).toEqual({
      status: 409,
      body: {
        code: "source-elsewhere",
        message: expect.stringContaining(` is at ${at}: `),
        help: `${at}    # with a client of its own`,
      },
    });
});
