// The KafkaTopics port over the store thread.

import type { KafkaTopics, NewKafkaRecord, SeenKafkaRecord } from "../ports/kafka-topics.ts";
import type { StoreClient } from "./store-client.ts";
import { packTopicFrames, TopicFrameCursor } from "./topic-frames.ts";

/** What one look brings at most: a person reads it. */
const LOOK_BYTES = 4_000_000;

export function createKafkaTopics(client: StoreClient, nowMs: () => number): KafkaTopics {
  return {
    create: (name, { partitionCount }) => client.ask("topic-create", { name, partitionCount }),
    grow: (name, partitionCount) => client.ask("topic-grow", { name, partitionCount }),
    delete: (name) => client.ask("topic-delete", { name }),
    list: () => client.ask("topic-list", {}),
    async describe(name) {
      const topic = await client.ask("topic-describe", { name });
      return topic === null ? null : { name, partitions: topic.partitions };
    },
    async produce(name, records) {
      const frames = packTopicFrames(records, nowMs());
      const request = { name, frames, partitions: partitionsOf(records) };
      const answer = await client.ask("topic-append", request, { transfer: [frames] });
      if (answer.kind !== "appended") return answer;
      const places = answer.partitions.map((partition, index) => ({ partition, offset: answer.offsets[index] ?? 0 }));
      return { kind: "produced", places };
    },
    async look(name, { partition, offset }, max) {
      const topic = await client.ask("topic-describe", { name });
      const row = topic?.partitions[partition];
      if (topic === null || row === undefined) return null;
      const answer = await client.ask("topic-read", {
        name,
        known: { incarnation: topic.incarnation, partitionCount: topic.partitions.length },
        wanted: [
          { partition, nextOffset: Math.min(Math.max(offset, row.firstOffset), row.nextOffset), isTipKnown: true },
        ],
        limit: max,
        maxBytes: LOOK_BYTES,
        isWaiting: false,
      });
      if (answer.kind !== "topic-read") return null;
      const seen: SeenKafkaRecord[] = [];
      const cursor = new TopicFrameCursor(new Uint8Array(answer.frames));
      let at = answer.parts[0]?.firstOffset ?? 0;
      for (; !cursor.isAtEnd; cursor.next()) {
        const { timestampMs, key, value, headers } = cursor;
        seen.push({ partition, offset: at++, timestampMs, key, value, headers });
      }
      return seen;
    },
    trim: (name) => client.ask("topic-trim", { name }),
  };
}

function partitionsOf(records: readonly NewKafkaRecord[]): readonly (number | null)[] | null {
  return records.some(({ partition }) => partition !== null) ? records.map(({ partition }) => partition) : null;
}
