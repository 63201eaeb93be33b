// A Redis that fails in the ways in which it can: what readers and producers are told meanwhile, and that nothing is lost.

import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../scripts/brokers/free-port.ts";
import { rightsOf } from "./support/rights.ts";
import {
  anOwnRedis,
  aRecord,
  aRedisHouse,
  connectionsOf,
  mappingOn,
  never,
  readerOf,
  readUntil,
  recordsOf,
  room,
  SHARD,
  textsOf,
  whenBlocked,
} from "./support/redis-house.ts";

const one = { shardCount: 1, mode: "PROVISIONED" } as const;
const connectionText = "PROBLEM: Connection error. Please check your event source connection configuration.";

describe("a Redis that goes away", () => {
  test("P-13: killed and started again, a waiting reader is told, goes on by itself, and misses nothing", async () => {
    const broker = await anOwnRedis();
    const house = aRedisHouse({ broker });
    await house.streams.create("orders", one);
    await house.put("orders", ["a"]);
    const reader = readerOf(house.source("orders"));
    await reader.read(room, never);
    const waiting = reader.read(room, never);
    await whenBlocked(house);
    await broker.kill();
    expect(await waiting).toEqual({
      kind: "problem",
      problem: {
        code: "unreachable",
        text: connectionText,
        detail: `Redis at 127.0.0.1:${broker.port} refuses the connection or does not answer`,
      },
    });
    // Away it stays the same one problem, for reads, starts and producers.
    const unreachable = { kind: "problem", problem: { code: "unreachable" } };
    expect(await reader.read(room, never)).toMatchObject(unreachable);
    expect(await house.source("orders").topology()).toMatchObject(unreachable);
    expect(await house.source("orders").resolve(SHARD, { kind: "latest" })).toMatchObject(unreachable);
    expect(await house.streams.append("orders", [aRecord("x")])).toMatchObject(unreachable);
    expect(await house.streams.describe("orders")).toMatchObject(unreachable);
    await broker.restart();
    await house.client.xadd(house.shardKey("orders"), "*", "partitionKey", "k", "data", "b");
    expect((await readUntil(reader, (texts) => texts.length > 0)).texts).toEqual(["b"]);
    const next = recordsOf(reader.read(room, never));
    await house.put("orders", ["c"]);
    expect(textsOf((await next).records)).toEqual(["c"]);
  });

  test("a connection that breaks while Redis is there is no problem: it is asked again", async () => {
    const broker = await anOwnRedis();
    const house = aRedisHouse({ broker, blockMs: 60_000 });
    await house.streams.create("orders", one);
    const reader = readerOf(house.source("orders"));
    await reader.read(room, never);
    const waiting = recordsOf(reader.read(room, never));
    await whenBlocked(house);
    for (const use of ["blocking", "commands"] as const) {
      const [line = ""] = await connectionsOf(house, use);
      const [, id = ""] = /^id=(\d+) /.exec(line) ?? [];
      expect(await house.client.call("CLIENT", "KILL", "ID", id)).toBe(1);
    }
    await house.put("orders", ["a"]);
    expect(textsOf((await waiting).records)).toEqual(["a"]);
    const next = recordsOf(reader.read(room, never));
    await house.put("orders", ["b"]);
    expect(textsOf((await next).records)).toEqual(["b"]);
  });

  test("a Redis that stands still is told within the bound, and read on when it goes on", async () => {
    const broker = await anOwnRedis();
    const house = aRedisHouse({ broker, answerWithinMs: 300, blockMs: 300 });
    await house.streams.create("orders", one);
    await house.put("orders", ["a"]);
    const reader = readerOf(house.source("orders"));
    await broker.pause();
    expect(await reader.read(room, never)).toMatchObject({ kind: "problem", problem: { code: "unreachable" } });
    await broker.resume();
    expect((await readUntil(reader, (texts) => texts.length > 0)).texts).toEqual(["a"]);
    const waiting = reader.read(room, never);
    await whenBlocked(house);
    await broker.pause();
    expect(await waiting).toMatchObject({ kind: "problem", problem: { code: "unreachable" } });
    await broker.resume();
    await house.put("orders", ["b"]);
    expect((await readUntil(reader, (texts) => texts.length > 0)).texts).toEqual(["b"]);
  });

  test("one that is not there at first is told, and used once it is there", async () => {
    // In this order: a server that starts meanwhile could be given the very port that is to be empty.
    const other = await anOwnRedis();
    const port = await freePort();
    const house = aRedisHouse({ broker: { ...other, url: `redis://127.0.0.1:${port}` } });
    const source = house.source("orders");
    expect(await source.topology()).toMatchObject({ problem: { code: "unreachable", text: connectionText } });
    const broker = await anOwnRedis({ port });
    expect(broker.port).toBe(port);
    await expect.poll(() => source.topology()).toMatchObject({ problem: { code: "missing" } });
  });

  test("one that runs a long script is told as busy, not as away", async () => {
    const broker = await anOwnRedis();
    const house = aRedisHouse({ broker });
    await house.streams.create("orders", one);
    const reader = readerOf(house.source("orders"));
    await house.client.config("SET", "busy-reply-threshold", "1");
    const spinning = house.client.eval("while true do end", 0).catch(() => undefined);
    await expect
      .poll(() => reader.read(room, never))
      .toMatchObject({
        kind: "problem",
        problem: { code: "broken", text: connectionText, detail: expect.stringContaining("BUSY") },
      });
    const other = new Redis(broker.url, { enableReadyCheck: false });
    onTestFinished(() => other.disconnect());
    await other.call("SCRIPT", "KILL");
    await spinning;
    await house.put("orders", ["a"]);
    expect((await readUntil(reader, (texts) => texts.length > 0)).texts).toEqual(["a"]);
  });
});

describe("a Redis that refuses", () => {
  const password = "secret-of-redis";
  /** The documented rights; whoever starts the broker also asks whether it is ready. */
  const restricted = {
    user: "mill",
    password,
    keys: ["shop:*"],
    commands: `${rightsOf("docs/redis-layout.md")} +ping`,
  };

  test("the documented rights are enough for everything, and none is too many", async () => {
    const broker = await anOwnRedis({ acl: restricted });
    const house = aRedisHouse({ broker, keyPrefix: "shop:" });
    const source = house.source("orders");
    expect(await house.streams.create("orders", { shardCount: 2, mode: "PROVISIONED" })).toEqual({ kind: "created" });
    expect((await source.topology()).kind).toBe("topology");
    for (const kind of ["latest", "trimHorizon"] as const)
      expect(await source.resolve(SHARD, { kind })).toMatchObject({ kind: "resolved", after: null });
    const reader = readerOf(source);
    const [plainReader] = [readerOf(house.plain())];
    await Promise.all([reader.read(room, never), plainReader.read(room, never)]);
    const waiting = [reader, plainReader].map((each) => recordsOf(each.read(room, never)));
    const first = { ...aRecord("a"), explicitHashKey: "0" };
    expect(await house.streams.append("orders", [first])).toMatchObject({ kind: "put" });
    await house.put("plain", ["b"]);
    expect((await Promise.all(waiting)).map(({ records }) => textsOf(records))).toEqual([["a"], ['{"data":"b"}']]);
    expect(await house.streams.setRetentionHours("orders", 30)).toEqual({ kind: "done" });
    expect(await house.streams.read("orders", SHARD, null, { limit: 9, maxBytes: 9 })).toMatchObject({
      kind: "records",
    });
    expect(await house.streams.list()).toEqual({ kind: "names", names: ["orders", "plain"] });
    expect(await house.streams.delete("orders")).toEqual({ kind: "deleted" });
    await expect(house.client.call("FLUSHALL")).rejects.toThrow("NOPERM");
    await expect(house.client.set("other:key", "x")).rejects.toThrow("NOPERM");
  });

  test("P-13: rights that are taken away and given back: denied meanwhile, then read on", async () => {
    const broker = await anOwnRedis();
    const house = aRedisHouse({ broker, keyPrefix: "shop:", blockMs: 100 });
    await house.streams.create("orders", one);
    const { host, port } = broker;
    await house.client.call("ACL", "SETUSER", "mill", "on", `>${password}`, "~shop:*", "+@all");
    const asMill = aRedisHouse({
      broker: { ...broker, url: `redis://mill:${password}@${host}:${port}` },
      keyPrefix: "shop:",
      blockMs: 100,
    });
    const reader = readerOf(asMill.source("orders"));
    await reader.read(room, never);
    const waiting = reader.read(room, never);
    await whenBlocked(asMill);
    await house.client.call("ACL", "SETUSER", "mill", "-xread");
    const denied = {
      kind: "problem",
      problem: {
        code: "denied",
        text: expect.stringMatching(/^PROBLEM: Cannot access stream arn:aws:kinesis:/),
        detail: expect.stringContaining("NOPERM"),
      },
    };
    expect(await waiting).toMatchObject(denied);
    expect(await reader.read(room, never)).toMatchObject(denied);
    await house.put("orders", ["a"]);
    await house.client.call("ACL", "SETUSER", "mill", "+xread");
    expect((await readUntil(reader, (texts) => texts.length > 0)).texts).toEqual(["a"]);
  });

  test("B3: a key that the user may not read is its own reader's problem only", async () => {
    const broker = await anOwnRedis();
    const { host, port } = broker;
    const admin = aRedisHouse({ broker, keyPrefix: "shop:" });
    await admin.client.call("ACL", "SETUSER", "mill", "on", `>${password}`, "~*", "+@all");
    await admin.streams.create("orders", one);
    const house = aRedisHouse({
      broker: { ...broker, url: `redis://mill:${password}@${host}:${port}` },
      keyPrefix: "shop:",
      blockMs: 100,
    });
    const plain = house.sources.open(
      { kind: "plainRedis", streamName: "app", redisKey: "app:clicks", dataField: null, partitionKeyField: null },
      mappingOn("app"),
    );
    const [foreign, own] = [readerOf(plain), readerOf(house.source("orders"))];
    await Promise.all([foreign.read(room, never), own.read(room, never)]);
    const [waiting, ownWaiting] = [foreign.read(room, never), recordsOf(own.read(room, never))];
    await whenBlocked(house);
    await admin.client.call("ACL", "SETUSER", "mill", "resetkeys", "~shop:*");
    expect(await waiting).toMatchObject({
      kind: "problem",
      problem: { code: "denied", detail: expect.stringContaining("app:clicks") },
    });
    await admin.put("orders", ["a"]);
    expect(textsOf((await ownWaiting).records)).toEqual(["a"]);
  });

  test.for([
    ["a wrong password", `mill:wrong@`, "WRONGPASS"],
    ["no password", "", "NOAUTH"],
  ] as const)("P-13: %s is denied, not unreachable, and the password is never told", async ([, login, word]) => {
    const broker = await anOwnRedis({ acl: { user: "mill", password } });
    const { host, port } = broker;
    const house = aRedisHouse({ broker: { ...broker, url: `redis://${login}${host}:${port}` } });
    const answer = await house.source("orders").topology();
    expect(answer).toMatchObject({
      kind: "problem",
      problem: { code: "denied", detail: expect.stringContaining(word) },
    });
    expect(JSON.stringify(answer)).not.toContain("wrong@");
    expect(await house.streams.list()).toMatchObject({ problem: { code: "denied" } });
  });

  test("P-13: a password that is changed and changed back is denied meanwhile, then all is read", async () => {
    const broker = await anOwnRedis();
    const { host, port } = broker;
    const admin = aRedisHouse({ broker, keyPrefix: "shop:" });
    await admin.client.call("ACL", "SETUSER", "mill", "on", `>${password}`, "~shop:*", "+@all");
    await admin.streams.create("orders", one);
    const house = aRedisHouse({
      broker: { ...broker, url: `redis://mill:${password}@${host}:${port}` },
      keyPrefix: "shop:",
    });
    const reader = readerOf(house.source("orders"));
    await reader.read(room, never);
    await admin.client.call("ACL", "SETUSER", "mill", "resetpass", ">another");
    await admin.client.call("CLIENT", "KILL", "USER", "mill");
    await expect.poll(() => reader.read(room, never)).toMatchObject({ kind: "problem", problem: { code: "denied" } });
    await admin.put("orders", ["a"]);
    await admin.client.call("ACL", "SETUSER", "mill", `>${password}`);
    expect((await readUntil(reader, (texts) => texts.length > 0)).texts).toEqual(["a"]);
  });

  test("TLS: a private authority is trusted where it is named, and told where it is not", async () => {
    const broker = await anOwnRedis({ tls: true, acl: restricted });
    const caPem = readFileSync(broker.caFile ?? "", "utf8");
    const house = aRedisHouse({ broker, caPem, keyPrefix: "shop:" });
    await house.streams.create("orders", one);
    await house.put("orders", ["a"]);
    expect(textsOf((await recordsOf(readerOf(house.source("orders")).read(room, never))).records)).toEqual(["a"]);
    const stranger = aRedisHouse({ broker, keyPrefix: "shop:" });
    const answer = await stranger.source("orders").topology();
    expect(answer).toMatchObject({
      problem: {
        code: "unreachable",
        text: connectionText,
        detail: expect.stringMatching(/TLS failed \(.*CERT.*caFile/),
      },
    });
    expect(JSON.stringify(answer)).not.toContain(password);
  });
});

test("P-12: nothing is lost and order is kept while Redis is killed, paused and cut again and again", async () => {
  const broker = await anOwnRedis();
  const house = aRedisHouse({ broker, answerWithinMs: 500 });
  await house.streams.create("orders", one);
  const kept: string[] = [];
  let isProducing = true;
  const producing = (async () => {
    for (let number = 0; isProducing; number += 1) {
      const answer = await house.streams.append("orders", [aRecord(`${number}`)]);
      if (answer.kind === "put") kept.push(`${number}`);
    }
  })();
  const reader = readerOf(house.source("orders"));
  const hasMore = (count: number) => (texts: readonly string[]) => texts.length >= count;
  const seen: string[] = [];
  const readSome = async (): Promise<void> => void seen.push(...(await readUntil(reader, hasMore(50))).texts);
  const faults = [
    () => broker.kill().then(() => broker.restart()),
    async () => {
      await broker.pause();
      // Long enough for what is under way to be given up: a question of ours is not answered within its bound.
      expect((await house.streams.describe("orders")).kind).toBe("problem");
      await broker.resume();
    },
    async () => void (await house.client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")),
  ];
  for (const fault of [...faults, ...faults]) {
    await readSome();
    await fault();
  }
  isProducing = false;
  await producing;
  const stored = (await house.client.xrange(house.shardKey("orders"), "-", "+")).map(([, fields]) => fields[3] ?? "");
  if (stored.length > seen.length) seen.push(...(await readUntil(reader, hasMore(stored.length - seen.length))).texts);
  expect(seen).toEqual(stored);
  expect(kept.filter((text) => !stored.includes(text))).toEqual([]);
});
