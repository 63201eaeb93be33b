// Mappings on brokers that are not there: their queues are in the embedded store, and what is sent by the command line and the local call
// reaches the handlers as the engine's own event.

import { join } from "node:path";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startCommand } from "../cli/run-command.ts";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aFolder, aServer, configIn, inTime } from "./support/live-server.ts";
import { started } from "./support/process.ts";
import { inSoak } from "../in-soak.ts";

const arn = "arn:aws:mq:us-east-1:000000000000:broker:shop:b-1";
const secretArn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef";

const members = (ledger: string, failing = 1_000_000) => ({
  sources: { [arn]: { engine: "RABBITMQ" } },
  functions: {
    f: {
      Handler: "rabbit-ledger.book",
      Timeout: 5,
      Environment: { Variables: { LEDGER: ledger, FAILING: String(failing) } },
    },
  },
});

const onOrders = {
  EventSourceArn: arn,
  FunctionName: "f",
  Queues: ["orders"],
  SourceAccessConfigurations: [{ Type: "BASIC_AUTH" as const, URI: secretArn }],
};

interface ActiveMqEvent {
  readonly messages: readonly {
    readonly messageID: string;
    readonly data: string;
    readonly redelivered: boolean;
  }[];
}

const textsIn = (ledger: string): readonly string[] =>
  existsSync(ledger) ? readFileSync(ledger, "utf8").split("\n").slice(0, -1) : [];

const post = (url: string, broker: string, body: unknown): Promise<Response> =>
  fetch(`${url}/_millrace/brokers/${broker}/orders`, { method: "POST", body: JSON.stringify(body) });

test("R-206, R-703: what millrace send and the local call give an embedded RabbitMQ reaches its function, failures are tried again", async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(members(ledger, 50), { folder });
  await mapped(server, lambdaAt(server.url), { ...onOrders, BatchSize: 2 });
  const words = ["send", "rabbitmq:shop/orders", "--data", "by-command", "--count", "7", "--endpoint", server.url];
  const sending = startCommand(folder, words);
  expect(await sending.ended).toMatchObject({ code: 0, out: "sent 7 messages to shop/orders\n" });
  const answer = await post(server.url, "shop", { messages: [{ text: "by-call", properties: { headers: { a: 1 } } }] });
  expect([answer.status, await answer.json()]).toEqual([200, { messageCount: 1, messageIds: [expect.any(String)] }]);
  await expect.poll(() => textsIn(ledger).filter((line) => line.startsWith("done")).length, inTime).toBe(8);
  expect(textsIn(ledger).some((line) => line.startsWith("failed"))).toBe(true);
  expect(textsIn(ledger).at(-1)).toContain("by-call");
});

test("R-101, R-105: a function is given ActiveMQ's event in the form that sources asks for", async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(
    {
      sources: { [arn]: { engine: "ACTIVEMQ", consumers: 1, eventSource: "aws:amq", expiration: "string" } },
      functions: {
        f: { Handler: "active-events.book", Timeout: 5, Environment: { Variables: { LEDGER: ledger } } },
      },
    },
    { folder },
  );
  await mapped(server, lambdaAt(server.url), { ...onOrders, BatchSize: 1 });
  await post(server.url, "shop", { messages: [{ text: "one" }] });
  await expect.poll(() => textsIn(ledger), inTime).toHaveLength(1);
  expect(JSON.parse(textsIn(ledger)[0] ?? "")).toMatchObject({
    eventSource: "aws:amq",
    messages: [{ expiration: "0", data: Buffer.from("one").toString("base64") }],
  });
});

test("R-101 to R-108, R-206: an embedded ActiveMQ: text by millrace send, bytes and properties by the local call, seven calls of what fails, then its dead letters", async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(
    {
      sources: { [arn]: { engine: "ACTIVEMQ", consumers: 1, redeliveryPauseMs: 10 } },
      functions: {
        f: { Handler: "active-events.book", Timeout: 5, Environment: { Variables: { LEDGER: ledger } } },
      },
    },
    { folder },
  );
  await mapped(server, lambdaAt(server.url), { ...onOrders, BatchSize: 1 });
  const words = ["send", "activemq:shop/orders", "--data", "héllo", "--attribute", "colour=red", "--endpoint"];
  const sending = startCommand(folder, [...words, server.url]);
  expect(await sending.ended).toMatchObject({ code: 0, out: "sent 1 message to shop/orders\n" });
  const properties = {
    correlationId: "c-1",
    replyTo: "answers",
    type: "order",
    priority: 7,
    headers: { n: 3, yes: true },
  };
  await post(server.url, "shop", { messages: [{ data: "/wA=", properties }, { text: "poison" }, { text: "last" }] });
  const events = (): readonly ActiveMqEvent[] => textsIn(ledger).map((line) => JSON.parse(line) as ActiveMqEvent);
  const message = (index: number) => events()[index]?.messages[0];
  await expect.poll(() => events().length, inTime).toBe(10);
  expect(events()[0]).toMatchObject({ eventSource: "aws:mq", eventSourceArn: arn });
  expect(message(0)).toMatchObject({
    messageType: "jms/text-message",
    data: Buffer.from("héllo").toString("base64"),
    deliveryMode: 2,
    priority: 4,
    replyTo: null,
    redelivered: false,
    destination: { physicalName: "orders" },
    properties: { colour: "red" },
  });
  expect(message(1)).toMatchObject({
    messageType: "jms/bytes-message",
    data: "/wA=",
    priority: 7,
    correlationId: "c-1",
    replyTo: "answers",
    type: "order",
    properties: { n: "3", yes: "true" },
  });
  const poisoned = events().slice(2, 9);
  expect(poisoned.map(({ messages }) => messages[0]?.redelivered)).toEqual([false, ...Array(6).fill(true)]);
  expect(new Set(poisoned.map(({ messages }) => messages[0]?.messageID)).size).toBe(1);
  expect(message(9)?.data).toBe(Buffer.from("last").toString("base64"));
  // What was given up is in the broker's dead letters, as it was sent.
  await mapped(server, lambdaAt(server.url), { ...onOrders, Queues: ["ActiveMQ.DLQ"], BatchSize: 1 });
  await expect.poll(() => events().length, inTime).toBeGreaterThan(10);
  expect(message(10)).toMatchObject({
    data: Buffer.from("poison").toString("base64"),
    destination: { physicalName: "ActiveMQ.DLQ" },
  });
});

test("what an embedded broker does not take is refused in one sentence", async () => {
  const folder = aFolder();
  const server = await aServer(members(join(folder, "ledger.txt")), { folder });
  const told = async (broker: string, body: unknown) => {
    const answer = await post(server.url, broker, body);
    return [answer.status, ((await answer.json()) as { readonly message: string }).message];
  };
  expect(await told("none", { messages: [{ text: "m" }] })).toMatchObject([
    404,
    expect.stringMatching(/There is no broker none/),
  ]);
  expect(await told("shop", { messages: [{ text: "m", data: "bQ==" }] })).toMatchObject([
    400,
    expect.stringMatching(/The body is/),
  ]);
  for (const body of [
    { messages: [{ data: "%%%" }] },
    { messages: [{ data: "bQ" }] },
    { messages: [{ text: "m", txt: "m" }] },
    { messages: [{ text: "m", data: 5 }] },
    { messages: [], queue: "orders" },
  ])
    expect(await told("shop", body)).toMatchObject([400, expect.stringMatching(/The body is/)]);
  expect(await told("shop", { messages: [{ text: "m", properties: { colour: "red" } }] })).toMatchObject([
    400,
    expect.stringMatching(/A message has no property colour/),
  ]);
  expect(await told("shop", { messages: [{ text: "m", properties: { priority: "high" } }] })).toEqual([
    400,
    "The property priority of a message is a number.",
  ]);
  expect(await told("shop", { messages: [{ text: "m", properties: { headers: ["a"] } }] })).toEqual([
    400,
    "The property headers of a message is an object.",
  ]);
});

test("a queue of an embedded broker is read by people: what was sent, as text or as base64, and nothing is taken", async () => {
  const folder = aFolder();
  const server = await aServer(members(join(folder, "ledger.txt")), { folder });
  const properties = { headers: { kind: "new" } };
  await post(server.url, "shop", { messages: [{ text: "grüß", properties }, { data: "/wA=" }] });
  const seen = async (): Promise<unknown> => (await fetch(`${server.url}/_millrace/brokers/shop/orders`)).json();
  const both = [
    { messageId: expect.any(String), sentAtMs: expect.any(Number), properties, text: "grüß" },
    { messageId: expect.any(String), sentAtMs: expect.any(Number), properties: {}, data: "/wA=" },
  ];
  expect(await seen()).toEqual({ messages: both });
  expect(await seen()).toEqual({ messages: both });
  const none = await fetch(`${server.url}/_millrace/brokers/shop/none`);
  expect([none.status, await none.json()]).toEqual([
    404,
    { message: "There is no queue none of an embedded broker shop." },
  ]);
});

test("a command that goes by the other engine, or by no queue, is told how it is called", async () => {
  const folder = aFolder();
  const server = await aServer(members(join(folder, "ledger.txt")), { folder });
  const told = (target: string) => startCommand(folder, ["send", target, "--endpoint", server.url]).ended;
  expect(await told("activemq:shop/orders")).toMatchObject({
    code: 2,
    error: expect.stringContaining("Broker shop runs RabbitMQ: it is rabbitmq:shop/orders."),
  });
  expect(await told("rabbitmq:shop")).toMatchObject({
    code: 2,
    error: expect.stringContaining("send rabbitmq:shop/QUEUE --endpoint"),
  });
  expect(await told("kafka:shop/orders")).toMatchObject({
    code: 2,
    error: expect.stringContaining("There is no cluster shop"),
  });
});

test("R-401: kill -9 in mid-batch: an embedded broker's messages all come to their end", {
  ...inSoak,
  timeout: 150_000,
}, async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  configIn(folder, { ...members(ledger, 20), mappings: [{ ...onOrders, BatchSize: 10 }] });
  let process = await started(folder);
  const texts = Array.from({ length: 1_000 }, (_, index) => String(index));
  await post(process.url, "shop", { messages: texts.map((text) => ({ text })) });
  const done = (): ReadonlySet<string> =>
    new Set(textsIn(ledger).flatMap((line) => (line.startsWith("done") ? [line.split(" ")[2] ?? ""] : [])));
  await expect.poll(() => done().size, inTime).toBeGreaterThan(100);
  await process.kill();
  process = await started(folder);
  // What the dead process held comes again when its lease is over.
  await expect.poll(() => done().size, { timeout: 100_000, interval: 200 }).toBe(1_000);
  await process.kill();
});
