// Mappings on ActiveMQ by the whole server: the broker dies, the process dies, many messages; poison; the login by the API's own names.
// The handlers' ledger is what is judged.

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
import { aClient, type Client, numbered, texts } from "../activemq/support/live-mapping.ts";
import { grouped, inSoakElse } from "../in-soak.ts";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aFolder, aServer, configIn, inTime } from "./support/live-server.ts";
import { started } from "./support/process.ts";

const arn = "arn:aws:mq:us-east-1:000000000000:broker:shop:b-1";
const secretArn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef";
const MESSAGE_COUNT = inSoakElse(50_000, 8_000);
/** Of those that a process is killed over. */
const KILLED_OVER_COUNT = inSoakElse(5_000, 2_000);
const LONG = { timeout: 200_000, interval: 500 };

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

const doneIn = (ledger: string): readonly string[] =>
  linesOf(ledger)
    .filter(({ verdict }) => verdict === "done")
    .map(({ text }) => text);

const doneCount = (ledger: string): number => new Set(doneIn(ledger)).size;

async function aBroker(options: Parameters<typeof startBroker>[1]): Promise<RunningBroker> {
  const broker = await startBroker("activemq", { ...options, own: true });
  onTestFinished(() => broker.stop());
  return broker;
}

/** Of all tests that need no broker of a kind of their own: whoever kills it starts it again. Each has a queue of its own. */
let shared: Promise<RunningBroker> | null = null;
afterAll(async () => (await shared)?.stop());

function sharedBroker(): Promise<RunningBroker> {
  shared ??= startBroker("activemq", { own: true });
  return shared;
}

function membersOf(
  broker: RunningBroker,
  ledger: string,
  given: { readonly source?: object; readonly failing?: number } = {},
) {
  const { username, password, host, protocol } = new URL(broker.url);
  return {
    secrets: { [secretArn]: { username, password } },
    sources: {
      [arn]: {
        engine: "ACTIVEMQ",
        url: `${protocol}//${host}`,
        redeliveryPauseMs: 50,
        ...(broker.caFile === null ? {} : { caFile: broker.caFile }),
        ...given.source,
      },
    },
    functions: {
      f: {
        Handler: "active-ledger.book",
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

async function sendNumbered(client: Client, queue: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += 1_000) await client.send(queue, texts(numbered(1_000, from)));
}

const leftIn = async (broker: RunningBroker, queue: string): Promise<number> => {
  const client = await aClient(broker.url);
  const left = await client.look(queue);
  await client.close();
  return left.length;
};

test(`R-401, R-409: ${grouped(MESSAGE_COUNT)} messages, each done at least once, while the broker is killed in mid-batch and calls fail`, async () => {
  const broker = await sharedBroker();
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(membersOf(broker, ledger, { failing: 50 }), { folder });
  const client = await aClient(broker.url);
  await sendNumbered(client, "many", MESSAGE_COUNT);
  await mapped(server, lambdaAt(server.url), { ...onQueue("many"), BatchSize: 100 });
  await expect.poll(() => doneCount(ledger), { ...LONG, interval: 50 }).toBeGreaterThan(0.3 * MESSAGE_COUNT);
  await broker.kill();
  await broker.restart();
  await expect.poll(() => doneCount(ledger), LONG).toBe(MESSAGE_COUNT);
  await expect.poll(() => leftIn(broker, "many"), inTime).toBe(0);
  expect(await leftIn(broker, "ActiveMQ.DLQ")).toBe(0);
  // What was out when the broker died comes again, and what it had been told and had not written: 405 when this was measured, but how much
  // that is depends on its own writing. A message that was done comes again once, for the one kill.
  const timesOf = Map.groupBy(doneIn(ledger), (text) => text);
  expect(Math.max(...[...timesOf.values()].map((times) => times.length))).toBeLessThanOrEqual(2);
  expect(server.fatal).toEqual([]);
}, 400_000);

test("R-401, R-824: kill -9 of the process in mid-batch: all is done in the end, and what comes twice says so", async () => {
  const broker = await sharedBroker();
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  configIn(folder, {
    ...membersOf(broker, ledger, { failing: 40 }),
    mappings: [{ ...onQueue("killed"), BatchSize: 10 }],
  });
  const client = await aClient(broker.url);
  await sendNumbered(client, "killed", KILLED_OVER_COUNT);
  let process = await started(folder);
  for (const share of [0.1, 0.4]) {
    await expect.poll(() => doneCount(ledger), inTime).toBeGreaterThan(share * KILLED_OVER_COUNT);
    await process.kill();
    process = await started(folder);
  }
  await expect.poll(() => doneCount(ledger), LONG).toBe(KILLED_OVER_COUNT);
  await expect.poll(() => leftIn(broker, "killed"), inTime).toBe(0);
  await process.kill();
  const seen = new Set<string>();
  const done = linesOf(ledger).filter(({ verdict }) => verdict === "done");
  expect(
    done.filter(({ text, isRedelivered }) => (seen.has(text) || !seen.add(text) ? !isRedelivered : false)),
  ).toEqual([]);
}, 300_000);

test("TR-33, R-403: poison among good messages, one a batch: seven calls, then the broker's dead letters, and the rest is done", async () => {
  const broker = await sharedBroker();
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(membersOf(broker, ledger), { folder });
  const client = await aClient(broker.url);
  await client.send("poisoned", texts(["a", "poison", "b"]));
  await mapped(server, lambdaAt(server.url), { ...onQueue("poisoned"), BatchSize: 1 });
  const dead = await client.take("ActiveMQ.DLQ", 1);
  expect(dead.map(({ body }) => body)).toEqual(["poison"]);
  await expect.poll(() => doneIn(ledger).toSorted(), inTime).toEqual(["a", "b"]);
  const tries = linesOf(ledger).filter(({ text }) => text === "poison");
  expect(tries.map(({ isRedelivered }) => isRedelivered)).toEqual([false, ...Array<boolean>(6).fill(true)]);
}, 120_000);

test("R-711, M-705: TLS by a private authority; a wrong secret disables, and an update mends it", async () => {
  const broker = await aBroker({ tls: true });
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const wrong = "arn:aws:secretsmanager:us-east-1:000000000000:secret:wrong-abcdef";
  const members = membersOf(broker, ledger, { source: { disabledAfterSeconds: 1 } });
  const server = await aServer(
    { ...members, secrets: { ...members.secrets, [wrong]: { username: "admin", password: "no" } } },
    { folder },
  );
  const client = await aClient(broker.url, { transport: "tls", ca: [readFileSync(broker.caFile ?? "")] });
  await client.send("orders", texts(["m"]));
  const lambda = lambdaAt(server.url);
  const { UUID } = await lambda.send(
    new CreateEventSourceMappingCommand({
      ...onQueue("orders"),
      SourceAccessConfigurations: [{ Type: "BASIC_AUTH", URI: wrong }],
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
  await expect.poll(() => doneIn(ledger), inTime).toEqual(["m"]);
}, 120_000);
