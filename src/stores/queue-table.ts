// The embedded queues and topics, in the store's file: what on-failure documents need of SQS and SNS.
//
// Q1  A message that was received is hidden until its visibility is over; its last receipt deletes it, an older one does not.
// Q2  Messages older than MESSAGE_RETENTION_MS are taken away, so a queue that nobody reads does not fill the disk.

import type { PeekedMessage, QueueMessage } from "../ports/queues.ts";
import { snsEnvelope } from "./sns-envelope.ts";
import type { StoreDatabase } from "./store-database.ts";

/** SQS's default: four days. */
const MESSAGE_RETENTION_MS = 345_600_000;
const SWEEP_ROWS = 1_000;

export interface QueueTable {
  createQueue(name: string): void;
  listQueues(): readonly { readonly name: string; readonly messageCount: number }[];
  send(name: string, body: string): string | null;
  peek(name: string, max: number): readonly PeekedMessage[] | null;
  receive(
    name: string,
    options: { readonly max: number; readonly visibilityMs: number },
  ): readonly QueueMessage[] | null;
  delete(name: string, receiptHandle: string): boolean;
  purge(name: string): boolean;
  createTopic(name: string): void;
  subscribe(topic: string, queue: string, options: { readonly isRaw: boolean }): boolean;
  listTopics(): readonly { readonly name: string; readonly queues: readonly string[] }[];
  publish(topic: string, message: string): string | null;
  /** One step; true while there is more to do. */
  sweep(): boolean;
}

export interface QueueTableOptions {
  readonly nowMs: () => number;
  /** A version 4 UUID a call. */
  readonly uuid: () => string;
  readonly region: string;
  readonly accountId: string;
}

export function createQueueTable(database: StoreDatabase, options: QueueTableOptions): QueueTable {
  const { nowMs, uuid, region, accountId } = options;
  const insertQueue = database.prepare("INSERT OR IGNORE INTO queues (name) VALUES (?)");
  const selectQueue = database.prepare("SELECT id FROM queues WHERE name = ?");
  const countQueues = database.prepare(
    "SELECT name, (SELECT count(*) FROM messages WHERE queue = queues.id) AS message_count FROM queues ORDER BY name",
  );
  const insertMessage = database.prepare(
    "INSERT INTO messages (queue, message_id, body, sent_ms, visible_ms) VALUES (?, ?, ?, ?, ?)",
  );
  const selectVisible = database.prepare(
    `SELECT id, message_id, body, sent_ms, receive_count FROM messages WHERE queue = ? AND visible_ms <= ?
     ORDER BY visible_ms, id LIMIT ?`,
  );
  const selectAll = database.prepare(
    "SELECT message_id, body, sent_ms, receive_count FROM messages WHERE queue = ? ORDER BY id LIMIT ?",
  );
  const hide = database.prepare(
    "UPDATE messages SET visible_ms = ?, receive_count = receive_count + 1, receipt = ? WHERE id = ?",
  );
  const deleteMessage = database.prepare("DELETE FROM messages WHERE queue = ? AND receipt = ?");
  const deleteAll = database.prepare("DELETE FROM messages WHERE queue = ?");
  const deleteOld = database.prepare(
    `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE sent_ms < ? ORDER BY id LIMIT ${SWEEP_ROWS})`,
  );
  const selectOldest = database.prepare("SELECT sent_ms FROM messages ORDER BY id LIMIT 1");
  const insertTopic = database.prepare("INSERT OR IGNORE INTO topics (name) VALUES (?)");
  const selectTopic = database.prepare("SELECT id FROM topics WHERE name = ?");
  const selectTopics = database.prepare("SELECT id, name FROM topics ORDER BY name");
  const selectSubscribers = database.prepare(
    `SELECT queues.id, queues.name, is_raw FROM subscriptions JOIN queues ON queues.id = queue WHERE topic = ?
     ORDER BY queues.name`,
  );
  const insertSubscription = database.prepare(
    `INSERT INTO subscriptions (topic, queue, is_raw) VALUES (?, ?, ?)
     ON CONFLICT (topic, queue) DO UPDATE SET is_raw = excluded.is_raw`,
  );

  const queueId = (name: string): number | null => idOf(selectQueue.get(name));
  const topicId = (name: string): number | null => idOf(selectTopic.get(name));

  function put(queue: number, messageId: string, body: string): void {
    const atMs = nowMs();
    insertMessage.run(queue, messageId, body, atMs, atMs);
  }

  return {
    createQueue: (name) => void insertQueue.run(name),
    listQueues: () =>
      countQueues.all().map((row) => ({ name: String(row["name"]), messageCount: Number(row["message_count"]) })),
    send(name, body) {
      const queue = queueId(name);
      if (queue === null) return null;
      const messageId = uuid();
      put(queue, messageId, body);
      return messageId;
    },
    peek(name, max) {
      const queue = queueId(name);
      if (queue === null) return null;
      return selectAll.all(queue, max).map((row) => ({
        messageId: String(row["message_id"]),
        body: String(row["body"]),
        sentAtMs: Number(row["sent_ms"]),
        receiveCount: Number(row["receive_count"]),
      }));
    },
    receive(name, { max, visibilityMs }) {
      const queue = queueId(name);
      if (queue === null) return null;
      return selectVisible.all(queue, nowMs(), max).map((row) => {
        const receiptHandle = uuid();
        hide.run(nowMs() + visibilityMs, receiptHandle, Number(row["id"]));
        return {
          messageId: String(row["message_id"]),
          receiptHandle,
          body: String(row["body"]),
          sentAtMs: Number(row["sent_ms"]),
          receiveCount: Number(row["receive_count"]) + 1,
        };
      });
    },
    delete(name, receiptHandle) {
      const queue = queueId(name);
      return queue !== null && deleteMessage.run(queue, receiptHandle) > 0;
    },
    purge(name) {
      const queue = queueId(name);
      if (queue !== null) deleteAll.run(queue);
      return queue !== null;
    },
    createTopic: (name) => void insertTopic.run(name),
    subscribe(topicName, queueName, { isRaw }) {
      const topic = topicId(topicName);
      const queue = queueId(queueName);
      if (topic === null || queue === null) return false;
      insertSubscription.run(topic, queue, isRaw ? 1 : 0);
      return true;
    },
    listTopics: () =>
      selectTopics.all().map((row) => ({
        name: String(row["name"]),
        queues: selectSubscribers.all(Number(row["id"])).map((queue) => String(queue["name"])),
      })),
    publish(topicName, message) {
      const topic = topicId(topicName);
      if (topic === null) return null;
      const messageId = uuid();
      const topicArn = `arn:aws:sns:${region}:${accountId}:${topicName}`;
      for (const row of selectSubscribers.all(topic)) {
        const subscriptionArn = `${topicArn}:${String(row["name"])}`;
        const envelope = { messageId, topicArn, message, sentAtMs: nowMs(), region, subscriptionArn };
        // Each subscriber's queue gives the message an id of its own; the envelope's is the topic's.
        put(Number(row["id"]), uuid(), row["is_raw"] === 1 ? message : snsEnvelope(envelope));
      }
      return messageId;
    },
    sweep() {
      const horizonMs = nowMs() - MESSAGE_RETENTION_MS;
      const oldest = selectOldest.get();
      if (oldest === undefined || Number(oldest["sent_ms"]) >= horizonMs) return false;
      return deleteOld.run(horizonMs) >= SWEEP_ROWS;
    },
  };
}

function idOf(row: Readonly<Record<string, unknown>> | undefined): number | null {
  return row === undefined ? null : Number(row["id"]);
}
