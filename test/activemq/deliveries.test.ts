import rhea from "rhea";
import { expect, test } from "vitest";
import type { ActiveMqRecord } from "../../src/kinds/activemq/activemq-record.ts";
import { sharedBrokerUrl } from "../brokers/shared-broker.ts";
import { aClient, aLiveMapping, aQueue, aReader, brokerArn, numbered, texts, until } from "./support/live-mapping.ts";

const url = await sharedBrokerUrl("activemq");

test("R-401: seven messages go in events of 3, 3 and 1, and nothing is left", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, texts(numbered(7)));
  const mapping = aLiveMapping({ url, queue, batchSize: 3, windowMs: 300 });
  await until(() => mapping.texts().length === 7);
  await mapping.stop();
  expect(mapping.events.map((event) => event.texts.length)).toEqual([3, 3, 1]);
  expect(mapping.texts()).toEqual(numbered(7));
  expect(await client.look(queue)).toEqual([]);
});

test("R-202, R-831: a batch is larger than what the client holds in a session unless told", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, texts(numbered(2_500)));
  const mapping = aLiveMapping({ url, queue, batchSize: 2_500, windowMs: 60_000 });
  await until(() => mapping.texts().length === 2_500);
  await mapping.stop();
  expect(mapping.events.map((event) => event.texts.length)).toEqual([2_500]);
});

test("TR-36, R-703: a queue that nobody has made yet is made, and read", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  const mapping = aLiveMapping({ url, queue });
  await client.send(queue, texts(["later"]));
  await until(() => mapping.texts().length === 1);
  expect(mapping.problem()).toBe(null);
});

test("TR-31, R-101 to R-108, R-111: a text and a bytes message have every member of the event", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  const sentAt = new Date(1_598_827_811_958);
  await client.send(queue, [
    {
      body: "hello",
      durable: true,
      message_id: "ID:mine",
      correlation_id: "corr",
      reply_to: "queue://back",
      subject: "order",
      creation_time: sentAt,
      priority: 7,
      application_properties: { n: 1, b: true, d: 1.5, s: "x" },
    },
    { body: rhea.message.data_section(Buffer.from([1, 2, 255])) },
  ]);
  const mapping = aLiveMapping({ url, queue, batchSize: 2, windowMs: 20_000 });
  await until(() => mapping.texts().length === 2);
  const [event] = mapping.events;
  expect(event?.event).toEqual({
    eventSource: "aws:mq",
    eventSourceArn: brokerArn,
    messages: [
      {
        messageID: "ID:mine",
        messageType: "jms/text-message",
        deliveryMode: 2,
        replyTo: "queue://back",
        type: "order",
        expiration: 0,
        priority: 7,
        correlationId: "corr",
        redelivered: false,
        destination: { physicalName: queue },
        data: "aGVsbG8=",
        timestamp: sentAt.getTime(),
        brokerInTime: sentAt.getTime(),
        brokerOutTime: expect.any(Number),
        properties: { n: "1", b: "true", d: "1.5", s: "x" },
      },
      {
        messageID: expect.stringMatching(/^ID:/),
        messageType: "jms/bytes-message",
        deliveryMode: 1,
        replyTo: null,
        type: null,
        expiration: 0,
        priority: 4,
        correlationId: null,
        redelivered: false,
        destination: { physicalName: queue },
        data: "AQL/",
        timestamp: expect.any(Number),
        brokerInTime: expect.any(Number),
        brokerOutTime: expect.any(Number),
        properties: {},
      },
    ],
  });
});

test("R-102: messages that are neither are not delivered, said, and the broker's dead letters; others go on", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  const poison = ["ID:map", "ID:list", "ID:number", "ID:object"].map((id) => `${id}-${queue}`);
  const bodies = [
    { body: { a: 1 } },
    { body: [1, "a"] },
    { body: 17 },
    {
      body: rhea.message.data_section(Buffer.from([0xac, 0xed])),
      content_type: "application/x-java-serialized-object",
    },
  ];
  const typed = bodies.map((each, index) => ({ ...each, durable: true, message_id: poison[index] ?? "" }));
  await client.send(queue, [...typed, ...texts(["fine"])]);
  const mapping = aLiveMapping({ url, queue });
  await until(() => mapping.texts().length === 1 && mapping.facts("unsupported").length === poison.length);
  await mapping.stop();
  expect(mapping.texts()).toEqual(["fine"]);
  expect(mapping.facts("unsupported").map(({ why }) => why)).toEqual([
    expect.stringContaining("a map message"),
    expect.stringContaining("a stream message"),
    expect.stringContaining("a message with a number"),
    expect.stringContaining("a serialized Java object"),
  ]);
  expect(await client.look(queue)).toEqual([]);
});

test("R-821: outcomes that differ within one turn reach the broker each as itself", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  const id = `ID:bad-${queue}`;
  await client.send(queue, [...texts(["passed over"]), { body: "bad", durable: true, message_id: id }]);
  const reader = aReader(url, queue);
  const records = await readAll(reader, 2);
  // The client would make one range of the two, and acknowledge both.
  const settled = [reader.settle(records.slice(0, 1), "filtered"), reader.settle(records.slice(1), "poison")];
  expect(await Promise.all(settled)).toEqual([true, true]);
  await reader.close();
  expect(await client.look(queue)).toEqual([]);
  const dead = await client.look("ActiveMQ.DLQ");
  expect(dead.filter((message) => message.message_id === id)).toHaveLength(1);
});

test("R-821: a second settle of a message does nothing, and one after the close is void", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, texts(["once"]));
  const reader = aReader(url, queue);
  const records = await readAll(reader, 1);
  expect(await reader.settle(records, "done")).toBe(true);
  expect(await reader.settle(records, "poison")).toBe(true);
  await reader.close();
  expect(await reader.settle(records, "done")).toBe(false);
  expect(await client.look(queue)).toEqual([]);
});

async function readAll(reader: ReturnType<typeof aReader>, count: number) {
  const records: ActiveMqRecord[] = [];
  while (records.length < count) {
    const read = await reader.read({ records: 10, bytes: 1_000_000 }, new AbortController().signal);
    if (read.kind !== "records") throw new Error(read.kind);
    records.push(...read.records);
  }
  return records;
}
