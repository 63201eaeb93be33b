// The embedded topics, in the store's file: what is published goes to the queues that are subscribed.

import type { QueueTable, QueueTableOptions } from "./queue-table.ts";
import { snsEnvelope } from "./sns-envelope.ts";
import type { StoreDatabase } from "./store-database.ts";

export interface TopicTable {
  createTopic(name: string): void;
  subscribe(topic: string, queue: string, options: { readonly isRaw: boolean }): boolean;
  listTopics(): readonly { readonly name: string; readonly queues: readonly string[] }[];
  publish(topic: string, message: string): string | null;
}

export type TopicTableOptions = QueueTableOptions & { readonly region: string; readonly accountId: string };

export function createTopicTable(database: StoreDatabase, queues: QueueTable, options: TopicTableOptions): TopicTable {
  const { nowMs, uuid, region, accountId } = options;
  const insertTopic = database.prepare("INSERT OR IGNORE INTO topics (name) VALUES (?)");
  const selectTopic = database.prepare("SELECT id FROM topics WHERE name = ?");
  const selectQueue = database.prepare("SELECT id FROM queues WHERE name = ?");
  const selectTopics = database.prepare("SELECT id, name FROM topics ORDER BY name");
  const selectSubscribers = database.prepare(
    `SELECT queues.id, queues.name, is_raw FROM subscriptions JOIN queues ON queues.id = queue WHERE topic = ?
     ORDER BY queues.name`,
  );
  const insertSubscription = database.prepare(
    `INSERT INTO subscriptions (topic, queue, is_raw) VALUES (?, ?, ?)
     ON CONFLICT (topic, queue) DO UPDATE SET is_raw = excluded.is_raw`,
  );

  return {
    createTopic: (name) => void insertTopic.run(name),
    subscribe(topicName, queueName, { isRaw }) {
      const topic = idOf(selectTopic.get(topicName));
      const queue = idOf(selectQueue.get(queueName));
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
      const topic = idOf(selectTopic.get(topicName));
      if (topic === null) return null;
      const messageId = uuid();
      const topicArn = `arn:aws:sns:${region}:${accountId}:${topicName}`;
      for (const row of selectSubscribers.all(topic)) {
        const subscriptionArn = `${topicArn}:${String(row["name"])}`;
        const envelope = { messageId, topicArn, message, sentAtMs: nowMs(), region, subscriptionArn };
        // Each subscriber's queue gives the message an id of its own; the envelope's is the topic's.
        queues.deliver(Number(row["id"]), row["is_raw"] === 1 ? message : snsEnvelope(envelope));
      }
      return messageId;
    },
  };
}

function idOf(row: Readonly<Record<string, unknown>> | undefined): number | null {
  return row === undefined ? null : Number(row["id"]);
}
