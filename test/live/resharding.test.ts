// Resharding under a mapping that reads, by the AWS client, on both stores: parents before children, each key in order, nothing lost.

import {
  type KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  UpdateShardCountCommand,
} from "@aws-sdk/client-kinesis";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { mapped, put, updated } from "./support/aws-clients.ts";
import { aHouse, allOf, base, numbered } from "./support/house.ts";
import { aGate, type Decide, goOn, type Witness } from "./support/witness.ts";

const stores = ["the embedded store", "Redis"] as const;
const StreamName = "orders";
const shard = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;
const HALF = (2n ** 127n).toString();

async function membersFor(store: (typeof stores)[number], shards = 1): Promise<Record<string, unknown>> {
  const streams = { orders: { shards } };
  if (store !== "Redis") return { streams };
  const redis = await startBroker("redis", { own: true });
  onTestFinished(() => redis.stop());
  return { brokers: { redis: { url: redis.url } }, streams };
}

const split = (kinesis: KinesisClient, index: number, NewStartingHashKey = HALF) =>
  kinesis.send(new SplitShardCommand({ StreamName, ShardToSplit: shard(index), NewStartingHashKey }));

/** The shards of the records in the order in which they were handed to the function. */
const shardsSeen = (witness: Witness): readonly string[] =>
  witness.deliveries.flatMap(({ event }) => event.Records.map(({ eventID }) => eventID.split(":")[0] ?? ""));

const keyed = (from: number, count: number) =>
  numbered(count, from).map((text, index) => ({
    text: `${(from + index) % 8}/${text}`,
    key: `key-${(from + index) % 8}`,
  }));

/** Of each key, its texts in the order of their first delivery. */
function byKey(texts: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const text of new Set(texts)) {
    const [key = ""] = text.split("/");
    found.set(key, [...(found.get(key) ?? []), text]);
  }
  return found;
}

test.for(stores)(
  "T-104, T-106: a parent that is held by a poison record holds its children; then they run, each key in order, on %s",
  async (store) => {
    const { witness, server, lambda, kinesis } = await aHouse({ members: await membersFor(store) });
    let isHeld = true;
    const poisoned: Decide = ({ texts }) =>
      isHeld && texts.some((text) => text.startsWith("3/")) ? { do: "throw", message: "bad" } : goOn;
    witness.orders(poisoned);
    await put(kinesis, "orders", keyed(0, 8));
    await mapped(server, lambda, { ...base, BatchSize: 1 });
    await witness.sees((deliveries) => deliveries.filter(({ texts }) => texts[0]?.startsWith("3/")).length >= 3);
    await split(kinesis, 0);
    await put(kinesis, "orders", keyed(8, 16));
    await witness.sees((deliveries) => deliveries.filter(({ texts }) => texts[0]?.startsWith("3/")).length >= 5);
    expect(new Set(shardsSeen(witness))).toEqual(new Set([shard(0)]));
    isHeld = false;
    await witness.sees(() => new Set(witness.texts()).size === 24);
    const order = shardsSeen(witness);
    expect(order.lastIndexOf(shard(0))).toBeLessThan(Math.min(order.indexOf(shard(1)), order.indexOf(shard(2))));
    const sent = keyed(0, 24).map(({ text }) => text);
    for (const [key, texts] of byKey(witness.texts())) expect(texts).toEqual(byKey(sent).get(key));
  },
);

test.for(stores)("T-105: a merged child waits for both of its parents, on %s", async (store) => {
  const { witness, server, lambda, kinesis } = await aHouse({ members: await membersFor(store, 2) });
  const held = aGate();
  const slow: Decide = async ({ event }) => {
    if (event.Records[0]?.eventID.startsWith(shard(1)) === true) await held.opened;
    return goOn;
  };
  witness.orders(slow);
  const puts = await put(kinesis, "orders", keyed(0, 16));
  const inSecond = puts.filter(({ ShardId }) => ShardId === shard(1)).length;
  expect([inSecond > 0, inSecond < 16]).toEqual([true, true]);
  await mapped(server, lambda, { ...base, BatchSize: 100 });
  await witness.sees(() => shardsSeen(witness).length === 16);
  await kinesis.send(new MergeShardsCommand({ StreamName, ShardToMerge: shard(0), AdjacentShardToMerge: shard(1) }));
  await put(kinesis, "orders", keyed(16, 4));
  await server.log.entry(({ kind, lane }) => kind === "unit-ended" && lane.endsWith(shard(0)));
  expect(shardsSeen(witness)).toHaveLength(16);
  held.open();
  await allOf(witness, 20);
  expect(shardsSeen(witness).slice(16)).toEqual([shard(2), shard(2), shard(2), shard(2)]);
});

test.for(stores)("H-6, P-8: a mapping that was disabled over a reshard goes on where it was, on %s", async (store) => {
  const { witness, server, lambda, kinesis } = await aHouse({ members: await membersFor(store) });
  const UUID = await mapped(server, lambda, base);
  await put(kinesis, "orders", keyed(0, 8));
  await allOf(witness, 8);
  await updated(server, lambda, { UUID, Enabled: false, state: "Disabled" });
  await put(kinesis, "orders", keyed(8, 8));
  await split(kinesis, 0);
  await put(kinesis, "orders", keyed(16, 8));
  await kinesis.send(new MergeShardsCommand({ StreamName, ShardToMerge: shard(1), AdjacentShardToMerge: shard(2) }));
  await put(kinesis, "orders", keyed(24, 8));
  await updated(server, lambda, { UUID, Enabled: true, state: "Enabled" });
  await allOf(witness, 32);
  expect(witness.texts().toSorted()).toEqual(
    keyed(0, 32)
      .map(({ text }) => text)
      .toSorted(),
  );
  for (const [, texts] of byKey(witness.texts())) expect(texts).toHaveLength(4);
  const order = shardsSeen(witness);
  expect(order.slice(0, 16)).toEqual(Array.from({ length: 16 }, () => shard(0)));
  expect(order.slice(-8)).toEqual(Array.from({ length: 8 }, () => shard(3)));
});

test.for(stores)(
  "H-1, H-2, H-5: closed shards are read whole from TRIM_HORIZON and not at all from LATEST; later ones always whole, on %s",
  async (store) => {
    const { witness, server, lambda, kinesis } = await aHouse({ names: ["f", "g"], members: await membersFor(store) });
    await put(kinesis, "orders", keyed(0, 8));
    await split(kinesis, 0);
    await put(kinesis, "orders", keyed(8, 8));
    await mapped(server, lambda, base);
    await mapped(server, lambda, { ...base, FunctionName: "g", StartingPosition: "LATEST" });
    await allOf(witness, 16, "f");
    await kinesis.send(
      new UpdateShardCountCommand({ StreamName, TargetShardCount: 3, ScalingType: "UNIFORM_SCALING" }),
    );
    await put(kinesis, "orders", keyed(16, 8));
    await allOf(witness, 24, "f");
    await allOf(witness, 8, "g");
    expect(witness.texts("g").toSorted()).toEqual(
      keyed(16, 8)
        .map(({ text }) => text)
        .toSorted(),
    );
    for (const [, texts] of byKey(witness.texts("f"))) expect(texts).toHaveLength(3);
  },
);

test.for(stores)(
  "H-3, P-8: AT_TIMESTAMP within a closed shard begins there, in a later one passes it over; what follows comes whole, on %s",
  async (store) => {
    const members = await membersFor(store);
    const { witness, server, lambda, kinesis } = await aHouse({ names: ["parent", "child"], members });
    const sent: { readonly text: string; readonly arrivedAtMs: number; readonly shardId: string }[] = [];
    const putOneByOne = async (from: number): Promise<void> => {
      for (const each of keyed(from, 16)) {
        const [{ SequenceNumber = "", ShardId = "" } = {}] = await put(kinesis, StreamName, [each]);
        sent.push({ text: each.text, arrivedAtMs: Number(SequenceNumber.slice(2, 22)), shardId: ShardId });
      }
    };
    await putOneByOne(0);
    await split(kinesis, 0);
    await putOneByOne(16);
    await kinesis.send(new MergeShardsCommand({ StreamName, ShardToMerge: shard(1), AdjacentShardToMerge: shard(2) }));
    await putOneByOne(32);
    const readFrom = async (name: string, index: number): Promise<void> => {
      const atMs = sent[index]?.arrivedAtMs ?? 0;
      const start = { StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: new Date(atMs) } as const;
      const wanted = sent.filter(({ arrivedAtMs }) => arrivedAtMs >= atMs).map(({ text }) => text);
      await mapped(server, lambda, { ...base, ...start, FunctionName: name });
      await allOf(witness, wanted.length, name);
      const texts = witness.texts(name);
      expect(texts.toSorted()).toEqual(wanted.toSorted());
      expect(texts.length).toBeLessThan(48 - index + 8);
      for (const [key, ofKey] of byKey(texts)) expect(ofKey).toEqual(byKey(wanted).get(key));
      const shardOf = (text: string): string => sent.find((each) => each.text === text)?.shardId ?? "";
      const generations = texts.map((text) =>
        [shard(0), shard(1), shard(3)].indexOf(shardOf(text).replace(shard(2), shard(1))),
      );
      expect(generations).toEqual(generations.toSorted((one, other) => one - other));
    };
    await readFrom("parent", 8);
    await readFrom("child", 24);
  },
);

test.for(stores)("P-8: what is put during many reshards is all delivered, each key in order, on %s", async (store) => {
  const { witness, server, lambda, kinesis } = await aHouse({ members: await membersFor(store, 2) });
  await mapped(server, lambda, { ...base, ParallelizationFactor: 2, BatchSize: 20 });
  let from = 0;
  for (const TargetShardCount of [3, 5, 4, 8, 4, 2, 1]) {
    const [reshard] = [new UpdateShardCountCommand({ StreamName, TargetShardCount, ScalingType: "UNIFORM_SCALING" })];
    await Promise.all([kinesis.send(reshard), put(kinesis, "orders", keyed(from, 40))]);
    from += 40;
  }
  await allOf(witness, from);
  const sent = byKey(keyed(0, from).map(({ text }) => text));
  for (const [key, texts] of byKey(witness.texts())) expect(texts).toEqual(sent.get(key));
  expect(new Set(witness.texts()).size).toBe(from);
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName, ShardFilter: { Type: "AT_LATEST" } }));
  expect(Shards).toHaveLength(1);
});
