// The main road on a Redis that fails: the process is killed in mid-batch, Redis stands still, refuses, loses a stream or trims one.
// What a mapping says meanwhile, and that it goes on by itself.

import { CreateStreamCommand, DeleteStreamCommand } from "@aws-sdk/client-kinesis";
import {
  CreateEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  type LambdaClient,
} from "@aws-sdk/client-lambda";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import type { RunningBroker } from "../../scripts/brokers/broker.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { startCommand } from "../cli/run-command.ts";
import { kinesisAt, lambdaAt, mapped, put } from "./support/aws-clients.ts";
import { aHouse, allOf, base, numbered } from "./support/house.ts";
import { aFolder, configIn, inTime, streamArn, toldBy } from "./support/live-server.ts";
import { aGate, aWitness, goOn } from "./support/witness.ts";

const connectionText = "PROBLEM: Connection error. Please check your event source connection configuration.";
const shardKey = (index: number): string => `millrace:kinesis:{orders}:shardId-${String(index).padStart(12, "0")}`;

async function aRedis(): Promise<{ readonly redis: RunningBroker; readonly client: Redis }> {
  const redis = await startBroker("redis", { own: true, durable: true });
  onTestFinished(() => redis.stop());
  const client = new Redis(redis.url);
  client.on("error", () => undefined);
  onTestFinished(() => client.disconnect());
  return { redis, client };
}

const add = (client: Redis, text: string, shard = 0): Promise<string | null> =>
  client.xadd(shardKey(shard), "*", "partitionKey", text, "data", text);

const resultOf = async (lambda: LambdaClient, UUID: string): Promise<string | undefined> =>
  (await lambda.send(new GetEventSourceMappingCommand({ UUID }))).LastProcessingResult;

test("P-12: killed with -9 in mid-batch, it goes on from its state: also with what any client added meanwhile", async () => {
  const { redis, client } = await aRedis();
  const witness = await aWitness();
  const folder = aFolder();
  configIn(folder, {
    brokers: { redis: { url: redis.url } },
    streams: { orders: { shards: 2 } },
    functions: { f: toldBy(witness.url) },
  });
  const words = ["start", "--port", "0", "--state", "state", "--json"];
  const start = async () => {
    const running = startCommand(folder, words);
    const { url } = JSON.parse(await running.line(/"kind":"ready"/)) as { readonly url: string };
    return { running, url };
  };
  const first = await start();
  const never = aGate();
  witness.orders(async ({ texts }) => {
    if (texts.includes("r20") || texts.includes("r21")) await never.opened;
    return goOn;
  });
  await lambdaAt(first.url).send(new CreateEventSourceMappingCommand({ ...base, BatchSize: 4 }));
  await put(kinesisAt(first.url), "orders", numbered(40));
  await witness.sees(() => ["r20", "r21"].some((text) => witness.texts().includes(text)));
  await first.running.line(/"kind":"checkpoint"/);
  first.running.signal("SIGKILL");
  await first.running.ended;
  for (const [index, text] of numbered(10, 40).entries()) await add(client, text, index % 2);

  const seenBefore = witness.texts().length;
  witness.orders(() => goOn);
  await start();
  await witness.sees(() => new Set(witness.texts()).size === 50);
  expect(new Set(witness.texts())).toEqual(new Set(numbered(50)));
  // From the checkpoint, not from the beginning.
  expect(witness.texts().length - seenBefore).toBeLessThan(50);
});

test("200 idle shards wait on one connection, and each wakes", async () => {
  const { redis, client } = await aRedis();
  const { witness, server, lambda } = await aHouse({
    members: {
      pollers: 1,
      maxFunctionThreads: 4,
      brokers: { redis: { url: redis.url } },
      streams: { orders: { shards: 200 } },
    },
  });
  await mapped(server, lambda, base);
  const connections = async (use: string): Promise<readonly string[]> =>
    String(await client.call("CLIENT", "LIST"))
      .split("\n")
      .filter((line) => line.includes(` name=millrace-${use}`));
  const isWaiting = async (): Promise<boolean> =>
    (await connections("blocking")).some((line) => line.includes(" flags=b "));
  await expect.poll(isWaiting, inTime).toBe(true);
  const everywhere = client.pipeline();
  const texts = numbered(200);
  for (const [shard, text] of texts.entries())
    everywhere.xadd(shardKey(shard), "*", "partitionKey", text, "data", text);
  await everywhere.exec();
  await allOf(witness, 200);
  expect(new Set(witness.texts())).toEqual(new Set(texts));
  expect((await connections("blocking")).length).toBe(1);
  // The poller's, and the server's own.
  expect((await connections("commands")).length).toBe(2);
});

test("P-13: a Redis that stands still, and a user who loses rights: said, no attempt used, and nothing lost or repeated", async () => {
  const { redis, client } = await aRedis();
  const rights = ["on", ">mill", "~millrace:*", "+@all"];
  await client.call("ACL", "SETUSER", "mill", ...rights);
  const url = `redis://mill:mill@${redis.host}:${redis.port}`;
  const { witness, server, lambda } = await aHouse({ members: { brokers: { redis: { url } } } });
  const UUID = await mapped(server, lambda, { ...base, MaximumRetryAttempts: 0 });
  await add(client, "one");
  await allOf(witness, 1);

  await client.call("ACL", "SETUSER", "mill", "-xread");
  await expect.poll(() => resultOf(lambda, UUID), inTime).toMatch(/^PROBLEM: Cannot access stream arn:aws:kinesis:/);
  await add(client, "two");
  await client.call("ACL", "SETUSER", "mill", "+xread");
  await allOf(witness, 2);
  await expect.poll(() => resultOf(lambda, UUID), inTime).toBe("OK");

  await redis.pause();
  await expect.poll(() => resultOf(lambda, UUID), inTime).toBe(connectionText);
  await redis.resume();
  await add(client, "three");
  await allOf(witness, 3);
  await expect.poll(() => resultOf(lambda, UUID), inTime).toBe("OK");
  expect(witness.texts()).toEqual(["one", "two", "three"]);
  const { State } = await lambda.send(new GetEventSourceMappingCommand({ UUID }));
  expect(State).toBe("Enabled");
});

test("P-13: a stream that is deleted and made again: said, and read on", async () => {
  const { redis, client } = await aRedis();
  const { witness, server, lambda, kinesis } = await aHouse({ members: { brokers: { redis: { url: redis.url } } } });
  const UUID = await mapped(server, lambda, base);
  await put(kinesis, "orders", ["old"]);
  await allOf(witness, 1);
  await kinesis.send(new DeleteStreamCommand({ StreamName: "orders" }));
  await expect
    .poll(() => resultOf(lambda, UUID), inTime)
    .toBe("PROBLEM: Stream not found. Please check your event source.");
  await kinesis.send(new CreateStreamCommand({ StreamName: "orders", ShardCount: 1 }));
  await add(client, "new");
  await allOf(witness, 2);
  await expect.poll(() => resultOf(lambda, UUID), inTime).toBe("OK");
  // At once, with other shards.
  await kinesis.send(new DeleteStreamCommand({ StreamName: "orders" }));
  await kinesis.send(new CreateStreamCommand({ StreamName: "orders", ShardCount: 4 }));
  await put(kinesis, "orders", numbered(20));
  await allOf(witness, 22);
  await expect.poll(() => resultOf(lambda, UUID), inTime).toBe("OK");
});

test("E-68: an app that trims its plain stream under a blocked reader: the gap is told, and reading goes on behind it", async () => {
  const { redis, client } = await aRedis();
  const { witness, server, lambda } = await aHouse({
    members: { brokers: { redis: { url: redis.url } }, streams: { app: { redisKey: "app:key", dataField: "d" } } },
  });
  const gate = aGate();
  witness.orders(async () => {
    await gate.opened;
    return goOn;
  });
  // Far more than is read ahead of a call that is out.
  const texts = numbered(5_000);
  const filling = client.pipeline();
  for (const text of texts) filling.xadd("app:key", "*", "d", text);
  await filling.exec();
  await mapped(server, lambda, { ...base, EventSourceArn: streamArn("app"), BatchSize: 100 });
  await witness.sees((deliveries) => deliveries.length === 1);
  await client.xtrim("app:key", "MAXLEN", "=", 10);
  gate.open();
  await witness.sees(() => witness.texts().includes("r4999"));
  await server.log.entry(({ kind }) => kind === "lost");
  const seen = witness.texts();
  expect(seen.length).toBeLessThan(5_000);
  expect(seen).toEqual([...texts.slice(0, seen.length - 10), ...texts.slice(-10)]);
});
