// A stream as a registered consumer reads it (P-5, P-10), over the embedded store.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFanOutSource } from "../../src/kinds/kinesis/fan-out-source.ts";
import { createKinesisKind } from "../../src/kinds/kinesis/kinesis-kind.ts";
import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import type { Read, Reader, Source, SourceProblem } from "../../src/ports/source.ts";
import type { NewRecord } from "../../src/ports/streams.ts";
import { createEmbeddedSource } from "../../src/stores/embedded-source.ts";
import { createEmbeddedStreams } from "../../src/stores/embedded-streams.ts";
import { hexHashKeyOf } from "../../src/stores/partitioner.ts";
import { openStoreAside, type StoreAside } from "../stores/aside.ts";
import { aggregateOf, type Inner } from "./support/aggregate.ts";

const CONSUMER = "arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/app:1789654321";
const kind = createKinesisKind({ eventSourceArn: CONSUMER, region: "us-east-1", roleArn: "arn:aws:iam::0:role/r" });
const SHARD = "shardId-000000000000";
const room = { records: 10_000, bytes: 50_000_000 };
const never = new AbortController().signal;
const missing: SourceProblem = { code: "missing", text: "PROBLEM: gone", detail: "gone" };
const inner = (text: string, explicitHashKey?: string): Inner => ({
  key: `key-${text}`,
  data: Buffer.from(text),
  ...(explicitHashKey === undefined ? {} : { explicitHashKey }),
});
const record = (data: Uint8Array | string): NewRecord => ({
  partitionKey: "outer",
  explicitHashKey: "0",
  data: Buffer.from(data),
});
const ZERO = "0";
const LAST = (2n ** 128n - 1n).toString();

let store: StoreAside;
let source: Source<KinesisRecord>;
let isThere: boolean;
let listeners: Set<() => void>;

beforeEach(async () => {
  store = await openStoreAside();
  isThere = true;
  listeners = new Set();
  await createEmbeddedStreams(store.client).create("orders", { shardCount: 2, mode: "PROVISIONED" });
  source = createFanOutSource({
    source: createEmbeddedSource({ client: store.client, streamName: "orders", kind }),
    kind,
    md5: hexHashKeyOf,
    watch: {
      trouble: async () => (isThere ? null : missing),
      streamIs: () => undefined,
      onGone(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  });
  await source.topology();
});
afterEach(() => store.close());

/** The consumer is gone, and whoever watches it is told once. */
function leave(): void {
  isThere = false;
  const told = [...listeners];
  listeners.clear();
  for (const listener of told) listener();
}

const put = (...records: readonly NewRecord[]) => createEmbeddedStreams(store.client).append("orders", records);
const open = (after: string | null = null): Reader<KinesisRecord> => source.open(SHARD, after, { firstOrdinal: 0 });

async function records(reading: Promise<Read<KinesisRecord>>) {
  const read = await reading;
  if (read.kind !== "records") throw new Error(JSON.stringify(read));
  return read;
}
const textsOf = (given: readonly KinesisRecord[]): string[] => given.map(({ data }) => Buffer.from(data).toString());

describe("aggregates", () => {
  test("P-10: inner records share number, identifier and arrival, and have keys, data and exact sizes of their own", async () => {
    await put(
      record("plain"),
      record(aggregateOf([inner("a", ZERO), inner("b", ZERO), inner("ü", ZERO)])),
      record("end"),
    );
    const read = await records(open().read(room, never));
    expect(textsOf(read.records)).toEqual(["plain", "a", "b", "ü", "end"]);
    expect(read.records.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2, 3, 4]);
    const [, ...rest] = read.records;
    const three = rest.slice(0, 3);
    expect(new Set(three.map((each) => kind.identifier(each))).size).toBe(1);
    expect(new Set(three.map(({ arrivedAtMs }) => arrivedAtMs)).size).toBe(1);
    expect(three.map(({ partitionKey }) => Buffer.from(partitionKey).toString())).toEqual(["key-a", "key-b", "key-ü"]);
    expect(read.records.map(({ sizeBytes }) => sizeBytes)).toEqual(
      read.records.map((each) => Buffer.byteLength(kind.text(SHARD, [each], null)) - kind.envelopeBytes),
    );
  });

  test("P-10: a checkpoint comes past an aggregate only with its last record: from before it, it is read anew", async () => {
    await put(record("plain"), record(aggregateOf([inner("a", ZERO), inner("b", ZERO)])), record("end"));
    const { records: read } = await records(open().read(room, never));
    const places = read.map((each) => kind.place?.(each) ?? "");
    expect(places).toEqual(places.toSorted());
    const from = async (index: number) =>
      textsOf((await records(open(places[index] ?? null).read(room, never))).records);
    expect(await from(0)).toEqual(["a", "b", "end"]);
    expect(await from(1)).toEqual(["a", "b", "end"]);
    expect(await from(2)).toEqual(["end"]);
  });

  test("P-10: one hash key outside the shard drops the whole, which has ended and has its ordinal", async () => {
    await put(record("plain"), record(aggregateOf([inner("a", ZERO), inner("b", LAST)])), record("end"));
    const read = await records(open().read(room, never));
    expect(textsOf(read.records)).toEqual(["plain", "end"]);
    expect(read.records.map(({ ordinal }) => ordinal)).toEqual([0, 2]);
    expect(read.dropped).toMatchObject([{ record: { ordinal: 1 }, recordCount: 2 }]);
  });

  test("P-10: what is no aggregate goes through as it is", async () => {
    const broken = aggregateOf([inner("a")]);
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    await put(record(broken));
    const read = await records(open().read(room, never));
    expect(read.records.map(({ data }) => Buffer.compare(data, broken))).toEqual([0]);
  });

  test("S2, P-15: an aggregate of many is handed out in the room there is, and caught up is said with its last", async () => {
    await put(record(aggregateOf(Array.from({ length: 25 }, (_, index) => inner(`${index}`, ZERO)))));
    const reader = open();
    const seen: string[] = [];
    const told: boolean[] = [];
    for (const count of [10, 10, 10]) {
      const read = await records(reader.read({ ...room, records: count }, never));
      expect(read.records.length).toBeLessThanOrEqual(count);
      seen.push(...textsOf(read.records));
      told.push(read.isCaughtUp);
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `${index}`));
    expect(told).toEqual([false, false, true]);
  });
});

describe("a consumer that is gone", () => {
  test("P-5: every question is answered by the problem, and a read that waits too", async () => {
    const reader = open();
    await reader.read(room, never);
    const waiting = reader.read(room, never);
    await expect.poll(() => listeners.size).toBe(1);
    leave();
    expect(await waiting).toEqual({ kind: "problem", problem: missing });
    expect(await source.topology()).toEqual({ kind: "problem", problem: missing });
    expect(await source.resolve(SHARD, { kind: "latest" })).toEqual({ kind: "problem", problem: missing });
  });

  test("P-5: nothing is passed over should it be there again", async () => {
    const reader = open();
    await reader.read(room, never);
    const waiting = reader.read(room, never);
    await expect.poll(() => listeners.size).toBe(1);
    leave();
    await waiting;
    await put(record("meanwhile"));
    expect(await reader.read(room, never)).toEqual({ kind: "problem", problem: missing });
    isThere = true;
    expect(textsOf((await records(reader.read(room, never))).records)).toEqual(["meanwhile"]);
    await reader.close();
    expect(listeners.size).toBe(0);
  });
});
