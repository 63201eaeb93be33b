// A schema registry in front of a mapping's function, through the whole server: decoded data, filters on it, and records that it cannot be
// given. The topic is embedded; a real cluster's is read by the same wrapper (test/kafka/registry).

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SchemaRegistry } from "@kafkajs/confluent-schema-registry";
import { GetEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { startTestRegistry, type TestRegistry } from "../kafka/registry/test-registry.ts";
import { lambdaAt, mapped, queueAt, sqsAt } from "./support/aws-clients.ts";
import { aFolder, aServer, inTime, queueArn } from "./support/live-server.ts";

const arn = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-1";
const secretArn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:registry-abcdef";
const login = { username: "alice", password: "alice-secret" };
const order = {
  type: "record" as const,
  name: "Order",
  namespace: "shop",
  fields: [
    { name: "order_id", type: "long" },
    { name: "kind", type: "string" },
  ],
};

interface Delivered {
  readonly offset: number;
  readonly value: string;
  readonly keySchemaMetadata?: unknown;
  readonly valueSchemaMetadata?: unknown;
}

async function aHouse(registry: TestRegistry) {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const variables = { LEDGER: ledger, POISON: "none" };
  const server = await aServer(
    {
      sources: { [arn]: { engine: "KAFKA" } },
      schemaRegistries: { "https://registry.internal": { url: registry.url } },
      secrets: { [secretArn]: login },
      functions: { f: { Handler: "event-ledger.book", Timeout: 5, Environment: { Variables: variables } } },
    },
    { folder },
  );
  const lambda = lambdaAt(server.url);
  const delivered = (): readonly Delivered[] =>
    (existsSync(ledger) ? readFileSync(ledger, "utf8").split("\n").slice(0, -1) : []).flatMap((line) =>
      Object.values((JSON.parse(line) as { readonly records: Readonly<Record<string, Delivered[]>> }).records).flat(),
    );
  return {
    server,
    delivered,
    textOf: ({ value }: Delivered) => Buffer.from(value, "base64").toString(),
    async produce(values: readonly Buffer[]): Promise<void> {
      const records = values.map((value) => ({ valueData: value.toString("base64") }));
      const url = `${server.url}/_millrace/kafka/shop/orders`;
      const answer = await fetch(url, { method: "POST", body: JSON.stringify({ records }) });
      expect(answer.status).toBe(200);
    },
    make: (format: "JSON" | "SOURCE", more: object = {}) =>
      mapped(server, lambda, {
        FunctionName: "f",
        EventSourceArn: arn,
        Topics: ["orders"],
        ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 1 },
        AmazonManagedKafkaEventSourceConfig: {
          SchemaRegistryConfig: {
            SchemaRegistryURI: "https://registry.internal",
            EventRecordFormat: format,
            AccessConfigs: [{ Type: "BASIC_AUTH", URI: secretArn }],
            SchemaValidationConfigs: [{ Attribute: "VALUE" }],
          },
        },
        ...more,
      }),
    get: (uuid: string | undefined) => lambda.send(new GetEventSourceMappingCommand({ UUID: uuid })),
  };
}

test("TM-58, TM-59, M-316: decoded data is filtered and delivered with its schema; what has none goes to the destination", async () => {
  await using registry = await startTestRegistry({ login });
  const producer = new SchemaRegistry({ host: registry.url, auth: login });
  const { id } = await producer.register(order);
  const house = await aHouse(registry);
  const sqs = sqsAt(house.server.url);
  const QueueUrl = await queueAt(sqs, "dead");
  await house.produce([
    await producer.encode(id, { order_id: 1, kind: "wanted" }),
    Buffer.from([0, 0, 0, 9, 9, 1]),
    await producer.encode(id, { order_id: 2, kind: "other" }),
    Buffer.from("plain"),
    await producer.encode(id, { order_id: 3, kind: "wanted" }),
  ]);
  await house.make("JSON", {
    FilterCriteria: { Filters: [{ Pattern: '{"value":{"kind":["wanted"]}}' }] },
    DestinationConfig: { OnFailure: { Destination: queueArn("dead") } },
  });
  await expect.poll(() => house.delivered().length, inTime).toBe(2);
  expect(house.delivered().map(house.textOf)).toEqual([
    '{"order_id":1,"kind":"wanted"}',
    '{"order_id":3,"kind":"wanted"}',
  ]);
  expect(house.delivered()[0]).toMatchObject({
    offset: 0,
    valueSchemaMetadata: { dataFormat: "AVRO", schemaId: String(id) },
  });
  expect(house.delivered()[0]).not.toHaveProperty("keySchemaMetadata");
  const conditions = new Set<string>();
  await expect
    .poll(async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      for (const { Body = "" } of Messages) conditions.add(conditionOf(Body));
      return conditions;
    }, inTime)
    .toEqual(new Set(["SCHEMA_NOT_FOUND 1", "DESERIALIZATION_ERROR 3"]));
});

function conditionOf(body: string): string {
  const document = JSON.parse(body) as {
    readonly requestContext: { readonly condition: string };
    readonly KafkaBatchInfo: { readonly recordsInfo: Readonly<Record<string, { readonly firstRecordOffset: string }>> };
  };
  return `${document.requestContext.condition} ${document.KafkaBatchInfo.recordsInfo["orders-0"]?.firstRecordOffset}`;
}

test("TM-60: a registry that is away holds everything and shows it; SOURCE gives the bytes without their prefix", async () => {
  await using registry = await startTestRegistry({ login });
  const producer = new SchemaRegistry({ host: registry.url, auth: login });
  const { id } = await producer.register(order);
  const house = await aHouse(registry);
  const value = await producer.encode(id, { order_id: 1, kind: "k" });
  await registry.goAway();
  await house.produce([value]);
  const UUID = await house.make("SOURCE");
  await expect
    .poll(async () => (await house.get(UUID)).LastProcessingResult, inTime)
    .toBe("PROBLEM: Connection error. Please check your event source connection configuration.");
  expect(house.delivered()).toEqual([]);
  await registry.comeBack();
  await expect.poll(() => house.delivered().length, inTime).toBe(1);
  expect(house.delivered()[0]?.value).toBe(value.subarray(5).toString("base64"));
  await expect.poll(async () => (await house.get(UUID)).LastProcessingResult, inTime).toBe("OK");
});
