// Connections to Redis and what their errors mean. Commands never queue while Redis is away: they fail at once, as a value, and
// the caller decides when to try again. The client reconnects by itself.

import { Redis, type RedisOptions } from "ioredis";
import type { SourceProblem } from "../../src/ports/source.ts";
import type { RedisAddress } from "../../src/threads/protocol.ts";

const CONNECT_TIMEOUT_MS = 3_000;
const MOST_RECONNECT_DELAY_MS = 1_000;

export type ConnectionUse = "commands" | "blocking";

export function connectRedis(address: RedisAddress, use: ConnectionUse): Redis {
  const options: RedisOptions = {
    lazyConnect: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableReadyCheck: true,
    autoResendUnfulfilledCommands: false,
    connectionName: `millrace-${use}`,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), MOST_RECONNECT_DELAY_MS),
    ...(address.caPem === null ? {} : { tls: { ca: address.caPem } }),
  };
  const redis = new Redis(address.url, options);
  // Every failed command says so itself; without a listener the client would print the error.
  redis.on("error", () => undefined);
  return redis;
}

const waits = new WeakMap<Redis, Promise<boolean>>();

/** Waits until the connection is usable or has failed once; never longer than the connect timeout allows. */
export async function whenUsable(redis: Redis): Promise<boolean> {
  if (redis.status === "ready") return true;
  if (redis.status !== "connecting" && redis.status !== "connect" && redis.status !== "wait") return false;
  // One wait for all who ask meanwhile: a thousand readers are not a thousand listeners.
  const waiting = waits.get(redis) ?? firstNews(redis).finally(() => waits.delete(redis));
  waits.set(redis, waiting);
  return waiting;
}

function firstNews(redis: Redis): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (isUsable: boolean) => {
      redis.off("ready", ready);
      redis.off("close", closed);
      redis.off("end", closed);
      resolve(isUsable);
    };
    const ready = () => finish(true);
    const closed = () => finish(false);
    redis.on("ready", ready);
    redis.on("close", closed);
    redis.on("end", closed);
  });
}

/** Where Redis is, without user and password. */
export function placeOf(address: RedisAddress): string {
  try {
    const url = new URL(address.url);
    return `${url.hostname}:${url.port === "" ? "6379" : url.port}`;
  } catch {
    return "the configured address";
  }
}

/**
 * What an error of the client means for a mapping. Redis begins each error of its own with an upper-case word; everything else
 * comes from the connection.
 */
export function problemFrom(error: unknown, address: RedisAddress, arn: string, key: string): SourceProblem {
  const message = error instanceof Error ? error.message : String(error);
  const word = /^[A-Z]+\b/.exec(message)?.[0] ?? "";
  const at = placeOf(address);
  switch (word) {
    case "WRONGTYPE":
      return wrongType(arn, key);
    case "NOAUTH":
    case "WRONGPASS":
    case "NOPERM":
      return {
        code: "denied",
        text: `PROBLEM: Cannot access stream ${arn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, DescribeStreamSummary, ListShards, and ListStreams Actions on your stream.`,
        detail: `Redis at ${at} refuses the user for ${key}: ${word}`,
      };
    case "LOADING":
    case "BUSY":
    case "OOM":
    case "READONLY":
    case "MASTERDOWN":
    case "CLUSTERDOWN":
      return { code: "broken", text: connectionText, detail: `Redis at ${at} cannot serve ${key} now: ${word}` };
    default:
      return unreachable(address);
  }
}

const connectionText = "PROBLEM: Connection error. Please check your event source connection configuration.";

export const unreachable = (address: RedisAddress): SourceProblem => ({
  code: "unreachable",
  text: connectionText,
  detail: `Redis at ${placeOf(address)} refuses the connection or does not answer`,
});

export const wrongType = (arn: string, key: string): SourceProblem => ({
  code: "wrongType",
  text: `PROBLEM: ${arn} is not a stream`,
  detail: `the Redis key ${key} holds another type than a stream`,
});

export const missing = (arn: string): SourceProblem => ({
  code: "missing",
  text: `PROBLEM: Stream not found: ${arn}`,
  detail: `the stream of ${arn} is not there`,
});
