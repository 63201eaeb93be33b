// The loop by hand on a queue in a file: the same as hand-loop.ts, with a table of SQLite that the loop's own thread reads and writes, as
// durable as the embedded store is. No groups, no dead letters, no delays, no retention, no thread for the store.

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { serve } from "../child.ts";
import { recordBytes } from "../road/record-shape.ts";
import type { QueueFill } from "../whole/queue-calls.ts";
import { emptyByHand, endThreads, type HandStore } from "./hand-threads.ts";
import { firstCall, type QueueRunAnswer, type QueueRunRequest, untilEmpty } from "./queue-run.ts";

const VISIBILITY_MS = 60_000;

const directory = mkdtempSync(join(tmpdir(), "millrace-bench-hand-"));
const database = new DatabaseSync(join(directory, "queue.sqlite"));
database.exec(`
  PRAGMA page_size = 8192;
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE messages (
    id TEXT PRIMARY KEY, data TEXT NOT NULL, sent_ms INTEGER NOT NULL, visible_ms INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0, first_ms INTEGER, mark TEXT
  );
  CREATE INDEX visible ON messages (visible_ms);
`);
const insert = database.prepare("INSERT INTO messages (id, data, sent_ms, visible_ms) VALUES (?, ?, ?, ?)");
const select = database.prepare("SELECT * FROM messages WHERE visible_ms <= ? ORDER BY visible_ms LIMIT ?");
const hide = database.prepare(
  "UPDATE messages SET visible_ms = ?, receive_count = receive_count + 1, first_ms = coalesce(first_ms, ?), mark = ? WHERE id = ?",
);
const erase = database.prepare("DELETE FROM messages WHERE id = ? AND mark = ?");
const count = database.prepare("SELECT count(*) AS count FROM messages");

function inOneStep<T>(work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  const done = work();
  database.exec("COMMIT");
  return done;
}

const store: HandStore = {
  async receive(max, mark) {
    const nowMs = Date.now();
    return inOneStep(() =>
      select.all(nowMs, max).flatMap((row) => {
        const id = String(row["id"]);
        const firstMs = row["first_ms"] ?? nowMs;
        hide.run(nowMs + VISIBILITY_MS, nowMs, mark, id);
        const words = [id, row["data"], row["sent_ms"], Number(row["receive_count"]) + 1, firstMs];
        return words.map((word) => Buffer.from(String(word)));
      }),
    );
  },
  erase: async (mark, ids) => inOneStep(() => ids.forEach((id) => erase.run(id.toString(), mark))),
};

async function fillQueue({ messageCount }: QueueFill): Promise<void> {
  const nowMs = Date.now();
  inOneStep(() => {
    for (let number = 0; number < messageCount; number += 1) {
      const data = JSON.stringify({ body: recordBytes(number).toString() });
      insert.run(randomUUID(), data, nowMs, nowMs);
    }
  });
}

async function run(request: QueueRunRequest): Promise<QueueRunAnswer> {
  const first = firstCall();
  await emptyByHand(store, request);
  const endMs = await untilEmpty(async () => Number(count.get()?.["count"]));
  return { wallMs: endMs - (await first) };
}

serve({ run, fillQueue }, async () => {
  database.close();
  rmSync(directory, { recursive: true, force: true });
  await endThreads();
});
