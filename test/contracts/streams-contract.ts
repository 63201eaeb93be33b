// The contract of the Streams and Source ports, run over every adapter: the embedded store and Redis Streams. A store is made anew
// for each test; nothing here sleeps, every wait is for an answer. Over 400 lines, since it is one contract under one set-up.

import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createKinesisKind } from "../../src/kinds/kinesis/kinesis-kind.ts";
import type { KinesisEventContext, KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import { entryIdFromSequenceNumber, sequenceNumberFromEntryId } from "../../src/kinds/kinesis/sequence-number.ts";
import type { StreamKind } from "../../src/kinds/stream-kind.ts";
import type { Read, Reader, Source } from "../../src/ports/source.ts";
import type { NewRecord, Put, StoredRecord, StreamDescription, Streams } from "../../src/ports/streams.ts";

export interface StoreUnderTest {
  readonly streams: Streams;
  source(streamName: string, kind: StreamKind): Source<KinesisRecord>;
  /** Lets every record that the stream holds now go, as retention would. */
  trim(streamName: string): Promise<void>;
  /** Gives back everything: processes, threads, sockets, files. */
  close(): Promise<void>;
}

const context: KinesisEventContext = {
  eventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
  region: "us-east-1",
  roleArn: "arn:aws:iam::000000000000:role/reader",
};
const kind = createKinesisKind(context);
const SHARD = "shardId-000000000000";
const room = { records: 10_000, bytes: 50_000_000 };
const never = new AbortController().signal;

const aRecord = (text: string, given: Partial<NewRecord> = {}): NewRecord => ({
  partitionKey: "k",
  explicitHashKey: null,
  data: Buffer.from(text, "utf8"),
  ...given,
});
const texts = (records: readonly { readonly data: Uint8Array }[]): string[] =>
  records.map((record) => Buffer.from(record.data).toString("utf8"));
const numbered = (count: number): NewRecord[] => Array.from({ length: count }, (_, index) => aRecord(`${index}`));

export function describeStreamsContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`streams and sources on ${name}`, () => {
    let store: StoreUnderTest;
    beforeEach(async () => {
      store = await makeStore();
    });
    afterEach(() => store.close());

    const create = (shardCount = 1, streamName = "orders") =>
      store.streams.create(streamName, { shardCount, mode: "PROVISIONED" });

    async function put(records: readonly NewRecord[]): Promise<readonly Put[]> {
      const answer = await store.streams.append("orders", records);
      if (answer.kind !== "put") throw new Error(`append answered ${answer.kind}`);
      return answer.puts;
    }

    async function described(): Promise<StreamDescription> {
      const answer = await store.streams.describe("orders");
      if (answer.kind !== "stream") throw new Error(`describe answered ${answer.kind}`);
      return answer.stream;
    }

    async function stored(shardId = SHARD, after: string | null = null): Promise<readonly StoredRecord[]> {
      const answer = await store.streams.read("orders", shardId, after, { limit: 10_000, maxBytes: 100_000_000 });
      if (answer.kind !== "records") throw new Error(`read answered ${answer.kind}`);
      return answer.records;
    }

    const open = (after: string | null = null, firstOrdinal = 0): Reader<KinesisRecord> =>
      store.source("orders", kind).open(SHARD, after, { firstOrdinal });

    async function recordsOf(read: Promise<Read<KinesisRecord>>) {
      const answer = await read;
      if (answer.kind !== "records") throw new Error(`the reader answered ${JSON.stringify(answer)}`);
      return answer;
    }

    async function resolved(start: Parameters<Source<KinesisRecord>["resolve"]>[1]): Promise<string | null> {
      const answer = await store.source("orders", kind).resolve(SHARD, start);
      if (answer.kind !== "resolved") throw new Error(`resolve answered ${answer.kind}`);
      return answer.after;
    }

    describe("making and naming", () => {
      test("a stream is made once, described, listed in order of name, and deleted", async () => {
        expect(await create(1, "b")).toEqual({ kind: "created" });
        expect(await create(2, "a")).toEqual({ kind: "created" });
        expect(await create(2, "a")).toEqual({ kind: "exists" });
        expect(await store.streams.list()).toEqual({ kind: "names", names: ["a", "b"] });
        expect(await store.streams.delete("a")).toEqual({ kind: "deleted" });
        expect(await store.streams.delete("a")).toEqual({ kind: "missing" });
        expect(await store.streams.list()).toEqual({ kind: "names", names: ["b"] });
      });

      test("a new stream is active, keeps 24 hours, and its shards divide the hash keys without a gap", async () => {
        await create(3);
        const stream = await described();
        expect(stream).toMatchObject({
          name: "orders",
          status: "ACTIVE",
          mode: "PROVISIONED",
          retentionHours: 24,
          isPlain: false,
        });
        expect(stream.shards.map((shard) => [shard.id, shard.startingHashKey, shard.endingHashKey])).toEqual([
          ["shardId-000000000000", "0", "113427455640312821154458202477256070484"],
          [
            "shardId-000000000001",
            "113427455640312821154458202477256070485",
            "226854911280625642308916404954512140969",
          ],
          [
            "shardId-000000000002",
            "226854911280625642308916404954512140970",
            "340282366920938463463374607431768211455",
          ],
        ]);
        expect(stream.shards.every((shard) => shard.endingSequenceNumber === null && shard.parentId === null)).toBe(
          true,
        );
        expect(stream.shards.every((shard) => entryIdFromSequenceNumber(shard.startingSequenceNumber) !== null)).toBe(
          true,
        );
      });

      test("retention is kept as set", async () => {
        await create();
        expect(await store.streams.setRetentionHours("orders", 48)).toEqual({ kind: "done" });
        expect((await described()).retentionHours).toBe(48);
      });

      test("a stream that is not there is missed by every call", async () => {
        const { streams } = store;
        const missing = { kind: "missing" };
        expect(await streams.describe("nix")).toEqual(missing);
        expect(await streams.append("nix", [aRecord("a")])).toEqual(missing);
        expect(await streams.read("nix", SHARD, null, { limit: 1, maxBytes: 1 })).toEqual(missing);
        expect(await streams.locate("nix", SHARD, { kind: "latest" })).toEqual(missing);
        expect(await streams.setRetentionHours("nix", 48)).toEqual(missing);
      });

      test("P-13: a source without its stream says that it is missing", async () => {
        const source = store.source("orders", kind);
        const missing = { kind: "problem", problem: { code: "missing", text: expect.stringMatching(/^PROBLEM: /) } };
        expect(await source.topology()).toMatchObject(missing);
        expect(await source.resolve(SHARD, { kind: "latest" })).toMatchObject(missing);
        expect(await open().read(room, never)).toMatchObject(missing);
      });
    });

    describe("appending", () => {
      test("within a shard sequence numbers rise in the order given, and records come back so", async () => {
        await create();
        const puts = [...(await put(numbered(50))), ...(await put(numbered(50)))];
        const numbers = puts.map((each) => each.sequenceNumber);
        expect(numbers).toEqual([...new Set(numbers)].sort());
        const records = await stored();
        expect(records.map((record) => record.sequenceNumber)).toEqual(numbers);
        expect(texts(records)).toEqual(
          [...numbered(50), ...numbered(50)].map((record) => Buffer.from(record.data).toString()),
        );
      });

      test("sequence numbers convert to entry ids and back, and are behind the shard's starting one", async () => {
        await create();
        const [only] = await put([aRecord("a")]);
        const sequenceNumber = only?.sequenceNumber ?? "";
        const entryId = entryIdFromSequenceNumber(sequenceNumber) ?? "";
        expect(sequenceNumberFromEntryId(entryId)).toBe(sequenceNumber);
        const [shard] = (await described()).shards;
        expect(sequenceNumber > (shard?.startingSequenceNumber ?? "")).toBe(true);
        const [record] = await stored();
        expect(entryId.startsWith(`${record?.arrivedAtMs}-`)).toBe(true);
      });

      test("appends under way at once keep each its own order, and no number is given twice", async () => {
        await create();
        const all = await Promise.all(Array.from({ length: 20 }, () => put(numbered(10))));
        const numbers = all.flat().map((each) => each.sequenceNumber);
        expect(new Set(numbers).size).toBe(200);
        expect(
          all.every((puts) =>
            puts.every((each, index) => index === 0 || each.sequenceNumber > (puts[index - 1]?.sequenceNumber ?? "")),
          ),
        ).toBe(true);
      });

      test("a record goes to the shard whose range holds its partition key's MD5", async () => {
        await create(4);
        const keys = Array.from({ length: 40 }, (_, index) => `customer-${index}-é🚀`);
        const puts = await put(keys.map((partitionKey) => aRecord("", { partitionKey })));
        const { shards } = await described();
        const expected = keys.map((key) => {
          const hashKey = BigInt(`0x${createHash("md5").update(key, "utf8").digest("hex")}`);
          return shards.find(
            (shard) => BigInt(shard.startingHashKey) <= hashKey && hashKey <= BigInt(shard.endingHashKey),
          )?.id;
        });
        expect(puts.map((each) => each.shardId)).toEqual(expected);
        expect(new Set(expected).size).toBe(4);
      });

      test("an explicit hash key decides instead, at both ends of every range", async () => {
        await create(3);
        const { shards } = await described();
        const ends = shards.flatMap((shard) => [shard.startingHashKey, shard.endingHashKey]);
        const puts = await put(ends.map((explicitHashKey) => aRecord("", { explicitHashKey })));
        expect(puts.map((each) => each.shardId)).toEqual(shards.flatMap((shard) => [shard.id, shard.id]));
      });

      test("empty data, every byte, a mebibyte and odd partition keys come back as they were", async () => {
        await create();
        const records = [
          aRecord("", { data: new Uint8Array(0) }),
          aRecord("", { data: Uint8Array.from({ length: 256 }, (_, index) => index) }),
          aRecord("", { data: new Uint8Array(1_048_576).fill(171) }),
          aRecord("a", { partitionKey: 'quote " back \\ nul \u0000 tab \t é 🚀 \ufeff' }),
          aRecord("b", { partitionKey: "x".repeat(256) }),
        ];
        await put(records);
        const back = await stored();
        expect(back.map((record) => record.partitionKey)).toEqual(records.map((record) => record.partitionKey));
        expect(
          back.map((record) => Buffer.compare(record.data, records[back.indexOf(record)]?.data ?? Buffer.alloc(0))),
        ).toEqual([0, 0, 0, 0, 0]);
      });
    });

    describe("reading a stream", () => {
      test("a read takes what comes after a position, up to the limit", async () => {
        await create();
        const puts = await put(numbered(10));
        const after = puts[3]?.sequenceNumber ?? null;
        const answer = await store.streams.read("orders", SHARD, after, { limit: 3, maxBytes: 1_000_000 });
        expect(answer).toMatchObject({ kind: "records", isEnded: false });
        expect(answer.kind === "records" && texts(answer.records)).toEqual(["4", "5", "6"]);
      });

      test("a read keeps to its bytes but gives at least one record", async () => {
        await create();
        await put([aRecord("x".repeat(1_000)), aRecord("y"), aRecord("z")]);
        const answer = await store.streams.read("orders", SHARD, null, { limit: 10, maxBytes: 10 });
        expect(answer.kind === "records" && answer.records.length).toBe(1);
      });

      test("caught up, it is no milliseconds behind", async () => {
        await create();
        await put(numbered(3));
        const answer = await store.streams.read("orders", SHARD, null, { limit: 10, maxBytes: 1_000_000 });
        expect(answer).toMatchObject({ millisBehindLatest: 0 });
      });
    });

    describe("a source", () => {
      test("its units are the shards", async () => {
        await create(2);
        expect(await store.source("orders", kind).topology()).toMatchObject({
          kind: "topology",
          units: [
            { id: "shardId-000000000000", parents: [], isClosed: false },
            { id: "shardId-000000000001", parents: [], isClosed: false },
          ],
        });
      });

      test("S2: records come in order with dense ordinals, their bytes and their exact sizes", async () => {
        await create();
        const puts = await put(numbered(5));
        const { records } = await recordsOf(open(null, 7).read(room, never));
        expect(records.map((record) => record.ordinal)).toEqual([7, 8, 9, 10, 11]);
        expect(texts(records)).toEqual(["0", "1", "2", "3", "4"]);
        expect(records.map((record) => kind.position(record))).toEqual(puts.map((each) => each.sequenceNumber));
        expect(records.map((record) => record.sizeBytes)).toEqual(
          records.map((record) => Buffer.byteLength(kind.text(SHARD, [record], null)) - kind.envelopeBytes),
        );
      });

      test("S3: it has caught up exactly when nothing is left behind what it hands out", async () => {
        await create();
        await put(numbered(5));
        const reader = open();
        const first = await recordsOf(reader.read({ ...room, records: 2 }, never));
        expect([texts(first.records), first.isCaughtUp]).toEqual([["0", "1"], false]);
        const second = await recordsOf(reader.read({ ...room, records: 3 }, never));
        expect([texts(second.records), second.isCaughtUp]).toEqual([["2", "3", "4"], true]);
        await reader.close();
      });

      test("S3: at the tip it says once that it has caught up, then waits, and wakes with what is appended", async () => {
        await create();
        const reader = open();
        expect(await reader.read(room, never)).toEqual({ kind: "records", records: [], isCaughtUp: true, lost: null });
        const waiting = reader.read(room, never);
        await put([aRecord("a")]);
        const woken = await recordsOf(waiting);
        expect([texts(woken.records), woken.isCaughtUp]).toEqual([["a"], true]);
        const again = reader.read(room, never);
        await put([aRecord("b")]);
        expect(texts((await recordsOf(again)).records)).toEqual(["b"]);
        await reader.close();
      });

      test("a read takes no more records than there is room for, and its bytes overshoot by one record at most", async () => {
        await create();
        await put(Array.from({ length: 20 }, () => aRecord("x".repeat(1_000))));
        const reader = open();
        const { records } = await recordsOf(reader.read({ records: 20, bytes: 5_000 }, never));
        const bytes = records.reduce((sum, record) => sum + record.sizeBytes, 0);
        const lastBytes = records.at(-1)?.sizeBytes ?? 0;
        expect(bytes - lastBytes).toBeLessThan(5_000);
        expect(records.length).toBeGreaterThan(0);
        const next = await recordsOf(reader.read({ records: 1, bytes: 1 }, never));
        expect(next.records.map((record) => record.ordinal)).toEqual([records.length]);
        await reader.close();
      });

      test("S4: after an aborted read another reader misses nothing", async () => {
        await create();
        const [first] = await put([aRecord("a")]);
        const after = first?.sequenceNumber ?? null;
        const reader = open(after);
        await reader.read(room, never);
        const abort = new AbortController();
        const aborted = reader.read(room, abort.signal);
        aborted.catch(() => undefined);
        abort.abort();
        await reader.close();
        await put([aRecord("b")]);
        const next = open(after);
        expect(texts((await recordsOf(next.read(room, never))).records)).toEqual(["b"]);
        await next.close();
      });

      test("P-7: readers of one shard are independent, and all of them wake", async () => {
        await create();
        const readers = Array.from({ length: 20 }, () => open());
        await Promise.all(readers.map((reader) => reader.read(room, never)));
        const waiting = readers.map((reader) => recordsOf(reader.read(room, never)));
        await put([aRecord("a")]);
        const woken = await Promise.all(waiting);
        expect(woken.map((read) => texts(read.records))).toEqual(readers.map(() => ["a"]));
        await Promise.all(readers.map((reader) => reader.close()));
      });

      test("ten thousand records pass in order, whatever the room", async () => {
        await create();
        for (let part = 0; part < 20; part++) await put(numbered(500));
        const reader = open();
        const seen: KinesisRecord[] = [];
        for (let isCaughtUp = false; !isCaughtUp; ) {
          const read = await recordsOf(reader.read({ records: 777, bytes: 300_000 }, never));
          seen.push(...read.records);
          isCaughtUp = read.isCaughtUp;
        }
        expect(seen.length).toBe(10_000);
        expect(seen.every((record, index) => record.ordinal === index)).toBe(true);
        expect(seen.every((record, index) => Buffer.from(record.data).toString() === `${index % 500}`)).toBe(true);
        await reader.close();
      });
    });

    describe("starting positions", () => {
      test("H-1: TRIM_HORIZON is the oldest record", async () => {
        await create();
        await put(numbered(3));
        const { records } = await recordsOf(open(await resolved({ kind: "trimHorizon" })).read(room, never));
        expect(texts(records)).toEqual(["0", "1", "2"]);
      });

      test("H-2: LATEST is an exact cut, on an empty shard too", async () => {
        await create();
        const onEmpty = await resolved({ kind: "latest" });
        await put([aRecord("before")]);
        const cut = await resolved({ kind: "latest" });
        await put([aRecord("after")]);
        expect(texts((await recordsOf(open(onEmpty).read(room, never))).records)).toEqual(["before", "after"]);
        expect(texts((await recordsOf(open(cut).read(room, never))).records)).toEqual(["after"]);
      });

      test("H-3: AT_TIMESTAMP is the first record that arrived at the instant or later", async () => {
        await create();
        await put(numbered(3));
        const atMs = (await stored())[0]?.arrivedAtMs ?? 0;
        const atFirst = await recordsOf(open(await resolved({ kind: "atTimestamp", atMs })).read(room, never));
        expect(texts(atFirst.records)).toEqual(["0", "1", "2"]);
        const longAgo = await recordsOf(open(await resolved({ kind: "atTimestamp", atMs: 1 })).read(room, never));
        expect([texts(longAgo.records), longAgo.lost]).toEqual([["0", "1", "2"], null]);
        const lastMs = (await stored()).at(-1)?.arrivedAtMs ?? 0;
        const behind = await recordsOf(
          open(await resolved({ kind: "atTimestamp", atMs: lastMs + 1 })).read(room, never),
        );
        expect(texts(behind.records)).toEqual([]);
      });

      test("H-2: a start at the tip says how many records were there before, and other starts do not", async () => {
        await create();
        const source = store.source("orders", kind);
        expect(await source.resolve(SHARD, { kind: "latest" })).toMatchObject({ earlierCount: 0 });
        await put(numbered(3));
        expect(await source.resolve(SHARD, { kind: "latest" })).toMatchObject({ earlierCount: 3 });
        expect(await source.resolve(SHARD, { kind: "trimHorizon" })).toMatchObject({ earlierCount: null });
      });

      test("a checkpointed position resolves to itself, and locating agrees with resolving", async () => {
        await create();
        const [first] = await put(numbered(2));
        const position = first?.sequenceNumber ?? "";
        expect(await resolved({ kind: "after", position })).toBe(position);
        const located = await store.streams.locate("orders", SHARD, { kind: "after", position });
        expect(located).toEqual({ kind: "place", after: position });
        const latest = await store.streams.locate("orders", SHARD, { kind: "latest" });
        expect(latest).toEqual({ kind: "place", after: await resolved({ kind: "latest" }) });
      });
    });

    describe("trimming and deleting", () => {
      test("E-68: a reader that was overtaken is told of the gap and goes on with the oldest record left", async () => {
        await create();
        const [first] = await put(numbered(3));
        await store.trim("orders");
        const [fourth] = await put([aRecord("3")]);
        const reader = open(first?.sequenceNumber ?? null);
        const read = await recordsOf(reader.read(room, never));
        expect(texts(read.records)).toEqual(["3"]);
        expect(read.lost).toMatchObject({ after: first?.sequenceNumber, before: fourth?.sequenceNumber });
        expect([null, 2]).toContain(read.lost?.count);
        await put([aRecord("4")]);
        const next = await recordsOf(reader.read(room, never));
        expect([texts(next.records), next.lost]).toEqual([["4"], null]);
        await reader.close();
      });

      test("E-68: a gap in mid-reading is told as well, also where nothing is left", async () => {
        await create();
        await put(numbered(5));
        const reader = open();
        await reader.read({ ...room, records: 2 }, never);
        await store.trim("orders");
        const read = await recordsOf(reader.read(room, never));
        expect([texts(read.records), read.isCaughtUp, read.lost !== null]).toEqual([[], true, true]);
        expect([null, 3]).toContain(read.lost?.count);
        const waiting = reader.read(room, never);
        await put([aRecord("5")]);
        const woken = await recordsOf(waiting);
        expect([texts(woken.records), woken.lost]).toEqual([["5"], null]);
        await reader.close();
      });

      test("E-68: from the very beginning, trimmed records are a gap; from TRIM_HORIZON they are none", async () => {
        await create();
        await put(numbered(3));
        await store.trim("orders");
        await put([aRecord("3")]);
        expect((await recordsOf(open(null).read(room, never))).lost).not.toBeNull();
        const fromHorizon = await recordsOf(open(await resolved({ kind: "trimHorizon" })).read(room, never));
        expect([texts(fromHorizon.records), fromHorizon.lost]).toEqual([["3"], null]);
        const longAgo = await recordsOf(open(await resolved({ kind: "atTimestamp", atMs: 1 })).read(room, never));
        expect([texts(longAgo.records), longAgo.lost]).toEqual([["3"], null]);
      });

      test("a reader that had read everything before the trim has lost nothing", async () => {
        await create();
        const puts = await put(numbered(3));
        await store.trim("orders");
        await put([aRecord("3")]);
        const read = await recordsOf(open(puts.at(-1)?.sequenceNumber ?? null).read(room, never));
        expect([texts(read.records), read.lost]).toEqual([["3"], null]);
      });

      test("numbers go on rising behind a trim of everything", async () => {
        await create();
        const [before] = await put([aRecord("a")]);
        await store.trim("orders");
        const [after] = await put([aRecord("b")]);
        expect((after?.sequenceNumber ?? "") > (before?.sequenceNumber ?? "")).toBe(true);
      });

      test("P-13: deleting the stream wakes its waiting readers, and they go on when it is made again", async () => {
        await create();
        const [old] = await put([aRecord("old")]);
        const reader = open(old?.sequenceNumber ?? null);
        await reader.read(room, never);
        const waiting = reader.read(room, never);
        await store.streams.delete("orders");
        expect(await waiting).toMatchObject({ kind: "problem", problem: { code: "missing" } });
        expect(await reader.read(room, never)).toMatchObject({ kind: "problem", problem: { code: "missing" } });
        await create();
        await put([aRecord("new")]);
        const read = await recordsOf(reader.read(room, never));
        expect([texts(read.records), read.lost]).toEqual([["new"], null]);
        await reader.close();
      });

      test("P-13: a reader that has not seen its stream go says that it was made anew, and goes on once the units are known", async () => {
        await create();
        const source = store.source("orders", kind);
        await source.topology();
        const reader = source.open(SHARD, null, { firstOrdinal: 0 });
        await put([aRecord("old")]);
        expect(texts((await recordsOf(reader.read(room, never))).records)).toEqual(["old"]);
        await store.streams.delete("orders");
        await create(2);
        await put([{ ...aRecord("new"), explicitHashKey: "0" }]);
        const seen: string[] = [];
        let read = await reader.read(room, never);
        for (; read.kind === "records"; read = await reader.read(room, never)) seen.push(...texts(read.records));
        expect(read).toMatchObject({ kind: "problem", problem: { code: "missing" } });
        expect(await source.topology()).toMatchObject({ units: [{ id: SHARD }, { id: "shardId-000000000001" }] });
        await put([{ ...aRecord("newer"), explicitHashKey: "0" }]);
        while (!seen.includes("newer")) seen.push(...texts((await recordsOf(reader.read(room, never))).records));
        expect(seen).toEqual(["new", "newer"]);
        await reader.close();
      });

      test("a stream that is made again holds nothing of the old one", async () => {
        await create();
        await put(numbered(3));
        await store.streams.delete("orders");
        await create();
        expect(await stored()).toEqual([]);
        await put([aRecord("new")]);
        expect(texts(await stored())).toEqual(["new"]);
      });
    });
  });
}
