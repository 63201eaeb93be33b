import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NewKafkaRecord } from "../../src/ports/kafka-topics.ts";
import { createKafkaTopics } from "../../src/stores/kafka-topics.ts";
import type { TopicReadRequest } from "../../src/stores/topic-protocol.ts";
import { TopicFrameCursor } from "../../src/stores/topic-frames.ts";
import { murmur2, partitionOfKey } from "../../src/stores/topic-partitioner.ts";
import { openStoreAside, type StoreAside } from "./aside.ts";

const NAME = "kafka/c/orders";
const bytes = (text: string) => Buffer.from(text, "utf8");
const aRecord = (text: string, more: Partial<NewKafkaRecord> = {}): NewKafkaRecord => ({
  partition: null,
  timestampMs: null,
  key: null,
  value: bytes(text),
  headers: [],
  ...more,
});

let store: StoreAside;
beforeEach(async () => {
  store = await openStoreAside();
});
afterEach(() => store.close());

const topics = () => createKafkaTopics(store.client, () => store.clock.nowMs());
const produce = (...texts: string[]) =>
  topics().produce(
    NAME,
    texts.map((text) => aRecord(text, { partition: 0 })),
  );
const textsIn = async (partition: number, offset = 0, max = 100) =>
  (await topics().look(NAME, { partition, offset }, max))?.map(({ value }) =>
    value === null ? null : Buffer.from(value).toString("utf8"),
  );
async function read(request: Partial<TopicReadRequest> = {}, signal?: AbortSignal) {
  const topic = await store.client.ask("topic-describe", { name: NAME });
  const full: TopicReadRequest = {
    name: NAME,
    known: topic === null ? null : { incarnation: topic.incarnation, partitionCount: topic.partitions.length },
    wanted: [{ partition: 0, nextOffset: 0, isTipKnown: false }],
    limit: 1_000,
    maxBytes: 1_000_000,
    isWaiting: true,
    ...request,
  };
  return store.client.ask("topic-read", full, signal === undefined ? {} : { signal });
}
const locate = (start: Parameters<typeof ask>[0]) => ask(start);
const ask = (start: { kind: "latest" | "trimHorizon" } | { kind: "atTimestamp"; atMs: number }) =>
  store.client.ask("topic-locate", { name: NAME, groupId: "g", start });
const commit = (nextOffset: number, more: object = {}) =>
  store.client.ask("topic-commit", {
    name: NAME,
    incarnation: 1,
    groupId: "g",
    mapping: "m",
    generation: 1,
    places: [{ partition: 0, nextOffset }],
    ...more,
  });

describe("what is written", () => {
  test("T1: offsets are dense from 0 on in each partition, over appends and restarts", async () => {
    await topics().create(NAME, { partitionCount: 2 });
    const one = await topics().produce(NAME, [
      aRecord("a", { partition: 1 }),
      aRecord("b", { partition: 0 }),
      aRecord("c", { partition: 1 }),
    ]);
    expect(one).toEqual({
      kind: "produced",
      places: [
        { partition: 1, offset: 0 },
        { partition: 0, offset: 0 },
        { partition: 1, offset: 1 },
      ],
    });
    store = await store.reopen();
    expect(await topics().produce(NAME, [aRecord("d", { partition: 1 })])).toMatchObject({
      places: [{ partition: 1, offset: 2 }],
    });
    expect(await textsIn(1)).toEqual(["a", "c", "d"]);
    expect(await textsIn(1, 1, 1)).toEqual(["c"]);
  });

  test("M-108, M-109: nulls, empty bytes, and headers in their order with a name twice, come back as they were", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    const records = [
      aRecord("", { key: bytes("k"), value: null, timestampMs: 5 }),
      aRecord("", { key: new Uint8Array(), value: new Uint8Array(), timestampMs: 6 }),
      aRecord("x", {
        timestampMs: 7,
        headers: [
          ["h", Buffer.from([0xc3, 0xa9])],
          ["7", null],
          ["h", new Uint8Array()],
          ["constructor", Buffer.from([0x80])],
        ],
      }),
    ];
    await topics().produce(NAME, records);
    const seen = await topics().look(NAME, { partition: 0, offset: 0 }, 10);
    const plain = (value: Uint8Array | null) => (value === null ? null : [...value]);
    const outline = (list: readonly NewKafkaRecord[]) =>
      list.map(({ key, value, headers, timestampMs }) => [
        plain(key),
        plain(value),
        timestampMs,
        headers.map(([name, header]) => [name, plain(header)]),
      ]);
    expect(outline(seen ?? [])).toEqual(outline(records));
  });

  test("a key decides the partition as in Kafka's own producers; records without one take turns", async () => {
    // What org.apache.kafka.common.utils.Utils.murmur2 gives, by its own tests.
    const known: readonly (readonly [string, number])[] = [
      ["21", -973932308],
      ["foobar", -790332482],
      ["a-little-bit-long-string", -985981536],
      ["a-little-bit-longer-string", -1486304829],
      ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
      ["abc", 479470107],
    ];
    expect(known.map(([text]) => [text, murmur2(bytes(text))])).toEqual(known);
    await topics().create(NAME, { partitionCount: 3 });
    const keyed = await topics().produce(
      NAME,
      known.map(([text]) => aRecord("x", { key: bytes(text) })),
    );
    expect(keyed.kind === "produced" && keyed.places.map(({ partition }) => partition)).toEqual(
      known.map(([text]) => partitionOfKey(bytes(text), 3)),
    );
    const bare = await topics().produce(NAME, [aRecord("1"), aRecord("2"), aRecord("3")]);
    expect(bare.kind === "produced" && bare.places.map(({ partition }) => partition)).toEqual(
      expect.arrayContaining([0, 1, 2]),
    );
  });

  test("a record for a partition that is not there: nothing is written", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    expect(await topics().produce(NAME, [aRecord("a"), aRecord("b", { partition: 1 })])).toEqual({
      kind: "noPartition",
      index: 1,
      partitionCount: 1,
    });
    expect(await textsIn(0)).toEqual([]);
    expect(await topics().produce("kafka/c/none", [aRecord("a")])).toEqual({ kind: "missing" });
  });

  test("partitions only become more", async () => {
    expect(await topics().grow(NAME, 2)).toBe("missing");
    await topics().create(NAME, { partitionCount: 2 });
    expect(await topics().create(NAME, { partitionCount: 3 })).toBe("exists");
    expect(await topics().grow(NAME, 2)).toBe("unchanged");
    expect(await topics().grow(NAME, 1)).toBe("fewer");
    expect(await topics().grow(NAME, 4)).toBe("grown");
    expect((await topics().list()).map(({ partitions }) => partitions.length)).toEqual([4]);
  });
});

describe("what is read", () => {
  test("a read waits for any of its partitions, and is woken by an append, a new partition, and the topic's end", async () => {
    await topics().create(NAME, { partitionCount: 2 });
    const wanted = [
      { partition: 0, nextOffset: 0, isTipKnown: true },
      { partition: 1, nextOffset: 0, isTipKnown: true },
    ];
    const appended = read({ wanted });
    await topics().produce(NAME, [aRecord("a", { partition: 1 })]);
    expect(await appended).toMatchObject({
      kind: "topic-read",
      parts: [{ partition: 1, firstOffset: 0, recordCount: 1, isCaughtUp: true, lost: null }],
    });
    const atTip = [{ partition: 0, nextOffset: 0, isTipKnown: true }];
    const grown = read({ wanted: atTip });
    await topics().grow(NAME, 3);
    expect(await grown).toMatchObject({ kind: "changed", partitionCount: 3 });
    const gone = read({ wanted: atTip });
    await topics().delete(NAME);
    expect(await gone).toEqual({ kind: "missing" });
    const awaited = read({ known: null });
    await topics().create(NAME, { partitionCount: 1 });
    expect(await awaited).toMatchObject({ kind: "changed", incarnation: 2, partitionCount: 1 });
  });

  test("a read that is no longer wanted is answered at once, with nothing", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    const abort = new AbortController();
    const waiting = read({ wanted: [{ partition: 0, nextOffset: 0, isTipKnown: true }] }, abort.signal);
    await textsIn(0);
    abort.abort();
    expect(await waiting).toMatchObject({ kind: "topic-read", parts: [] });
  });

  test("limits count all partitions together; each has a quarter of the bytes, and at least one record", async () => {
    await topics().create(NAME, { partitionCount: 2 });
    const many = [0, 1].flatMap((partition) =>
      Array.from({ length: 50 }, (_, index) => aRecord(`${partition}-${index}`.padEnd(100), { partition })),
    );
    await topics().produce(NAME, many);
    const wanted = [0, 1].map((partition) => ({ partition, nextOffset: 10, isTipKnown: false }));
    const limited = await read({ wanted, limit: 45 });
    expect(limited).toMatchObject({
      parts: [
        { partition: 0, firstOffset: 10, recordCount: 40, isCaughtUp: true },
        { partition: 1, firstOffset: 10, recordCount: 5, isCaughtUp: false },
      ],
    });
    const small = await read({ wanted, maxBytes: 8 });
    expect(small).toMatchObject({ parts: [{ partition: 0, recordCount: 1 }] });
    const cursor = new TopicFrameCursor(new Uint8Array(small.kind === "topic-read" ? small.frames : []));
    expect(
      Buffer.from(cursor.value ?? [])
        .toString("utf8")
        .trim(),
    ).toBe("0-10");
  });

  test("M-506: a place before the log or beyond it is read from the oldest record on, and told once", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    await produce("a", "b", "c");
    await topics().trim(NAME);
    await produce("d");
    expect(await read({ wanted: [{ partition: 0, nextOffset: 1, isTipKnown: true }] })).toMatchObject({
      parts: [{ firstOffset: 3, recordCount: 1, lost: { after: "0", before: "3", count: 2 } }],
    });
    expect(await read({ wanted: [{ partition: 0, nextOffset: 90, isTipKnown: true }] })).toMatchObject({
      parts: [{ firstOffset: 3, recordCount: 1, lost: { after: "89", before: "3", count: null } }],
    });
  });
});

describe("places", () => {
  test("M-503: oldest, next, and the first record that is not before a time, whatever the order of times", async () => {
    await topics().create(NAME, { partitionCount: 2 });
    expect(await locate({ kind: "latest" })).toEqual([
      { partition: 0, nextOffset: 0 },
      { partition: 1, nextOffset: 0 },
    ]);
    const times = [1_000, 3_000, 2_000, 4_000];
    await topics().produce(
      NAME,
      times.map((timestampMs) => aRecord("x", { partition: 0, timestampMs })),
    );
    const at = async (atMs: number) => (await locate({ kind: "atTimestamp", atMs }))?.map((each) => each.nextOffset);
    expect([await at(1_000), await at(1_001), await at(3_001), await at(4_001)]).toEqual([
      [0, 0],
      [1, 0],
      [3, 0],
      [4, 0],
    ]);
    await topics().trim(NAME);
    expect(await locate({ kind: "trimHorizon" })).toMatchObject([{ nextOffset: 4 }, { nextOffset: 0 }]);
  });

  test("M-502: a partition with a committed place has no start", async () => {
    await topics().create(NAME, { partitionCount: 2 });
    expect(await commit(3)).toBe("kept");
    expect(await locate({ kind: "trimHorizon" })).toEqual([{ partition: 1, nextOffset: 0 }]);
    store = await store.reopen();
    expect(await store.client.ask("topic-group", { name: NAME, groupId: "g" })).toEqual([
      { partition: 0, nextOffset: 3 },
    ]);
    expect(await store.client.ask("topic-group", { name: NAME, groupId: "other" })).toEqual([]);
  });

  test("T3: commits of an older generation and of a topic that is gone change nothing", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    await store.client.ask("checkpoints-load", { mapping: "m", generation: 2 });
    expect(await commit(3)).toBe("ended");
    expect(await commit(3, { generation: 2 })).toBe("kept");
    await topics().delete(NAME);
    await topics().create(NAME, { partitionCount: 1 });
    expect(await commit(4, { generation: 2 })).toBe("ended");
    expect(await store.client.ask("topic-group", { name: NAME, groupId: "g" })).toEqual([]);
    expect(await textsIn(0)).toEqual([]);
  });
});

describe("what goes", () => {
  test("after seven days, counted from when it was stored", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    await topics().produce(NAME, [aRecord("old", { timestampMs: 1 })]);
    store.service.sweep();
    expect(await textsIn(0)).toEqual(["old"]);
    store.clock.moveBy(6 * 86_400_000);
    await produce("new");
    store.clock.moveBy(2 * 86_400_000);
    while (store.service.sweep());
    expect(await textsIn(0)).toEqual(["new"]);
    expect((await topics().describe(NAME))?.partitions).toEqual([{ partition: 0, firstOffset: 1, nextOffset: 2 }]);
  });

  test("over the store's bound of bytes the oldest, never the newest", async () => {
    await store.close();
    store = await openStoreAside({ maxShardBytes: 1_000 });
    await topics().create(NAME, { partitionCount: 1 });
    for (const text of ["a", "b", "c"]) await produce(text.padEnd(600));
    expect((await textsIn(0))?.map((text) => text?.trim())).toEqual(["c"]);
    await produce("d".padEnd(2_000));
    expect((await textsIn(0))?.map((text) => text?.trim())).toEqual(["d"]);
  });

  test("what was trimmed stays away, and counts no more, until it has left the file", async () => {
    await store.close();
    store = await openStoreAside({ maxShardBytes: 1_000 });
    await topics().create(NAME, { partitionCount: 1 });
    for (const text of ["a", "b", "c"]) await produce(text.padEnd(200));
    store.clock.moveBy(6 * 86_400_000);
    for (const text of ["d", "e"]) await produce(text.padEnd(200));
    await topics().trim(NAME);
    for (const text of ["f", "g", "h"]) await produce(text.padEnd(400));
    expect((await textsIn(0))?.map((text) => text?.trim())).toEqual(["g", "h"]);
    // Retention is over for some of what was trimmed.
    store.clock.moveBy(2 * 86_400_000);
    store.service.sweep();
    expect((await topics().describe(NAME))?.partitions).toEqual([{ partition: 0, firstOffset: 6, nextOffset: 8 }]);
  });

  test("what was trimmed or deleted leaves the file in steps", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    for (let index = 0; index < 200; index += 1) await produce(String(index));
    await topics().trim(NAME);
    await produce("kept");
    while (store.service.sweep());
    expect(await textsIn(0)).toEqual(["kept"]);
    await topics().delete(NAME);
    while (store.service.sweep());
    const left: unknown[] = [];
    store = await store.reopen((database) => {
      for (const table of ["kafka_chunks", "kafka_partitions", "kafka_topics", "kafka_places"])
        left.push(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]);
    });
    expect(left).toEqual([0, 0, 0, 0]);
  });
});
