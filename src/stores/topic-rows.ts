// Embedded topics, their partitions and the places of groups, in the store's file. What lies in the partitions is topic-log.ts's.

import type { StoreDatabase } from "./store-database.ts";
import type { PartitionPlace } from "./topic-protocol.ts";

export interface PartitionRow {
  readonly key: number;
  readonly partition: number;
  readonly firstOffset: number;
  readonly nextOffset: number;
  readonly keptBytes: number;
}

export interface TopicRow {
  /** Never used again. */
  readonly id: number;
  readonly name: string;
  /** By number, without a gap. */
  readonly partitions: readonly PartitionRow[];
}

export interface TopicRows {
  find(name: string): TopicRow | null;
  names(): readonly string[];
  create(name: string, partitionCount: number, nowMs: number): void;
  addPartitions(topic: TopicRow, partitionCount: number): void;
  /** Its records go later (`dropped`). */
  remove(topic: TopicRow): void;
  extend(key: number, grown: { readonly nextOffset: number; readonly addedBytes: number }): void;
  /** What lies before the first offset already is counted no more. */
  trim(key: number, trimmed: { readonly firstOffset: number; readonly freedBytes: number }): void;
  /** A partition of a removed topic; null: there is none. */
  dropped(): number | null;
  forgetDropped(key: number): void;
  places(topic: TopicRow, groupId: string): readonly PartitionPlace[];
  forgetPlaces(topic: TopicRow, groupId: string): void;
  setPlace(topic: TopicRow, groupId: string, place: PartitionPlace): void;
}

export function createTopicRows(database: StoreDatabase): TopicRows {
  const insertTopic = database.prepare("INSERT INTO kafka_topics (name, created_ms) VALUES (?, ?)");
  const selectTopic = database.prepare("SELECT id FROM kafka_topics WHERE name = ?");
  const selectNames = database.prepare("SELECT name FROM kafka_topics ORDER BY name");
  const deleteTopic = database.prepare("DELETE FROM kafka_topics WHERE id = ?");
  const insertPartition = database.prepare("INSERT INTO kafka_partitions (topic, number) VALUES (?, ?)");
  const selectPartitions = database.prepare("SELECT * FROM kafka_partitions WHERE topic = ? ORDER BY number");
  const dropPartitions = database.prepare("UPDATE kafka_partitions SET topic = -topic WHERE topic = ?");
  const selectDropped = database.prepare("SELECT key FROM kafka_partitions WHERE topic < 0 LIMIT 1");
  const deletePartition = database.prepare("DELETE FROM kafka_partitions WHERE key = ?");
  const updateEnd = database.prepare(
    "UPDATE kafka_partitions SET next_offset = ?, kept_bytes = kept_bytes + ? WHERE key = ?",
  );
  const updateFirst = database.prepare(
    `UPDATE kafka_partitions SET kept_bytes = kept_bytes - CASE WHEN first_offset < ? THEN ? ELSE 0 END,
     first_offset = max(first_offset, ?) WHERE key = ?`,
  );
  const selectPlaces = database.prepare(
    "SELECT partition, next_offset FROM kafka_places WHERE group_id = ? AND topic = ? ORDER BY partition",
  );
  const putPlace = database.prepare(
    `INSERT INTO kafka_places (group_id, topic, partition, next_offset) VALUES (?, ?, ?, ?)
     ON CONFLICT (group_id, topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
  );
  const deleteGroup = database.prepare("DELETE FROM kafka_places WHERE group_id = ? AND topic = ?");
  const deletePlaces = database.prepare("DELETE FROM kafka_places WHERE topic = ?");

  function addRange(id: number, from: number, to: number): void {
    for (let number = from; number < to; number += 1) insertPartition.run(id, number);
  }

  function find(name: string): TopicRow | null {
    const row = selectTopic.get(name);
    if (row === undefined) return null;
    const id = Number(row["id"]);
    return { id, name, partitions: selectPartitions.all(id).map(partitionRow) };
  }

  return {
    find,
    names: () => selectNames.all().map((row) => String(row["name"])),
    create(name, partitionCount, nowMs) {
      insertTopic.run(name, nowMs);
      addRange(Number(selectTopic.get(name)?.["id"]), 0, partitionCount);
    },
    addPartitions: (topic, partitionCount) => addRange(topic.id, topic.partitions.length, partitionCount),
    remove(topic) {
      dropPartitions.run(topic.id);
      deletePlaces.run(topic.id);
      deleteTopic.run(topic.id);
    },
    extend: (key, { nextOffset, addedBytes }) => void updateEnd.run(nextOffset, addedBytes, key),
    trim: (key, { firstOffset, freedBytes }) => void updateFirst.run(firstOffset, freedBytes, firstOffset, key),
    dropped() {
      const row = selectDropped.get();
      return row === undefined ? null : Number(row["key"]);
    },
    forgetDropped: (key) => void deletePartition.run(key),
    places: (topic, groupId) =>
      selectPlaces.all(groupId, topic.id).map((row) => ({
        partition: Number(row["partition"]),
        nextOffset: Number(row["next_offset"]),
      })),
    forgetPlaces: (topic, groupId) => void deleteGroup.run(groupId, topic.id),
    setPlace: (topic, groupId, { partition, nextOffset }) =>
      void putPlace.run(groupId, topic.id, partition, nextOffset),
  };
}

function partitionRow(row: Readonly<Record<string, unknown>>): PartitionRow {
  return {
    key: Number(row["key"]),
    partition: Number(row["number"]),
    firstOffset: Number(row["first_offset"]),
    nextOffset: Number(row["next_offset"]),
    keptBytes: Number(row["kept_bytes"]),
  };
}
