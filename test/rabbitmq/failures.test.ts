import { expect, test } from "vitest";
import type { RabbitMqRecord } from "../../src/kinds/rabbitmq/rabbitmq-record.ts";
import { createRabbitMqConnection } from "../../workers/rabbitmq/rabbitmq-connection.ts";
import { createRabbitMqReader } from "../../workers/rabbitmq/rabbitmq-reader.ts";
import { sharedBrokerUrl } from "../brokers/shared-broker.ts";
import { aClient, aLiveMapping, numbered, until } from "./support/live-mapping.ts";

const url = await sharedBrokerUrl("rabbitmq");

test("TR-06, R-402: a failed batch is tried again in place; no other consumer ever sees it", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, numbered(3));
  const mapping = aLiveMapping({
    url,
    queue,
    windowMs: 200,
    handler: (_event, index) => (index < 2 ? Promise.reject(new Error("not yet")) : "ok"),
  });
  await until(() => mapping.events.length === 1);
  const foreign: string[] = [];
  await client.channel.consume(queue, (message) => {
    if (message !== null) foreign.push(message.content.toString());
  });
  await until(() => mapping.facts("decided").length === 3);
  expect(mapping.events.map(({ texts }) => texts)).toEqual([numbered(3), numbered(3), numbered(3)]);
  expect(mapping.events.flatMap(({ messages }) => messages).some(({ redelivered }) => redelivered)).toBe(false);
  await mapping.stop();
  expect(foreign).toEqual([]);
  expect(mapping.facts("decided").map(({ verdict }) => verdict)).toEqual(["retry", "retry", "done"]);
});

test("TR-07, R-402, R-408: with requeue a failure gives the batch back, and it comes again in order, as redelivered", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, numbered(5));
  const mapping = aLiveMapping({
    url,
    queue,
    batchSize: 5,
    windowMs: 500,
    onFailure: "requeue",
    handler: (_event, index) => (index === 0 ? Promise.reject(new Error("once")) : "ok"),
  });
  await until(() => mapping.facts("decided").length === 2);
  expect(mapping.events.map(({ texts }) => texts)).toEqual([numbered(5), numbered(5)]);
  expect(mapping.events[1]?.messages.map(({ redelivered }) => redelivered)).toEqual([true, true, true, true, true]);
  expect(mapping.facts("given-back")).toMatchObject([{ recordCount: 5, why: "failed" }]);
});

test("TR-13, R-804: a queue that is deleted under a running batch does no harm; once it is there again, it is read", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, ["first"]);
  const gate = Promise.withResolvers<"ok">();
  const mapping = aLiveMapping({ url, queue, handler: (_event, index) => (index === 0 ? gate.promise : "ok") });
  await until(() => mapping.events.length === 1);
  await client.channel.deleteQueue(queue);
  gate.resolve("ok");
  await until(() => mapping.problem() !== null);
  await until(() => mapping.facts("source-problem").some(({ code }) => code === "missing"));
  await client.channel.assertQueue(queue, { durable: true });
  await client.send(queue, ["second"]);
  await until(() => mapping.texts().length === 2);
  expect(mapping.texts()).toEqual(["first", "second"]);
  expect(mapping.problem()).toBeNull();
});

test("TR-14, R-701, M-705: a wrong password is a PROBLEM, and a reason to disable once it has lasted; the secret is read at each try", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, ["m"]);
  let readCount = 0;
  const login = (): { username: string; password: string } => {
    readCount += 1;
    const { username, password } = new URL(url);
    return { username, password: readCount < 3 ? "wrong" : password };
  };
  const mapping = aLiveMapping({ url, queue, login, disabledAfterMs: 100 });
  await until(() => mapping.unrecoverable.length === 1);
  expect(mapping.unrecoverable).toEqual(["EVENT_SOURCE_AUTHN_ERROR"]);
  expect(mapping.facts("source-problem")[0]).toMatchObject({
    code: "denied",
    text: "PROBLEM: Server failed to authenticate Lambda",
  });
  // M-605: the third login is the right one.
  await until(() => mapping.texts().length === 1);
  expect(mapping.problem()).toBeNull();
});

test("TR-14, R-701: an unknown virtual host, a secret of no use, and a port where nobody listens", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  const nowhere = aLiveMapping({ url, queue, virtualHost: "none", disabledAfterMs: 50 });
  const secretless = aLiveMapping({ url, queue, login: () => "there is no secret", disabledAfterMs: 50 });
  const { username, password } = new URL(url);
  const unreachable = aLiveMapping({ url: `amqp://${username}:${password}@127.0.0.1:1`, queue, disabledAfterMs: 50 });
  await until(() => nowhere.unrecoverable.length === 1 && secretless.unrecoverable.length === 1);
  await until(() => unreachable.facts("source-problem").length > 0);
  expect(nowhere.unrecoverable).toEqual(["ESM_CONFIG_NOT_VALID"]);
  expect(secretless.unrecoverable).toEqual(["EVENT_SOURCE_AUTHN_ERROR"]);
  expect(unreachable.facts("source-problem")[0]).toMatchObject({ code: "unreachable" });
  // A broker that is down may come back: it never disables.
  expect(unreachable.unrecoverable).toEqual([]);
});

test("TR-18, R-406: what outlives its own time while the function fails is settled for dead letters, and the rest is tried on", async () => {
  const client = await aClient(url);
  const dead = await client.queue();
  const queue = await client.queue({ deadLetterExchange: "", deadLetterRoutingKey: dead });
  await client.send(queue, ["kept"]);
  await client.send(queue, ["brief"], { expiration: "700" });
  await client.send(queue, ["kept too"]);
  let isHealed = false;
  const mapping = aLiveMapping({
    url,
    queue,
    batchSize: 3,
    windowMs: 400,
    handler: () => (isHealed ? "ok" : Promise.reject(new Error("not yet"))),
  });
  await until(() => mapping.facts("gave-up").length === 1);
  isHealed = true;
  await until(() => mapping.facts("decided").some(({ verdict }) => verdict === "done"));
  expect(mapping.events[0]?.texts).toEqual(["kept", "brief", "kept too"]);
  expect(mapping.events.at(-1)?.texts).toEqual(["kept", "kept too"]);
  expect(mapping.facts("gave-up")).toMatchObject([{ condition: "MessageExpired", recordCount: 1, isPoison: true }]);
  await until(async () => (await client.readyCount(dead)) === 1);
});

test("TR-21, R-810, R-408: a stop lets the batch end, and gives back the others in their order", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, numbered(6));
  const gate = Promise.withResolvers<"ok">();
  const mapping = aLiveMapping({ url, queue, batchSize: 3, handler: () => gate.promise });
  await until(async () => mapping.events.length === 1 && (await client.readyCount(queue)) === 0);
  const stopping = mapping.stop();
  gate.resolve("ok");
  await stopping;
  expect(mapping.texts()).toEqual(numbered(3));
  expect(mapping.facts("given-back")).toMatchObject([{ recordCount: 3, why: "stopped" }]);
  // No call had them, and the broker says all the same that they come again: it counts what it hands out.
  const next = aLiveMapping({ url, queue, batchSize: 3 });
  await until(() => next.events.length === 1);
  expect(next.texts()).toEqual(numbered(3, 3));
  expect(next.events[0]?.messages.map(({ redelivered }) => redelivered)).toEqual([true, true, true]);
});

test("TR-22, R-402, R-811: held, a batch outlives a quorum queue's delivery limit; requeued, it is a dead letter", async () => {
  const client = await aClient(url);
  const dead = await client.queue();
  const limited = () =>
    client.queue({
      deadLetterExchange: "",
      deadLetterRoutingKey: dead,
      arguments: { "x-queue-type": "quorum", "x-delivery-limit": 2 },
    });
  const [held, requeued] = [await limited(), await limited()];
  await client.send(held, ["held"]);
  await client.send(requeued, ["requeued"]);
  const failing = { url, handler: () => Promise.reject(new Error("down")) };
  const holding = aLiveMapping({ ...failing, queue: held });
  const requeuing = aLiveMapping({ ...failing, queue: requeued, onFailure: "requeue" });
  await until(() => holding.events.length >= 4 && requeuing.events.length >= 3);
  await until(async () => (await client.readyCount(dead)) === 1);
  const letter = await client.channel.get(dead);
  expect(letter === false ? "" : letter.content.toString()).toBe("requeued");
  expect(requeuing.events.length).toBe(3);
});

test("TR-23, R-407: a throttled batch waits, is not counted and not settled, and then goes as one event", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, ["m"]);
  const mapping = aLiveMapping({
    url,
    queue,
    onFailure: "requeue",
    handler: (_event, index) => (index < 4 ? "throttled" : "ok"),
  });
  await until(() => mapping.facts("decided").some(({ verdict }) => verdict === "done"));
  expect(mapping.facts("decided").map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
  expect(mapping.facts("given-back")).toEqual([]);
});

test("R-803: a batch that a further try would hold too long goes back before that, and is tried anew", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, ["m"]);
  const mapping = aLiveMapping({
    url,
    queue,
    holdLimitMs: 1_000,
    handler: () => Promise.reject(new Error("for ever")),
  });
  await until(() => mapping.facts("given-back").length === 2);
  expect(mapping.facts("given-back")).toMatchObject([
    { recordCount: 1, why: "held too long" },
    { recordCount: 1, why: "held too long" },
  ]);
  const redelivered = mapping.events.map(({ messages }) => messages[0]?.redelivered);
  expect(redelivered[0]).toBe(false);
  expect(redelivered.at(-1)).toBe(true);
});

test("R-801: what is settled while its connection is being closed is settled in vain, and nothing is thrown", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, ["m"]);
  const { username, password, host, protocol } = new URL(url);
  const place = { address: host, queueName: queue, virtualHost: "/" };
  const connection = createRabbitMqConnection({
    url: `${protocol}//${host}`,
    caFile: null,
    place,
    login: () => Promise.resolve({ username, password }),
  });
  const reader = createRabbitMqReader({
    connection,
    place,
    prefetch: 1,
    queue: { kind: "unknown" },
    epoch: "e",
    nowMs: () => 0,
  });
  let records: readonly RabbitMqRecord[] = [];
  while (records.length === 0) {
    const read = await reader.read({ records: 1, bytes: 1_000 }, new AbortController().signal);
    if (read.kind !== "records") throw new Error(JSON.stringify(read));
    records = read.records;
  }
  const closing = connection.close();
  // The word is out, its answer is not there.
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  expect(await reader.settle(records, "done")).toBe(false);
  await closing;
  await until(async () => (await client.readyCount(queue)) === 1);
});
