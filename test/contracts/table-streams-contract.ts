// The contract of the Streams and Source ports for the stream of a table, over every adapter: what differs from a Kinesis stream is
// how shards are named, how records are numbered, and what a record's bytes become.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Change, changeText, laneKeyOfItem } from "../../src/kinds/dynamodb/change-text.ts";
import { createDynamodbKind } from "../../src/kinds/dynamodb/dynamodb-kind.ts";
import { entryIdFromPosition } from "../../src/kinds/stream-family.ts";
import type { StreamDescription } from "../../src/ports/streams.ts";
import type { StoreUnderTest } from "./streams-contract.ts";

const NAME = "dynamodb/orders/2026-11-29T12:00:00.123";
const kind = createDynamodbKind({
  eventSourceArn: "arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-11-29T12:00:00.123",
  region: "us-east-1",
});
const room = { records: 10_000, bytes: 50_000_000 };
const never = new AbortController().signal;

function aChange(id: string): { readonly partitionKey: string; readonly explicitHashKey: null; readonly data: Buffer } {
  const item = { id: { S: id } };
  const eventId = Buffer.from(id).toString("hex").padStart(32, "0");
  const change: Change = {
    eventId,
    eventName: "INSERT",
    keys: item,
    newImage: item,
    oldImage: null,
    viewType: "NEW_AND_OLD_IMAGES",
  };
  return { partitionKey: laneKeyOfItem(item), explicitHashKey: null, data: Buffer.from(changeText(change)) };
}

export function describeTableStreamsContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`streams of tables on ${name}`, () => {
    let store: StoreUnderTest;
    beforeEach(async () => {
      store = await makeStore();
    });
    afterEach(() => store.close());

    async function made(): Promise<StreamDescription> {
      await store.streams.create(NAME, { shardCount: 1, mode: "PROVISIONED" });
      const answer = await store.streams.describe(NAME);
      if (answer.kind !== "stream") throw new Error(`describe answered ${answer.kind}`);
      return answer.stream;
    }

    async function put(...ids: readonly string[]): Promise<readonly string[]> {
      const answer = await store.streams.append(NAME, ids.map(aChange));
      if (answer.kind !== "put") throw new Error(`append answered ${answer.kind}`);
      return answer.puts.map(({ sequenceNumber }) => sequenceNumber);
    }

    async function readFrom(shard: string, after: string | null) {
      const read = await store.source(NAME, kind).open(shard, after, { firstOrdinal: 0 }).read(room, never);
      if (read.kind !== "records") throw new Error(`the reader answered ${JSON.stringify(read)}`);
      return read;
    }

    test("D-8: it has one shard, named by its making, and stands beside Kinesis streams of its table's name", async () => {
      await store.streams.create("orders", { shardCount: 1, mode: "PROVISIONED" });
      const { shards } = await made();
      expect(shards.map(({ id }) => id.replace(/\d{20}-[0-9a-f]{8}$/, "…"))).toEqual(["shardId-…"]);
      expect(await store.streams.list()).toEqual({ kind: "names", names: [NAME, "orders"] });
      expect(await store.streams.delete(NAME)).toEqual({ kind: "deleted" });
      expect(await store.streams.list()).toEqual({ kind: "names", names: ["orders"] });
    });

    test("D-1: numbers have 40 digits everywhere, rise, and are those by which the source names its records", async () => {
      const { shards } = await made();
      const [shard = { id: "", startingSequenceNumber: "" }] = shards;
      const numbers = await put("a", "b", "c");
      const { records } = await readFrom(shard.id, null);
      const all = [shard.startingSequenceNumber, ...numbers];
      expect(all.filter((number) => !/^1\d{39}$/.test(number))).toEqual([]);
      expect([...all].sort()).toEqual(all);
      expect(records.map((record) => kind.position(record))).toEqual(numbers);
      const read = await store.streams.read(NAME, shard.id, numbers[0] ?? "", { limit: 9, maxBytes: 1_000_000 });
      expect(read.kind === "records" && read.records.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
        numbers.slice(1),
      );
    });

    test("B-11, D-5: a record is the change's own bytes, and its size is exact in the event", async () => {
      const [shard] = (await made()).shards;
      await put("a", "é🚀");
      const { records } = await readFrom(shard?.id ?? "", null);
      expect(records.map(({ data }) => Buffer.from(data).toString())).toEqual(
        ["a", "é🚀"].map((id) => aChange(id).data.toString()),
      );
      const sum = records.reduce((total, { sizeBytes }) => total + sizeBytes, kind.envelopeBytes + 1);
      expect(Buffer.byteLength(kind.text(shard?.id ?? "", records, null))).toBe(sum);
    });

    test("H-1, H-2, H-6: starts and checkpoints are places of the same numbers", async () => {
      const [shard] = (await made()).shards;
      const id = shard?.id ?? "";
      const [, second = "", third = ""] = await put("a", "b", "c");
      const source = store.source(NAME, kind);
      expect(await source.resolve(id, { kind: "latest" })).toMatchObject({ kind: "resolved", after: third });
      expect((await readFrom(id, second)).records.map((record) => kind.position(record))).toEqual([third]);
    });

    test("E-68: a gap is told by the same numbers", async () => {
      const [shard] = (await made()).shards;
      const id = shard?.id ?? "";
      const [first = ""] = await put("a", "b");
      await store.trim(NAME);
      const { lost } = await readFrom(id, first);
      expect(lost).toMatchObject({ after: first });
      const [next = ""] = await put("c");
      expect(entryIdFromPosition(next)).not.toBeNull();
      expect((await readFrom(id, null)).records.map((record) => kind.position(record))).toEqual([next]);
    });

    test("what is no change is a record all the same, and the next one comes as it is", async () => {
      const [shard] = (await made()).shards;
      await store.streams.append(NAME, [{ partitionKey: "", explicitHashKey: null, data: Buffer.from("oops") }]);
      await put("a");
      const { records } = await readFrom(shard?.id ?? "", null);
      const { Records } = JSON.parse(kind.text(shard?.id ?? "", records, null));
      expect(Records[0].dynamodb.NewImage).toEqual({ unreadableChange: { S: "oops" } });
      expect(Records[1].dynamodb.NewImage).toEqual({ id: { S: "a" } });
    });
  });
}
