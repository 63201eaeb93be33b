// The connection itself: what stands between us and Redis, which database is meant, and how long an answer may take.

import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { PassThrough, Transform } from "node:stream";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { openRedisLine } from "../../workers/redis/redis-line.ts";
import { redisUrl } from "../brokers/redis-url.ts";
import {
  anOwnRedis,
  aRecord,
  aRedisHouse,
  never,
  readerOf,
  readUntil,
  recordsOf,
  room,
  textsOf,
} from "./support/redis-house.ts";

const within = { timeout: 10_000 };
const one = { shardCount: 1, mode: "PROVISIONED" } as const;

/** A port before Redis, as a container or a tunnel has one: it takes every connection, and drops it while Redis is away. */
async function aDoor(behindPort: number, pace: () => Transform = () => new PassThrough()) {
  let isOpen = false;
  const sockets = new Set<Socket>();
  const server = createServer((from) => {
    from.on("error", () => undefined);
    if (!isOpen) {
      from.destroy();
      return;
    }
    const to = connect(behindPort, "127.0.0.1");
    to.on("error", () => undefined);
    for (const socket of [from, to]) sockets.add(socket);
    from.pipe(to).pipe(pace()).pipe(from);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const shut = (): void => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(() => {
    shut();
    server.close();
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut,
    open: (): void => {
      isOpen = true;
    },
  };
}

test("P-13: a port that takes connections and drops them while Redis is away is read from once it is back", async () => {
  const broker = await anOwnRedis();
  const door = await aDoor(broker.port);
  const house = aRedisHouse({ broker: { ...broker, url: door.url } });
  const source = house.source("orders");
  const unreachable = { kind: "problem", problem: { code: "unreachable" } };
  expect(await source.topology()).toMatchObject(unreachable);
  expect(await source.topology()).toMatchObject(unreachable);
  door.open();
  await expect.poll(() => source.topology(), within).toMatchObject({ problem: { code: "missing" } });
  await house.streams.create("orders", one);
  const reader = readerOf(source);
  await reader.read(room, never);
  const waiting = reader.read(room, never);
  door.shut();
  expect(await waiting).toMatchObject(unreachable);
  door.open();
  await expect.poll(() => house.streams.append("orders", [aRecord("a")]), within).toMatchObject({ kind: "put" });
  expect((await readUntil(reader, (texts) => texts.length > 0)).texts).toEqual(["a"]);
});

/** A line of a few hundred kilobytes a second. */
const slowly = (): Transform =>
  new Transform({
    readableHighWaterMark: 16_384,
    transform(chunk: Buffer, _encoding, done) {
      setTimeout(() => done(null, chunk), chunk.length / 400);
    },
  });

test("L1: an answer that comes slowly is heard to its end; only silence is given up", async () => {
  const broker = await anOwnRedis();
  const door = await aDoor(broker.port, slowly);
  door.open();
  const house = aRedisHouse({ broker: { ...broker, url: door.url }, answerWithinMs: 500 });
  const atOnce = aRedisHouse({ broker, keyPrefix: house.keyPrefix });
  await atOnce.streams.create("orders", one);
  await atOnce.put("orders", ["x".repeat(600_000)]);
  expect((await recordsOf(readerOf(house.source("orders")).read(room, never))).records.length).toBe(1);
});

test("L4: the database of the address is the one that is used, also after a connection broke", async () => {
  const broker = await anOwnRedis();
  const house = aRedisHouse({ broker: { ...broker, url: `${broker.url}/3` } });
  await house.streams.create("orders", one);
  await house.client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await expect.poll(() => house.streams.append("orders", [aRecord("a")]), within).toMatchObject({ kind: "put" });
  expect(textsOf((await recordsOf(readerOf(house.source("orders")).read(room, never))).records)).toEqual(["a"]);
  const first = new Redis(broker.url);
  onTestFinished(() => first.disconnect());
  expect(await first.dbsize()).toBe(0);
});

test("L4: a database that Redis refuses is told, and no other one is written to", async () => {
  const broker = await anOwnRedis();
  const house = aRedisHouse({ broker: { ...broker, url: `${broker.url}/99` } });
  const refused = { code: "broken", detail: expect.stringContaining("DB index is out of range") };
  expect(await house.source("orders").topology()).toMatchObject({ kind: "problem", problem: refused });
  expect(await house.streams.create("orders", one)).toMatchObject({ kind: "problem", problem: refused });
  const first = new Redis(broker.url);
  onTestFinished(() => first.disconnect());
  expect(await first.dbsize()).toBe(0);
});

test("P-13, L4: a right to choose the database that is given later is used then", async () => {
  const broker = await anOwnRedis();
  const admin = aRedisHouse({ broker });
  await admin.client.call("ACL", "SETUSER", "mill", "on", ">secret", "~*", "+@all", "-select");
  const house = aRedisHouse({ broker: { ...broker, url: `redis://mill:secret@${broker.host}:${broker.port}/3` } });
  const source = house.source("orders");
  expect(await source.topology()).toMatchObject({ kind: "problem", problem: { code: "denied" } });
  await admin.client.call("ACL", "SETUSER", "mill", "+select");
  await expect.poll(() => source.topology(), within).toMatchObject({ problem: { code: "missing" } });
});

test("L1: a thread that stood still itself hears what has come meanwhile before it gives an answer up", async () => {
  const line = openRedisLine({ url: redisUrl(), keyPrefix: "", queuePrefix: "bull", caPem: null }, "commands", {
    answerWithinMs: 1_000,
  });
  onTestFinished(() => line.close());
  await line.ask((redis) => redis.ping());
  let hasAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    hasAsked = resolve;
  });
  const answer = line.ask((redis) => {
    hasAsked();
    return redis.ping();
  });
  await asked;
  const goesOnAtMs = performance.now() + 1_500;
  while (performance.now() < goesOnAtMs) continue;
  expect(await answer).toBe("PONG");
});
