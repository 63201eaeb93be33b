// The rules K1 to K5 of the port, on embedded topics.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KafkaRecord } from "../../src/kinds/kafka/kafka-record.ts";
import type { GroupMember, GroupSource, MemberEvent } from "../../src/ports/group-source.ts";
import { createEmbeddedGroupSource, type EmbeddedGroupOptions } from "../../src/stores/embedded-group-source.ts";
import { sharesOf } from "../../src/stores/group-shares.ts";
import { createKafkaTopics } from "../../src/stores/kafka-topics.ts";
import { openStoreAside, type StoreAside } from "./aside.ts";

const NAME = "kafka/c/orders";
const never = new AbortController().signal;
const fromStart = { startOf: () => null };

let store: StoreAside;
let lastEpoch = 0;
beforeEach(async () => {
  store = await openStoreAside();
});
afterEach(() => store.close());

const topics = () => createKafkaTopics(store.client, () => store.clock.nowMs());
const open = (more: Partial<EmbeddedGroupOptions> = {}): GroupSource<KafkaRecord> =>
  createEmbeddedGroupSource({
    client: store.client,
    clock: store.clock,
    storedName: NAME,
    topic: "orders",
    groupId: "g",
    nextEpoch: () => ++lastEpoch,
    mappingUuid: "m",
    generation: 1,
    ...more,
  });
const produce = (partition: number, ...texts: string[]) =>
  topics().produce(
    NAME,
    texts.map((text) => ({ partition, timestampMs: 7, key: null, value: Buffer.from(text), headers: [] })),
  );
/** Events as a test reads them: units with their records' texts, places, problems. */
const shown = (events: readonly MemberEvent<KafkaRecord>[]) =>
  events.map((event) => {
    switch (event.kind) {
      case "assigned":
        return ["assigned", ...event.partitions.map(({ partition, after }) => `${partition.unit}>${after}`)];
      case "revoked":
        return ["revoked", ...event.partitions.map(({ unit }) => unit)];
      case "records":
        return [event.partition.unit, ...event.records.map(({ value }) => Buffer.from(value ?? []).toString())];
      case "problem":
        return ["problem", event.problem.code];
      default:
        return [event.kind];
    }
  });
const read = async (member: GroupMember<KafkaRecord>) => shown(await member.read(never));
const epochsIn = (events: readonly MemberEvent<KafkaRecord>[]) =>
  events.flatMap((event) => (event.kind === "assigned" ? event.partitions.map(({ partition }) => partition) : []));

/** All records that a member says until it has caught up with its partitions. */
async function drain(member: GroupMember<KafkaRecord>, count: number): Promise<readonly KafkaRecord[]> {
  const records: KafkaRecord[] = [];
  while (records.length < count)
    for (const event of await member.read(never)) if (event.kind === "records") records.push(...event.records);
  return records;
}

describe("one member", () => {
  test("K2: has every partition, and each one's records in order, once, with dense ordinals", async () => {
    await topics().create(NAME, { partitionCount: 2 });
    await produce(0, "a", "b");
    await produce(1, "x");
    const member = open().open(0, fromStart);
    expect(await read(member)).toEqual([["assigned", "orders-0>null", "orders-1>null"]]);
    expect(await read(member)).toEqual([
      ["orders-0", "a", "b"],
      ["orders-1", "x"],
    ]);
    const waiting = drain(member, 1);
    await produce(0, "c");
    const [record] = await waiting;
    expect(record).toMatchObject({
      ordinal: 2,
      offset: "2",
      partitionNumber: 0,
      timestampType: "CREATE_TIME",
      arrivedAtMs: 7,
      key: null,
      schema: null,
      partition: { unit: "orders-0", epoch: expect.any(Number), headBytes: 13 },
    });
    expect(record?.value).toEqual(new Uint8Array(Buffer.from("c")));
  });

  test("pause and resume: a paused partition says nothing, a resumed one goes on where it was", async () => {
    await topics().create(NAME, { partitionCount: 2 });
    const member = open().open(0, fromStart);
    const epochs = epochsIn(await member.read(never));
    await member.read(never); // Caught up.
    member.pause(epochs.slice(0, 1));
    await produce(0, "a");
    await produce(1, "x");
    expect(await read(member)).toEqual([["orders-1", "x"]]);
    const waiting = read(member);
    member.resume(epochs.slice(0, 1));
    expect(await waiting).toEqual([["orders-0", "a"]]);
  });

  test("M-208: what was read of one partition holds no memory of the others", async () => {
    await topics().create(NAME, { partitionCount: 2 });
    await produce(0, "a");
    await produce(1, "x".repeat(100_000));
    const member = open().open(0, fromStart);
    const [small, large] = await drain(member, 2);
    expect(small?.value?.buffer.byteLength).toBeLessThan(100);
    expect(large?.value?.buffer.byteLength).toBeGreaterThan(100_000);
  });

  test("an aborted read says nothing and loses nothing", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    const member = open().open(0, fromStart);
    await member.read(never);
    await member.read(never);
    const abort = new AbortController();
    const aborted = member.read(abort.signal);
    abort.abort();
    await produce(0, "a");
    expect(await aborted).toEqual([]);
    expect(await read(member)).toEqual([["orders-0", "a"]]);
  });

  test("M-502, M-504: a committed place wins; else the mapping's start, else the very beginning", async () => {
    await topics().create(NAME, { partitionCount: 3 });
    for (const partition of [0, 1, 2]) await produce(partition, "0", "1", "2", "3");
    const first = open();
    const member = first.open(0, fromStart);
    const [zero] = epochsIn(await member.read(never));
    if (zero === undefined) throw new Error("nothing was assigned");
    expect(await member.commit([{ partition: zero, place: "2" }])).toEqual({ kind: "kept", ended: [] });
    await member.close();
    const later = open({ generation: 2 }).open(0, { startOf: (unit) => (unit === "orders-1" ? "0" : null) });
    expect(await read(later)).toEqual([["assigned", "orders-0>2", "orders-1>0", "orders-2>null"]]);
    expect(await read(later)).toEqual([
      ["orders-0", "3"],
      ["orders-1", "1", "2", "3"],
      ["orders-2", "0", "1", "2", "3"],
    ]);
  });

  test("K4: a commit of an older generation, and of an epoch that is over, changes nothing", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    await produce(0, "a", "b");
    const member = open().open(0, fromStart);
    const [partition] = epochsIn(await member.read(never));
    if (partition === undefined) throw new Error("nothing was assigned");
    await store.client.ask("checkpoints-load", { mapping: "m", generation: 2 });
    expect(await member.commit([{ partition, place: "1" }])).toEqual({ kind: "kept", ended: [partition] });
    await member.close();
    expect(await member.commit([{ partition, place: "1" }])).toEqual({ kind: "kept", ended: [partition] });
    expect(await store.client.ask("topic-group", { name: NAME, groupId: "g" })).toEqual([]);
  });

  test("M-503, M-505: places are those of the instant of the answer; unread counts behind them", async () => {
    await topics().create(NAME, { partitionCount: 2 });
    await produce(1, "a", "b", "c");
    const source = open();
    expect(await source.places({ kind: "latest" })).toEqual({
      kind: "places",
      places: [
        { unit: "orders-0", after: null },
        { unit: "orders-1", after: "2" },
      ],
    });
    expect(await source.unread()).toEqual(
      new Map([
        ["orders-0", 0],
        ["orders-1", 3],
      ]),
    );
    const startOf = (): string => "1";
    expect((await source.unread(startOf))?.get("orders-1")).toBe(1);
    const member = source.open(0, fromStart);
    const partition = epochsIn(await member.read(never))[1];
    if (partition === undefined) throw new Error("nothing was assigned");
    await member.commit([{ partition, place: "0" }]);
    expect((await source.unread(startOf))?.get("orders-1")).toBe(2);
    expect(await source.unread()).toEqual(
      new Map([
        ["orders-0", 0],
        ["orders-1", 2],
      ]),
    );
  });
});

describe("the topic", () => {
  test("M-706: missing is told once; when it is made, all is well and everything in it is read", async () => {
    const source = open();
    expect(await source.places({ kind: "latest" })).toMatchObject({
      kind: "problem",
      problem: { code: "missing", text: expect.stringContaining("PROBLEM: Connection error.") },
    });
    expect(await source.unread()).toBeNull();
    const member = source.open(0, fromStart);
    expect(await read(member)).toEqual([["problem", "missing"]]);
    const waiting = read(member);
    await topics().create(NAME, { partitionCount: 1 });
    expect(await waiting).toEqual([["recovered"], ["assigned", "orders-0>null"]]);
    await produce(0, "a");
    expect(await drain(member, 1)).toHaveLength(1);
  });

  test("M-504: a partition that is added is read from its first record", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    const member = open().open(0, { startOf: (unit) => (unit === "orders-0" ? "5" : null) });
    await member.read(never);
    await topics().grow(NAME, 2);
    await produce(1, "a", "b");
    expect(await read(member)).toEqual([["assigned", "orders-1>null"]]);
    // The first is read from its oldest record on: its place was beyond the end (M-506).
    expect(await read(member)).toEqual([["orders-0"], ["orders-1", "a", "b"]]);
  });

  test("M-707: deleted and made again: its epochs end, and all of the new one is read", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    await produce(0, "old", "older");
    const member = open().open(0, { startOf: () => "0" });
    const [partition] = epochsIn(await member.read(never));
    await member.read(never);
    await topics().delete(NAME);
    await topics().create(NAME, { partitionCount: 1 });
    await produce(0, "new");
    expect(await read(member)).toEqual([["revoked", "orders-0"]]);
    if (partition === undefined) throw new Error("nothing was assigned");
    expect(await member.commit([{ partition, place: "1" }])).toEqual({ kind: "kept", ended: [partition] });
    expect(await read(member)).toEqual([["assigned", "orders-0>null"]]);
    expect(await read(member)).toEqual([["orders-0", "new"]]);
    await member.close();
    expect(await read(open({ generation: 2 }).open(0, { startOf: () => "0" }))).toEqual([
      ["assigned", "orders-0>null"],
    ]);
  });

  test("M-506: a committed place that is gone: the gap comes with the records behind it", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    await produce(0, "a", "b", "c");
    const first = open().open(0, fromStart);
    const [partition] = epochsIn(await first.read(never));
    if (partition !== undefined) await first.commit([{ partition, place: "0" }]);
    await first.close();
    await topics().trim(NAME);
    await produce(0, "d");
    const member = open().open(0, fromStart);
    await member.read(never);
    expect(await member.read(never)).toMatchObject([
      { kind: "records", records: [{ ordinal: 0, offset: "3" }], lost: { after: "0", before: "3", count: 2 } },
    ]);
  });
});

describe("several members", () => {
  test("K1, K3, M-807: a second one gets half, once the first has been told; what stays keeps its epoch", async () => {
    await topics().create(NAME, { partitionCount: 4 });
    const source = open();
    const one = source.open(0, fromStart);
    const before = epochsIn(await one.read(never));
    await one.read(never);
    const two = source.open(1, fromStart);
    const waiting = read(two);
    await produce(2, "a");
    expect(await read(one)).toEqual([["revoked", "orders-2", "orders-3"]]);
    expect(await waiting).toEqual([["assigned"]]);
    expect(await read(two)).toEqual([["assigned", "orders-2>null", "orders-3>null"]]);
    expect(await read(two)).toEqual([["orders-2", "a"], ["orders-3"]]);
    const stays = read(one);
    await produce(0, "b");
    expect(await stays).toEqual([["orders-0", "b"]]);
    const [zero, , moved] = before;
    if (zero === undefined || moved === undefined) throw new Error("nothing was assigned");
    expect(
      await one.commit([
        { partition: zero, place: "0" },
        { partition: moved, place: "0" },
      ]),
    ).toEqual({ kind: "kept", ended: [moved] });
  });

  test("one that leaves gives its partitions to the others, which go on where it has committed", async () => {
    await topics().create(NAME, { partitionCount: 2 });
    await produce(0, "a", "b");
    await produce(1, "x", "y");
    const source = open();
    const one = source.open(0, fromStart);
    const two = source.open(1, fromStart);
    await one.read(never); // All of them were its own before the other came; half is told away.
    await one.read(never);
    const events = await two.read(never);
    const theirs = epochsIn(events.length > 0 && epochsIn(events).length > 0 ? events : await two.read(never));
    expect(theirs.map(({ unit }) => unit)).toEqual(["orders-1"]);
    const [partition] = theirs;
    if (partition !== undefined) await two.commit([{ partition, place: "0" }]);
    await two.close();
    const seen: string[][] = [];
    while (!seen.some(([unit]) => unit === "orders-1")) seen.push(...(await read(one)));
    expect(seen).toContainEqual(["assigned", "orders-1>0"]);
    expect(seen.find(([unit]) => unit === "orders-1")).toEqual(["orders-1", "y"]);
  });

  test("members beyond the partitions have none", async () => {
    await topics().create(NAME, { partitionCount: 1 });
    const source = open();
    source.open(0, fromStart);
    const two = source.open(1, fromStart);
    expect(await read(two)).toEqual([["assigned"]]);
  });
});

test("shares are even, and as few partitions as possible change hands", () => {
  const shares = (count: number, members: readonly string[], holders: readonly (string | null)[] = []) => {
    const held = new Map(holders.flatMap((member, index) => (member === null ? [] : [[index, member] as const])));
    const found = sharesOf(count, members, held);
    return Array.from({ length: count }, (_, index) => found.get(index) ?? null);
  };
  expect(shares(4, ["a", "b"])).toEqual(["a", "b", "a", "b"]);
  expect(shares(5, ["a", "b"], ["a", "a", "a", "a", "a"])).toEqual(["a", "a", "a", "b", "b"]);
  expect(shares(4, ["a", "b", "c"], ["a", "a", "b", "b"])).toEqual(["a", "a", "b", "c"]);
  expect(shares(3, ["b"], ["a", "a", "b"])).toEqual(["b", "b", "b"]);
  expect(shares(1, ["a", "b"])).toEqual(["a"]);
  expect(shares(2, [])).toEqual([null, null]);
});
