// Tumbling windows with a real handler, on the embedded store and on Redis: state from call to call, closing calls, what is given up,
// partial answers, and a kill in mid-window. Windows close by settings and by silence, so that no test waits for a time of day.

import { createServer } from "node:http";
import { Redis } from "ioredis";
import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { DescribeTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { RegisterStreamConsumerCommand, SplitShardCommand } from "@aws-sdk/client-kinesis";
import { CreateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { redisUrl } from "../brokers/redis-url.ts";
import { kinesisAt, lambdaAt, mapped, put, updated } from "./support/aws-clients.ts";
import { aHouse, base, type House } from "./support/house.ts";
import {
  aFolder,
  aServer,
  configIn,
  type FileMembers,
  inTime,
  queueArn,
  streamArn,
  toldBy,
} from "./support/live-server.ts";
import { started } from "./support/process.ts";
import { aWitness, type Decide, type Delivery, type Order } from "./support/witness.ts";

const anyCredentials = { accessKeyId: "any", secretAccessKey: "any" };
const LONG_S = 900;
const SHARD = "shardId-000000000000";

const returns = (value: unknown): Order => ({ do: "return", value });
const throws: Order = { do: "throw", message: "told to" };

/** Adds the texts of its records to those in the state. */
const collecting: Decide = ({ event, texts }) => returns({ state: { seen: [...seenOf(event), ...texts] } });

const seenOf = ({ state }: Delivery["event"]): readonly unknown[] => {
  const seen = state?.["seen"];
  return Array.isArray(seen) ? seen : [];
};

/** A call a line: texts, what the state has seen, and whether it closes the window. */
const linesOf = (deliveries: readonly Delivery[]): readonly string[] =>
  deliveries.map(
    ({ event, texts }) =>
      `[${texts.join(",")}] {${seenOf(event).join(",")}}${event.isFinalInvokeForWindow === true ? " final" : ""}`,
  );

const redisMembers = (): FileMembers => ({
  brokers: { redis: { url: redisUrl(), keyPrefix: `windows-${randomUUID()}:` } },
});

const stores: readonly { readonly store: string; readonly broker: () => FileMembers }[] = [
  { store: "the embedded store", broker: () => ({}) },
  { store: "Redis", broker: redisMembers },
];

/** Closes the open window at once: windows are switched off. */
const switchOff = ({ server, lambda }: House, UUID: string) =>
  updated(server, lambda, { UUID, TumblingWindowInSeconds: 0, state: "Enabled" });

describe.each(stores)("on $store", ({ broker }) => {
  test("T-80, W-7, W-8: the state is carried from call to call, and the final call holds all of it", async () => {
    const house = await aHouse({ members: broker() });
    const { witness, server, lambda, kinesis } = house;
    witness.orders(collecting);
    const UUID = await mapped(server, lambda, { ...base, BatchSize: 1, TumblingWindowInSeconds: LONG_S });
    await put(kinesis, "orders", ["1", "2", "3"]);
    await witness.sees((all) => all.length === 3);
    await switchOff(house, UUID);
    await witness.sees((all) => all.length === 4);
    expect(linesOf(witness.deliveries)).toEqual(["[1] {}", "[2] {1}", "[3] {1,2}", "[] {1,2,3} final"]);
    const { window } = witness.deliveries[0]?.event ?? {};
    expect(Date.parse(window?.start ?? "") % (LONG_S * 1_000)).toBe(0);
    expect(Date.parse(window?.end ?? "") - Date.parse(window?.start ?? "")).toBe(LONG_S * 1_000);
  });

  test("W-9: silence closes a window, after as long as the setting says", async () => {
    const { witness, server, lambda, kinesis } = await aHouse({
      members: { ...broker(), windowIdleSeconds: 0 },
    });
    witness.orders(collecting);
    await mapped(server, lambda, { ...base, TumblingWindowInSeconds: 1 });
    await put(kinesis, "orders", ["1"]);
    await witness.sees((all) => all.some(({ event }) => event.isFinalInvokeForWindow === true));
    expect(linesOf(witness.deliveries)).toEqual(["[1] {}", "[] {1} final"]);
    const closed = await server.log.entry((entry) => entry.kind === "batch-closed" && entry.recordCount === 0);
    expect(closed).toMatchObject({ closedBy: "tumbling edge", tumbling: { end: "silence" } });
  });

  test("W-12, W-13: a state over 1 MiB ends the window at once, whole; what follows starts from {}", async () => {
    const house = await aHouse({ members: broker() });
    const { witness, server, lambda, kinesis } = house;
    const large = { seen: [], large: "x".repeat(1_048_577) };
    witness.orders((delivery) => (delivery.texts[0] === "1" ? returns({ state: large }) : collecting(delivery)));
    const UUID = await mapped(server, lambda, { ...base, BatchSize: 1, TumblingWindowInSeconds: LONG_S });
    await put(kinesis, "orders", ["1", "2"]);
    await witness.sees((all) => all.length === 3);
    await switchOff(house, UUID);
    await witness.sees((all) => all.length === 4);
    expect(linesOf(witness.deliveries)).toEqual(["[1] {}", "[] {} final", "[2] {}", "[] {2} final"]);
    expect(witness.deliveries[1]?.event).toMatchObject({ state: large, isWindowTerminatedEarly: true });
    expect(witness.deliveries[3]?.event).toMatchObject({ isWindowTerminatedEarly: false });
  });

  test.each([
    { kind: "a bucket", destination: "arn:aws:s3:::failed", members: { buckets: ["failed"] } },
    { kind: "a queue", destination: queueArn("failed"), members: { queues: ["failed"] } },
  ])("T-86, W-15, O-17: a final call that fails leaves its document in $kind", async ({ destination, members }) => {
    const house = await aHouse({ members: { ...broker(), ...members } });
    const { witness, server, lambda, kinesis } = house;
    witness.orders((delivery) => (delivery.event.isFinalInvokeForWindow === true ? throws : collecting(delivery)));
    const UUID = await mapped(server, lambda, {
      ...base,
      TumblingWindowInSeconds: LONG_S,
      MaximumRetryAttempts: 1,
      DestinationConfig: { OnFailure: { Destination: destination } },
    });
    await put(kinesis, "orders", ["1"]);
    await witness.sees((all) => all.length === 1);
    await switchOff(house, UUID);
    const documents = async (): Promise<readonly string[]> =>
      destination.includes(":s3:") ? server.objects("failed").map(({ body }) => body) : server.messages("failed");
    await expect.poll(documents, inTime).toHaveLength(1);
    const document = JSON.parse((await documents())[0] ?? "");
    expect(document).toMatchObject({
      requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: 2 },
      timeWindowInfo: {
        window: witness.deliveries[0]?.event.window,
        isFinalInvokeForWindow: true,
        isWindowTerminatedEarly: false,
      },
    });
    expect(document.KinesisBatchInfo).toEqual({ shardId: SHARD, streamArn: streamArn("orders") });
    const payload: unknown = document.payload === undefined ? null : JSON.parse(document.payload);
    expect(payload).toEqual(destination.includes(":s3:") ? witness.deliveries[1]?.event : null);
    await put(kinesis, "orders", ["2"]);
    await witness.sees((all) => all.at(-1)?.texts[0] === "2");
  });

  test("W-14, W-16, T-88: a partial answer hands its state on; a throw and an answer without a state keep the old", async () => {
    const house = await aHouse({ members: broker() });
    const { witness, server, lambda, kinesis } = house;
    const answers: Decide[] = [
      ({ event }) =>
        returns({
          state: { seen: ["1"] },
          batchItemFailures: [{ itemIdentifier: event.Records[1]?.kinesis.sequenceNumber }],
        }),
      () => throws,
      () => returns({ batchItemFailures: [] }),
      collecting,
    ];
    witness.orders((delivery) => answers.shift()?.(delivery) ?? collecting(delivery));
    await put(kinesis, "orders", [
      { text: "1", key: "k" },
      { text: "2", key: "k" },
    ]);
    const UUID = await mapped(server, lambda, {
      ...base,
      TumblingWindowInSeconds: LONG_S,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
    await witness.sees((all) => all.length === 4);
    await switchOff(house, UUID);
    await witness.sees((all) => all.length === 5);
    expect(linesOf(witness.deliveries)).toEqual(["[1,2] {}", "[2] {1}", "[2] {1}", "[2] {1}", "[] {1,2} final"]);
  });

  test("T-80, T-86, O-17: a table's stream has windows, too: state, final call, and its document", async () => {
    const tables = { items: { key: "id", stream: "KEYS_ONLY" } };
    const house = await aHouse({ members: { ...broker(), tables, buckets: ["failed"] } });
    const { witness, server, lambda } = house;
    witness.orders((delivery) => (delivery.event.isFinalInvokeForWindow === true ? throws : collecting(delivery)));
    const db = new DynamoDBClient({ endpoint: server.url, region: "us-east-1", credentials: anyCredentials });
    onTestFinished(() => db.destroy());
    const { Table } = await db.send(new DescribeTableCommand({ TableName: "items" }));
    const EventSourceArn = Table?.LatestStreamArn ?? "";
    const UUID = await mapped(server, lambda, {
      ...base,
      EventSourceArn,
      BatchSize: 1,
      TumblingWindowInSeconds: LONG_S,
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: "arn:aws:s3:::failed" } },
    });
    for (const id of ["1", "2"]) await db.send(new PutItemCommand({ TableName: "items", Item: { id: { S: id } } }));
    await witness.sees((all) => all.length === 2);
    await switchOff(house, UUID);
    await expect.poll(() => server.objects("failed"), inTime).toHaveLength(1);
    expect(linesOf(witness.deliveries)).toEqual(["[1] {}", "[2] {1}", "[] {1,2} final"]);
    const document = JSON.parse(server.objects("failed")[0]?.body ?? "");
    expect(Object.keys(document).slice(-2)).toEqual(["DDBStreamBatchInfo", "timeWindowInfo"]);
    expect(document.DDBStreamBatchInfo).toEqual({
      shardId: expect.stringMatching(/^shardId-/),
      streamArn: EventSourceArn,
    });
    expect(JSON.parse(document.payload)).toEqual(witness.deliveries[2]?.event);
  });

  test("P-5, W-1, W-7: windows of a registered consumer carry its ARN", async () => {
    const house = await aHouse({ members: broker() });
    const { witness, server, lambda, kinesis } = house;
    witness.orders(collecting);
    const registered = await kinesis.send(
      new RegisterStreamConsumerCommand({ StreamARN: streamArn("orders"), ConsumerName: "fan" }),
    );
    const EventSourceArn = registered.Consumer?.ConsumerARN ?? "";
    const UUID = await mapped(server, lambda, {
      ...base,
      EventSourceArn,
      BatchSize: 1,
      TumblingWindowInSeconds: LONG_S,
    });
    await put(kinesis, "orders", ["1", "2"]);
    await witness.sees((all) => all.length === 2);
    await switchOff(house, UUID);
    await witness.sees((all) => all.length === 3);
    expect(linesOf(witness.deliveries)).toEqual(["[1] {}", "[2] {1}", "[] {1,2} final"]);
    expect(witness.deliveries[2]?.event).toMatchObject({ eventSourceARN: EventSourceArn, shardId: SHARD });
  });

  test("T-92, W-17, P-8: a shard that is split in mid-window has its final call, and its children start from {}", async () => {
    const house = await aHouse({ members: broker() });
    const { witness, server, lambda, kinesis } = house;
    witness.orders(collecting);
    await mapped(server, lambda, { ...base, TumblingWindowInSeconds: LONG_S });
    await put(kinesis, "orders", ["1"]);
    await witness.sees((all) => all.length === 1);
    const middle = String(2n ** 127n);
    await kinesis.send(
      new SplitShardCommand({ StreamName: "orders", ShardToSplit: SHARD, NewStartingHashKey: middle }),
    );
    await witness.sees((all) => all.length === 2);
    await put(kinesis, "orders", ["2"]);
    await witness.sees((all) => all.length === 3);
    expect(linesOf(witness.deliveries)).toEqual(["[1] {}", "[] {1} final", "[2] {}"]);
    expect(await server.log.entry((entry) => entry.kind === "batch-closed" && entry.recordCount === 0)).toMatchObject({
      tumbling: { end: "unitEnded" },
    });
  });

  test("T-93, W-18: killed in mid-window, it goes on with the state and the position of one stored call", async () => {
    const witness = await aWitness();
    const folder = aFolder();
    configIn(folder, { streams: { orders: {} }, functions: { f: toldBy(witness.url) }, ...broker() });
    witness.orders(collecting);
    const first = await started(folder);
    await lambdaAt(first.url).send(
      new CreateEventSourceMappingCommand({ ...base, BatchSize: 1, TumblingWindowInSeconds: LONG_S }),
    );
    await put(kinesisAt(first.url), "orders", [{ text: "1", key: "k" }]);
    await witness.sees((all) => all.length === 1);
    await first.running.line(/"kind":"checkpoint","after":"/);
    await first.kill();

    const second = await started(folder);
    await put(kinesisAt(second.url), "orders", [{ text: "2", key: "k" }]);
    await witness.sees((all) => all.length === 2);
    expect(linesOf(witness.deliveries)).toEqual(["[1] {}", "[2] {1}"]);
    await second.kill();
  });
});

test("W-4, W-5, W-6, W-8 on Redis: records with ids of their own fall into their windows, each closed by the next", async () => {
  const members = redisMembers();
  const { witness, server, lambda, kinesis } = await aHouse({ members });
  witness.orders(collecting);
  await mapped(server, lambda, { ...base, TumblingWindowInSeconds: 10, Enabled: false });
  // A stream that nobody has written to has no key yet.
  await put(kinesis, "orders", ["own"]);
  const { url, keyPrefix } = Object(Object(members["brokers"])["redis"]);
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  const key = `${keyPrefix}kinesis:{orders}:${SHARD}`;
  await client.xtrim(key, "MAXLEN", 0);
  const t0 = Math.floor(Date.now() / 10_000) * 10_000 + 3_600_000;
  for (const [text, seconds] of [
    ["1", 1],
    ["2", 9.999],
    ["3", 10],
    ["4", 65],
  ] as const)
    await client.xadd(key, `${t0 + seconds * 1_000}-0`, "partitionKey", "k", "data", text);
  await mapped(server, lambda, { ...base, FunctionName: "f:$LATEST", TumblingWindowInSeconds: 10 });
  await witness.sees((all) => all.length === 5);
  expect(linesOf(witness.deliveries)).toEqual(["[1,2] {}", "[] {1,2} final", "[3] {}", "[] {3} final", "[4] {}"]);
  const starts = witness.deliveries.map(({ event }) => Date.parse(event.window?.start ?? "") - t0);
  expect(starts).toEqual([0, 0, 10_000, 10_000, 60_000]);
});

test("W-7, W-18: the state of a function behind a url comes back to the byte, over a stop of the server", async () => {
  const state = String.raw`{"10":12345678901234567890,"2":1.50,"é":"😀\ud800\/", "list":[1e400,-0]}`;
  const events: string[] = [];
  const lookers = new Set<() => void>();
  const endpoint = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      events.push(Buffer.concat(parts).toString());
      response.end(`{"state": ${state} }`);
      for (const look of lookers) look();
    });
  });
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void endpoint.close());
  onTestFinished(() => endpoint.closeAllConnections());
  const seen = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (events.length >= count) resolve();
      };
      lookers.add(look);
      look();
    });
  const address = endpoint.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const folder = aFolder();
  const members = {
    functions: { f: { url } },
    streams: { orders: {} },
    mappings: [{ ...base, BatchSize: 1, TumblingWindowInSeconds: LONG_S }],
  };
  const first = await aServer(members, { folder });
  await put(kinesisAt(first.url), "orders", ["1"]);
  await seen(1);
  await first.stop();
  const second = await aServer(members, { folder });
  await put(kinesisAt(second.url), "orders", ["2"]);
  await seen(2);
  expect(events[0]).toContain('"state":{},"isFinalInvokeForWindow":false');
  expect(events[1]).toContain(`"state":${state},"isFinalInvokeForWindow":false`);
});
