import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { NewRecord } from "../../src/ports/streams.ts";
import { entryIdFromSequenceNumber } from "../../src/kinds/kinesis/sequence-number.ts";
import { before, isAfter } from "../../workers/redis/entry-ids.ts";
import {
  aRecord,
  aRedisHouse,
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

test("entry ids compare and step back over their whole range", () => {
  const ids = ["0-0", "0-1", "1-0", "9-0", "10-0", "10-9", "10-10", "18446744073709551615-18446744073709551615"];
  for (const [index, id] of ids.entries()) {
    expect(ids.map((other) => isAfter(id, other))).toEqual(ids.map((_, other) => other < index));
  }
  expect([before("10-1"), before("10-0"), before("0-1")]).toEqual(["10-0", "9-18446744073709551615", "0-0"]);
});

describe("any Redis client as the producer", () => {
  test("by the documented layout alone it finds the shard, and the records are read", async () => {
    const house = aRedisHouse();
    await house.streams.create("orders", { shardCount: 4, mode: "PROVISIONED" });
    const shards = JSON.parse((await house.client.hget(house.metaKey("orders"), "shards")) ?? "") as readonly {
      readonly id: string;
      readonly startingHashKey: string;
      readonly endingHashKey: string;
      readonly endingSequenceNumber: string | null;
    }[];
    const shardOf = (key: string): string => {
      const hashKey = BigInt(`0x${createHash("md5").update(key).digest("hex")}`);
      const shard = shards.find(
        (each) =>
          each.endingSequenceNumber === null &&
          BigInt(each.startingHashKey) <= hashKey &&
          hashKey <= BigInt(each.endingHashKey),
      );
      return shard?.id ?? "";
    };
    for (const key of ["a", "b", "c", "d", "é🚀"]) {
      const id = await house.client.xadd(house.shardKey("orders", shardOf(key)), "*", "partitionKey", key, "data", key);
      const read = await house.streams.read("orders", shardOf(key), null, { limit: 100, maxBytes: 1_000 });
      const last = read.kind === "records" ? read.records.at(-1) : undefined;
      expect([last?.partitionKey, entryIdFromSequenceNumber(last?.sequenceNumber ?? "")]).toEqual([key, id]);
      const put = await house.streams.append("orders", [{ ...aRecord("x"), partitionKey: key }]);
      expect(put).toMatchObject({ kind: "put", puts: [{ shardId: shardOf(key) }] });
    }
  });

  test("fields may come in any order, lack, or be more than asked for", async () => {
    const house = aRedisHouse();
    await house.streams.create("orders", one);
    const key = house.shardKey("orders");
    await house.client.xadd(key, "*", "data", "d1", "partitionKey", "k1");
    await house.client.xadd(key, "*", "partitionKey", "k2", "explicitHashKey", "0", "data", "d2", "trace", "t");
    await house.client.xadd(key, "*", "data", "d3");
    await house.client.xadd(key, "*", "partitionKey", "k4");
    const { records } = await recordsOf(readerOf(house.source("orders")).read(room, never));
    expect(records.map((record) => [String(record.partitionKey), String(record.data)])).toEqual([
      ["k1", "d1"],
      ["k2", "d2"],
      ["", "d3"],
      ["k4", ""],
    ]);
  });

  test("what it wrote into a shard before the stream was made is read from the beginning", async () => {
    const house = aRedisHouse();
    await house.client.xadd(house.shardKey("orders"), "*", "partitionKey", "k", "data", "early");
    await house.streams.create("orders", one);
    expect(textsOf((await recordsOf(readerOf(house.source("orders")).read(room, never))).records)).toEqual(["early"]);
  });
});

describe("appending", () => {
  test("a hash key that no open shard takes is a value, and nothing is written", async () => {
    const house = aRedisHouse();
    await house.streams.create("orders", { shardCount: 2, mode: "PROVISIONED" });
    const meta = house.metaKey("orders");
    const shards = JSON.parse((await house.client.hget(meta, "shards")) ?? "") as { endingSequenceNumber: unknown }[];
    const [first, second] = shards;
    await house.client.hset(meta, "shards", JSON.stringify([first, { ...second, endingSequenceNumber: "49" }]));
    const record = (explicitHashKey: string): NewRecord => ({ ...aRecord("x"), explicitHashKey });
    const answer = await house.streams.append("orders", [record("0"), record(String(2n ** 128n - 1n))]);
    expect(answer).toMatchObject({ kind: "problem", problem: { code: "broken" } });
    expect(await house.client.exists(house.shardKey("orders"))).toBe(0);
  });

  test("all or nothing: a shard's key of another type keeps the others empty too", async () => {
    const house = aRedisHouse();
    await house.streams.create("orders", { shardCount: 2, mode: "PROVISIONED" });
    await house.client.set(house.shardKey("orders", "shardId-000000000001"), "text");
    const answer = await house.streams.append("orders", [
      { ...aRecord("x"), explicitHashKey: "0" },
      { ...aRecord("x"), explicitHashKey: String(2n ** 128n - 1n) },
    ]);
    expect(answer).toMatchObject({ kind: "problem", problem: { code: "wrongType" } });
    expect(await house.client.exists(house.shardKey("orders"))).toBe(0);
  });

  test("a stream that is deleted while records are on their way keeps no shard behind", async () => {
    const house = aRedisHouse();
    for (let round = 0; round < 20; round += 1) {
      await house.streams.create("orders", one);
      const [deleted, ...puts] = await Promise.all([
        house.streams.delete("orders"),
        ...Array.from({ length: 5 }, () => house.streams.append("orders", [aRecord("x")])),
      ]);
      expect(deleted).toEqual({ kind: "deleted" });
      expect(puts.every(({ kind }) => kind === "put" || kind === "missing")).toBe(true);
      expect(await house.client.exists(house.shardKey("orders"))).toBe(0);
    }
  });

  test("one call of 500 records over four shards is one piece for those who wait", async () => {
    const house = aRedisHouse();
    await house.streams.create("orders", { shardCount: 4, mode: "PROVISIONED" });
    const source = house.source("orders");
    const shardIds = [0, 1, 2, 3].map((index) => `shardId-00000000000${index}`);
    const readers = shardIds.map((id) => source.open(id, null, { firstOrdinal: 0 }));
    await Promise.all(readers.map((reader) => reader.read(room, never)));
    const waiting = readers.map((reader) => recordsOf(reader.read(room, never)));
    const records = Array.from({ length: 500 }, (_, index) => ({ ...aRecord(`${index}`), partitionKey: `k${index}` }));
    await house.streams.append("orders", records);
    const first = await Promise.all(waiting);
    const rest = await Promise.all(
      readers.map((reader, index) =>
        first[index]?.isCaughtUp === true ? Promise.resolve(null) : reader.read(room, never),
      ),
    );
    const all = [...first, ...rest].flatMap((read) => (read?.kind === "records" ? textsOf(read.records) : []));
    expect(all.length).toBe(500);
    expect(new Set(all).size).toBe(500);
  });

  test("after close it answers with a problem", async () => {
    const house = aRedisHouse();
    await house.streams.create("orders", one);
    await house.streams.close();
    expect(await house.streams.append("orders", [aRecord("x")])).toMatchObject({ kind: "problem" });
  });
});

describe("reading", () => {
  test("large records are handed out in little more than there is room for", async () => {
    const house = aRedisHouse();
    await house.streams.create("orders", one);
    const large = "x".repeat(1_048_576);
    for (let index = 0; index < 30; index += 1) await house.put("orders", [large]);
    const reader = readerOf(house.source("orders"));
    const sizes: number[] = [];
    for (let isCaughtUp = false; !isCaughtUp; ) {
      const read = await recordsOf(reader.read({ records: 10_000, bytes: 5_000_000 }, never));
      const bytes = read.records.reduce((sum, record) => sum + record.sizeBytes, 0);
      expect(bytes - (read.records.at(-1)?.sizeBytes ?? 0)).toBeLessThan(5_000_000);
      sizes.push(read.records.length);
      isCaughtUp = read.isCaughtUp;
    }
    expect(sizes.reduce((sum, count) => sum + count, 0)).toBe(30);
    expect(Math.max(...sizes)).toBe(4);
  });

  test("P-13: a stream that is deleted is noticed at once by those who wait, and by no other stream's readers", async () => {
    const house = aRedisHouse({ blockMs: 60_000 });
    await house.streams.create("orders", one);
    await house.streams.create("others", one);
    const [reader, other] = [readerOf(house.source("orders")), readerOf(house.source("others"))];
    await Promise.all([reader.read(room, never), other.read(room, never)]);
    const [waiting, otherWaiting] = [reader.read(room, never), recordsOf(other.read(room, never))];
    await whenBlocked(house);
    await house.streams.delete("orders");
    expect(await waiting).toEqual({
      kind: "problem",
      problem: {
        code: "missing",
        text: "PROBLEM: Stream not found. Please check your event source.",
        detail: expect.stringContaining("orders"),
      },
    });
    await house.put("others", ["x"]);
    expect(textsOf((await otherWaiting).records)).toEqual(["x"]);
  });

  test("R4: a stream that is deleted and made anew, with lower ids, is read from its beginning", async () => {
    const house = aRedisHouse({ blockMs: 100 });
    await house.streams.create("orders", one);
    await house.put("orders", ["old"]);
    const reader = readerOf(house.source("orders"));
    await reader.read(room, never);
    const next = readUntil(reader, (texts) => texts.length > 0);
    await house.streams.delete("orders");
    await house.streams.create("orders", one);
    await house.client.xadd(house.shardKey("orders"), "7-0", "partitionKey", "k", "data", "replayed");
    expect((await next).texts).toEqual(["replayed"]);
    await house.client.xadd(house.shardKey("orders"), "8-0", "partitionKey", "k", "data", "next");
    expect((await readUntil(reader, (texts) => texts.length > 0)).texts).toEqual(["next"]);
  });

  test("R4: after a failover that lost the newest records, what comes below the reader's place is not missed", async () => {
    const house = aRedisHouse({ blockMs: 100 });
    await house.streams.create("orders", one);
    const key = house.shardKey("orders");
    const laterMs = Date.now() + 100_000;
    const [kept, since, lost] = [`${laterMs}-0`, `${laterMs + 1}-0`, `${laterMs + 2}-0`];
    for (const id of [kept, lost]) await house.client.xadd(key, id, "partitionKey", "k", "data", id);
    const reader = readerOf(house.source("orders"));
    expect((await readUntil(reader, (texts) => texts.length > 1)).texts).toEqual([kept, lost]);
    // Long since read: no gap.
    await house.client.hset(house.metaKey("orders"), `trimmed:${SHARD}`, "1-0");
    const next = recordsOf(reader.read(room, never));
    await whenBlocked(house);
    // What a server knows that never heard of the last record.
    await house.client.multi().xdel(key, lost).call("XSETID", key, kept).exec();
    await house.client.xadd(key, since, "partitionKey", "k", "data", since);
    const read = await next;
    expect([textsOf(read.records), read.lost]).toEqual([[kept, since], null]);
  });

  test("a hash that is none of ours is no stream, and is not taken over half", async () => {
    const house = aRedisHouse();
    const meta = house.metaKey("orders");
    await house.streams.create("orders", one);
    for (const shards of ["not json", "{}", '[{"id":"shardId-000000000000"}]', '[{"id":"s","startingHashKey":"x"}]']) {
      await house.client.hset(meta, "shards", shards);
      expect(await house.streams.describe("orders")).toEqual({ kind: "missing" });
      expect(await house.source("orders").topology()).toMatchObject({ problem: { code: "missing" } });
    }
    await house.client.del(meta);
    await house.client.set(meta, "text");
    expect(await house.streams.describe("orders")).toMatchObject({ problem: { code: "wrongType" } });
    expect(await house.streams.create("orders", one)).toMatchObject({ problem: { code: "wrongType" } });
  });
});

test("many idle shards of many readers share one connection for commands and one that waits", async () => {
  const house = aRedisHouse();
  await house.streams.create("orders", { shardCount: 200, mode: "PROVISIONED" });
  const source = house.source("orders");
  const ids = Array.from({ length: 200 }, (_, index) => `shardId-${String(index).padStart(12, "0")}`);
  const readers = ids.map((id) => source.open(id, null, { firstOrdinal: 0 }));
  await Promise.all(readers.map((reader) => reader.read(room, never)));
  const waiting = readers.map((reader) => recordsOf(reader.read(room, never)));
  await whenBlocked(house);
  const list = String(await house.client.call("CLIENT", "LIST"));
  expect(list.split("\n").filter((line) => line.includes(house.name)).length).toBe(2);
  const everywhere = house.client.pipeline();
  for (const id of ids) everywhere.xadd(house.shardKey("orders", id), "*", "partitionKey", "k", "data", id);
  await everywhere.exec();
  expect((await Promise.all(waiting)).map(({ records }) => textsOf(records))).toEqual(ids.map((id) => [id]));
  expect(SHARD).toBe(ids[0]);
});
