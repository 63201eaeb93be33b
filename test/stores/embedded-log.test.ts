import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createKinesisKind } from "../../src/kinds/kinesis/kinesis-kind.ts";
import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import type { Checkpoint } from "../../src/ports/checkpoints.ts";
import type { Read } from "../../src/ports/source.ts";
import { createEmbeddedSource } from "../../src/stores/embedded-source.ts";
import { createEmbeddedStreams } from "../../src/stores/embedded-streams.ts";
import { createStoreCheckpoints } from "../../src/stores/store-checkpoints.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { createTables } from "../../src/stores/store-tables.ts";
import { aMessage, chunkCount, openStoreAside, type StoreAside } from "./aside.ts";

const HOUR_MS = 3_600_000;
const SHARD = "shardId-000000000000";
const context = {
  eventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
  region: "us-east-1",
  roleArn: "r",
};
const never = new AbortController().signal;
const room = { records: 10_000, bytes: 100_000_000 };

let store: StoreAside;
beforeEach(async () => {
  store = await openStoreAside();
});
afterEach(() => store.close());

const aRecord = (text: string, bytes = text.length) => ({
  partitionKey: "k",
  explicitHashKey: null,
  data: Buffer.from(text.padEnd(bytes), "utf8"),
});
const put = (...texts: string[]) =>
  createEmbeddedStreams(store.client).append(
    "orders",
    texts.map((text) => aRecord(text)),
  );
const create = (shardCount = 1) =>
  createEmbeddedStreams(store.client).create("orders", { shardCount, mode: "PROVISIONED" });
const open = (after: string | null = null) =>
  createEmbeddedSource({ client: store.client, streamName: "orders", kind: createKinesisKind(context) }).open(
    SHARD,
    after,
    { firstOrdinal: 0 },
  );
const read = (after: string | null = null) => open(after).read(room, never);
const textsOf = (answer: Read<KinesisRecord>) =>
  answer.kind === "records" ? answer.records.map((record) => Buffer.from(record.data).toString().trim()) : answer;

function sweepAll(): void {
  for (let isMore = true; isMore; ) isMore = store.service.sweep();
}

describe("retention", () => {
  test("E-68: a record is handed out up to its retention, not after, and counted as lost exactly", async () => {
    await create();
    await put("a", "b");
    store.clock.moveBy(HOUR_MS);
    await put("c");
    store.clock.moveBy(23 * HOUR_MS);
    expect(textsOf(await read())).toEqual(["a", "b", "c"]);
    store.clock.moveBy(1);
    const answer = await read();
    expect(textsOf(answer)).toEqual(["c"]);
    expect(answer).toMatchObject({ lost: { after: null, count: 2 } });
  });

  test("a longer retention keeps records that would have gone", async () => {
    await create();
    await put("a");
    await createEmbeddedStreams(store.client).setRetentionHours("orders", 48);
    store.clock.moveBy(47 * HOUR_MS);
    expect(textsOf(await read())).toEqual(["a"]);
  });

  test("what is over is taken out of the file, and the gap is still counted after a restart", async () => {
    await create();
    await put("a", "b");
    store.clock.moveBy(25 * HOUR_MS);
    await put("c");
    sweepAll();
    store = await store.reopen();
    const answer = await read();
    expect([textsOf(answer), answer.kind === "records" && answer.lost?.count]).toEqual([["c"], 2]);
    store.service.close();
    expect(chunkCount(store.dir)).toBe(1);
  });

  test("a deleted stream's records are taken out of the file", async () => {
    await create(2);
    for (let count = 0; count < 300; count++) await put(`${count}`);
    await createEmbeddedStreams(store.client).delete("orders");
    sweepAll();
    store.service.close();
    expect(chunkCount(store.dir)).toBe(0);
  });

  test("numbers go on behind the last one when everything has gone and the store was opened anew", async () => {
    await create();
    await put("a");
    const before = await createEmbeddedStreams(store.client).locate("orders", SHARD, { kind: "latest" });
    store.clock.moveBy(25 * HOUR_MS);
    sweepAll();
    store = await store.reopen();
    const after = await createEmbeddedStreams(store.client).locate("orders", SHARD, { kind: "latest" });
    expect(after).toEqual(before);
    store.clock.moveBy(-26 * HOUR_MS);
    const puts = await put("b");
    const sequenceNumber = puts.kind === "put" ? (puts.puts[0]?.sequenceNumber ?? "") : "";
    expect(before.kind === "place" && sequenceNumber > (before.after ?? "")).toBe(true);
  });

  test("a shard keeps to its bytes, and its newest records stay", async () => {
    await store.close();
    store = await openStoreAside({ maxShardBytes: 1_000_000 });
    await create();
    const streams = createEmbeddedStreams(store.client);
    for (let count = 0; count < 100; count++) await streams.append("orders", [aRecord(`${count}`, 50_000)]);
    const answer = await read();
    if (answer.kind !== "records") throw new Error("no records");
    const bytes = answer.records.reduce((sum, record) => sum + record.data.length, 0);
    expect(bytes).toBeLessThanOrEqual(1_000_000);
    expect(bytes).toBeGreaterThan(800_000);
    expect(textsOf(answer)).toContain("99");
    expect(answer.lost?.count).toBe(100 - answer.records.length);
  });
});

describe("durability and order", () => {
  test("streams, records, tables, queues and checkpoints are there after a restart", async () => {
    await create(2);
    await put("a");
    await createTables(store.client).change([{ kind: "put", table: "mappings", key: "m", value: "{}" }]);
    await createQueues(store.client).createQueue("q");
    await createQueues(store.client).send("q", aMessage("body"));
    // To the byte, as the function wrote it (W-7, W-18).
    const json = String.raw`{"10":1,"2":12345678901234567890,"é":"😀\ud800\/"}`;
    const state = { json, sizeBytes: Buffer.byteLength(json) };
    const window = { startMs: 5, lengthMs: 10, state, isFresh: false };
    const checkpoint: Checkpoint = { after: "1", window, isEnded: true };
    await createStoreCheckpoints(store.client, "m", { generation: 1 }).save("u", checkpoint);
    store = await store.reopen();
    expect(await createEmbeddedStreams(store.client).list()).toEqual({ kind: "names", names: ["orders"] });
    expect(await createTables(store.client).get("mappings", "m")).toBe("{}");
    expect(await createQueues(store.client).listQueues()).toEqual([{ name: "q", messageCount: 1 }]);
    const loaded = await createStoreCheckpoints(store.client, "m", { generation: 2 }).load();
    expect(loaded).toEqual(new Map([["u", checkpoint]]));
    const streams = createEmbeddedStreams(store.client);
    const shards = ["shardId-000000000000", "shardId-000000000001"];
    const room = { limit: 9, maxBytes: 9_999 };
    const answers = await Promise.all(shards.map((id) => streams.read("orders", id, null, room)));
    expect(answers.flatMap((answer) => (answer.kind === "records" ? answer.records : [])).length).toBe(1);
  });

  test("W1: a clock that goes back does not turn the order round", async () => {
    await create();
    await put("a");
    store.clock.moveBy(-HOUR_MS);
    await put("b");
    store.clock.moveBy(2 * HOUR_MS);
    await put("c");
    expect(textsOf(await read())).toEqual(["a", "b", "c"]);
  });

  test("G3: a stream made again while the clock has gone back still numbers behind the old one", async () => {
    await create();
    const old = await put("a");
    await createEmbeddedStreams(store.client).delete("orders");
    store.clock.moveBy(-HOUR_MS);
    await create();
    const made = await put("b");
    const [one = "", two = ""] = [old, made].map((each) => (each.kind === "put" ? each.puts[0]?.sequenceNumber : ""));
    expect(two > one).toBe(true);
  });

  test("V2: of calls that come together only the one at fault fails", async () => {
    await create(2);
    const streams = createEmbeddedStreams(store.client);
    const reader = open();
    await reader.read(room, never);
    const waiting = reader.read(room, never);
    const answers = await Promise.all([
      streams.append("orders", [{ ...aRecord("a"), explicitHashKey: "0" }]),
      streams.append("orders", [{ ...aRecord("bad"), explicitHashKey: "not a hash key" }]),
      streams.append("orders", [{ ...aRecord("b"), explicitHashKey: "1" }]),
    ]);
    expect(answers.map((answer) => answer.kind)).toEqual(["put", "problem", "put"]);
    expect(textsOf(await waiting)).toContain("a");
    expect(textsOf(await read())).toEqual(["a", "b"]);
  });

  test("V2: a reader whose stream goes together with a call that fails is told all the same", async () => {
    await create();
    const streams = createEmbeddedStreams(store.client);
    await streams.create("other", { shardCount: 2, mode: "PROVISIONED" });
    const reader = open();
    await reader.read(room, never);
    const waiting = reader.read(room, never);
    // The store has taken the read in once it has answered what was asked after it.
    await streams.list();
    const answers = await Promise.all([
      streams.delete("orders"),
      streams.append("other", [{ ...aRecord("bad"), explicitHashKey: "not a hash key" }]),
    ]);
    expect(answers.map((answer) => answer.kind)).toEqual(["deleted", "problem"]);
    expect(await waiting).toMatchObject({ kind: "problem", problem: { code: "missing" } });
  });

  test("V1: what many clients append at once is read in the order of its numbers, none lost", async () => {
    await create();
    const clients = Array.from({ length: 10 }, () => createEmbeddedStreams(store.connect()));
    const counts = Array.from({ length: 20 }, (_, index) => `${index}`);
    const puts = await Promise.all(
      clients.flatMap((streams) => counts.map((text) => streams.append("orders", [aRecord(text)]))),
    );
    const numbers = puts.flatMap((each) => (each.kind === "put" ? each.puts.map((one) => one.sequenceNumber) : []));
    const streams = createEmbeddedStreams(store.client);
    const answer = await streams.read("orders", SHARD, null, { limit: 1_000, maxBytes: 1e6 });
    expect(answer.kind === "records" && answer.records.map((record) => record.sequenceNumber)).toEqual(numbers.sort());
    expect(numbers.length).toBe(200);
  });

  test("a single record larger than a chunk, and reads that begin inside of chunks, lose nothing", async () => {
    await create();
    const streams = createEmbeddedStreams(store.client);
    const texts = Array.from({ length: 40 }, (_, index) => `${index}`);
    const records = texts.map((text) => aRecord(text, Number(text) % 7 === 0 ? 300_000 : 30_000));
    await streams.append("orders", records);
    const seen: string[] = [];
    const reader = open();
    for (let isCaughtUp = false; !isCaughtUp; ) {
      const answer = await reader.read({ records: 3, bytes: 1e9 }, never);
      if (answer.kind !== "records") throw new Error("no records");
      seen.push(...answer.records.map((record) => Buffer.from(record.data).toString().trim()));
      isCaughtUp = answer.isCaughtUp;
    }
    expect(seen).toEqual(texts);
  });
});

describe("a closed shard", () => {
  const split = { kind: "split", shardId: SHARD, newStartingHashKey: (2n ** 127n).toString() } as const;
  const shardsNow = async () => {
    const answer = await createEmbeddedStreams(store.client).describe("orders");
    return answer.kind === "stream" ? answer.stream.shards.map(({ id }) => id) : [];
  };

  test("P-8, E-68: is listed until its last record could have been kept, over a restart too, and its number is not used again", async () => {
    const streams = createEmbeddedStreams(store.client);
    await create();
    await put("a");
    store.clock.moveBy(HOUR_MS);
    await streams.reshard("orders", split);
    store.clock.moveBy(24 * HOUR_MS);
    sweepAll();
    expect(await shardsNow()).toHaveLength(3);
    store.clock.moveBy(1);
    sweepAll();
    expect(await shardsNow()).toEqual(["shardId-000000000001", "shardId-000000000002"]);
    store = await store.reopen();
    const again = createEmbeddedStreams(store.client);
    const merge = { kind: "merge", shardId: "shardId-000000000001", adjacentShardId: "shardId-000000000002" } as const;
    expect(await again.reshard("orders", merge)).toMatchObject({ opened: ["shardId-000000000003"] });
    expect(await again.append("orders", [aRecord("b")])).toMatchObject({ puts: [{ shardId: "shardId-000000000003" }] });
  });

  test("P-8: a store that is opened again knows which shards are closed, and where", async () => {
    await create();
    await put("a");
    await createEmbeddedStreams(store.client).reshard("orders", split);
    const before = await createEmbeddedStreams(store.client).describe("orders");
    store = await store.reopen();
    expect(await createEmbeddedStreams(store.client).describe("orders")).toEqual(before);
    expect(textsOf(await read())).toEqual(["a"]);
    expect(await createEmbeddedStreams(store.client).reshard("orders", split)).toMatchObject({
      refusal: { kind: "closedShard" },
    });
  });
});
