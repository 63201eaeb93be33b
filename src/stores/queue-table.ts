// The embedded queues and their messages, in the store's file: SQS's standard queues, as far as they are built.
//
// Q1  A message that was received is hidden until its visibility is over; its last receipt deletes it, an older one does not.
// Q2  Messages older than their queue's retention are neither received nor kept, so a queue that nobody reads does not fill the disk.
// Q3  A queue in which a message may have become visible, or that has gone, is told to whoever waits (`takeTouched`).

import type {
  NewMessage,
  PeekedMessage,
  QueueChange,
  QueueCounts,
  QueueMessage,
  QueueSettings,
  QueueView,
  SendAnswer,
} from "../ports/queues.ts";
import type { StoreDatabase } from "./store-database.ts";

const defaults: QueueSettings = {
  delayMs: 0,
  maxMessageBytes: 1_048_576,
  retentionMs: 345_600_000,
  receiveWaitMs: 0,
  visibilityMs: 30_000,
  isFifo: false,
  isDeduplicatedByContent: false,
  deduplicationScope: "queue",
  fifoThroughputLimit: "perQueue",
  redrive: null,
  redriveSources: null,
  keptAttributes: {},
};
const SWEEP_ROWS = 1_000;

export interface QueueTable {
  createQueue(name: string, change: QueueChange): "created" | "exists";
  describeQueue(name: string): QueueView | null;
  countMessages(name: string): QueueCounts | null;
  changeQueue(name: string, change: QueueChange): boolean;
  deleteQueue(name: string): boolean;
  listQueues(): readonly { readonly name: string; readonly messageCount: number }[];
  send(name: string, message: NewMessage): SendAnswer;
  peek(name: string, max: number): readonly PeekedMessage[] | null;
  receive(
    name: string,
    options: { readonly max: number; readonly visibilityMs: number | null },
  ): readonly QueueMessage[] | null;
  /** Null: no such queue. */
  settings(name: string): QueueSettings | null;
  /** When the next hidden message will be visible; null: none is hidden. */
  nextVisibleMs(name: string): number | null;
  delete(name: string, receiptHandle: string): boolean;
  changeVisibility(name: string, receiptHandle: string, visibilityMs: number): "changed" | "visible" | "gone";
  purge(name: string): boolean;
  /** Names since the last call (Q3). */
  takeTouched(): ReadonlySet<string>;
  /** One step; true while there is more to do. */
  sweep(): boolean;
}

export interface QueueTableOptions {
  readonly nowMs: () => number;
  /** A version 4 UUID a call. */
  readonly uuid: () => string;
}

export function createQueueTable(database: StoreDatabase, { nowMs, uuid }: QueueTableOptions): QueueTable {
  const insertQueue = database.prepare(
    "INSERT OR IGNORE INTO queues (name, settings, tags, created_ms, modified_ms) VALUES (?, ?, ?, ?, ?)",
  );
  const selectQueue = database.prepare("SELECT * FROM queues WHERE name = ?");
  const selectQueues = database.prepare("SELECT * FROM queues");
  const updateQueue = database.prepare("UPDATE queues SET settings = ?, tags = ?, modified_ms = ? WHERE id = ?");
  const deleteQueueRow = database.prepare("DELETE FROM queues WHERE id = ?");
  const countQueues = database.prepare(
    "SELECT name, (SELECT count(*) FROM messages WHERE queue = queues.id) AS message_count FROM queues ORDER BY name",
  );
  const countStates = database.prepare(
    `SELECT sum(visible_ms <= ?1) AS visible, sum(visible_ms > ?1 AND receive_count > 0) AS hidden,
     sum(visible_ms > ?1 AND receive_count = 0) AS delayed FROM messages WHERE queue = ?2 AND sent_ms >= ?3`,
  );
  const insertMessage = database.prepare(
    "INSERT INTO messages (queue, message_id, body, attributes, sent_ms, visible_ms) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const selectVisible = database.prepare(
    `SELECT * FROM messages WHERE queue = ? AND visible_ms <= ? AND sent_ms >= ? ORDER BY visible_ms, id LIMIT ?`,
  );
  const selectNextVisible = database.prepare(
    "SELECT visible_ms FROM messages WHERE queue = ? AND visible_ms > ? ORDER BY visible_ms LIMIT 1",
  );
  const selectAll = database.prepare(
    "SELECT message_id, body, sent_ms, receive_count FROM messages WHERE queue = ? ORDER BY id LIMIT ?",
  );
  const hide = database.prepare(
    `UPDATE messages SET visible_ms = ?, receive_count = receive_count + 1, receipt = ?, first_received_ms = ?
     WHERE id = ?`,
  );
  // The plus keeps SQLite from looking through the whole queue instead of at the one receipt.
  const selectByReceipt = database.prepare("SELECT id, visible_ms FROM messages WHERE receipt = ? AND +queue = ?");
  const setVisible = database.prepare("UPDATE messages SET visible_ms = ? WHERE id = ?");
  const deleteMessage = database.prepare("DELETE FROM messages WHERE receipt = ? AND +queue = ?");
  const deleteAll = database.prepare("DELETE FROM messages WHERE queue = ?");
  const deleteOld = database.prepare(
    `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE queue = ? AND sent_ms < ? LIMIT ${SWEEP_ROWS})`,
  );
  let touched = new Set<string>();

  const find = (name: string): QueueRow | null => queueRow(selectQueue.get(name));

  function put(queue: QueueRow, message: Omit<NewMessage, "sizeBytes">): string {
    const messageId = uuid();
    const atMs = nowMs();
    const delayMs = message.delayMs ?? queue.settings.delayMs;
    insertMessage.run(queue.id, messageId, message.body, message.attributes, atMs, atMs + delayMs);
    touched.add(queue.name);
    return messageId;
  }

  return {
    createQueue(name, { settings = {}, tags = {} }) {
      const atMs = nowMs();
      const count = insertQueue.run(name, JSON.stringify(settings), mergedTags({}, tags), atMs, atMs);
      return count > 0 ? "created" : "exists";
    },
    describeQueue(name) {
      const queue = find(name);
      if (queue === null) return null;
      const { settings, tags, createdAtMs, modifiedAtMs } = queue;
      return { name, settings, tags, createdAtMs, modifiedAtMs };
    },
    countMessages(name) {
      const queue = find(name);
      if (queue === null) return null;
      const counts = countStates.get(nowMs(), queue.id, nowMs() - queue.settings.retentionMs);
      return {
        visibleCount: Number(counts?.["visible"] ?? 0),
        hiddenCount: Number(counts?.["hidden"] ?? 0),
        delayedCount: Number(counts?.["delayed"] ?? 0),
      };
    },
    changeQueue(name, change) {
      const queue = find(name);
      if (queue === null) return false;
      const settings = { ...queue.settings, ...change.settings };
      // Tags are not the queue's own attributes: changing them is no modification.
      const atMs = change.settings === undefined ? queue.modifiedAtMs : nowMs();
      updateQueue.run(JSON.stringify(settings), mergedTags(queue.tags, change.tags), atMs, queue.id);
      return true;
    },
    deleteQueue(name) {
      const queue = find(name);
      if (queue === null) return false;
      deleteAll.run(queue.id);
      deleteQueueRow.run(queue.id);
      touched.add(name);
      return true;
    },
    listQueues: () =>
      countQueues.all().map((row) => ({ name: String(row["name"]), messageCount: Number(row["message_count"]) })),
    send(name, message) {
      const queue = find(name);
      if (queue === null) return { kind: "missing" };
      const { maxMessageBytes } = queue.settings;
      if (message.sizeBytes > maxMessageBytes) return { kind: "tooLong", maxMessageBytes };
      return { kind: "sent", messageId: put(queue, message), sequenceNumber: null };
    },
    peek(name, max) {
      const queue = find(name);
      if (queue === null) return null;
      return selectAll.all(queue.id, max).map((row) => ({
        messageId: String(row["message_id"]),
        body: String(row["body"]),
        sentAtMs: Number(row["sent_ms"]),
        receiveCount: Number(row["receive_count"]),
      }));
    },
    receive(name, { max, visibilityMs }) {
      const queue = find(name);
      if (queue === null) return null;
      const atMs = nowMs();
      return selectVisible.all(queue.id, atMs, atMs - queue.settings.retentionMs, max).map((row) => {
        const receiptHandle = uuid();
        const firstReceivedAtMs = Number(row["first_received_ms"] ?? atMs);
        hide.run(
          atMs + (visibilityMs ?? queue.settings.visibilityMs),
          receiptHandle,
          firstReceivedAtMs,
          Number(row["id"]),
        );
        return {
          messageId: String(row["message_id"]),
          receiptHandle,
          body: String(row["body"]),
          attributes: typeof row["attributes"] === "string" ? row["attributes"] : null,
          sentAtMs: Number(row["sent_ms"]),
          firstReceivedAtMs,
          receiveCount: Number(row["receive_count"]) + 1,
          sequenceNumber: null,
          groupId: null,
          deduplicationId: null,
          traceHeader: null,
          deadLetterSource: null,
        };
      });
    },
    settings: (name) => find(name)?.settings ?? null,
    nextVisibleMs(name) {
      const queue = find(name);
      const row = queue === null ? undefined : selectNextVisible.get(queue.id, nowMs());
      return row === undefined ? null : Number(row["visible_ms"]);
    },
    delete(name, receiptHandle) {
      const queue = find(name);
      return queue !== null && deleteMessage.run(receiptHandle, queue.id) > 0;
    },
    changeVisibility(name, receiptHandle, visibilityMs) {
      const queue = find(name);
      const row = queue === null ? undefined : selectByReceipt.get(receiptHandle, queue.id);
      if (row === undefined) return "gone";
      if (Number(row["visible_ms"]) <= nowMs()) return "visible";
      setVisible.run(nowMs() + visibilityMs, Number(row["id"]));
      touched.add(name);
      return "changed";
    },
    purge(name) {
      const queue = find(name);
      if (queue !== null) deleteAll.run(queue.id);
      return queue !== null;
    },
    takeTouched() {
      const names = touched;
      touched = new Set();
      return names;
    },
    sweep() {
      let isMore = false;
      for (const row of selectQueues.all()) {
        const queue = queueRow(row);
        if (queue === null) continue;
        if (deleteOld.run(queue.id, nowMs() - queue.settings.retentionMs) >= SWEEP_ROWS) isMore = true;
      }
      return isMore;
    },
  };
}

function mergedTags(tags: QueueView["tags"], change: QueueChange["tags"]): string {
  const merged = Object.entries({ ...tags, ...change }).filter(([, value]) => value !== null);
  return JSON.stringify(Object.fromEntries(merged));
}

interface QueueRow {
  readonly id: number;
  readonly name: string;
  readonly settings: QueueSettings;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
}

/** Only what differs from the defaults is sure to be stored. */
function queueRow(row: Readonly<Record<string, unknown>> | undefined): QueueRow | null {
  if (row === undefined) return null;
  return {
    id: Number(row["id"]),
    name: String(row["name"]),
    settings: { ...defaults, ...(JSON.parse(String(row["settings"])) as Partial<QueueSettings>) },
    tags: JSON.parse(String(row["tags"])) as Readonly<Record<string, string>>,
    createdAtMs: Number(row["created_ms"]),
    modifiedAtMs: Number(row["modified_ms"]),
  };
}
