// What a member of a group reads from a real Kafka: each record as it was written, and nothing that was not meant to be read.

import kafkajs from "kafkajs";
import { describe, expect, test } from "vitest";
import { freePort } from "../../scripts/brokers/free-port.ts";
import { openKafkaCluster } from "../../workers/kafka/kafka-cluster.ts";
import { loadKafkajs } from "../../workers/kafka/kafka-client.ts";
import { liveTopic, partitionOf } from "./support/live-topic.ts";

const { CompressionTypes } = kafkajs;

describe("a member of a group on a real Kafka", () => {
  test("M-201: it joins, reads in order, commits, and the next one goes on behind", async () => {
    await using live = await liveTopic();
    await live.send(0, ["a", "b", "c"]);
    const first = live.member();
    expect(await first.untilCount(3)).toEqual(["a", "b", "c"]);
    expect(first.records.map(({ offset, ordinal }) => [offset, ordinal])).toEqual([
      ["0", 0],
      ["1", 1],
      ["2", 2],
    ]);
    const partition = partitionOf(first, live.unit(0));
    expect(await first.member.commit([{ partition, place: "1" }])).toEqual({ kind: "kept", ended: [] });
    expect(await live.committed()).toBe("2");
    await first.close();
    const second = live.member();
    expect(await second.untilCount(1)).toEqual(["c"]);
    expect(partitionOf(second, live.unit(0)).epoch).not.toBe(partition.epoch);
  });

  test("M-108: a key, none, an empty one; a value, none (a tombstone), an empty one", async () => {
    await using live = await liveTopic();
    const messages = [
      { key: null, value: "v" },
      { key: "k", value: null },
      { key: "", value: "" },
    ];
    await live.producer.send({ topic: live.topic, messages });
    const member = live.member();
    await member.untilCount(3);
    const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());
    expect(member.records.map(({ key, value }) => [text(key), text(value)])).toEqual([
      [null, "v"],
      ["k", null],
      ["", ""],
    ]);
  });

  test("M-814, TM-55: headers come in the record's order, whatever their names; a name may come twice, a value may be null", async () => {
    await using live = await liveTopic();
    // The client's own producer takes an object, whose numbers come first; what it sends in that order is what has to come.
    const headers = { "7": "n", constructor: "a", toString: ["b", "c"], h: Buffer.from([0xc3, 0xa9]) };
    await live.producer.send({ topic: live.topic, messages: [{ value: "v", headers }] });
    const member = live.member();
    await member.untilCount(1);
    expect(
      member.records[0]?.headers.map(([name, value]) => [
        name,
        value === null ? null : Buffer.from(value).toString("hex"),
      ]),
    ).toEqual([
      ["7", "6e"],
      ["constructor", "61"],
      ["toString", "62"],
      ["toString", "63"],
      ["h", "c3a9"],
    ]);
  });

  test("M-107, M-815, TM-04: a topic may take the broker's time in place of the producer's", async () => {
    await using live = await liveTopic({ settings: { "message.timestamp.type": "LogAppendTime" } });
    const beforeMs = Date.now() - 60_000;
    await live.producer.send({ topic: live.topic, messages: [{ value: "v", timestamp: String(beforeMs) }] });
    await using other = await liveTopic();
    await other.producer.send({ topic: other.topic, messages: [{ value: "v", timestamp: String(beforeMs) }] });
    const [byBroker, byProducer] = [live.member(), other.member()];
    await Promise.all([byBroker.untilCount(1), byProducer.untilCount(1)]);
    expect(byBroker.records[0]).toMatchObject({ timestampType: "LOG_APPEND_TIME" });
    expect(byBroker.records[0]?.arrivedAtMs).toBeGreaterThan(beforeMs);
    expect(byProducer.records[0]).toMatchObject({ timestampType: "CREATE_TIME", arrivedAtMs: beforeMs });
  });

  test.each(["None", "GZIP", "Snappy", "LZ4", "ZSTD"] as const)(
    "M-816: records that were packed by %s",
    async (name) => {
      await loadKafkajs();
      await using live = await liveTopic();
      const values = Array.from({ length: 50 }, (_, index) => `value ${index} ${"x".repeat(index)}`);
      const messages = values.map((value) => ({ key: "k", value }));
      await live.producer.send({ topic: live.topic, messages, compression: CompressionTypes[name] });
      expect(await live.member().untilCount(50)).toEqual(values);
    },
  );

  test("M-821: a record that is larger than a fetch comes all the same, alone", async () => {
    await using live = await liveTopic({ settings: { "max.message.bytes": "8000000" } });
    const large = "x".repeat(3_000_000);
    await live.send(0, ["before"]);
    await live.send(0, [large]);
    await live.send(0, ["behind"]);
    const values = await live.member().untilCount(3);
    expect(values.map(({ length }) => length)).toEqual([6, 3_000_000, 6]);
  });

  test("M-804, TM-56: of transactions only what was committed comes, and their markers are passed", async () => {
    await using live = await liveTopic();
    const producer = live.client.producer({ transactionalId: live.topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const aborted = await producer.transaction();
    await aborted.send({ topic: live.topic, messages: [{ value: "no" }, { value: "no" }] });
    await aborted.abort();
    const kept = await producer.transaction();
    await kept.send({ topic: live.topic, messages: [{ value: "a" }, { value: "b" }, { value: "c" }] });
    await kept.commit();
    await producer.disconnect();
    const member = live.member();
    expect(await member.untilCount(3)).toEqual(["a", "b", "c"]);
    expect(member.records.map(({ offset }) => offset)).toEqual(["3", "4", "5"]);
    const passed = await member.until(({ events }) => events.find(({ kind }) => kind === "passed"));
    const partition = partitionOf(member, live.unit(0));
    expect(passed).toEqual({ kind: "passed", partition, ordinal: 3, through: "6" });
    await member.member.commit([{ partition, place: "6" }]);
    const unread = await live.source().unread();
    expect(unread).toEqual(new Map([[live.unit(0), 0]]));
  });

  test("M-813: of several servers one that answers is enough", async () => {
    await using live = await liveTopic();
    const away = `127.0.0.1:${await freePort()}`;
    const cluster = await openKafkaCluster({ brokers: [away, live.server], logLevel: 0 });
    expect((await cluster.topic(live.topic)).leaders.size).toBe(1);
    await cluster.close();
    await expect(openKafkaCluster({ brokers: [away], logLevel: 0 })).rejects.toThrow("ECONNREFUSED");
  });

  test("M-208: a paused partition brings nothing more until it is resumed", async () => {
    await using live = await liveTopic();
    await live.send(0, ["a"]);
    const member = live.member();
    await member.untilCount(1);
    const partition = partitionOf(member, live.unit(0));
    member.member.pause([partition]);
    // A fetch that was on its way may bring one more; none behind it.
    await live.send(0, ["b"]);
    await live.send(0, ["c"]);
    const unread = live.source();
    await live.eventually(async () => (await unread.unread())?.get(live.unit(0)) === 3);
    expect(member.values.length).toBeLessThan(3);
    member.member.resume([partition]);
    expect(await member.untilCount(3)).toEqual(["a", "b", "c"]);
  });

  test("M-802: a partition that stands still holds up no other of its broker", async () => {
    await using live = await liveTopic({ partitionCount: 2 });
    await live.send(0, ["a"]);
    const member = live.member();
    await member.untilCount(1);
    member.member.pause([partitionOf(member, live.unit(0))]);
    await live.send(0, ["held"]);
    for (const value of ["b", "c", "d"]) {
      await live.send(1, [value]);
      await member.until(({ values }) => values.includes(value) || null);
    }
    member.member.resume([partitionOf(member, live.unit(0))]);
    expect(await member.until(({ values }) => values.includes("held") || null)).toBe(true);
  });

  test("M-105, TM-57: what compaction has left, with its offsets; a commit goes behind the last", async () => {
    await using live = await liveTopic({
      settings: {
        "cleanup.policy": "compact",
        "segment.ms": "50",
        "min.cleanable.dirty.ratio": "0.001",
        "max.compaction.lag.ms": "100",
      },
    });
    const producer = live.client.producer({ idempotent: true });
    await producer.connect();
    for (const [key, value] of [
      ["a", "old"],
      ["b", "old"],
      ["a", "new"],
      ["b", "new"],
    ] as const)
      await producer.send({ topic: live.topic, messages: [{ key, value }] });
    await producer.disconnect();
    // A segment is closed by what is written once it is old; the last one is never compacted.
    await live.eventually(async () => {
      await live.producer.send({ topic: live.topic, messages: [{ key: "filler", value: "filler" }] });
      const member = live.member();
      await member.until(({ events }) => events.some((event) => event.kind === "records" && event.isCaughtUp) || null);
      const offsets = member.records.map(({ offset }) => offset);
      await member.close();
      return !offsets.includes("0") && !offsets.includes("1") && offsets.includes("2") && offsets.includes("3");
    });
    const member = live.member();
    await member.untilCount(2);
    expect(member.records.slice(0, 2).map(({ offset, ordinal }) => [offset, ordinal])).toEqual([
      ["2", 0],
      ["3", 1],
    ]);
  });
});
