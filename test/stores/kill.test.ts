import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createEmbeddedStreams } from "../../src/stores/embedded-streams.ts";
import { createStoreCheckpoints } from "../../src/stores/store-checkpoints.ts";
import { createCollections } from "../../src/stores/document-collections.ts";
import { createEmbeddedChangeSource } from "../../src/stores/embedded-change-source.ts";
import { createKafkaTopics } from "../../src/stores/kafka-topics.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { createHandClock, openStoreAside } from "./aside.ts";
import { acknowledgedBeforeKill } from "./killed.ts";

const victim = new URL("killed-writer.ts", import.meta.url);
const wordsOf = (lines: readonly string[], kind: string): readonly string[][] =>
  lines.map((line) => line.split(" ")).filter(([first]) => first === kind);

test("D1: after kill -9 every acknowledged record, message, checkpoint and document is there", async () => {
  const dir = await mkdtemp(join(tmpdir(), "millrace-kill-"));
  const lines = await acknowledgedBeforeKill(victim, { dir, lineCount: 5_000 });
  const store = await openStoreAside({ dir, clock: createHandClock(Date.now()) });
  try {
    const streams = createEmbeddedStreams(store.client);
    const read = (shardId: string) => streams.read("orders", shardId, null, { limit: 1e9, maxBytes: 1e9 });
    const answers = await Promise.all(["shardId-000000000000", "shardId-000000000001"].map(read));
    const stored = new Set(
      answers.flatMap((answer) => (answer.kind === "records" ? answer.records.map((each) => each.sequenceNumber) : [])),
    );
    const records = wordsOf(lines, "record").map((words) => words[2] ?? "");
    expect(records.length).toBeGreaterThan(1_000);
    expect(records.filter((sequenceNumber) => !stored.has(sequenceNumber))).toEqual([]);

    const received = await createQueues(store.client).receive("failures", { max: 1e6, visibilityMs: 0 });
    const messageIds = new Set(received?.messages.map((message) => message.messageId));
    expect(wordsOf(lines, "message").filter((words) => !messageIds.has(words[1] ?? ""))).toEqual([]);

    const loaded = await createStoreCheckpoints(store.client, "m-1", { generation: 2 }).load();
    if (loaded === "failed") throw new Error("the checkpoints cannot be loaded");
    const behind = wordsOf(lines, "checkpoint").filter(
      ([, unit = "", after = ""]) => !((loaded.get(unit)?.after ?? "") >= after),
    );
    expect(behind).toEqual([]);

    const topic = await createKafkaTopics(store.client, () => Date.now()).describe("kafka/c/orders");
    const ends = topic?.partitions.map(({ nextOffset }) => nextOffset) ?? [];
    const offsets = wordsOf(lines, "offset");
    expect(offsets.length).toBeGreaterThan(100);
    expect(offsets.filter(([, partition, offset]) => Number(offset) >= (ends[Number(partition)] ?? 0))).toEqual([]);

    const inserted = wordsOf(lines, "document").map(([, id = ""]) => `{"_id":${id}}`);
    const place = { cluster: "c", database: "d", collection: "orders" };
    const documents = await createCollections(store.client).look(place, 1e6);
    expect(inserted.filter((text) => documents?.includes(text) !== true)).toEqual([]);
    const room = { records: 1e6, bytes: 1e9 };
    const never = new AbortController().signal;
    const stream = { client: store.client, clusterName: "c", database: "d", collection: "orders" } as const;
    const source = createEmbeddedChangeSource({ ...stream, fullDocument: "Default" });
    const changes = await source.open("changes", null, { firstOrdinal: 0 }).read(room, never);
    // Documents and the log are of one transaction: neither has what the other has not.
    expect(changes).toMatchObject({ kind: "records", records: { length: documents?.length } });
  } finally {
    await store.close();
  }
});
