import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, expect, onTestFinished, test } from "vitest";
import type { BrokerOptions, RunningBroker } from "../../scripts/brokers/broker.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { createActiveMqConnection } from "../../workers/activemq/activemq-connection.ts";
import { sharedBrokerUrl } from "../brokers/shared-broker.ts";
import { aClient, aLiveMapping, aQueue, numbered, texts, until } from "./support/live-mapping.ts";

const started: RunningBroker[] = [];
afterEach(async () => {
  for (const broker of started.splice(0)) await broker.stop();
});

async function aBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  const broker = await startBroker("activemq", { ...options, own: true });
  started.push(broker);
  return broker;
}

const no = () => Promise.reject(new Error("no"));

test("TR-34, R-409: a broker killed during the third try: the batch comes again, and failures go on being counted", async () => {
  const broker = await aBroker();
  const { url } = broker;
  const queue = aQueue();
  const sender = await aClient(url);
  await sender.send(queue, texts(numbered(3)));
  const inThird = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const mapping = aLiveMapping({
    url,
    queue,
    batchSize: 3,
    windowMs: 1_000,
    async handler(_event, index) {
      if (index === 2) {
        inThird.resolve();
        await goOn.promise;
      }
      return await no();
    },
  });
  await inThird.promise;
  await broker.kill();
  await broker.restart();
  goOn.resolve();
  await until(() => mapping.facts("gave-up").length === 1);
  expect(mapping.problem()).toBe(null);
  await mapping.stop();
  expect(mapping.events).toHaveLength(7);
  expect(mapping.events.slice(3).every(({ messages }) => messages.every(({ redelivered }) => redelivered))).toBe(true);
  expect(mapping.facts("given-back")).toMatchObject([{ recordCount: 3, why: "connection lost" }]);
  const client = await aClient(url);
  expect((await client.take("ActiveMQ.DLQ", 3)).map(({ body }) => body)).toEqual(numbered(3));
  expect(await client.look(queue)).toEqual([]);
});

test("R-401: a broker killed in mid-batch loses nothing: what succeeded meanwhile comes again", async () => {
  const broker = await aBroker();
  const { url } = broker;
  const queue = aQueue();
  const sender = await aClient(url);
  await sender.send(queue, texts(numbered(500)));
  const inCall = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const mapping = aLiveMapping({
    url,
    queue,
    batchSize: 50,
    consumerCount: 5,
    async handler(_event, index) {
      if (index === 4) {
        inCall.resolve();
        await goOn.promise;
      }
      return "ok" as const;
    },
  });
  await inCall.promise;
  await broker.kill();
  await broker.restart();
  goOn.resolve();
  const client = await aClient(url);
  await until(async () => new Set(mapping.texts()).size === 500 && (await client.look(queue)).length === 0);
  await mapping.stop();
  expect(new Set(mapping.texts())).toEqual(new Set(numbered(500)));
});

test("TR-35, R-824: a stop during a call: it ends and is settled; the rest goes back and comes in order, each once", async () => {
  const url = await sharedBrokerUrl("activemq");
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, texts(numbered(6)));
  const inCall = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const first = aLiveMapping({
    url,
    queue,
    batchSize: 3,
    windowMs: 20_000,
    async handler() {
      inCall.resolve();
      await goOn.promise;
      return "ok" as const;
    },
  });
  await inCall.promise;
  const stopped = first.stop();
  goOn.resolve();
  await stopped;
  expect(first.texts()).toEqual(numbered(3));
  const second = aLiveMapping({ url, queue, batchSize: 3, windowMs: 20_000 });
  await until(() => second.texts().length === 3);
  await second.stop();
  expect(second.texts()).toEqual(numbered(3, 3));
  expect(await client.look(queue)).toEqual([]);
});

test("TR-40, R-202: five consumers have five calls out at once, and no message is in two of them", async () => {
  const url = await sharedBrokerUrl("activemq");
  const client = await aClient(url);
  const queue = aQueue();
  const five = Promise.withResolvers<void>();
  const mapping = aLiveMapping({
    url,
    queue,
    batchSize: 2,
    consumerCount: 5,
    async handler(_event, index) {
      if (index === 4) five.resolve();
      await five.promise;
      return "ok" as const;
    },
  });
  await client.send(queue, texts(numbered(50)));
  await five.promise;
  await until(() => mapping.texts().length === 50);
  await mapping.stop();
  expect(mapping.texts().toSorted()).toEqual([...numbered(50)].toSorted());
  expect(await client.look(queue)).toEqual([]);
});

test("R-831: a batch of a thousand fills, though the broker loads two hundred at a time", async () => {
  const url = await sharedBrokerUrl("activemq");
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, texts(numbered(3_000)));
  const mapping = aLiveMapping({ url, queue, batchSize: 1_000, windowMs: 60_000 });
  await until(() => mapping.texts().length === 3_000);
  await mapping.stop();
  expect(mapping.events.map((event) => event.texts.length)).toEqual([1_000, 1_000, 1_000]);
});

test("R-711, M-605: a wrong password is a problem, and the mapping's fault once it lasts; the right one mends it", async () => {
  const url = await sharedBrokerUrl("activemq");
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, texts(["in the end"]));
  let password = "wrong";
  const mapping = aLiveMapping({
    url,
    queue,
    disabledAfterMs: 50,
    login: () => ({ username: "admin", password }),
  });
  await until(() => mapping.unrecoverable.length > 0);
  expect(mapping.problem()).toBe("PROBLEM: Server failed to authenticate Lambda");
  expect(mapping.unrecoverable).toEqual(["EVENT_SOURCE_AUTHN_ERROR"]);
  password = "admin";
  await until(() => mapping.texts().length === 1);
  expect(mapping.problem()).toBe(null);
});

test("R-711: nobody there, and a certificate that is not trusted, are problems that may pass", async () => {
  const broker = await aBroker({ tls: true });
  const { url } = broker;
  const queue = aQueue();
  const distrustful = aLiveMapping({ url, queue });
  await until(() => distrustful.problem() !== null);
  expect(distrustful.problem()).toBe("PROBLEM: Lambda failed to authenticate server");
  await distrustful.stop();
  const trustful = aLiveMapping({ url, queue, caFile: broker.caFile });
  const client = await aClient(url, { transport: "tls", ca: [await readFile(broker.caFile ?? "")] });
  await client.send(queue, texts(["trusted"]));
  await until(() => trustful.texts().length === 1);
  await broker.kill();
  await until(() => trustful.problem() !== null);
  expect(trustful.problem()).toMatch(/^PROBLEM: Connection error/);
  await trustful.stop();
  expect(trustful.unrecoverable).toEqual([]);
});

test("R-711: one that takes the connection and says nothing is a problem that may pass, and its connection is given up", async () => {
  const ends: Promise<unknown>[] = [];
  const silent = createServer((socket) => {
    socket.on("error", () => {});
    ends.push(once(socket.resume(), "close"));
  });
  await once(silent.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const connection = createActiveMqConnection({
    url: `amqp://127.0.0.1:${port}`,
    place: { address: `127.0.0.1:${port}`, queueName: "q" },
    caFile: null,
    login: () => Promise.resolve({ username: "u", password: "p" }),
    connectMs: 100,
  });
  const answer = await connection.session(() => {});
  expect(answer).toMatchObject({
    problem: { code: "unreachable", detail: expect.stringContaining("no answer within") },
  });
  await Promise.all(ends);
  expect(ends).toHaveLength(1);
});

test("a session that was ended is told nothing any more, and its connection knows only those that stand", async () => {
  const { username, password, host } = new URL(await sharedBrokerUrl("activemq"));
  const connection = createActiveMqConnection({
    url: `amqp://${host}`,
    place: { address: host, queueName: "q" },
    caFile: null,
    login: () => Promise.resolve({ username, password }),
  });
  const told: string[] = [];
  const ended = await connection.session(() => told.push("ended"));
  const standing = await connection.session(() => told.push("standing"));
  if (!("session" in ended) || !("session" in standing)) throw new Error("no session");
  ended.end();
  // A connection that is closed by the broker, or here under its sessions.
  standing.session.connection.close();
  await until(() => told.length > 0);
  expect(told).toEqual(["standing"]);
});
