// The embedded queues themselves, in the store's file: name, settings, tags. What lies in them is message-rows.ts's.

import { QUEUE_DEFAULTS } from "../ports/queue-defaults.ts";
import type { QueueChange, QueueSettings, QueueView } from "../ports/queues.ts";
import type { StoreDatabase } from "./store-database.ts";

export interface QueueRow extends QueueView {
  readonly id: number;
}

export interface QueueRows {
  create(name: string, change: QueueChange): "created" | "exists";
  find(name: string): QueueRow | null;
  all(): readonly QueueRow[];
  counts(): readonly { readonly name: string; readonly messageCount: number }[];
  /** As it is then. */
  change(queue: QueueRow, change: QueueChange): QueueRow;
  remove(queue: QueueRow): void;
}

export function createQueueRows(database: StoreDatabase, nowMs: () => number): QueueRows {
  const insertQueue = database.prepare(
    "INSERT OR IGNORE INTO queues (name, settings, tags, created_ms, modified_ms) VALUES (?, ?, ?, ?, ?)",
  );
  const selectQueue = database.prepare("SELECT * FROM queues WHERE name = ?");
  const selectQueues = database.prepare("SELECT * FROM queues ORDER BY id");
  const updateQueue = database.prepare("UPDATE queues SET settings = ?, tags = ?, modified_ms = ? WHERE id = ?");
  const deleteQueueRow = database.prepare("DELETE FROM queues WHERE id = ?");
  const countQueues = database.prepare(
    "SELECT name, (SELECT count(*) FROM messages WHERE queue = queues.id) AS message_count FROM queues ORDER BY name",
  );

  return {
    create(name, { settings = {}, tags = {} }) {
      const atMs = nowMs();
      const count = insertQueue.run(name, JSON.stringify(settings), JSON.stringify(mergedTags({}, tags)), atMs, atMs);
      return count > 0 ? "created" : "exists";
    },
    find(name) {
      const row = selectQueue.get(name);
      return row === undefined ? null : queueRow(row);
    },
    all: () => selectQueues.all().map(queueRow),
    counts: () =>
      countQueues.all().map((row) => ({ name: String(row["name"]), messageCount: Number(row["message_count"]) })),
    change(queue, change) {
      const settings = { ...queue.settings, ...change.settings };
      const tags = mergedTags(queue.tags, change.tags);
      // Tags are not the queue's own attributes: changing them is no modification.
      const modifiedAtMs = change.settings === undefined ? queue.modifiedAtMs : nowMs();
      updateQueue.run(JSON.stringify(settings), JSON.stringify(tags), modifiedAtMs, queue.id);
      return { ...queue, settings, tags, modifiedAtMs };
    },
    remove: (queue) => void deleteQueueRow.run(queue.id),
  };
}

function mergedTags(tags: QueueView["tags"], change: QueueChange["tags"]): QueueView["tags"] {
  const merged = Object.entries({ ...tags, ...change });
  return Object.fromEntries(merged.flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
}

/** Only what differs from the defaults is sure to be stored. */
function queueRow(row: Readonly<Record<string, unknown>>): QueueRow {
  return {
    id: Number(row["id"]),
    name: String(row["name"]),
    settings: { ...QUEUE_DEFAULTS, ...(JSON.parse(String(row["settings"])) as Partial<QueueSettings>) },
    tags: JSON.parse(String(row["tags"])) as Readonly<Record<string, string>>,
    createdAtMs: Number(row["created_ms"]),
    modifiedAtMs: Number(row["modified_ms"]),
  };
}
