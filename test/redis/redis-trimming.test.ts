import { expect, onTestFinished, test } from "vitest";
import { streamKeys } from "../../workers/redis/redis-layout.ts";
import { openRedisLine } from "../../workers/redis/redis-line.ts";
import { createRedisStreams } from "../../workers/redis/redis-streams.ts";
import { trimAll } from "../../workers/redis/redis-trimming.ts";
import {
  anOwnRedis,
  aRedisHouse,
  never,
  type RedisHouse,
  readerOf,
  recordsOf,
  room,
  textsOf,
} from "./support/redis-house.ts";

const MS_PER_HOUR = 3_600_000;
const one = { shardCount: 1, mode: "PROVISIONED" } as const;
/** Instants of the tests: ids are given, so no clock matters but the one that is passed in. */
const START_MS = 1_700_000_000_000;

function trimmer(house: RedisHouse): (nowMs: number) => Promise<number> {
  const commands = openRedisLine(house.address, "commands");
  onTestFinished(() => commands.close());
  return (nowMs) => trimAll({ commands, keys: streamKeys(house.keyPrefix), nowMs: () => nowMs });
}

const add = (house: RedisHouse, id: string, name = "orders"): Promise<string | null> =>
  house.client.xadd(house.shardKey(name), id, "partitionKey", "k", "data", id);
const left = async (house: RedisHouse, name = "orders"): Promise<readonly string[]> =>
  (await house.client.xrange(house.shardKey(name), "-", "+")).map(([id]) => id);

test("records leave when they are older than the retention, to the millisecond, and the last that left is remembered", async () => {
  const house = aRedisHouse();
  await house.streams.create("orders", one);
  const ids = [0, 1, 1, 2].map((ms, index) => `${START_MS + ms}-${index}`);
  for (const id of ids) await add(house, id);
  const trim = trimmer(house);
  expect(await trim(START_MS + 24 * MS_PER_HOUR)).toBe(0);
  expect(await left(house)).toEqual(ids);
  expect(await trim(START_MS + 24 * MS_PER_HOUR + 2)).toBe(3);
  expect(await left(house)).toEqual(ids.slice(3));
  expect(await house.client.hget(house.metaKey("orders"), "trimmed:shardId-000000000000")).toBe(ids[2]);
  expect(await trim(START_MS + 24 * MS_PER_HOUR + 2)).toBe(0);
});

test("a stream's own retention counts, and a clock before it takes nothing", async () => {
  const house = aRedisHouse();
  await house.streams.create("orders", one);
  await house.streams.create("kept", one);
  await house.streams.setRetentionHours("kept", 48);
  await add(house, `${START_MS}-0`);
  await add(house, `${START_MS}-0`, "kept");
  const trim = trimmer(house);
  expect(await trim(1_000)).toBe(0);
  await trim(START_MS + 30 * MS_PER_HOUR);
  expect([await left(house), await left(house, "kept")]).toEqual([[], [`${START_MS}-0`]]);
});

test("E-68: an old place that retention has overtaken between two reads is told, and never passed over in silence", async () => {
  let nowMs = START_MS + 23.5 * MS_PER_HOUR;
  const house = aRedisHouse({ nowMs: () => nowMs });
  await house.streams.create("orders", one);
  for (let ms = 0; ms < 6; ms += 1) await add(house, `${START_MS + ms}-0`);
  const reader = readerOf(house.source("orders"));
  const some = { ...room, records: 2 };
  expect((await recordsOf(reader.read(some, never))).lost).toBeNull();
  nowMs = START_MS + 24 * MS_PER_HOUR + 5;
  await trimmer(house)(nowMs);
  const read = await recordsOf(reader.read(some, never));
  expect([textsOf(read.records), read.isCaughtUp, read.lost !== null]).toEqual([[`${START_MS + 5}-0`], true, true]);
});

test("a stream that is deleted while it is trimmed does not come back to life", async () => {
  const house = aRedisHouse();
  const trim = trimmer(house);
  for (let round = 0; round < 20; round += 1) {
    await house.streams.create("orders", one);
    await add(house, `${START_MS}-0`);
    await Promise.all([house.streams.delete("orders"), trim(START_MS + 30 * MS_PER_HOUR)]);
    expect(await house.client.exists(house.metaKey("orders"))).toBe(0);
  }
});

test("a stream that cannot be trimmed keeps no other from it", async () => {
  const house = aRedisHouse();
  for (const name of ["a-broken", "b-shard", "orders"]) await house.streams.create(name, one);
  await add(house, `${START_MS}-0`);
  await house.client.multi().del(house.metaKey("a-broken")).set(house.metaKey("a-broken"), "text").exec();
  await house.client.set(house.shardKey("b-shard"), "text");
  expect(await trimmer(house)(START_MS + 30 * MS_PER_HOUR)).toBe(1);
  expect(await left(house)).toEqual([]);
});

test("plain streams are left alone, whatever their age", async () => {
  const house = aRedisHouse();
  await house.client.xadd(house.plainKey, "1-0", "a", "1");
  await trimmer(house)(START_MS);
  expect(await house.client.xlen(house.plainKey)).toBe(1);
});

test("records that may not be taken away are told, once, and go when they may", async () => {
  const broker = await anOwnRedis();
  const house = aRedisHouse({ broker });
  await house.streams.create("orders", one);
  await add(house, `${START_MS}-0`);
  await house.client.call("ACL", "SETUSER", "mill", "on", ">secret", "~*", "+@all", "-xtrim");
  const told: string[] = [];
  const streams = createRedisStreams({
    address: { ...house.address, url: `redis://mill:secret@${broker.host}:${broker.port}` },
    plainStreams: [],
    nowMs: () => Date.now(),
    trimEveryMs: 5,
    onProblem: (detail) => told.push(detail),
  });
  onTestFinished(() => streams.close());
  await expect.poll(() => told).toHaveLength(1);
  await house.client.call("ACL", "SETUSER", "mill", "+xtrim");
  await expect.poll(() => left(house)).toEqual([]);
  expect(told).toEqual([
    `records past their retention stay: Redis at ${broker.host}:${broker.port} refuses the user for ${house.shardKey("orders")}: NOPERM`,
  ]);
});

test("while streams are open, retention is looked after by itself", async () => {
  const house = aRedisHouse();
  await house.streams.create("orders", one);
  await add(house, `${START_MS}-0`);
  const { address } = house;
  const streams = createRedisStreams({ address, plainStreams: [], nowMs: () => Date.now(), trimEveryMs: 5 });
  onTestFinished(() => streams.close());
  await expect.poll(() => left(house)).toEqual([]);
});
