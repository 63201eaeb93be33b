import { afterAll, expect, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { aClient, aLiveMapping, aQueue, numbered, texts, until } from "./support/live-mapping.ts";

/** Of these tests alone: they look at what is in the dead letters. */
const broker = await startBroker("activemq", { own: true });
const { url } = broker;
afterAll(() => broker.stop());

const DEAD = "ActiveMQ.DLQ";
const always = () => Promise.reject(new Error("no"));

test("TR-32, R-403, R-404: six failures, then success: seven calls, redelivered from the second on, no dead letter", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, texts(numbered(3)));
  const handler = (_event: unknown, index: number) => (index < 6 ? always() : "ok");
  const mapping = aLiveMapping({ url, queue, batchSize: 3, windowMs: 20_000, handler });
  await until(() => mapping.events.length === 7);
  await mapping.stop();
  expect(mapping.events.map((event) => event.texts)).toEqual(Array.from({ length: 7 }, () => numbered(3)));
  expect(mapping.events.map(({ messages }) => messages[0]?.redelivered)).toEqual([false, ...Array(6).fill(true)]);
  expect(await client.look(queue)).toEqual([]);
  expect(await client.look(DEAD)).toEqual([]);
});

test("TR-33, R-403, R-828: seven failures and the whole batch is in the dead letters; the next one goes on", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, texts([...numbered(3), "fine"]));
  const handler = (event: { readonly texts: readonly string[] }) => (event.texts[0] === "fine" ? "ok" : always());
  const mapping = aLiveMapping({ url, queue, batchSize: 3, windowMs: 300, handler });
  await until(() => mapping.texts().includes("fine"));
  await mapping.stop();
  expect(mapping.events.filter((event) => event.texts[0] === "m0")).toHaveLength(7);
  expect((await client.take(DEAD, 3)).map(({ body }) => body)).toEqual(numbered(3));
  expect(mapping.facts("gave-up")).toMatchObject([{ recordCount: 3, isPoison: true }]);
  expect(await client.look(queue)).toEqual([]);
});

test("TR-37, R-306: what the filter passes over is settled at once, while the rest is tried and dies alone", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, texts(["match", "other"]));
  const held = Promise.withResolvers<void>();
  const handler = async (_event: unknown, index: number) => {
    if (index === 0) await held.promise;
    return await always();
  };
  const mapping = aLiveMapping({ url, queue, patterns: [JSON.stringify({ data: ["match"] })], handler });
  await until(() => mapping.events.length === 1);
  // Whoever looks sees what somebody holds, too.
  await until(async () => (await client.look(queue)).length === 1);
  held.resolve();
  expect((await client.take(DEAD, 1)).map(({ body }) => body)).toEqual(["match"]);
  await mapping.stop();
  expect(mapping.events).toHaveLength(7);
  expect(await client.look(queue)).toEqual([]);
});

test("TR-38, R-829: a poison message that is not persistent is gone, and in no dead letters", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, [{ body: "fleeting", durable: false }]);
  const mapping = aLiveMapping({ url, queue, retries: 1, handler: always });
  await until(() => mapping.facts("gave-up").length === 1);
  await mapping.stop();
  expect(await client.look(queue)).toEqual([]);
  expect(await client.look(DEAD)).toEqual([]);
});

test("TR-39, R-406: a message that outlives its time while it is held is the dead letters', the rest is tried on", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, [{ body: "short", durable: true, ttl: 1_500 }, ...texts(["long"])]);
  const startedAtMs = performance.now();
  const handler = (event: { readonly texts: readonly string[] }) =>
    event.texts.includes("short") || performance.now() - startedAtMs < 2_000 ? always() : "ok";
  const mapping = aLiveMapping({ url, queue, batchSize: 2, windowMs: 20_000, retries: -1, retryPauseMs: 100, handler });
  expect((await client.take(DEAD, 1)).map(({ body }) => body)).toEqual(["short"]);
  await until(() => mapping.facts("decided").some(({ outcome }) => outcome === "ok"));
  await mapping.stop();
  expect(mapping.events.at(-1)?.texts).toEqual(["long"]);
  expect(await client.look(queue)).toEqual([]);
});

test("R-407: throttled calls are no failures: more of them than failures are allowed, then one event, and no dead letter", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, texts(["patient"]));
  const handler = (_event: unknown, index: number) => (index < 3 ? "throttled" : "ok");
  const mapping = aLiveMapping({ url, queue, retries: 1, handler });
  await until(() => mapping.events.length === 4);
  await mapping.stop();
  expect(mapping.events.at(-1)?.messages[0]?.redelivered).toBe(false);
  expect(await client.look(DEAD)).toEqual([]);
});

test("R-810, R-828: a stop lets the batch end, and what goes back comes again in its order, and not as redelivered", async () => {
  const client = await aClient(url);
  const queue = aQueue();
  await client.send(queue, texts(numbered(6)));
  const gate = Promise.withResolvers<"ok">();
  const mapping = aLiveMapping({ url, queue, batchSize: 3, windowMs: 20_000, handler: () => gate.promise });
  const readCount = () => mapping.facts("read").reduce((sum, { recordCount }) => sum + recordCount, 0);
  await until(() => mapping.events.length === 1 && readCount() === 6);
  const stopping = mapping.stop();
  gate.resolve("ok");
  await stopping;
  expect(mapping.texts()).toEqual(numbered(3));
  expect(mapping.facts("given-back")).toMatchObject([{ recordCount: 3, why: "stopped" }]);
  const next = aLiveMapping({ url, queue, batchSize: 3, windowMs: 20_000 });
  await until(() => next.events.length === 1);
  expect(next.texts()).toEqual(numbered(3, 3));
  expect(next.events[0]?.messages.map(({ redelivered }) => redelivered)).toEqual([false, false, false]);
});
