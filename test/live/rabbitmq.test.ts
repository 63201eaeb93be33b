// Mappings on RabbitMQ by the whole server: the broker dies, the process dies, many messages; the login and the queue by the API's own
// names. The handlers' ledger is what is judged.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { afterAll, expect, onTestFinished, test } from "vitest";
import type { RunningBroker } from "../../scripts/brokers/broker.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { aClient, type Client } from "../rabbitmq/support/live-mapping.ts";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aFolder, aServer, configIn, inTime } from "./support/live-server.ts";
import { started } from "./support/process.ts";
import { grouped, inSoak, inSoakElse } from "../in-soak.ts";

const arn = "arn:aws:mq:us-east-1:000000000000:broker:shop:b-1";
const secretArn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef";
const MESSAGE_COUNT = inSoakElse(50_000, 10_000);
/** Shares of them that are done when the broker is killed. */
const KILLS_AT = [0.2, 0.6];

interface Line {
  readonly verdict: string;
  readonly isRedelivered: boolean;
  readonly text: string;
}

function linesOf(ledger: string): readonly Line[] {
  if (!existsSync(ledger)) return [];
  return readFileSync(ledger, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [verdict = "", redelivered = "", text = ""] = line.split(" ");
      return { verdict, isRedelivered: redelivered === "true", text };
    });
}

const doneOf = (ledger: string): ReadonlySet<string> =>
  new Set(
    linesOf(ledger)
      .filter(({ verdict }) => verdict === "done")
      .map(({ text }) => text),
  );

async function aBroker(options: Parameters<typeof startBroker>[1]): Promise<RunningBroker> {
  const broker = await startBroker("rabbitmq", { ...options, own: true });
  onTestFinished(() => broker.stop());
  return broker;
}

/** Of all tests that need no broker of a kind of their own: whoever kills it starts it again. Each has a queue of its own. */
let shared: Promise<RunningBroker> | null = null;
afterAll(async () => (await shared)?.stop());

function sharedBroker(): Promise<RunningBroker> {
  shared ??= startBroker("rabbitmq", { own: true });
  return shared;
}

/** Of the server's configuration. */
function membersOf(
  broker: RunningBroker,
  ledger: string,
  given: { readonly source?: object; readonly failing?: number } = {},
) {
  const { username, password, host, protocol } = new URL(broker.url);
  const login = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return {
    secrets: { [secretArn]: login },
    sources: {
      [arn]: {
        engine: "RABBITMQ",
        url: `${protocol}//${host}`,
        ...(broker.caFile === null ? {} : { caFile: broker.caFile }),
        ...given.source,
      },
    },
    functions: {
      f: {
        Handler: "rabbit-ledger.book",
        Timeout: 5,
        Environment: { Variables: { LEDGER: ledger, FAILING: String(given.failing ?? 1_000_000) } },
      },
    },
  };
}

const onQueue = (queue: string) => ({
  EventSourceArn: arn,
  FunctionName: "f",
  Queues: [queue],
  SourceAccessConfigurations: [{ Type: "BASIC_AUTH" as const, URI: secretArn }],
});

async function sendNumbers(client: Client, queue: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += 5_000) {
    const numbers = Array.from({ length: Math.min(5_000, count - from) }, (_, index) => String(from + index));
    await client.send(queue, numbers);
  }
}

/** As brokers count after a crash: nothing ready, nothing held. */
const readyIn = async (broker: RunningBroker, queue: string): Promise<number> => {
  const client = await aClient(broker.url);
  const count = await client.readyCount(queue);
  await client.close();
  return count;
};

test(`TR-12, R-801, R-806, R-807: ${grouped(MESSAGE_COUNT)} messages, each done at least once, while the broker is killed twice in mid-batch and calls fail`, async () => {
  const broker = await sharedBroker();
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(membersOf(broker, ledger, { failing: 50 }), { folder });
  const client = await aClient(broker.url);
  await client.channel.assertQueue("many", { durable: true });
  await sendNumbers(client, "many", MESSAGE_COUNT);
  await mapped(server, lambdaAt(server.url), { ...onQueue("many"), BatchSize: 100 });
  for (const share of KILLS_AT) {
    await expect.poll(() => doneOf(ledger).size, inTime).toBeGreaterThan(share * MESSAGE_COUNT);
    await broker.kill();
    await broker.restart();
  }
  await expect.poll(() => doneOf(ledger).size, { timeout: 120_000, interval: 200 }).toBe(MESSAGE_COUNT);
  await expect.poll(() => readyIn(broker, "many"), inTime).toBe(0);
  const lines = linesOf(ledger);
  const done = lines.filter(({ verdict }) => verdict === "done");
  // What was out when the broker died comes again, and what it had been told of and had not yet written down: how much that is depends on
  // its own writing. But a message that was done comes again for a kill only, and once for each.
  const timesOf = Map.groupBy(done, ({ text }) => text);
  expect(done.length).toBeGreaterThan(MESSAGE_COUNT);
  expect(Math.max(...[...timesOf.values()].map((times) => times.length))).toBeLessThanOrEqual(1 + KILLS_AT.length);
  const { fatal } = server;
  expect(fatal).toEqual([]);
}, 300_000);

test("TR-11, R-805, R-806: a broker that is stopped in order and started again is read on, and no error goes unhandled", async () => {
  const broker = await sharedBroker();
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(membersOf(broker, ledger), { folder });
  const client = await aClient(broker.url);
  await client.channel.assertQueue("stopped", { durable: true });
  const uuid = await mapped(server, lambdaAt(server.url), { ...onQueue("stopped"), BatchSize: 10 });
  await sendNumbers(client, "stopped", 50);
  await expect.poll(() => doneOf(ledger).size, inTime).toBe(50);
  await broker.restart();
  const again = await aClient(broker.url);
  await again.send("stopped", ["after"]);
  await expect.poll(() => doneOf(ledger).has("after"), inTime).toBe(true);
  const { LastProcessingResult, State } = await lambdaAt(server.url).send(
    new GetEventSourceMappingCommand({ UUID: uuid }),
  );
  expect([State, LastProcessingResult]).toEqual(["Enabled", "OK"]);
  expect(server.fatal).toEqual([]);
}, 120_000);

test("R-401, R-408: kill -9 of the process in mid-batch: all is done in the end, in order but for what comes again", async () => {
  const broker = await sharedBroker();
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  configIn(folder, {
    ...membersOf(broker, ledger, { failing: 40 }),
    mappings: [{ ...onQueue("killed"), BatchSize: 10 }],
  });
  const client = await aClient(broker.url);
  await client.channel.assertQueue("killed", { durable: true });
  const count = inSoakElse(5_000, 2_000);
  await sendNumbers(client, "killed", count);
  let process = await started(folder);
  for (const share of [0.1, 0.4]) {
    await expect.poll(() => doneOf(ledger).size, inTime).toBeGreaterThan(share * count);
    await process.kill();
    process = await started(folder);
  }
  await expect.poll(() => doneOf(ledger).size, { timeout: 120_000, interval: 200 }).toBe(count);
  await expect.poll(() => client.readyCount("killed"), inTime).toBe(0);
  await process.kill();
  const seen = new Set<string>();
  const first = linesOf(ledger).filter(({ text }) => !seen.has(text) && seen.add(text));
  expect(first.map(({ text }) => Number(text))).toEqual(Array.from({ length: count }, (_, index) => index));
}, 240_000);

test("TR-14, TR-15, R-701, M-705: TLS by a private authority and a virtual host; a wrong secret disables, and an update mends it", async () => {
  const broker = await aBroker({ tls: true, virtualHosts: ["v1"] });
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const wrong = "arn:aws:secretsmanager:us-east-1:000000000000:secret:wrong-abcdef";
  const members = membersOf(broker, ledger, { source: { disabledAfterSeconds: 1 } });
  const server = await aServer(
    { ...members, secrets: { ...members.secrets, [wrong]: { username: "guest", password: "no" } } },
    { folder },
  );
  const ca = [readFileSync(broker.caFile ?? "")];
  const client = await aClient(`${broker.url}/v1`, { ca });
  await client.channel.assertQueue("orders", { durable: true });
  await client.send("orders", ["m"]);
  const lambda = lambdaAt(server.url);
  const { UUID } = await lambda.send(
    new CreateEventSourceMappingCommand({
      ...onQueue("orders"),
      SourceAccessConfigurations: [
        { Type: "BASIC_AUTH", URI: wrong },
        { Type: "VIRTUAL_HOST", URI: "v1" },
      ],
    }),
  );
  const now = () => lambda.send(new GetEventSourceMappingCommand({ UUID }));
  await expect.poll(async () => (await now()).State, inTime).toBe("Disabled");
  expect(await now()).toMatchObject({
    StateTransitionReason: "EVENT_SOURCE_AUTHN_ERROR",
    LastProcessingResult: "PROBLEM: Server failed to authenticate Lambda",
  });
  await lambda.send(
    new UpdateEventSourceMappingCommand({
      UUID,
      Enabled: true,
      SourceAccessConfigurations: [{ Type: "BASIC_AUTH", URI: secretArn }],
    }),
  );
  await expect.poll(() => doneOf(ledger).has("m"), inTime).toBe(true);
  expect(await now()).toMatchObject({ State: "Enabled", StateTransitionReason: "USER_INITIATED" });
}, 120_000);

test("TR-17, R-803: a broker that waits less than we were told takes its messages back; they come again, and the server lives", {
  ...inSoak,
  timeout: 200_000,
}, async () => {
  const broker = await aBroker({ consumerTimeoutMs: 5_000 });
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(membersOf(broker, ledger), { folder });
  const client = await aClient(broker.url);
  await client.channel.assertQueue("orders", { durable: true });
  await client.send("orders", ["poison"]);
  await mapped(server, lambdaAt(server.url), onQueue("orders"));
  // The broker looks once a minute.
  await expect
    .poll(() => linesOf(ledger).some(({ isRedelivered }) => isRedelivered), { timeout: 150_000, interval: 500 })
    .toBe(true);
  const told = server.log.entries.filter((entry) => entry.kind === "source-problem");
  expect(JSON.stringify(told)).toContain("delivery acknowledgement on channel");
  expect(server.fatal).toEqual([]);
});

test("R-401, R-402, R-406: a poisoned message is tried in place until its time is over, then its exchange for dead letters has it, and the queue goes on", async () => {
  const broker = await sharedBroker();
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(membersOf(broker, ledger), { folder });
  const client = await aClient(broker.url);
  const { channel } = client;
  await channel.assertExchange("dead", "fanout", { durable: true });
  await channel.assertQueue("dead-letters", { durable: true });
  await channel.bindQueue("dead-letters", "dead", "");
  await channel.assertQueue("poisoned", { durable: true, deadLetterExchange: "dead" });
  await mapped(server, lambdaAt(server.url), {
    ...onQueue("poisoned"),
    BatchSize: 2,
    MaximumBatchingWindowInSeconds: 1,
  });
  // The function's thread is there before the poison comes, whose time runs from its delivery.
  await client.send("poisoned", ["before"]);
  await expect.poll(() => doneOf(ledger).has("before"), inTime).toBe(true);
  await client.send("poisoned", ["poison"], { expiration: "8000", messageId: "p-1" });
  await client.send("poisoned", ["after", "last"]);
  await expect.poll(() => client.readyCount("dead-letters"), inTime).toBe(1);
  await expect.poll(() => doneOf(ledger), inTime).toEqual(new Set(["before", "after", "last"]));
  await expect.poll(() => readyIn(broker, "poisoned"), inTime).toBe(0);
  const letter = await channel.get("dead-letters", { noAck: true });
  if (letter === false) throw new Error("there is no letter");
  expect([letter.content.toString(), letter.properties.messageId]).toEqual(["poison", "p-1"]);
  expect(letter.properties.headers?.["x-death"]?.[0]).toMatchObject({ queue: "poisoned", reason: "rejected" });
  const lines = linesOf(ledger);
  // It was tried again, never by itself, and nothing behind it overtook it.
  const tries = lines.filter(({ verdict, text }) => verdict === "failed" && text === "poison");
  expect(tries.length).toBeGreaterThan(1);
  expect(tries.some(({ isRedelivered }) => isRedelivered)).toBe(false);
  expect(lines.filter(({ verdict }) => verdict === "done").map(({ text }) => text)).toEqual([
    "before",
    "after",
    "last",
  ]);
  expect(server.log.entries.filter(({ kind }) => kind === "gave-up")).toMatchObject([
    { condition: "MessageExpired", recordCount: 1, isPoison: true },
  ]);
  expect(server.fatal).toEqual([]);
}, 120_000);
