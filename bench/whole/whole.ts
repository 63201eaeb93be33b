// A whole Millrace in a process of its own, started as the command starts it, journal and all. It is measured from outside: by the
// handler's marks, by what its journal says, and by the system's figures about the process.

import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { usualPace } from "../../src/core/queue/polling.ts";
import { type RunningMillrace, startMillrace } from "../../src/main.ts";
import type { Config } from "../../src/config/config.ts";
import { sequenceNumberFromEntryId } from "../../src/kinds/kinesis/sequence-number.ts";
import { createStartOutput, type StartOutput } from "../../src/cli/start-output.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { statePaths } from "../../src/platform/state-directory.ts";
import { serve } from "../child.ts";
import { queueArn } from "../queues/queue-event.ts";
import { firstCall, leftInRedis, type QueueRunAnswer, type QueueRunRequest, untilEmpty } from "../queues/queue-run.ts";
import type { BrokerRunRequest } from "../brokers/broker-run.ts";
import type { KafkaRunRequest } from "../kafka/kafka-run.ts";
import type { ChangeRunRequest } from "../mongo/change-run.ts";
import { type Mark, monotonicMs, onMarks, watchRun } from "../road/marks.ts";
import { ACCOUNT, functionArn, KEY_PREFIX, REGION, ROLE_ARN } from "../road/record-shape.ts";
import { cpuMsSince, type RunAnswer, type RunRequest, SETTLE_MS } from "../road/run.ts";
import { brokerConfig, brokerMapping } from "./broker-config.ts";
import { clusterConfig, collectionMapping, topicMapping } from "./cluster-config.ts";
import { type EmbeddedFill, fillEmbedded } from "./embedded-fill.ts";
import { runEnd } from "./journal-tail.ts";
import { createMapping, deleteMapping, untilEnabled } from "./mapping-calls.ts";
import { fillQueue, leftInQueue, makeQueue, type QueueFill } from "./queue-calls.ts";
import { mappingBody, type StartRequest } from "./start-request.ts";

const FUNCTION_MB = 1_024;
const FUNCTION_TIMEOUT_MS = 60_000;

let millrace: RunningMillrace | null = null;
let journalDir = "";
let latencies: Mark[] = [];
const closeMarks = onMarks((mark) => {
  if (mark.kind === "latency") latencies.push(mark);
});

function configOf(request: StartRequest): Config {
  const baseDir = fileURLToPath(new URL("..", import.meta.url));
  const broker = brokerConfig(request.broker);
  const clusters = clusterConfig(request);
  return {
    file: null,
    account: ACCOUNT,
    region: REGION,
    host: "127.0.0.1",
    port: 0,
    stateDir: request.stateDir,
    allowedHosts: [],
    pollers: 1,
    maxFunctionThreads: 4,
    transitionsMs: 0,
    filtersPerMapping: 5,
    windowIdleMs: 120_000,
    journalBytes: 100_000_000,
    logBytes: 10_485_760,
    functions: request.functions.map(({ name, handler }) => ({
      settings: {
        name,
        arn: functionArn(name),
        timeoutMs: FUNCTION_TIMEOUT_MS,
        memoryMb: FUNCTION_MB,
        environment: {},
        reservedConcurrency: null,
        runtime: "nodejs24.x",
        roleArn: ROLE_ARN,
      },
      endpoint: null,
      handler,
      baseDir,
      isBundled: true,
    })),
    streams: request.streams.map(({ name, shardCount }) => ({ name, shardCount, retentionHours: 24 })),
    plainStreams: [],
    tables: [],
    ...clusters,
    sources: broker.sources,
    secrets: [...broker.secrets, ...clusters.secrets],
    schemaRegistries: [],
    queuePace: usualPace,
    queues: [],
    topics: [],
    buckets: [],
    mappings: request.mappings,
    destinations: { sqs: null, sns: null, s3: null },
    redis:
      request.redisUrl === null
        ? null
        : { url: request.redisUrl, keyPrefix: KEY_PREFIX, queuePrefix: `${KEY_PREFIX}bull`, caPem: null },
  };
}

async function start(request: StartRequest): Promise<{ readonly url: string; readonly readyMs: number }> {
  const startedAtMs = monotonicMs();
  const shown = request.view === undefined ? null : outputOf(request.view);
  millrace = await startMillrace({
    config: configOf(request),
    version: "bench",
    onEntries: (entries, droppedCount) => shown?.output.entries(entries, droppedCount),
    onFatal: (error) => {
      throw error;
    },
  });
  const begun = millrace;
  shown?.live?.begin({
    title: ["millrace bench", begun.url],
    views: () => begun.views(),
    countMessages: (queue) => begun.countMessages(queue),
    actions: { quit: () => undefined, steer: () => "", poison: null, explain: null, dashboard: () => "" },
  });
  begun.watchLanes(shown !== null && shown.live !== null);
  journalDir = statePaths(request.stateDir).journalDir;
  return { url: millrace.url, readyMs: monotonicMs() - startedAtMs };
}

function outputOf(view: "plain" | "live"): StartOutput {
  const { stdout, env, platform } = process;
  return createStartOutput({
    flags: { plain: view === "plain" },
    screen: { output: stdout, input: null, errors: null },
    env,
    platform,
    clock: createSystemClock(),
    write: (text) => stdout.write(text),
  });
}

function running(): { readonly url: string; readonly journalDir: string } {
  if (millrace === null) throw new Error("Millrace has not been started");
  return { url: millrace.url, journalDir };
}

async function run({ stream, batchSize, shards }: RunRequest): Promise<RunAnswer> {
  const { url } = running();
  const marks = watchRun(shards.length);
  const cpu = marks.first.then(() => process.cpuUsage());
  const uuid = await createMapping(url, mappingBody(stream, "bench", batchSize));
  await marks.last;
  await delay(SETTLE_MS);
  const cpuMs = cpuMsSince(await cpu);
  const positions = new Map(shards.map(({ id, lastEntryId }) => [id, sequenceNumberFromEntryId(lastEntryId)]));
  const { storedAtMs, batchCount } = await runEnd(journalDir, uuid, positions);
  const endMs = monotonicFromWall(storedAtMs);
  await deleteMapping(url, uuid);
  return { wallMs: endMs - (await marks.first), cpuMs, invocationCount: batchCount };
}

async function runQueue({ redisUrl, queue, batchSize }: QueueRunRequest): Promise<QueueRunAnswer> {
  const { url } = running();
  const redis = redisUrl === null ? null : new Redis(redisUrl);
  const first = firstCall();
  const uuid = await createMapping(url, {
    EventSourceArn: queueArn(queue),
    FunctionName: "bench",
    BatchSize: batchSize,
    // Batches over ten need one (B-9); they are full before it is over.
    ...(batchSize > 10 ? { MaximumBatchingWindowInSeconds: 1 } : {}),
  });
  const firstMs = await first;
  const endMs = await untilEmpty(() => (redis === null ? leftInQueue(url, queue) : leftInRedis(redis, queue)));
  await deleteMapping(url, uuid);
  redis?.disconnect();
  return { wallMs: endMs - firstMs };
}

/** From the handler's first call to its last. */
async function runCalls(body: unknown, orderCount: number, callCount: number): Promise<RunAnswer> {
  const { url } = running();
  const marks = watchRun(orderCount);
  const cpu = marks.first.then(() => process.cpuUsage());
  const uuid = await createMapping(url, body);
  const wallMs = (await marks.last) - (await marks.first);
  await delay(SETTLE_MS);
  const cpuMs = cpuMsSince(await cpu);
  await deleteMapping(url, uuid);
  return { wallMs, cpuMs, invocationCount: Math.ceil(callCount) };
}

const runBroker = ({ queue, batchSize, messageCount }: BrokerRunRequest): Promise<RunAnswer> =>
  runCalls(brokerMapping(queue, batchSize), 1, messageCount / batchSize);

const runKafka = ({ topic, batchSize, partitionCount, recordsAPartition }: KafkaRunRequest): Promise<RunAnswer> =>
  runCalls(topicMapping(topic, batchSize), partitionCount, (partitionCount * recordsAPartition) / batchSize);

/** The embedded stream beside an embedded topic. */
const runStream = ({ topic, batchSize, recordsAPartition }: KafkaRunRequest): Promise<RunAnswer> =>
  runCalls(mappingBody(topic, "stream", batchSize), 1, recordsAPartition / batchSize);

const runChanges = (request: ChangeRunRequest): Promise<RunAnswer> =>
  runCalls(collectionMapping(request, request.batchSize), 1, request.documentCount / request.batchSize);

function monotonicFromWall(atMs: number): number {
  return monotonicMs() - (Date.now() - atMs);
}

async function createTimed(body: unknown): Promise<number> {
  const { url } = running();
  const startedAtMs = monotonicMs();
  const uuid = await createMapping(url, body);
  await untilEnabled(url, uuid);
  const tookMs = monotonicMs() - startedAtMs;
  await deleteMapping(url, uuid);
  return tookMs;
}

async function createMany(bodies: readonly unknown[]): Promise<readonly string[]> {
  const { url } = running();
  const uuids: string[] = [];
  for (const body of bodies) uuids.push(await createMapping(url, body));
  for (const uuid of uuids) await untilEnabled(url, uuid);
  return uuids;
}

/** Share of one core over a while. */
async function cpuShare(overMs: number): Promise<number> {
  const cpu = process.cpuUsage();
  const startedAtMs = monotonicMs();
  await delay(overMs);
  return cpuMsSince(cpu) / (monotonicMs() - startedAtMs);
}

serve(
  {
    start,
    run,
    createTimed,
    createMany,
    cpuShare,
    makeQueue: ((queue: string) => makeQueue(running().url, queue)) as (request: never) => Promise<void>,
    fillQueue: ((fill: QueueFill) => fillQueue(running().url, fill)) as (request: never) => Promise<void>,
    runQueue,
    runBroker,
    runKafka,
    runStream,
    fillEmbedded: ((fill: EmbeddedFill) => fillEmbedded(running().url, fill)) as (request: never) => Promise<void>,
    runChanges,
    deleteMapping: ((uuid: string) => deleteMapping(running().url, uuid)) as (request: never) => Promise<void>,
    rssBytes: () => Promise.resolve(process.memoryUsage.rss()),
    firstMark: () =>
      new Promise((resolve) => {
        const close = onMarks((mark) => {
          close();
          resolve(mark.atMs);
        });
      }),
    takeLatencies: () => {
      const taken = latencies.map(({ name, tookMs }) => ({ name, tookMs }));
      latencies = [];
      return Promise.resolve(taken);
    },
  },
  async () => {
    closeMarks();
    await millrace?.stop(1_000);
  },
);
