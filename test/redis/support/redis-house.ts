// What tests of the Redis adapter begin with: sources and streams under a key prefix of their own, on the run's shared Redis or on one of
// the test's own. Everything is given back when the test ends.

import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import type { RunningBroker } from "../../../scripts/brokers/broker.ts";
import { startBroker } from "../../../scripts/brokers/start-broker.ts";
import { createKinesisKind } from "../../../src/kinds/kinesis/kinesis-kind.ts";
import type { KinesisEventContext, KinesisRecord } from "../../../src/kinds/kinesis/kinesis-record.ts";
import type { Read, Reader, Source } from "../../../src/ports/source.ts";
import type { NewRecord, Streams } from "../../../src/ports/streams.ts";
import type { RedisAddress } from "../../../src/threads/protocol.ts";
import { streamKeys } from "../../../workers/redis/redis-layout.ts";
import { createRedisSources, type RedisSources } from "../../../workers/redis/redis-sources.ts";
import { createRedisStreams, type PlainStream } from "../../../workers/redis/redis-streams.ts";
import { redisUrl } from "../../brokers/redis-url.ts";

export const SHARD = "shardId-000000000000";
export const room = { records: 10_000, bytes: 50_000_000 };
export const never = new AbortController().signal;
const arnOf = (name: string): string => `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`;

const contextOf = (name: string): KinesisEventContext => ({
  eventSourceArn: arnOf(name),
  region: "us-east-1",
  roleArn: "arn:aws:iam::000000000000:role/reader",
});

/** What a source is told of the mapping that reads it. */
export const mappingOn = (name: string) => ({ arn: arnOf(name), kind: createKinesisKind(contextOf(name)) });

export interface RedisHouse {
  readonly address: RedisAddress;
  readonly keyPrefix: string;
  /** Part of its connections' names. */
  readonly name: string;
  /** Any Redis client, with every right that the address gives. */
  readonly client: Redis;
  readonly sources: RedisSources;
  readonly streams: Streams;
  /** Key of a shard of a laid-out stream. */
  readonly shardKey: (name: string, shardId?: string) => string;
  readonly metaKey: (name: string) => string;
  readonly source: (name: string) => Source<KinesisRecord>;
  readonly plain: (fields?: Partial<Omit<PlainStream, "name" | "redisKey">>) => Source<KinesisRecord>;
  /** Key of the plain stream. */
  readonly plainKey: string;
  readonly put: (name: string, texts: readonly string[]) => Promise<void>;
}

export interface HouseOptions {
  /** Default: the run's shared Redis. */
  readonly broker?: RunningBroker;
  readonly caPem?: string;
  readonly keyPrefix?: string;
  readonly blockMs?: number;
  readonly answerWithinMs?: number;
  readonly nowMs?: () => number;
  readonly plainFields?: Partial<Omit<PlainStream, "name" | "redisKey">>;
}

export function aRedisHouse(options: HouseOptions = {}): RedisHouse {
  const keyPrefix = options.keyPrefix ?? `test:${randomUUID()}:`;
  const address = {
    url: options.broker?.url ?? redisUrl(),
    keyPrefix,
    queuePrefix: `${keyPrefix}bull`,
    caPem: options.caPem ?? null,
  };
  const keys = streamKeys(keyPrefix);
  const name = randomUUID();
  const nowMs = options.nowMs ?? (() => Date.now());
  const plainKey = `${keyPrefix}app`;
  const { blockMs, answerWithinMs } = options;
  const sources = createRedisSources({
    address,
    wakeName: name,
    monotonicMs: () => performance.now(),
    nowMs,
    ...(blockMs === undefined ? {} : { blockMs }),
    ...(answerWithinMs === undefined ? {} : { answerWithinMs }),
  });
  const chosen = { dataField: null, partitionKeyField: null, ...options.plainFields };
  const streams = createRedisStreams({
    address,
    plainStreams: [{ name: "plain", redisKey: plainKey, ...chosen }],
    nowMs,
    ...(answerWithinMs === undefined ? {} : { answerWithinMs }),
  });
  const client = new Redis(address.url, {
    // A restricted user may not ask for it, and a busy server refuses to answer.
    enableReadyCheck: false,
    ...(options.caPem === undefined ? {} : { tls: { ca: options.caPem } }),
  });
  client.on("error", () => undefined);
  // It listens for one error of a socket only; a handshake that fails may bring two.
  client.on("connecting", () => setImmediate(() => client.stream?.on("error", () => undefined)));
  onTestFinished(async () => {
    await streams.close();
    sources.close();
    // The shared Redis is left as it was found; a Redis of the test's own goes with it.
    if (options.broker === undefined) {
      const left = await client.keys(`${keyPrefix}*`);
      if (left.length > 0) await client.del(left);
    }
    client.disconnect();
  });
  return {
    address,
    keyPrefix,
    name,
    client,
    sources,
    streams,
    plainKey,
    shardKey: (name, shardId = SHARD) => keys.shard(name, shardId),
    metaKey: (name) => keys.meta(name),
    source: (name) => sources.open({ kind: "redisKinesis", streamName: name }, mappingOn(name)),
    plain: (fields) =>
      sources.open(
        { kind: "plainRedis", streamName: "plain", redisKey: plainKey, ...chosen, ...fields },
        mappingOn("plain"),
      ),
    async put(name, texts) {
      const answer = await streams.append(name, texts.map(aRecord));
      if (answer.kind !== "put") throw new Error(`append answered ${JSON.stringify(answer)}`);
    },
  };
}

export async function anOwnRedis(options: Parameters<typeof startBroker>[1] = {}): Promise<RunningBroker> {
  const broker = await startBroker("redis", { own: true, durable: true, ...options });
  onTestFinished(() => broker.stop());
  return broker;
}

export const aRecord = (text: string): NewRecord => ({
  partitionKey: "k",
  explicitHashKey: null,
  data: Buffer.from(text, "utf8"),
});

export const textsOf = (records: readonly { readonly data: Uint8Array }[]): string[] =>
  records.map(({ data }) => Buffer.from(data).toString("utf8"));

type Records = Extract<Read<KinesisRecord>, { kind: "records" }>;

export async function recordsOf(read: Promise<Read<KinesisRecord>>): Promise<Records> {
  const answer = await read;
  if (answer.kind !== "records") throw new Error(`the reader answered ${JSON.stringify(answer)}`);
  return answer;
}

export function readerOf(source: Source<KinesisRecord>, after: string | null = null): Reader<KinesisRecord> {
  return source.open(SHARD, after, { firstOrdinal: 0 });
}

/** Reads on, over answers without records and over problems, until the wanted texts are there; then all texts, and the problems met. */
export async function readUntil(reader: Reader<KinesisRecord>, isEnough: (texts: readonly string[]) => boolean) {
  const texts: string[] = [];
  const problems: string[] = [];
  while (!isEnough(texts)) {
    const read = await reader.read(room, never);
    if (read.kind === "records") texts.push(...textsOf(read.records));
    if (read.kind !== "problem") continue;
    if (problems.at(-1) !== read.problem.code) problems.push(read.problem.code);
    await new Promise((resolve) => setImmediate(resolve)); // Whoever asks on at once keeps the connection from ending.
  }
  return { texts, problems };
}

/** The house's connections of one use, as the server lists them. */
export async function connectionsOf(
  { client, name }: RedisHouse,
  use: "commands" | "blocking",
): Promise<readonly string[]> {
  const list = String(await client.call("CLIENT", "LIST"));
  return list.split("\n").filter((line) => line.includes(` name=millrace-${use}-${name} `));
}

/** Resolves once the house waits in a blocking read, told by the server itself. */
export async function whenBlocked(house: RedisHouse): Promise<void> {
  while (!(await connectionsOf(house, "blocking")).some((line) => line.includes(" flags=b "))) continue;
}
