import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { sharedBrokerUrl } from "../brokers/shared-broker.ts";
import { aClient, aLiveMapping, numbered, until } from "./support/live-mapping.ts";

const url = await sharedBrokerUrl("rabbitmq");

test("TR-01, R-121, R-401: seven messages go in events of 3, 3 and 1 under the queue's key, and nothing is left", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, numbered(7));
  const mapping = aLiveMapping({ url, queue, batchSize: 3, windowMs: 300 });
  await until(() => mapping.texts().length === 7);
  await mapping.stop();
  expect(mapping.events.map(({ texts }) => texts.length)).toEqual([3, 3, 1]);
  expect(mapping.events[0]?.key).toBe(`${queue}::/`);
  expect(mapping.texts()).toEqual(numbered(7));
  expect(await client.readyCount(queue)).toBe(0);
  expect(mapping.facts("source-problem")).toEqual([]);
});

test("TR-02, R-122: a message without properties has all fifteen, null but for its size", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  client.channel.sendToQueue(queue, Buffer.from("hello"), { deliveryMode: false });
  const mapping = aLiveMapping({ url, queue });
  await until(() => mapping.events.length === 1);
  const [message] = mapping.events[0]?.messages ?? [];
  const { bodySize, ...others } = message?.basicProperties ?? {};
  expect(bodySize).toBe(5);
  expect(Object.keys(others)).toEqual([
    "contentType",
    "contentEncoding",
    "headers",
    "deliveryMode",
    "priority",
    "correlationId",
    "replyTo",
    "expiration",
    "messageId",
    "timestamp",
    "type",
    "userId",
    "appId",
    "clusterId",
  ]);
  expect(new Set(Object.values(others))).toEqual(new Set([null]));
  expect(message?.redelivered).toBe(false);
});

test("TR-03, TR-04, R-125: headers of every type that a publisher can send, and a timestamp", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  const headers = {
    text: "é",
    number: 10,
    truth: true,
    nothing: null,
    table: { x: "y" },
    list: ["a", 1],
    bytes: Buffer.from([0, 255]),
    at: { "!": "timestamp", value: 1_700_000_000 },
    price: { "!": "decimal", value: { places: 2, digits: 1_999 } },
  };
  await client.send(queue, ["m"], { headers, timestamp: 2_021, contentType: "text/plain", expiration: "60000" });
  const mapping = aLiveMapping({ url, queue });
  await until(() => mapping.events.length === 1);
  expect(mapping.events[0]?.messages[0]?.basicProperties).toMatchObject({
    headers: {
      text: { bytes: [-61, -87] },
      number: 10,
      truth: true,
      nothing: null,
      table: { x: { bytes: [121] } },
      list: [{ bytes: [97] }, 1],
      bytes: [0, -1],
      at: "Nov 14, 2023, 10:13:20 PM",
      price: 19.99,
    },
    timestamp: "Jan 1, 1970, 12:33:41 AM",
    contentType: "text/plain",
    expiration: "60000",
  });
});

test("TR-09, R-306, R-809: what the filter passes over is acknowledged at once, and what matches stays held while it fails", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, ['{"a":1}', '{"a":2}', '{"a":1}']);
  const mapping = aLiveMapping({
    url,
    queue,
    patterns: ['{"data":{"a":[1]}}'],
    handler: () => Promise.reject(new Error("for ever")),
  });
  await until(() => mapping.events.length >= 3);
  expect(mapping.events[0]?.texts).toEqual(['{"a":1}', '{"a":1}']);
  expect(mapping.facts("read")[0]).toMatchObject({ filteredCount: 1 });
  await mapping.stop();
  // Given back: the two that matched, and not the one that was passed over.
  expect(await client.readyCount(queue)).toBe(2);
});

test("TR-10, R-205: where one in a hundred matches, a batch of a hundred fills all the same", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(
    queue,
    Array.from({ length: 10_000 }, (_, index) => JSON.stringify({ wanted: index % 100 === 0 })),
  );
  const mapping = aLiveMapping({
    url,
    queue,
    batchSize: 100,
    windowMs: 60_000,
    patterns: ['{"data":{"wanted":[true]}}'],
  });
  const filteredCount = (): number => mapping.facts("read").reduce((sum, each) => sum + each.filteredCount, 0);
  await until(() => mapping.events.length === 1 && filteredCount() === 9_900);
  expect(mapping.events[0]?.texts.length).toBe(100);
  await mapping.stop();
  expect(await client.readyCount(queue)).toBe(0);
});

test("TR-16, R-301: a message that no event can hold is never called with; dead letters have it, and the next ones go on", async () => {
  const client = await aClient(url);
  const dead = await client.queue();
  const queue = await client.queue({ deadLetterExchange: "", deadLetterRoutingKey: dead });
  client.channel.sendToQueue(queue, Buffer.alloc(6 * 1_048_576));
  await client.send(queue, ["small"]);
  const mapping = aLiveMapping({ url, queue });
  await until(() => mapping.texts().length === 1);
  expect(mapping.texts()).toEqual(["small"]);
  await until(async () => (await client.readyCount(dead)) === 1);
  expect(mapping.facts("gave-up")).toMatchObject([
    { condition: "MaximumPayloadSizeExceeded", recordCount: 1, isPoison: true, destination: null },
  ]);
});

test("TR-20, R-127: a quorum queue counts deliveries in a header, which is there from the second one on", async () => {
  const client = await aClient(url);
  const queue = await client.queue({ arguments: { "x-queue-type": "quorum" } });
  await client.send(queue, ["m"]);
  const mapping = aLiveMapping({
    url,
    queue,
    onFailure: "requeue",
    handler: (_event, index) => (index === 0 ? Promise.reject(new Error("once")) : "ok"),
  });
  await until(() => mapping.events.length === 2);
  const headers = mapping.events.map(({ messages }) => messages[0]?.basicProperties["headers"]);
  expect(headers).toEqual([null, { "x-delivery-count": 1 }]);
});

test("TR-24, R-207: a stream queue is a fault of the configuration, and nothing of it is consumed", async () => {
  const client = await aClient(url);
  const queue = await client.queue({ arguments: { "x-queue-type": "stream" } });
  await client.send(queue, numbered(3));
  // Longer than several looks at it: the fault goes on over them (M-705).
  const mapping = aLiveMapping({ url, queue, disabledAfterMs: 2_500 });
  await until(() => mapping.unrecoverable.length > 0);
  expect(mapping.unrecoverable).toEqual(["ESM_CONFIG_NOT_VALID"]);
  expect(mapping.facts("source-problem")).toMatchObject([{ code: "wrongType" }]);
  expect(mapping.facts("source-recovered")).toEqual([]);
  expect(mapping.events).toEqual([]);
});

test("R-202: with more consumers that many calls run at once, and no message is in two of them", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, numbered(9));
  const gate = Promise.withResolvers<"ok">();
  const mapping = aLiveMapping({ url, queue, consumerCount: 3, batchSize: 1, handler: () => gate.promise });
  await until(() => mapping.events.length === 3);
  expect(new Set(mapping.texts()).size).toBe(3);
  gate.resolve("ok");
  await until(() => mapping.texts().length === 9);
  expect(mapping.texts().toSorted()).toEqual(numbered(9));
});

test("R-205: another batch size is a new consumer, and no message is lost or doubled by it", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, numbered(200));
  const gate = Promise.withResolvers<"ok">();
  const handler = (_event: unknown, index: number) => (index === 1 ? gate.promise : "ok");
  const mapping = aLiveMapping({ url, queue, batchSize: 5, handler });
  await until(() => mapping.events.length === 2);
  mapping.update({ batchSize: 50 });
  gate.resolve("ok");
  await until(() => mapping.texts().length >= 200);
  await mapping.stop();
  expect(mapping.texts().toSorted()).toEqual(numbered(200).toSorted());
  expect(mapping.events.some(({ texts }) => texts.length === 50)).toBe(true);
  expect(await client.readyCount(queue)).toBe(0);
});

test("R-702, R-203, TR-14: a queue that is not there is waited for and never made; once its owner makes it, it is read", async () => {
  const client = await aClient(url);
  const name = `late-${randomUUID()}`;
  const mapping = aLiveMapping({ url, queue: name });
  await until(() => mapping.problem() !== null);
  expect(mapping.problem()).toBe("PROBLEM: Connection error. Please check your event source connection configuration.");
  expect(mapping.facts("source-problem")[0]).toMatchObject({
    code: "missing",
    disablingReason: "ESM_CONFIG_NOT_VALID",
  });
  const { queue } = await client.channel.assertQueue(name, { durable: true });
  await client.send(queue, ["m"]);
  await until(() => mapping.texts().length === 1);
  expect(mapping.problem()).toBeNull();
  await mapping.stop();
  await client.channel.deleteQueue(queue);
});
