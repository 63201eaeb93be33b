import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createKinesisKind } from "../../src/kinds/kinesis/kinesis-kind.ts";
import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import type { Read } from "../../src/ports/source.ts";
import { createEmbeddedSource } from "../../src/stores/embedded-source.ts";
import { createEmbeddedStreams } from "../../src/stores/embedded-streams.ts";
import { parseFromStore, parseToStore } from "../../src/stores/parse-store.ts";
import { startStoreThread } from "../../src/stores/start-store-thread.ts";
import { openStoreDatabase } from "../../src/stores/store-database.ts";
import { createTables } from "../../src/stores/store-tables.ts";
import { workerEntry } from "../../src/threads/entries.ts";
import { chunkCount, openStoreAside, type StoreAside, startThreadAside } from "./aside.ts";

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
const textsOf = (answer: Read<KinesisRecord>) =>
  answer.kind === "records" ? answer.records.map((record) => Buffer.from(record.data).toString().trim()) : answer;

describe("clients and messages", () => {
  test("K1: when the store ends, everything pending rejects, and so does what is asked later", async () => {
    await create();
    const reader = open();
    await reader.read(room, never);
    const waiting = reader.read(room, never);
    store.service.close();
    expect(await waiting).toMatchObject({
      kind: "problem",
      problem: { code: "broken", detail: "the store has ended" },
    });
    await expect(createTables(store.client).list("mappings")).rejects.toMatchObject({ code: "thread-failed" });
  });

  test("K2: an aborted read settles, and what comes later is for the next one", async () => {
    await create();
    const reader = open();
    await reader.read(room, never);
    const abort = new AbortController();
    const aborted = reader.read(room, abort.signal);
    abort.abort();
    expect(await aborted).toEqual({ kind: "records", records: [], isCaughtUp: true, lost: null });
    await put("a");
    expect(textsOf(await reader.read(room, never))).toEqual(["a"]);
    expect(await reader.read(room, AbortSignal.abort())).toMatchObject({ kind: "records", records: [] });
  });

  test("V3: a client that goes leaves no read behind", async () => {
    await create();
    const leaving = store.connect();
    const reader = createEmbeddedSource({
      client: leaving,
      streamName: "orders",
      kind: createKinesisKind(context),
    }).open(SHARD, null, {
      firstOrdinal: 0,
    });
    await reader.read(room, never);
    const waiting = reader.read(room, never);
    leaving.close();
    expect(await waiting).toMatchObject({ kind: "problem" });
    expect(await put("a")).toMatchObject({ kind: "put" });
  });

  test("a message of unknown kind, or one that lacks a member, is an error with a code", () => {
    const broken = expect.objectContaining({ code: "protocol-broken" });
    const thrownBy = (parse: (value: unknown) => unknown, value: unknown): unknown => {
      try {
        return parse(value);
      } catch (error) {
        return error;
      }
    };
    expect(thrownBy(parseToStore, { kind: "toString", requestId: 1 })).toEqual(broken);
    expect(thrownBy(parseToStore, { kind: "stream-list", requestId: 1 })).toEqual(broken);
    expect(thrownBy(parseFromStore, null)).toEqual(broken);
    expect(thrownBy(parseFromStore, { kind: "answer", requestId: 1 })).toEqual(broken);
  });
});

describe("the file", () => {
  test("D2: a store that is open cannot be opened again", () => {
    expect(() => openStoreDatabase(join(store.dir, "store.db"))).toThrow(
      expect.objectContaining({ code: "state-locked" }),
    );
  });

  test("a file of a newer version is refused and left alone", () => {
    const file = join(store.dir, "newer.db");
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 999");
    database.close();
    expect(() => openStoreDatabase(file)).toThrow(expect.objectContaining({ code: "state-version" }));
  });

  test("a file that is no database is refused", async () => {
    const file = join(store.dir, "broken.db");
    await writeFile(file, "this is not a database, and long enough to look like one to nobody".repeat(20));
    expect(() => openStoreDatabase(file)).toThrow(expect.objectContaining({ code: "state-broken" }));
  });
});

describe("the thread", () => {
  test("T1: what was acknowledged is in the file once it has closed", async () => {
    const aside = await startThreadAside();
    const streams = createEmbeddedStreams(aside.client);
    await streams.create("orders", { shardCount: 1, mode: "PROVISIONED" });
    await streams.append("orders", [aRecord("a")]);
    aside.client.close();
    const closing = aside.thread.close();
    expect(aside.thread.close()).toBe(closing);
    await closing;
    expect(chunkCount(aside.dir)).toBe(1);
    await aside.close();
  });

  test("T1: a file that is in use is said with its code", async () => {
    const starting = startStoreThread({
      entry: workerEntry("store"),
      storeFile: join(store.dir, "store.db"),
      region: "us-east-1",
      accountId: "000000000000",
      maxShardBytes: null,
      onFailed: () => undefined,
      onProblem: () => undefined,
    });
    await expect(starting).rejects.toMatchObject({ code: "state-locked" });
  });
});
