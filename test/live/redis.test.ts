// The main road on a real Redis: produced into by AWS's client and by any Redis client, through faults of the broker.

import { GetEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import type { RunningBroker } from "../../scripts/brokers/broker.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { mapped, put } from "./support/aws-clients.ts";
import { aHouse, allOf, base, numbered } from "./support/house.ts";
import { inTime, queueArn, streamArn } from "./support/live-server.ts";
import { aGate, type Decide, goOn } from "./support/witness.ts";

type BrokerOptions = NonNullable<Parameters<typeof startBroker>[1]>;

async function aRedis(options: BrokerOptions = {}): Promise<RunningBroker> {
  const redis = await startBroker("redis", { own: true, durable: true, ...options });
  onTestFinished(() => redis.stop());
  return redis;
}

async function aClient(url: string, caFile: string | null = null): Promise<Redis> {
  const { readFileSync } = await import("node:fs");
  const client = new Redis(url, caFile === null ? {} : { tls: { ca: readFileSync(caFile, "utf8") } });
  client.on("error", () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

const SHARD_KEY = "millrace:kinesis:{orders}:shardId-000000000000";

test("records that AWS's client puts and any Redis client adds reach the handler, and a poison one its queue", async () => {
  const redis = await aRedis();
  const { witness, server, lambda, kinesis } = await aHouse({
    members: { brokers: { redis: { url: redis.url } }, queues: ["failed"] },
  });
  const poisoned: Decide = ({ texts }) => (texts.includes("poison") ? { do: "throw", message: "bad" } : goOn);
  witness.orders(poisoned);
  await mapped(server, lambda, {
    ...base,
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: queueArn("failed") } },
  });
  await put(kinesis, "orders", ["one"]);
  const client = await aClient(redis.url);
  const id = await client.xadd(SHARD_KEY, "*", "partitionKey", "k", "data", "two");
  await client.xadd(SHARD_KEY, "*", "partitionKey", "k", "data", "poison");
  await witness.sees(() => ["one", "two"].every((text) => witness.texts().includes(text)));
  const [ms = "", counter = ""] = String(id).split("-");
  const two = witness.deliveries
    .flatMap(({ event }) => event.Records)
    .find(({ kinesis: each }) => each.data === btoa("two"));
  expect(two?.kinesis.sequenceNumber).toBe(`49${ms.padStart(20, "0")}${counter.padStart(20, "0")}`);
  await expect.poll(() => server.messages("failed"), inTime).toHaveLength(1);
});

test("a plain Redis stream is a stream of one shard: chosen fields, or the whole entry as JSON", async () => {
  const redis = await aRedis();
  const { witness, server, lambda } = await aHouse({
    members: {
      brokers: { redis: { url: redis.url } },
      streams: {
        chosen: { redisKey: "app:chosen", dataField: "body", partitionKeyField: "user" },
        whole: { redisKey: "app:whole" },
      },
    },
  });
  const client = await aClient(redis.url);
  await client.xadd("app:chosen", "*", "user", "u1", "body", "hello");
  await mapped(server, lambda, { ...base, EventSourceArn: streamArn("chosen") });
  await mapped(server, lambda, { ...base, EventSourceArn: streamArn("whole") });
  await client.xadd("app:whole", "*", "a", "1", "b", "2");
  await witness.sees(() => witness.texts().length >= 2);
  expect(witness.texts().toSorted()).toEqual(["hello", '{"a":"1","b":"2"}']);
  const keys = witness.deliveries.flatMap(({ event }) => event.Records.map(({ kinesis }) => kinesis.partitionKey));
  expect(keys).toContain("u1");
});

test("P-13: a Redis that is killed in mid-run and comes back: the mapping says so meanwhile, and nothing is lost", async () => {
  const redis = await aRedis();
  const { witness, server, lambda, kinesis } = await aHouse({ members: { brokers: { redis: { url: redis.url } } } });
  const UUID = await mapped(server, lambda, { ...base, BatchSize: 10 });
  const gate = aGate();
  witness.orders(async () => {
    await gate.opened;
    return goOn;
  });
  await put(kinesis, "orders", numbered(100));
  await witness.sees((deliveries) => deliveries.length > 0);
  await redis.kill();
  gate.open();
  const lastResult = async (): Promise<string | undefined> =>
    (await lambda.send(new GetEventSourceMappingCommand({ UUID }))).LastProcessingResult;
  await expect
    .poll(lastResult, inTime)
    .toBe("PROBLEM: Connection error. Please check your event source connection configuration.");
  await redis.restart();
  await server.log.entry(({ kind }) => kind === "source-recovered");
  await put(kinesis, "orders", numbered(20, 100));
  await allOf(witness, 120);
  expect(new Set(witness.texts())).toEqual(new Set(numbered(120)));
  await expect.poll(lastResult, inTime).toBe("OK");
});

test("TLS with a private authority, and a user who may touch only the key prefix", async () => {
  const redis = await aRedis({
    tls: true,
    acl: { user: "mill", password: "secret-of-redis", keys: ["shop:*"] },
  });
  const { witness, server, lambda, kinesis } = await aHouse({
    members: { brokers: { redis: { url: redis.url, keyPrefix: "shop:", caFile: redis.caFile } } },
  });
  await mapped(server, lambda, base);
  await put(kinesis, "orders", ["private"]);
  await witness.sees(() => witness.texts().includes("private"));
  expect(JSON.stringify(server.log.entries)).not.toContain("secret-of-redis");
});

test("a key of another type is one mapping's trouble, and mended when the key is", async () => {
  const redis = await aRedis();
  const { witness, server, lambda } = await aHouse({
    members: {
      brokers: { redis: { url: redis.url } },
      streams: { good: { redisKey: "app:good", dataField: "d" }, bad: { redisKey: "app:bad", dataField: "d" } },
    },
  });
  await mapped(server, lambda, { ...base, EventSourceArn: streamArn("good") });
  await mapped(server, lambda, { ...base, EventSourceArn: streamArn("bad") });
  const client = await aClient(redis.url);
  await client.set("app:bad", "a text");
  await server.log.entry((entry) => entry.kind === "source-problem" && entry.code === "wrongType");
  await client.xadd("app:good", "*", "d", "still read");
  await witness.sees(() => witness.texts().includes("still read"));
  await client.del("app:bad");
  await client.xadd("app:bad", "*", "d", "mended");
  await witness.sees(() => witness.texts().includes("mended"));
  expect(witness.texts().toSorted()).toEqual(["mended", "still read"]);
});
