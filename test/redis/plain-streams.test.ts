import { describe, expect, test } from "vitest";
import { entryIdFromSequenceNumber, sequenceNumberFromEntryId } from "../../src/kinds/kinesis/sequence-number.ts";
import {
  aRecord,
  aRedisHouse,
  never,
  readerOf,
  recordsOf,
  room,
  SHARD,
  textsOf,
  whenBlocked,
} from "./support/redis-house.ts";

const keysOf = (records: readonly { readonly partitionKey: Uint8Array }[]): string[] =>
  records.map(({ partitionKey }) => Buffer.from(partitionKey).toString());

describe("fields of a plain stream", () => {
  test("the chosen fields are data and partition key; an entry without them is whole, under its id", async () => {
    const { client, plain, plainKey } = aRedisHouse();
    await client.xadd(plainKey, "*", "user", "u1", "body", "hello");
    const bare = await client.xadd(plainKey, "*", "other", "x");
    const reader = readerOf(plain({ dataField: "body", partitionKeyField: "user" }));
    const { records } = await recordsOf(reader.read(room, never));
    expect(textsOf(records)).toEqual(["hello", '{"other":"x"}']);
    expect(keysOf(records)).toEqual(["u1", bare]);
  });

  test("a whole entry is a JSON object of texts in the entry's order, and the last of a field that is there twice", async () => {
    const { client, plain, plainKey } = aRedisHouse();
    await client.xadd(plainKey, "*", "b", 'quote " \\', "2", "two", "1", "one", "b", "é🚀", "__proto__", "p");
    const { records } = await recordsOf(readerOf(plain()).read(room, never));
    expect(textsOf(records)).toEqual(['{"b":"é🚀","2":"two","1":"one","__proto__":"p"}']);
  });

  test("binary data in a chosen field come through as they are", async () => {
    const { client, plain, plainKey } = aRedisHouse();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await client.xadd(plainKey, "*", "body", bytes, "user", bytes);
    const { records } = await recordsOf(
      readerOf(plain({ dataField: "body", partitionKeyField: "user" })).read(room, never),
    );
    expect(
      records.map(({ data, partitionKey }) => [Buffer.compare(data, bytes), Buffer.compare(partitionKey, bytes)]),
    ).toEqual([[0, 0]]);
  });
});

describe("producing into a plain stream", () => {
  test("a record stands in the chosen fields, and is read back as it was put", async () => {
    const plainFields = { dataField: "body", partitionKeyField: "user" };
    const { client, plainKey, put, streams, plain } = aRedisHouse({ plainFields });
    await put("plain", ["one", '{"a":"1"}']);
    const entries = await client.xrange(plainKey, "-", "+");
    expect(entries.map(([, fields]) => fields)).toEqual([
      ["user", "k", "body", "one"],
      ["user", "k", "body", '{"a":"1"}'],
    ]);
    const { records } = await recordsOf(readerOf(plain()).read(room, never));
    expect(textsOf(records)).toEqual(["one", '{"a":"1"}']);
    const read = await streams.read("plain", SHARD, null, { limit: 10, maxBytes: 1_000 });
    expect(read.kind === "records" && textsOf(read.records)).toEqual(["one", '{"a":"1"}']);
  });

  test("without chosen fields an object of texts becomes the entry; other data stand in a field of their own", async () => {
    const { client, plainKey, put, plain } = aRedisHouse();
    const given = ['{"order":"7","total":"12"}', '{"total":12}', "[]", "{}", "plain text"];
    await put("plain", given);
    const entries = await client.xrange(plainKey, "-", "+");
    expect(entries.map(([, fields]) => fields)).toEqual([
      ["order", "7", "total", "12"],
      ...given.slice(1).map((text) => ["data", text]),
    ]);
    const { records } = await recordsOf(readerOf(plain()).read(room, never));
    expect(textsOf(records)[0]).toBe(given[0]);
  });

  test("it is described and listed without being there, is made by nobody, and is never deleted", async () => {
    const { client, plainKey, put, streams } = aRedisHouse();
    expect(await streams.describe("plain")).toMatchObject({ kind: "stream", stream: { isPlain: true } });
    expect(await streams.list()).toEqual({ kind: "names", names: ["plain"] });
    expect(await streams.create("plain", { shardCount: 1, mode: "PROVISIONED" })).toEqual({ kind: "exists" });
    expect(await client.exists(plainKey)).toBe(0);
    await put("plain", ["a"]);
    expect(await streams.delete("plain")).toEqual({ kind: "missing" });
    expect(await streams.setRetentionHours("plain", 48)).toEqual({ kind: "missing" });
    expect(await client.xlen(plainKey)).toBe(1);
  });

  test("into a key of another type it answers with that problem", async () => {
    const { client, plainKey, streams } = aRedisHouse();
    await client.set(plainKey, "text");
    const answer = await streams.append("plain", [aRecord("a"), aRecord("b")]);
    expect(answer).toMatchObject({ kind: "problem", problem: { code: "wrongType" } });
    expect(await client.get(plainKey)).toBe("text");
  });
});

describe("a plain stream's key", () => {
  test("one that is not there yet is a stream without entries, and the first entry wakes its reader", async () => {
    const house = aRedisHouse();
    const { client, plain, plainKey } = house;
    const source = plain();
    expect(await source.topology()).toMatchObject({ kind: "topology", units: [{ id: SHARD, isClosed: false }] });
    expect(await source.resolve(SHARD, { kind: "latest" })).toEqual({
      kind: "resolved",
      after: null,
      earlierCount: 0,
    });
    const reader = readerOf(source);
    expect(await reader.read(room, never)).toMatchObject({ kind: "records", records: [], isCaughtUp: true });
    const waiting = recordsOf(reader.read(room, never));
    await whenBlocked(house);
    await client.xadd(plainKey, "*", "a", "1");
    const woken = await waiting;
    expect([textsOf(woken.records), woken.isCaughtUp, woken.lost]).toEqual([['{"a":"1"}'], true, null]);
  });

  test("P-13: one of another type is a problem wherever it is asked for, and read once it is a stream", async () => {
    const { client, plain, plainKey } = aRedisHouse();
    await client.set(plainKey, "text");
    const source = plain();
    const wrong = { kind: "problem", problem: { code: "wrongType", text: /^PROBLEM: .* is not a stream$/ } };
    const like = { ...wrong, problem: { ...wrong.problem, text: expect.stringMatching(wrong.problem.text) } };
    expect(await source.topology()).toMatchObject(like);
    expect(await source.resolve(SHARD, { kind: "latest" })).toMatchObject(like);
    const reader = readerOf(source);
    expect(await reader.read(room, never)).toMatchObject(like);
    await client.del(plainKey);
    await client.xadd(plainKey, "*", "a", "1");
    expect(textsOf((await recordsOf(reader.read(room, never))).records)).toEqual(['{"a":"1"}']);
  });

  test("P-13: one that becomes another type under a waiting reader is that reader's problem alone", async () => {
    const house = aRedisHouse({ blockMs: 200 });
    const { client, plain, plainKey, streams, source, put } = house;
    await streams.create("orders", { shardCount: 1, mode: "PROVISIONED" });
    await client.xadd(plainKey, "*", "a", "1");
    const reader = readerOf(plain());
    const other = readerOf(source("orders"));
    await reader.read(room, never);
    await other.read(room, never);
    const waiting = reader.read(room, never);
    const otherWaiting = recordsOf(other.read(room, never));
    await whenBlocked(house);
    await client.multi().del(plainKey).set(plainKey, "text").exec();
    expect(await waiting).toMatchObject({ kind: "problem", problem: { code: "wrongType" } });
    await put("orders", ["still read"]);
    expect(textsOf((await otherWaiting).records)).toEqual(["still read"]);
  });

  test("one that is deleted and filled anew with lower ids is read from its beginning", async () => {
    const house = aRedisHouse({ blockMs: 100 });
    const { client, plain, plainKey } = house;
    await client.xadd(plainKey, "100-1", "a", "old");
    const reader = readerOf(plain());
    await reader.read(room, never);
    const waiting = recordsOf(reader.read(room, never));
    await whenBlocked(house);
    await client.del(plainKey);
    await client.xadd(plainKey, "7-0", "a", "new");
    const woken = await waiting;
    expect([textsOf(woken.records), woken.lost]).toEqual([['{"a":"new"}'], null]);
    await client.xadd(plainKey, "8-0", "a", "next");
    expect(textsOf((await recordsOf(reader.read(room, never))).records)).toEqual(['{"a":"next"}']);
  });
});

describe("E-68: an app that trims its plain stream", () => {
  const fill = async (house: ReturnType<typeof aRedisHouse>, from: number, to: number): Promise<void> => {
    for (let id = from; id <= to; id += 1) await house.client.xadd(house.plainKey, `${id}-0`, "n", String(id));
  };
  const position = (id: number): string => sequenceNumberFromEntryId(`${id}-0`);
  const some = { ...room, records: 2 };

  test("a reader that was overtaken is told once, and goes on with the oldest entry left", async () => {
    const house = aRedisHouse();
    await fill(house, 1, 10);
    const reader = readerOf(house.plain());
    await reader.read(some, never);
    await house.client.xtrim(house.plainKey, "MAXLEN", "=", 3);
    const read = await recordsOf(reader.read(some, never));
    expect(textsOf(read.records)).toEqual(['{"n":"8"}', '{"n":"9"}']);
    expect(read.lost).toMatchObject({ after: position(2), before: position(8) });
    expect((await recordsOf(reader.read(some, never))).lost).toBeNull();
  });

  test("a checkpoint that was overtaken while nobody read is told as a gap", async () => {
    const house = aRedisHouse();
    await fill(house, 1, 10);
    await house.client.xtrim(house.plainKey, "MINID", "=", "5-0");
    const read = await recordsOf(readerOf(house.plain(), position(2)).read(room, never));
    expect([read.records.length, read.lost]).toEqual([6, { after: position(2), before: position(5), count: null }]);
  });

  test("a reader that waited at the tip is told how many it missed, and of none that it had read", async () => {
    const house = aRedisHouse();
    await fill(house, 1, 3);
    const reader = readerOf(house.plain());
    await reader.read(room, never);
    const waiting = recordsOf(reader.read(room, never));
    await whenBlocked(house);
    // All that was read goes, and nothing else: no gap.
    const first = house.client.multi().xtrim(house.plainKey, "MAXLEN", "=", 0);
    await first.xadd(house.plainKey, "4-0", "n", "4").exec();
    const read = await waiting;
    expect([textsOf(read.records), read.lost]).toEqual([['{"n":"4"}'], null]);
    const again = recordsOf(reader.read(room, never));
    await whenBlocked(house);
    const burst = house.client.multi();
    for (let id = 5; id <= 12; id += 1) burst.xadd(house.plainKey, "MAXLEN", "=", 2, `${id}-0`, "n", String(id));
    await burst.exec();
    const after = await again;
    expect(textsOf(after.records)).toEqual(['{"n":"11"}', '{"n":"12"}']);
    expect(after.lost).toEqual({ after: position(4), before: position(11), count: 6 });
  });

  test("a gap with nothing behind it is told too", async () => {
    const house = aRedisHouse();
    await fill(house, 1, 5);
    const reader = readerOf(house.plain());
    await reader.read(some, never);
    await house.client.xtrim(house.plainKey, "MAXLEN", "=", 0);
    const caughtUp = await recordsOf(reader.read(some, never));
    expect([caughtUp.records, caughtUp.isCaughtUp]).toEqual([[], true]);
    const told = await recordsOf(reader.read(some, never));
    expect(told.lost).toEqual({ after: position(2), before: null, count: null });
    await fill(house, 6, 6);
    const next = await recordsOf(reader.read(some, never));
    expect([textsOf(next.records), next.lost]).toEqual([['{"n":"6"}'], null]);
  });

  test("entries that the app deletes singly after they were read are no gap", async () => {
    const house = aRedisHouse();
    await fill(house, 1, 4);
    const reader = readerOf(house.plain());
    await reader.read(some, never);
    await house.client.xdel(house.plainKey, "2-0");
    const olderLeft = await recordsOf(reader.read({ ...room, records: 1 }, never));
    expect([textsOf(olderLeft.records), olderLeft.lost]).toEqual([['{"n":"3"}'], null]);
    await house.client.xdel(house.plainKey, "1-0", "3-0");
    const noneLeft = await recordsOf(reader.read(room, never));
    expect([textsOf(noneLeft.records), noneLeft.lost]).toEqual([['{"n":"4"}'], null]);
  });

  test("an entry that was deleted before it was read is passed over", async () => {
    const house = aRedisHouse();
    await fill(house, 1, 4);
    const reader = readerOf(house.plain());
    await reader.read(some, never);
    await house.client.xdel(house.plainKey, "3-0");
    const read = await recordsOf(reader.read(room, never));
    expect([textsOf(read.records), read.lost]).toEqual([['{"n":"4"}'], null]);
  });

  test("H-3: starts are found by the ids that the app gave", async () => {
    const house = aRedisHouse();
    await fill(house, 1, 5);
    const source = house.plain();
    const placeOf = async (start: Parameters<typeof source.resolve>[1]): Promise<string | null> => {
      const answer = await source.resolve(SHARD, start);
      if (answer.kind !== "resolved") throw new Error(answer.problem.detail);
      return answer.after === null ? null : entryIdFromSequenceNumber(answer.after);
    };
    expect(await placeOf({ kind: "trimHorizon" })).toBeNull();
    expect(await placeOf({ kind: "latest" })).toBe("5-0");
    expect(await placeOf({ kind: "atTimestamp", atMs: 3 })).toBe("2-0");
    expect(await placeOf({ kind: "atTimestamp", atMs: 1 })).toBeNull();
  });
});
