import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createEmbeddedStreams } from "../../src/stores/embedded-streams.ts";
import { createStoreCheckpoints } from "../../src/stores/store-checkpoints.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { createHandClock, openStoreAside } from "./aside.ts";
import { acknowledgedBeforeKill } from "./killed.ts";

const victim = new URL("killed-writer.ts", import.meta.url);
const wordsOf = (lines: readonly string[], kind: string): readonly string[][] =>
  lines.map((line) => line.split(" ")).filter(([first]) => first === kind);

test("D1: after kill -9 every acknowledged record, message and checkpoint is there", async () => {
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
  } finally {
    await store.close();
  }
});
