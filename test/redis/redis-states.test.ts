// A Redis in a state in which it answers, but not with what was asked for: it loads, it is full, it is a replica, it is a cluster.

import { randomBytes } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { RunningBroker } from "../../scripts/brokers/broker.ts";
import { streamKeys } from "../../workers/redis/redis-layout.ts";
import { openRedisLine } from "../../workers/redis/redis-line.ts";
import { problemFrom } from "../../workers/redis/redis-problems.ts";
import { trimAll } from "../../workers/redis/redis-trimming.ts";
import {
  anOwnRedis,
  aRecord,
  aRedisHouse,
  connectionsOf,
  never,
  readerOf,
  readUntil,
  recordsOf,
  room,
  textsOf,
  whenBlocked,
} from "./support/redis-house.ts";

const one = { shardCount: 1, mode: "PROVISIONED" } as const;
const connectionText = "PROBLEM: Connection error. Please check your event source connection configuration.";
const MS_PER_HOUR = 3_600_000;

/** For its next start. */
const configure = (broker: RunningBroker, lines: readonly string[]): Promise<void> =>
  appendFile(join(broker.folder ?? "", "redis.conf"), `${lines.join("\n")}\n`);

test("P-13: a Redis that loads its data says so, and is read on once it has", async () => {
  const broker = await anOwnRedis();
  const house = aRedisHouse({ broker });
  await house.streams.create("orders", one);
  const reader = readerOf(house.source("orders"));
  await reader.read(room, never);
  await house.put("orders", ["a"]);
  const ballast = house.client.pipeline();
  for (let index = 0; index < 64; index += 1) ballast.set(`ballast:${index}`, randomBytes(4_096));
  await ballast.exec();
  // Of a rewritten log the first part is a snapshot, which is loaded a key at a time.
  await house.client.bgrewriteaof();
  await expect.poll(() => house.client.info("persistence")).toMatch(/aof_rewrite_in_progress:0[^]*aof_rewrites:1/);
  await broker.kill();
  await configure(broker, ["key-load-delay 300000", "loading-process-events-interval-bytes 1024"]);
  const restarted = broker.restart();
  await expect
    .poll(() => reader.read(room, never), { timeout: 10_000 })
    .toMatchObject({
      kind: "problem",
      problem: { code: "broken", text: connectionText, detail: expect.stringContaining("LOADING") },
    });
  expect(await house.streams.append("orders", [aRecord("x")])).toMatchObject({ problem: { code: "broken" } });
  await house.client.config("SET", "key-load-delay", "0");
  await restarted;
  expect((await readUntil(reader, (texts) => texts.length > 0)).texts).toEqual(["a"]);
  const next = readUntil(reader, (texts) => texts.length > 0);
  await house.put("orders", ["b"]);
  expect((await next).texts).toEqual(["b"]);
});

test("a Redis that is full refuses producers, is read all the same, and is relieved by retention and by deleting a stream", async () => {
  const broker = await anOwnRedis();
  const house = aRedisHouse({ broker });
  const startMs = 1_700_000_000_000;
  for (const name of ["old", "orders"]) {
    await house.streams.create(name, one);
    for (let ms = 0; ms < 4; ms += 1)
      await house.client.xadd(
        house.shardKey(name),
        `${startMs + ms}-0`,
        "partitionKey",
        "k",
        "data",
        "x".repeat(1_000),
      );
  }
  await house.client.config("SET", "maxmemory", "1mb");
  expect(await house.streams.append("orders", [aRecord("x")])).toMatchObject({
    problem: { code: "broken", detail: expect.stringContaining("OOM") },
  });
  const reader = readerOf(house.source("orders"));
  expect((await readUntil(reader, (texts) => texts.length >= 4)).texts.length).toBe(4);
  const commands = openRedisLine(house.address, "commands");
  onTestFinished(() => commands.close());
  const keys = streamKeys(house.keyPrefix);
  expect(await trimAll({ commands, keys, nowMs: () => startMs + 24 * MS_PER_HOUR + 2 })).toBe(4);
  expect(await house.client.hget(house.metaKey("old"), "trimmed:shardId-000000000000")).toBe(`${startMs + 1}-0`);
  expect(await house.streams.delete("old")).toEqual({ kind: "deleted" });
  expect(await house.client.exists(house.metaKey("old"), house.shardKey("old"))).toBe(0);
  expect(await house.streams.list()).toEqual({ kind: "names", names: ["orders", "plain"] });
});

test("a wait that Redis gives up by itself is no problem: whoever waited looks and waits again", async () => {
  const house = aRedisHouse();
  await house.streams.create("orders", one);
  const reader = readerOf(house.source("orders"));
  await reader.read(room, never);
  const waiting = recordsOf(reader.read(room, never));
  await whenBlocked(house);
  const [line = ""] = await connectionsOf(house, "blocking");
  const [, id = ""] = /^id=(\d+) /.exec(line) ?? [];
  expect(await house.client.call("CLIENT", "UNBLOCK", id, "ERROR")).toBe(1);
  await whenBlocked(house);
  await house.put("orders", ["a"]);
  expect(textsOf((await waiting).records)).toEqual(["a"]);
});

test("P-13: a server that becomes a replica is read as one, says when it has lost its master, and is read on when it is one itself", async () => {
  const [master, broker] = [await anOwnRedis(), await anOwnRedis()];
  const house = aRedisHouse({ broker, keyPrefix: "shop:", blockMs: 200 });
  const atMaster = aRedisHouse({ broker: master, keyPrefix: "shop:" });
  await atMaster.streams.create("orders", one);
  await atMaster.client.config("SET", "repl-diskless-sync-delay", "0");
  await house.client.call("REPLICAOF", master.host, master.port);
  const source = house.source("orders");
  await expect.poll(() => source.topology(), { timeout: 20_000 }).toMatchObject({ kind: "topology" });
  const reader = readerOf(source);
  const first = readUntil(reader, (texts) => texts.length > 0);
  await atMaster.put("orders", ["a"]);
  expect((await first).texts).toEqual(["a"]);
  expect(await house.streams.append("orders", [aRecord("x")])).toMatchObject({
    problem: { code: "broken", text: connectionText, detail: expect.stringContaining("READONLY") },
  });
  await house.client.config("SET", "replica-serve-stale-data", "no");
  await master.kill();
  await expect
    .poll(() => reader.read(room, never), { timeout: 10_000 })
    .toMatchObject({ problem: { code: "broken", detail: expect.stringContaining("MASTERDOWN") } });
  await house.client.call("REPLICAOF", "NO", "ONE");
  await house.put("orders", ["b"]);
  expect((await readUntil(reader, (texts) => texts.length > 0)).texts).toEqual(["b"]);
});

test("a Redis Cluster is told as such: it is not supported", async () => {
  const broker = await anOwnRedis({ durable: false });
  await configure(broker, ["cluster-enabled yes"]);
  await broker.restart();
  const house = aRedisHouse({ broker });
  const cluster = { code: "broken", text: connectionText, detail: expect.stringContaining("Redis Cluster") };
  expect(await house.source("orders").topology()).toMatchObject({ kind: "problem", problem: cluster });
  expect(await house.streams.create("orders", one)).toMatchObject({ kind: "problem", problem: cluster });
});

test("what is no fault of the connection is not told as one", () => {
  const address = { url: "redis://somebody:secret@host:1", keyPrefix: "", queuePrefix: "bull", caPem: null };
  const problem = problemFrom(new TypeError("of our own making"), address, { arn: "arn", key: "k" });
  expect(problem).toEqual({
    code: "broken",
    text: connectionText,
    detail: "Redis at host:1 cannot serve k now: of our own making",
  });
});
