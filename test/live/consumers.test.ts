// A registered consumer as a mapping's source, on both stores: its ARN everywhere, aggregates taken apart, and what becomes of the mapping
// when the consumer goes.

import {
  CreateStreamCommand,
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  type KinesisClient,
  PutRecordCommand,
  RegisterStreamConsumerCommand,
} from "@aws-sdk/client-kinesis";
import { GetEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { aggregateOf } from "../kinds/support/aggregate.ts";
import { mapped, put } from "./support/aws-clients.ts";
import { aHouse, allOf, base } from "./support/house.ts";
import { inTime, queueArn, streamArn } from "./support/live-server.ts";
import type { Decide } from "./support/witness.ts";

const stores = ["the embedded store", "Redis"] as const;

const GONE = "PROBLEM: Stream consumer not found. Please check your event source.";

async function membersFor(store: (typeof stores)[number]): Promise<Record<string, unknown>> {
  if (store !== "Redis") return { queues: ["failed"] };
  const redis = await startBroker("redis", { own: true });
  onTestFinished(() => redis.stop());
  return { brokers: { redis: { url: redis.url } }, queues: ["failed"] };
}

async function registered(kinesis: KinesisClient, name = "app"): Promise<string> {
  const made = await kinesis.send(
    new RegisterStreamConsumerCommand({ StreamARN: streamArn("orders"), ConsumerName: name }),
  );
  const ConsumerARN = made.Consumer?.ConsumerARN ?? "";
  const status = async () =>
    (await kinesis.send(new DescribeStreamConsumerCommand({ ConsumerARN }))).ConsumerDescription?.ConsumerStatus;
  await expect.poll(status, inTime).toBe("ACTIVE");
  return ConsumerARN;
}

const inner = (text: string) => ({ key: `k-${text}`, data: Buffer.from(text) });

test.for(stores)(
  "T-73, P-5, P-10: events and documents carry the consumer's ARN, and only its mapping gets aggregates taken apart, on %s",
  async (store) => {
    const { witness, server, lambda, kinesis } = await aHouse({ names: ["f", "g"], members: await membersFor(store) });
    const failing: Decide = ({ functionName, texts }) =>
      functionName === "f" && texts.includes("poison")
        ? { do: "throw", message: "bad" }
        : { do: "return", value: null };
    witness.orders(failing);
    const consumerArn = await registered(kinesis);
    await mapped(server, lambda, {
      ...base,
      EventSourceArn: consumerArn,
      BatchSize: 2,
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: queueArn("failed") } },
    });
    await mapped(server, lambda, { ...base, FunctionName: "g" });
    const aggregate = aggregateOf(["a", "b", "c"].map(inner));
    await kinesis.send(new PutRecordCommand({ StreamName: "orders", PartitionKey: "outer", Data: aggregate }));
    await put(kinesis, "orders", ["poison"]);
    await allOf(witness, 4, "f");
    expect(witness.texts("f").toSorted()).toEqual(["a", "b", "c", "poison"]);
    await witness.sees(() => witness.texts("g").length === 2);
    const opaque = witness.deliveries
      .filter(({ functionName }) => functionName === "g")
      .flatMap(({ event }) => event.Records);
    expect(opaque.map(({ kinesis: each }) => each.data)).toContain(aggregate.toString("base64"));
    const apart = witness.deliveries.filter(({ functionName }) => functionName === "f");
    expect(apart.every(({ texts }) => texts.length <= 2)).toBe(true);
    const records = apart.flatMap(({ event }) => event.Records);
    expect(new Set(records.map(({ eventSourceARN }) => eventSourceARN))).toEqual(new Set([consumerArn]));
    const three = records.filter(({ kinesis: each }) => each.partitionKey.startsWith("k-"));
    expect([new Set(three.map(({ eventID }) => eventID)).size, three.length]).toEqual([1, 3]);
    await expect.poll(() => server.messages("failed"), inTime).toHaveLength(1);
    const [document] = await server.messages("failed");
    expect(JSON.stringify(document)).toContain(consumerArn);
  },
);

test.for(stores)(
  "P-5: a consumer that is deregistered shows as a problem, and another reads on from where it was, on %s",
  async (store) => {
    const { witness, server, lambda, kinesis } = await aHouse({ members: await membersFor(store) });
    const first = await registered(kinesis);
    const UUID = await mapped(server, lambda, { ...base, EventSourceArn: first });
    await put(kinesis, "orders", ["one"]);
    await allOf(witness, 1);
    await kinesis.send(new DeregisterStreamConsumerCommand({ ConsumerARN: first }));
    const result = async () => (await lambda.send(new GetEventSourceMappingCommand({ UUID }))).LastProcessingResult;
    await expect.poll(result, inTime).toBe(GONE);
    await put(kinesis, "orders", ["two"]);
    await expect(mapped(server, lambda, { ...base, EventSourceArn: first, FunctionName: "f" })).rejects.toThrow(
      `Stream not found: ${first}`,
    );
    const second = await registered(kinesis);
    expect(second).not.toBe(first);
    await mapped(server, lambda, { ...base, EventSourceArn: second });
    await allOf(witness, 3);
    expect(witness.texts()).toEqual(["one", "one", "two"]);
  },
);

test("P-5: a stream that Redis lost and that was made anew has none of its consumers: the mapping reads nothing of it", async () => {
  const redis = await startBroker("redis", { own: true });
  onTestFinished(() => redis.stop());
  const { witness, server, lambda, kinesis } = await aHouse({ members: { brokers: { redis: { url: redis.url } } } });
  const arn = await registered(kinesis);
  const UUID = await mapped(server, lambda, { ...base, EventSourceArn: arn });
  await put(kinesis, "orders", ["one"]);
  await allOf(witness, 1);
  const client = new Redis(redis.url);
  await client.flushall();
  client.disconnect();
  await kinesis.send(new CreateStreamCommand({ StreamName: "orders", ShardCount: 1 }));
  // Nobody asks for its consumers meanwhile.
  const result = async () => (await lambda.send(new GetEventSourceMappingCommand({ UUID }))).LastProcessingResult;
  await expect.poll(result, inTime).toBe(GONE);
  await put(kinesis, "orders", ["two"]);
  await mapped(server, lambda, { ...base, EventSourceArn: await registered(kinesis) });
  await allOf(witness, 2);
  expect(witness.texts()).toEqual(["one", "two"]);
});
