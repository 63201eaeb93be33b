// What resharding promises of a store, run over the embedded one and over Redis (P-8, H-5). Nothing sleeps; a store is made for each test.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createKinesisKind } from "../../src/kinds/kinesis/kinesis-kind.ts";
import type { KinesisEventContext } from "../../src/kinds/kinesis/kinesis-record.ts";
import type { Start, UnitId } from "../../src/ports/source.ts";
import type { NewRecord, Put, ReshardChange, StreamDescription } from "../../src/ports/streams.ts";
import type { StoreUnderTest } from "./streams-contract.ts";

const context: KinesisEventContext = {
  eventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
  region: "us-east-1",
  roleArn: "arn:aws:iam::000000000000:role/reader",
};
const room = { records: 10_000, bytes: 50_000_000 };
const never = new AbortController().signal;
const shard = (index: number): UnitId => `shardId-${String(index).padStart(12, "0")}`;
const HALF = (2n ** 127n).toString();
const splitInHalf: ReshardChange = { kind: "split", shardId: shard(0), newStartingHashKey: HALF };

const keyed = (index: number): NewRecord => ({
  partitionKey: `key-${index % 16}`,
  explicitHashKey: null,
  data: Buffer.from(`${index}`, "utf8"),
});

export function describeReshardContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`resharding on ${name}`, () => {
    let store: StoreUnderTest;
    beforeEach(async () => {
      store = await makeStore();
    });
    afterEach(() => store.close());

    const create = (shardCount: number) => store.streams.create("orders", { shardCount, mode: "PROVISIONED" });

    async function reshard(change: ReshardChange): Promise<readonly UnitId[]> {
      const answer = await store.streams.reshard("orders", change);
      if (answer.kind !== "resharded") throw new Error(`it answered ${JSON.stringify(answer)}`);
      return answer.opened;
    }

    async function put(records: readonly NewRecord[]): Promise<readonly Put[]> {
      const answer = await store.streams.append("orders", records);
      if (answer.kind !== "put") throw new Error(`append answered ${JSON.stringify(answer)}`);
      return answer.puts;
    }

    async function described(): Promise<StreamDescription> {
      const answer = await store.streams.describe("orders");
      if (answer.kind !== "stream") throw new Error(`describe answered ${answer.kind}`);
      return answer.stream;
    }

    async function read(shardId: UnitId) {
      const answer = await store.streams.read("orders", shardId, null, { limit: 10_000, maxBytes: 100_000_000 });
      if (answer.kind !== "records") throw new Error(`read answered ${answer.kind}`);
      return answer;
    }

    test.each(["orders", "dynamodb/orders/2026-11-29T12:00:00.123"])(
      "%s is closed: what it has is read to its end, and nothing comes in any more",
      async (stream) => {
        await store.streams.create(stream, { shardCount: 2, mode: "PROVISIONED" });
        const given = await store.streams.append(stream, [0, 1, 2, 3, 4, 5].map(keyed));
        if (given.kind !== "put") throw new Error(`append answered ${given.kind}`);
        const closed = await store.streams.reshard(stream, { kind: "close" });
        expect(closed).toMatchObject({ kind: "resharded", openCount: 2, opened: [] });
        const described = await store.streams.describe(stream);
        if (described.kind !== "stream") throw new Error(`describe answered ${described.kind}`);
        const { shards } = described.stream;
        expect(shards).toHaveLength(2);
        for (const { id, startingSequenceNumber, endingSequenceNumber: end } of shards) {
          const read = await store.streams.read(stream, id, null, { limit: 100, maxBytes: 1_000_000 });
          if (read.kind !== "records") throw new Error(`read answered ${read.kind}`);
          expect(read.isEnded).toBe(true);
          const numbers = read.records.map(({ sequenceNumber }) => sequenceNumber);
          expect(numbers.every((each) => each < (end ?? ""))).toBe(true);
          expect(end).toHaveLength(startingSequenceNumber.length);
          const ofShard = given.puts.filter(({ shardId }) => shardId === id);
          expect(numbers).toEqual(ofShard.map(({ sequenceNumber }) => sequenceNumber));
        }
        expect(await store.streams.append(stream, [keyed(7)])).toMatchObject({ kind: "problem" });
      },
    );

    test("P-8: a split closes the parent and opens two children that share its hash keys; numbers rise over it", async () => {
      await create(1);
      const before = await put([keyed(0), keyed(1)]);
      expect(await store.streams.reshard("orders", splitInHalf)).toEqual({
        kind: "resharded",
        openCount: 1,
        closed: [shard(0)],
        opened: [shard(1), shard(2)],
      });
      const after = await put(Array.from({ length: 40 }, (_, index) => keyed(index)));
      expect(new Set(after.map(({ shardId }) => shardId))).toEqual(new Set([shard(1), shard(2)]));
      const [parent, left, right] = (await described()).shards;
      expect(left).toMatchObject({ parentId: shard(0), adjacentParentId: null, startingHashKey: "0" });
      expect(right).toMatchObject({ parentId: shard(0), startingHashKey: HALF, endingHashKey: parent?.endingHashKey });
      const ending = parent?.endingSequenceNumber ?? "";
      expect(before.every(({ sequenceNumber }) => sequenceNumber <= ending)).toBe(true);
      expect(ending < (left?.startingSequenceNumber ?? "")).toBe(true);
      expect(after.every(({ sequenceNumber }) => sequenceNumber > (left?.startingSequenceNumber ?? ""))).toBe(true);
      expect(await read(shard(0))).toMatchObject({ records: { length: 2 }, isEnded: true });
      expect(await read(shard(1))).toMatchObject({ isEnded: false });
    });

    test("P-8: a merge has both as its parents, and takes their hash keys together", async () => {
      await create(2);
      await put([keyed(0)]);
      expect(await reshard({ kind: "merge", shardId: shard(0), adjacentShardId: shard(1) })).toEqual([shard(2)]);
      const { shards } = await described();
      expect(shards[2]).toMatchObject({
        parentId: shard(0),
        adjacentParentId: shard(1),
        startingHashKey: "0",
        endingHashKey: (2n ** 128n - 1n).toString(),
        endingSequenceNumber: null,
      });
      expect(shards.filter(({ endingSequenceNumber }) => endingSequenceNumber === null)).toHaveLength(1);
      expect((await put([keyed(1)]))[0]?.shardId).toBe(shard(2));
    });

    test("P-8: a count is reached by splits and merges, with ranges of one size and no record in a shard that was but a step", async () => {
      await create(2);
      await reshard({ kind: "count", shardCount: 3 });
      const { shards } = await described();
      const open = shards.filter(({ endingSequenceNumber }) => endingSequenceNumber === null);
      const third = 2n ** 128n / 3n;
      expect(open.map(({ startingHashKey }) => BigInt(startingHashKey)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
        0n,
        third,
        2n * third,
      ]);
      const puts = await put(Array.from({ length: 60 }, (_, index) => keyed(index)));
      expect(new Set(puts.map(({ shardId }) => shardId))).toEqual(new Set(open.map(({ id }) => id)));
      const steps = shards.filter(({ id, endingSequenceNumber }) => endingSequenceNumber !== null && id > shard(1));
      for (const { id } of steps) expect(await read(id)).toMatchObject({ records: [], isEnded: true });
      for (const each of shards.slice(2)) {
        const parent = shards.find(({ id }) => id === each.parentId);
        expect((parent?.endingSequenceNumber ?? "") < each.startingSequenceNumber).toBe(true);
      }
      await reshard({ kind: "count", shardCount: 3 });
      expect((await described()).shards).toEqual(shards);
    });

    test.for([
      [
        { kind: "split", shardId: shard(9), newStartingHashKey: HALF },
        { kind: "noSuchShard", shardId: shard(9) },
      ],
      [{ kind: "split", shardId: shard(0), newStartingHashKey: "1" }, { kind: "hashKeyOutside" }],
      [
        { kind: "split", shardId: shard(0), newStartingHashKey: (2n ** 128n - 1n).toString() },
        { kind: "hashKeyOutside" },
      ],
      [{ kind: "merge", shardId: shard(0), adjacentShardId: shard(2) }, { kind: "notAdjacent" }],
      [{ kind: "merge", shardId: shard(1), adjacentShardId: shard(0) }, { kind: "notAdjacent" }],
      [
        { kind: "count", shardCount: 9 },
        { kind: "overDouble", openCount: 4, wantedCount: 9 },
      ],
      [
        { kind: "count", shardCount: 1 },
        { kind: "underHalf", openCount: 4, wantedCount: 1 },
      ],
      [
        { kind: "count", shardCount: 1_001 },
        { kind: "tooMany", wantedCount: 1_001 },
      ],
    ] as const)("P-8: what cannot be is refused and changes nothing: %j", async ([change, refusal]) => {
      await create(4);
      const before = await described();
      expect(await store.streams.reshard("orders", change)).toMatchObject({ kind: "refused", refusal });
      expect(await described()).toEqual(before);
    });

    test("P-8: a closed shard is neither split nor merged again", async () => {
      await create(1);
      await reshard(splitInHalf);
      const closed = { kind: "refused", refusal: { kind: "closedShard", shardId: shard(0) } };
      expect(await store.streams.reshard("orders", splitInHalf)).toEqual(closed);
      const merge = { kind: "merge", shardId: shard(0), adjacentShardId: shard(1) } as const;
      expect(await store.streams.reshard("orders", merge)).toEqual(closed);
      expect(await store.streams.reshard("none", splitInHalf)).toEqual({ kind: "missing" });
    });

    test("P-8: a reader that waits at a parent's tip ends when it closes; one behind gets what is left first", async () => {
      await create(1);
      await put([keyed(0)]);
      const source = store.source("orders", createKinesisKind(context));
      await source.topology();
      const waiting = source.open(shard(0), null, { firstOrdinal: 0 });
      expect(await waiting.read(room, never)).toMatchObject({ records: { length: 1 }, isCaughtUp: true });
      const ended = waiting.read(room, never);
      const behind = source.open(shard(0), null, { firstOrdinal: 0 });
      await reshard(splitInHalf);
      expect(await ended).toEqual({ kind: "ended" });
      expect(await behind.read(room, never)).toMatchObject({ records: { length: 1 } });
      expect(await behind.read(room, never)).toEqual({ kind: "ended" });
      await Promise.all([waiting.close(), behind.close()]);
    });

    test("P-8: a reader of another shard waits on, and units tell their parents and who is closed", async () => {
      await create(2);
      const source = store.source("orders", createKinesisKind(context));
      await source.topology();
      const reader = source.open(shard(1), null, { firstOrdinal: 0 });
      await reader.read(room, never);
      const woken = reader.read(room, never);
      await reshard({ kind: "split", shardId: shard(0), newStartingHashKey: "1000" });
      expect(await source.topology()).toMatchObject({
        units: [
          { id: shard(0), parents: [], isClosed: true },
          { id: shard(1), parents: [], isClosed: false },
          { id: shard(2), parents: [shard(0)], isClosed: false },
          { id: shard(3), parents: [shard(0)], isClosed: false },
        ],
      });
      await put([{ ...keyed(7), explicitHashKey: (2n ** 128n - 1n).toString() }]);
      expect(await woken).toMatchObject({ kind: "records", records: { length: 1 } });
      await reader.close();
    });

    test("P-8: no append comes into a closed parent, however the two meet, and each key stays in order over it", async () => {
      await create(1);
      const puts: Put[] = [];
      const appending = async (): Promise<void> => {
        for (let part = 0; part < 30; part += 1) {
          puts.push(...(await put(Array.from({ length: 16 }, (_, key) => keyed(part * 16 + key)))));
        }
      };
      const resharding = async (): Promise<void> => {
        for (const shardCount of [2, 4, 3, 5, 3, 2]) await reshard({ kind: "count", shardCount });
      };
      await Promise.all([appending(), resharding()]);
      const { shards } = await described();
      let recordCount = 0;
      for (const each of shards) {
        const { records } = await read(each.id);
        recordCount += records.length;
        expect(records.every(({ sequenceNumber }) => sequenceNumber <= (each.endingSequenceNumber ?? "5"))).toBe(true);
        expect(records.every(({ sequenceNumber }) => sequenceNumber > each.startingSequenceNumber)).toBe(true);
      }
      expect(recordCount).toBe(480);
      // Of a key, what was put later has the greater number, whichever shard it is in.
      for (let key = 0; key < 16; key += 1) {
        const numbers = puts.filter((_, index) => index % 16 === key).map(({ sequenceNumber }) => sequenceNumber);
        expect(numbers).toEqual(numbers.toSorted());
      }
    });

    test("H-1, H-3: a closed shard is read from the instant on, and has ended at once where all of it is older", async () => {
      await create(1);
      await put([keyed(0), keyed(1)]);
      const [oldest] = (await read(shard(0))).records;
      await reshard(splitInHalf);
      const source = store.source("orders", createKinesisKind(context));
      const from = async (start: Start) => {
        const resolved = await source.resolve(shard(0), start);
        if (resolved.kind !== "resolved") throw new Error(`resolve answered ${resolved.kind}`);
        return source.open(shard(0), resolved.after, { firstOrdinal: 0 });
      };
      const whole = await from({ kind: "trimHorizon" });
      expect(await whole.read(room, never)).toMatchObject({ records: { length: 2 } });
      const atFirst = await from({ kind: "atTimestamp", atMs: oldest?.arrivedAtMs ?? 0 });
      expect(await atFirst.read(room, never)).toMatchObject({ records: { length: 2 } });
      const later = await from({ kind: "atTimestamp", atMs: (oldest?.arrivedAtMs ?? 0) + 60_000 });
      expect(await later.read(room, never)).toEqual({ kind: "ended" });
      await Promise.all([whole.close(), atFirst.close(), later.close()]);
    });

    test("H-5: a stream that is made again after a reshard begins with its first shards, and takes records", async () => {
      await create(1);
      await reshard(splitInHalf);
      await store.streams.delete("orders");
      await create(1);
      expect((await described()).shards.map(({ id }) => id)).toEqual([shard(0)]);
      expect((await put([keyed(0)]))[0]?.shardId).toBe(shard(0));
      expect(await read(shard(0))).toMatchObject({ records: { length: 1 }, isEnded: false });
    });
  });
}
