// Recorded scenarios through the public API of real servers, with their sources in Redis; those of SQS in both stores.

import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { redisUrl } from "../brokers/redis-url.ts";
import { LONG, ran } from "./support/scenarios.ts";

test(
  "recorded SQS scenarios pass live, sent and looked at by SQS's own calls, in the embedded store and in Redis",
  LONG,
  async () => {
    const [embedded, redis] = await Promise.all([ran("sqs"), ran("sqs", { redis: redisUrl() })]);
    expect(embedded.counts, embedded.lines).toEqual({ passed: 14, failed: 0, skipped: 0 });
    expect(redis.counts, redis.lines).toEqual({ passed: 14, failed: 0, skipped: 0 });
  },
);

test(
  "recorded Kinesis and DynamoDB scenarios pass live with their streams in Redis, and leave no stream there",
  LONG,
  async () => {
    const redis = redisUrl();
    const [kinesis, dynamodb] = await Promise.all([ran("kinesis", { redis }), ran("dynamodb", { redis })]);
    expect(kinesis.counts, kinesis.lines).toEqual({ passed: 13, failed: 0, skipped: 0 });
    expect(dynamodb.counts, dynamodb.lines).toEqual({ passed: 18, failed: 0, skipped: 0 });
    const client = new Redis(redisUrl());
    onTestFinished(() => client.disconnect());
    expect(await client.keys("millrace-scenario-*{*")).toEqual([]);
  },
);
