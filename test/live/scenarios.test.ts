import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { runScenarios } from "../../src/cli/scenarios-command.ts";
import { readScenario } from "../../src/wiring/scenario-file.ts";
import { redisUrl } from "../brokers/redis-url.ts";

const root = join(import.meta.dirname, "..", "scenarios");

/** Each server of this process has its state directory released when that exits; two folders at once have twelve. */
process.setMaxListeners(20);

/** The folder's scenarios but those in which minutes pass: they run under virtual time, and by hand. */
function withoutLongClock(folder: string): string {
  const chosen = mkdtempSync(join(tmpdir(), "millrace-scenarios-"));
  onTestFinished(() => rmSync(chosen, { recursive: true, force: true }));
  for (const file of readdirSync(join(root, folder))) {
    const path = join(root, folder, file);
    if (!readScenario(path).requires.includes("long-clock")) copyFileSync(path, join(chosen, file));
  }
  return chosen;
}

type Ran = Awaited<ReturnType<typeof runScenarios>>;

async function ran(folder: string, options: { readonly redis?: string } = {}): Promise<{ counts: Ran; lines: string }> {
  const lines: string[] = [];
  const terminal = { cwd: process.cwd(), write: (text: string) => void lines.push(text) };
  const counts = await runScenarios(withoutLongClock(folder), { live: true, ...options }, terminal);
  return { counts, lines: lines.join("") };
}

test("recorded Kinesis and API scenarios pass live, through the public API of a real server", async () => {
  const [kinesis, api] = await Promise.all([ran("kinesis"), ran("api")]);
  expect(kinesis.counts, kinesis.lines).toEqual({ passed: 13, failed: 0, skipped: 0 });
  expect(api.counts, api.lines).toEqual({ passed: 15, failed: 0, skipped: 0 });
});

test("recorded SQS scenarios pass live, sent and looked at by SQS's own calls, in the embedded store and in Redis", async () => {
  const [embedded, redis] = await Promise.all([ran("sqs"), ran("sqs", { redis: redisUrl() })]);
  expect(embedded.counts, embedded.lines).toEqual({ passed: 14, failed: 0, skipped: 0 });
  expect(redis.counts, redis.lines).toEqual({ passed: 14, failed: 0, skipped: 0 });
});

test("recorded DynamoDB scenarios pass live: tables and their streams are made and written by DynamoDB's own calls", async () => {
  const { counts, lines } = await ran("dynamodb");
  expect(counts, lines).toEqual({ passed: 18, failed: 0, skipped: 0 });
});

test("recorded Kinesis and DynamoDB scenarios pass live with their streams in Redis, and leave no stream there", async () => {
  const redis = redisUrl();
  const [kinesis, dynamodb] = await Promise.all([ran("kinesis", { redis }), ran("dynamodb", { redis })]);
  expect(kinesis.counts, kinesis.lines).toEqual({ passed: 13, failed: 0, skipped: 0 });
  expect(dynamodb.counts, dynamodb.lines).toEqual({ passed: 18, failed: 0, skipped: 0 });
  const client = new Redis(redisUrl());
  onTestFinished(() => client.disconnect());
  expect(await client.keys("millrace-scenario-*{*")).toEqual([]);
});
