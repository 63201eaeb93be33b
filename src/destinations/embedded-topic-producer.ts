// Topics of an embedded cluster as destinations of its mappings (M-424).

import { assertNever } from "../core/assert-never.ts";
import type { KafkaTopics } from "../ports/kafka-topics.ts";
import type { KafkaAddress } from "../ports/mapping-spec.ts";
import type { Produced, TopicProducer } from "../ports/topic-producer.ts";

type EmbeddedAddress = Pick<Extract<KafkaAddress, { kind: "embeddedKafka" }>, "storedName" | "topic">;

/** `source`: the topic that is read; the others of its cluster have names of the same beginning. */
export function createEmbeddedTopicProducer(topics: KafkaTopics, source: EmbeddedAddress): TopicProducer {
  const cluster = source.storedName.slice(0, source.storedName.length - source.topic.length);
  return {
    async produce(topic, messages) {
      try {
        const records = messages.map(({ key, value }) => {
          return { partition: null, timestampMs: null, key, value: Buffer.from(value, "utf8"), headers: [] };
        });
        const answer = await topics.produce(`${cluster}${topic}`, records);
        switch (answer.kind) {
          case "produced":
            return { doneCount: messages.length, tooLargeCount: 0, flaw: null };
          case "missing":
            return stopped(`there is no topic ${topic}`);
          case "noPartition":
            return stopped(`the topic ${topic} has lost a partition`);
          default:
            return assertNever(answer);
        }
      } catch (error) {
        return stopped(error instanceof Error ? error.message : String(error));
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Nothing of it was written. */
const stopped = (detail: string): Produced => ({ doneCount: 0, tooLargeCount: 0, flaw: { detail, mayPass: false } });
