// `millrace load --live` by the whole command: every kind of embedded source, a server of its own and a running one, real brokers, and what
// is told where a run is cut short. What a run has sent has to come back, whatever the machine's speed.

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { randomUUID } from "node:crypto";
import { connect } from "amqplib";
import { expect, onTestFinished, test } from "vitest";
import type { LoadReport, LoadRun } from "../../src/load/report.ts";
import { redisUrl } from "../brokers/redis-url.ts";
import { aClient, brokerArn } from "../activemq/support/live-mapping.ts";
import { sharedBrokerUrl } from "../brokers/shared-broker.ts";
import { type Ended, startCommand } from "../cli/run-command.ts";
import { clusterArn } from "./support/kafka-house.ts";
import { kafkaSide } from "./support/kafka-side.ts";
import { aFolder, aServer, configIn } from "./support/live-server.ts";

const recordCount = 40;
const sent = ["--rate", "100", "--for", "0.4s", "--took", "5ms", "--wait", "20s"];
const small = [...sent, "--set", "BatchSize=10"];

const load = (folder: string, words: readonly string[]): Promise<Ended> =>
  startCommand(folder, ["load", "--live", "--json", "--no-report", ...words]).ended;

async function loaded(folder: string, words: readonly string[]): Promise<LoadReport> {
  const { code, out, error } = await load(folder, words);
  expect([code, error]).toEqual([0, ""]);
  return JSON.parse(out) as LoadReport;
}

async function oneRun(folder: string, words: readonly string[]): Promise<LoadRun> {
  const { runs } = await loaded(folder, words);
  expect(runs).toHaveLength(1);
  const [run] = runs;
  if (run === undefined) throw new Error("there is no run");
  return run;
}

const leftBehind = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("millrace-load-"));

/** With a server of their own; a table has one where it is filtered, and the others are at a running server. */
const sources = [
  ["kinesis:orders", "--shards", "2"],
  ["sqs:orders"],
  ["rabbitmq:shop/orders"],
  ["kafka:shop/orders", "--partitions", "2"],
  ["documentdb:shop/sales/orders"],
] as const;

test.for(sources)("%s: what is sent is done, and each record has its latency", async ([source, ...more]) => {
  const run = await oneRun(aFolder(), ["--source", source, ...more, ...small]);
  expect(run.counts).toMatchObject({ sent: recordCount, done: recordCount, open: 0, gaveUp: 0, failedInvocations: 0 });
  expect(run.endedBy).toBe("plan");
  expect(run.loader).toMatchObject({ plannedCount: recordCount, sentCount: recordCount, refusedCount: 0 });
  expect(run.loader.ceilingPerSecond).toBeGreaterThan(100);
  expect(run.place).toBe("the embedded store");
  expect([run.latency.toStart.count, run.latency.toDone.count]).toEqual([recordCount, recordCount]);
  // The function takes 5 ms.
  expect(run.latency.toDone.max).toBeGreaterThanOrEqual(5);
  expect(run.batches.reasons.reduce((sum, { count }) => sum + count, 0)).toBe(run.counts.firstBatches);
});

test("poisoned records are given up alone by bisect (E-18), and the others are done", async () => {
  const words = ["--source", "kinesis:orders", "--poison", "0.2", "--set", "MaximumRetryAttempts=0"];
  const run = await oneRun(aFolder(), [...words, "--set", "BisectBatchOnFunctionError=true", ...small]);
  expect(run.counts.gaveUp).toBeGreaterThan(0);
  expect(run.counts.done + run.counts.gaveUp).toBe(recordCount);
  expect(run.counts.splits).toBeGreaterThan(0);
});

test("a sweep is one run a setting, each with its own mapping", async () => {
  const report = await loaded(aFolder(), ["--source", "kinesis:orders", "--sweep", "BatchSize=1,20", ...sent]);
  expect(report.runs.map(({ name, batchSize, counts }) => [name, batchSize, counts.done])).toEqual([
    ["BatchSize=1", 1, recordCount],
    ["BatchSize=20", 20, recordCount],
  ]);
  expect(report.runs[0]?.counts.invocations).toBe(recordCount);
});

test("what is expected and does not hold ends with 1", async () => {
  const { code, out } = await load(aFolder(), ["--source", "sqs:orders", "--expect", "toDone.p50 < 1ms", ...small]);
  const { expectations } = JSON.parse(out) as LoadReport;
  expect([code, expectations[0]?.isMet]).toEqual([1, false]);
});

test("a mapping that AWS refuses is told in AWS's words, and nothing is left behind", async () => {
  const before = new Set(leftBehind());
  const words = ["--source", "sqs:orders", "--set", "ParallelizationFactor=2", ...small];
  const { code, error } = await load(aFolder(), words);
  expect(code).toBe(2);
  expect(error).toContain("parallelizationFactor");
  expect(leftBehind().filter((name) => !before.has(name))).toEqual([]);
});

const filterOf = (pattern: object): string =>
  `FilterCriteria=${JSON.stringify({ Filters: [{ Pattern: JSON.stringify(pattern) }] })}`;

const upTo10 = { n: [{ numeric: ["<=", 10] }] };

const filtered = [
  ["kinesis:orders", { data: upTo10 }],
  ["sqs:orders", { body: upTo10 }],
  ["dynamodb:orders", { dynamodb: { NewImage: { n: { N: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"] } } } }],
] as const;

test.for(filtered)(
  "%s: what the filter passes over has ended, and is counted as filtered",
  async ([source, pattern]) => {
    const run = await oneRun(aFolder(), ["--source", source, "--set", filterOf(pattern), ...small]);
    expect(run.endedBy).toBe("plan");
    expect(run.counts).toMatchObject({ sent: recordCount, matched: 10, done: 10, open: 0, gaveUp: 0 });
    expect([run.latency.toStart.count, run.latency.toDone.count]).toEqual([10, 10]);
  },
);

test("a filter on what the queue alone knows is refused before anything is sent", async () => {
  const filter = filterOf({ attributes: { SenderId: ["me"] } });
  const { code, error } = await load(aFolder(), ["--source", "sqs:orders", "--set", filter, ...small]);
  expect([code, error]).toEqual([2, expect.stringContaining("does not measure a filter on")]);
});

test("Ctrl-C ends the sending, and what was measured is told", async () => {
  const words = [
    "load",
    "--live",
    "--plain",
    "--source",
    "kinesis:orders",
    "--rate",
    "100",
    "--for",
    "10m",
    "--no-report",
  ];
  const running = startCommand(aFolder(), words);
  await running.line(/ ended, [1-9]/);
  running.signal("SIGINT");
  const { code, out } = await running.ended;
  expect(code).toBe(0);
  expect(out).toContain("stopping: nothing more is sent");
  expect(out).toMatch(/ended {5}ended early; what was measured until then is told/);
});

test("Ctrl-C before anything was sent says so, and writes no file", async () => {
  const folder = aFolder();
  const words = ["load", "--live", "--plain", "--source", "kinesis:orders", "--pause", "10m", "--burst", "1"];
  const running = startCommand(folder, [...words, "--save", "kept.json"]);
  await running.line(/ s of 600 s: 0 sent/);
  running.signal("SIGINT");
  const { code, out } = await running.ended;
  expect(code).toBe(0);
  expect(out).toContain("stopping: nothing was sent yet; Ctrl-C again forces it");
  expect(out).toMatch(/note {4}nothing was sent, so no file is written\n$/);
  expect(readdirSync(folder).filter((name) => /\.(?:html|json)$/.test(name))).toEqual([]);
});

test("the user's own handler takes the records, with its environment", async () => {
  const folder = aFolder();
  const text =
    "export const handle = async ({ Records }) => {\n" +
    "  if (process.env.SHOP !== 'north') throw new Error('no environment');\n" +
    "  const numbers = Records.map(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, 'base64')).n);\n" +
    "  if (numbers.includes(7)) throw new Error('seven');\n" +
    "};\n";
  writeFileSync(join(folder, "work.mjs"), text);
  const plan = {
    source: "kinesis:orders",
    mapping: { BatchSize: 10, MaximumRetryAttempts: 0, BisectBatchOnFunctionError: true },
    function: { handler: "work.handle", environment: { SHOP: "north" } },
    send: { phases: [{ rate: 100, for: "0.4s" }] },
    wait: "20s",
  };
  writeFileSync(join(folder, "orders.plan.json"), JSON.stringify(plan));
  const { code, out, error } = await load(folder, ["orders.plan.json"]);
  expect([code, error]).toEqual([0, "note    load: the first call that failed: Error: seven\n"]);
  const [run] = (JSON.parse(out) as LoadReport).runs;
  expect(run?.counts).toMatchObject({ sent: recordCount, done: recordCount - 1, gaveUp: 1 });
  expect(run?.failures.firstError).toEqual({ type: "Error", message: "seven" });
});

test("a handler that is not there is told before anything starts", async () => {
  const { code, error } = await load(aFolder(), ["--source", "sqs:orders", "--rate", "1", "--handler", "none.handle"]);
  expect(code).toBe(2);
  expect(error).toContain("no file none.");
});

test("a running server: source, function and mapping are made for the run, and gone after it", async () => {
  // A server puts messages into queues of brokers that its configuration names alone.
  const sources = { [brokerArn]: { engine: "ACTIVEMQ" } };
  const server = await aServer({ sources });
  const folder = aFolder();
  configIn(folder, { sources });
  for (const source of ["kinesis:orders", "dynamodb:orders", "sqs:orders.fifo", "activemq:shop/orders"]) {
    const run = await oneRun(folder, ["--endpoint", server.url, "--source", source, ...small]);
    expect(run.counts).toMatchObject({ sent: recordCount, done: recordCount, open: 0 });
    expect([run.latency.toStart.count, run.latency.toDone.count]).toEqual([recordCount, recordCount]);
  }
  const at = (path: string): Promise<unknown> => fetch(new URL(path, server.url)).then((answer) => answer.json());
  await expect
    .poll(() => at("/2015-03-31/event-source-mappings/"), { timeout: 20_000 })
    .toMatchObject({ EventSourceMappings: [] });
  expect(await at("/2015-03-31/functions")).toMatchObject({ Functions: [] });
});

test("streams and queues in a real Redis are under a prefix of the run's own, and are gone after it", async () => {
  const folder = aFolder();
  configIn(folder, { brokers: { redis: { url: redisUrl() } } });
  for (const source of ["kinesis:orders", "sqs:orders"]) {
    const run = await oneRun(folder, ["--source", source, ...small]);
    expect([run.counts.done, run.counts.open]).toEqual([recordCount, 0]);
    expect(run.place).toMatch(/^Redis at /);
  }
});

const engines = [
  ["rabbitmq", "RABBITMQ", "RabbitMQ"],
  ["activemq", "ACTIVEMQ", "ActiveMQ"],
] as const;

test.for(engines)("a queue of a real %s, which may hold nothing before", async ([name, engine, words]) => {
  const broker = new URL(await sharedBrokerUrl(name));
  const folder = aFolder();
  const secretArn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef";
  const { username, password } = broker;
  configIn(folder, {
    sources: { [brokerArn]: { engine, url: `amqp://${broker.host}` } },
    secrets: { [secretArn]: { username, password } },
  });
  const queue = `load-${randomUUID()}`;
  const access = `SourceAccessConfigurations=[{"Type":"BASIC_AUTH","URI":"${secretArn}"}]`;
  const source = ["--source", `${name}:shop/${queue}`, "--set", access];
  const run = await oneRun(folder, [...source, ...small]);
  expect([run.counts.done, run.counts.open]).toEqual([recordCount, 0]);
  expect(run.place).toBe(`${words} at ${broker.host}`);
  expect(run.latency.toStart.count).toBe(recordCount);

  await putOne(name, broker, queue);
  const { code, error } = await load(folder, [...source, ...small]);
  expect([code, error]).toEqual([2, expect.stringContaining(`${name}:shop/${queue} holds`)]);
});

/** A message of somebody else's. */
async function putOne(name: "rabbitmq" | "activemq", url: URL, queue: string): Promise<void> {
  if (name === "activemq") {
    const client = await aClient(url.href);
    await client.send(queue, [{ body: "another's" }]);
    return;
  }
  const connection = await connect(url.href);
  const channel = await connection.createConfirmChannel();
  channel.sendToQueue(queue, Buffer.from("another's"));
  await channel.waitForConfirms();
  await connection.close();
}

test("a topic of a real Kafka: what it held before is no part of the run", async () => {
  const kafka = await kafkaSide();
  const topic = await kafka.topic({ partitionCount: 2 });
  await kafka.send(topic, [{ value: '{"n":0}', partition: 0 }]);
  const folder = aFolder();
  configIn(folder, { sources: { [clusterArn]: { engine: "KAFKA", servers: [kafka.server] } } });
  const run = await oneRun(folder, ["--source", `kafka:shop/${topic}`, "--partitions", "2", ...small]);
  expect(run.counts).toMatchObject({ sent: recordCount, done: recordCount, open: 0 });
  expect(run.place).toBe(`Kafka at ${kafka.server}`);
  expect(run.latency.toDone.count).toBe(recordCount);
});

test("at a running server a run begins behind what is there, and a queue that holds messages is refused", async () => {
  const sources = { [clusterArn]: { engine: "KAFKA" }, [brokerArn]: { engine: "RABBITMQ" } };
  const server = await aServer({ sources });
  const folder = aFolder();
  configIn(folder, { sources });
  const post = async (path: string, body: object): Promise<number> => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(new URL(`/_millrace/${path}`, server.url), {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return answer.status;
  };
  const at = (source: string): readonly string[] => ["--endpoint", server.url, "--source", source];
  expect(await post("kafka/shop/orders", { records: [{ value: "{}" }], partitions: 1 })).toBe(200);
  const run = await oneRun(folder, [...at("kafka:shop/orders"), "--partitions", "1", ...small]);
  expect(run.counts).toMatchObject({ sent: recordCount, done: recordCount, open: 0 });
  expect(run.batches.meanRecords * run.counts.firstBatches).toBeCloseTo(recordCount);

  expect(await post("brokers/shop/orders", { messages: [{ text: "{}", properties: {} }] })).toBe(200);
  const { code, error } = await load(folder, [...at("rabbitmq:shop/orders"), ...small]);
  expect([code, error]).toEqual([2, expect.stringContaining("rabbitmq:shop/orders holds")]);
});

test("a server that dies under the run is told, with what was measured until then", async () => {
  const server = await aServer({});
  onTestFinished(() => server.running.stop(0).then(() => undefined));
  const words = ["load", "--live", "--plain", "--endpoint", server.url, "--source", "sqs:orders", "--rate", "50"];
  const running = startCommand(aFolder(), [...words, "--for", "10m", "--no-report"]);
  await running.line(/ ended, [1-9]/);
  await server.running.stop(0);
  const { code, out, error } = await running.ended;
  expect(code).toBe(3);
  expect(error).toContain("error[server-unreachable]");
  expect(out).toMatch(/ended {5}ended early/);
});
