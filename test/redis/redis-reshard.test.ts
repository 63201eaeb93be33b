// Resharding where it is Redis's own affair: producers that write to a shard's key themselves, a full server, and the end of retention.

import { expect, onTestFinished, test } from "vitest";
import { streamKeys } from "../../workers/redis/redis-layout.ts";
import { openRedisLine } from "../../workers/redis/redis-line.ts";
import { trimAll } from "../../workers/redis/redis-trimming.ts";
import { anOwnRedis, aRedisHouse, never, type RedisHouse, readerOf, room, SHARD } from "./support/redis-house.ts";

const one = { shardCount: 1, mode: "PROVISIONED" } as const;
const split = { kind: "split", shardId: SHARD, newStartingHashKey: (2n ** 127n).toString() } as const;
const LEFT = "shardId-000000000001";
const DAY_MS = 24 * 3_600_000;

const add = (house: RedisHouse, shardId: string): Promise<string | null> =>
  house.client.xadd(house.shardKey("orders", shardId), "*", "partitionKey", "k", "data", "x");

async function shardsOf(house: RedisHouse): Promise<readonly string[]> {
  const answer = await house.streams.describe("orders");
  return answer.kind === "stream" ? answer.stream.shards.map(({ id }) => id) : [];
}

test.each([0, 3])(
  "P-8: an app that adds to a closed shard of %i entries is refused by Redis; its children take it",
  async (count) => {
    const house = aRedisHouse();
    await house.streams.create("orders", one);
    for (let index = 0; index < count; index += 1) await add(house, SHARD);
    await house.streams.reshard("orders", split);
    await expect(add(house, SHARD)).rejects.toThrow("exhausted the last possible ID");
    expect(await house.client.xlen(house.shardKey("orders"))).toBe(count);
    expect(await add(house, LEFT)).toMatch(/^\d+-\d+$/);
  },
);

test("P-8: children number behind what a clock ahead of Redis's has given", async () => {
  const house = aRedisHouse();
  await house.streams.create("orders", one);
  const ahead = `${Date.now() + DAY_MS}-7`;
  await house.client.xadd(house.shardKey("orders"), ahead, "partitionKey", "k", "data", "x");
  await house.streams.reshard("orders", split);
  const [ms] = String(await add(house, LEFT)).split("-");
  expect(Number(ms)).toBeGreaterThan(Number(ahead.split("-")[0]));
});

test("P-8: entries that an app had put into a child before it was opened stay", async () => {
  const house = aRedisHouse();
  await house.streams.create("orders", one);
  const early = await add(house, LEFT);
  await house.streams.reshard("orders", split);
  const entries = await house.client.xrange(house.shardKey("orders", LEFT), "-", "+");
  expect(entries.map(([id]) => id)).toEqual([early]);
});

test("P-8: on a full Redis nothing is changed, and once there is memory the same call is carried out", async () => {
  const house = aRedisHouse({ broker: await anOwnRedis() });
  await house.streams.create("orders", one);
  await add(house, SHARD);
  await house.client.config("SET", "maxmemory", "1");
  expect(await house.streams.reshard("orders", split)).toMatchObject({ kind: "problem" });
  expect(await shardsOf(house)).toEqual([SHARD]);
  await house.client.config("SET", "maxmemory", "0");
  await add(house, SHARD);
  expect(await house.streams.reshard("orders", split)).toMatchObject({ kind: "resharded" });
});

test.each([
  ["XSETID", 3],
  ["XADD", 0],
])(
  "P-8: a user without the right to %s changes nothing of a stream of %i entries, and no record gets lost",
  async (right, count) => {
    const broker = await anOwnRedis();
    const house = aRedisHouse({ broker, keyPrefix: "shop:" });
    await house.client.call("ACL", "SETUSER", "mill", "on", ">secret", "~*", "+@all", `-${right}`);
    const url = `redis://mill:secret@${broker.host}:${broker.port}`;
    const asMill = aRedisHouse({ broker: { ...broker, url }, keyPrefix: "shop:" });
    await house.streams.create("orders", one);
    for (let index = 0; index < count; index += 1) await add(house, SHARD);
    expect(await asMill.streams.reshard("orders", split)).toMatchObject({
      kind: "problem",
      problem: { code: "denied" },
    });
    expect(await shardsOf(house)).toEqual([SHARD]);
    expect(await add(house, SHARD)).toMatch(/^\d+-\d+$/);
    await house.client.call("ACL", "SETUSER", "mill", `+${right}`);
    expect(await asMill.streams.reshard("orders", split)).toMatchObject({ kind: "resharded" });
  },
);

test("P-8, E-68: a closed shard is listed until its last record has left, and then goes with its key", async () => {
  const house = aRedisHouse();
  const commands = openRedisLine(house.address, "commands");
  onTestFinished(() => commands.close());
  const trim = (nowMs: number) => trimAll({ commands, keys: streamKeys(house.keyPrefix), nowMs: () => nowMs });
  await house.streams.create("orders", one);
  await add(house, SHARD);
  await house.streams.reshard("orders", split);
  const soon = Date.now() + DAY_MS - 60_000;
  await trim(soon);
  expect(await shardsOf(house)).toHaveLength(3);
  await trim(soon + 120_000);
  expect(await shardsOf(house)).toEqual([LEFT, "shardId-000000000002"]);
  expect(await house.client.exists(house.shardKey("orders"))).toBe(0);
  expect(await add(house, LEFT)).toMatch(/^\d+-\d+$/);
});

test("P-8, E-68: a reader whose closed shard has left with its retention is told of the gap and of the end, so that the children are read", async () => {
  const house = aRedisHouse();
  const commands = openRedisLine(house.address, "commands");
  onTestFinished(() => commands.close());
  await house.streams.create("orders", one);
  await add(house, SHARD);
  await house.streams.reshard("orders", split);
  const source = house.source("orders");
  await source.topology();
  const nowMs = (): number => Date.now() + DAY_MS + 60_000;
  await trimAll({ commands, keys: streamKeys(house.keyPrefix), nowMs });
  const reader = readerOf(source);
  const lost = { after: null, before: null, count: null };
  expect(await reader.read(room, never)).toEqual({ kind: "records", records: [], isCaughtUp: true, lost });
  expect(await reader.read(room, never)).toEqual({ kind: "ended" });
});

test("a plain stream is refused", async () => {
  const house = aRedisHouse();
  expect(await house.streams.reshard("plain", split)).toEqual({ kind: "refused", refusal: { kind: "plain" } });
});
