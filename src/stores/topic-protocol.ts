// The calls of the store on embedded topics (store-protocol.ts). Offsets are those of Kafka: a place that is committed is that of the next
// record.

import type { KafkaPartitionView, KafkaTopicView } from "../ports/kafka-topics.ts";
import type { Lost, Start } from "../ports/source.ts";

/** A topic that is deleted and made again is another incarnation. */
export interface KnownTopic {
  readonly incarnation: number;
  readonly partitionCount: number;
}

export interface PartitionPlace {
  readonly partition: number;
  readonly nextOffset: number;
}

export interface TopicReadRequest {
  readonly name: string;
  /** What the reader takes the topic for; null: it takes it for missing. */
  readonly known: KnownTopic | null;
  /** In this order, while there is room. */
  readonly wanted: readonly (PartitionPlace & {
    /** It has been told that there was nothing behind this place. */
    readonly isTipKnown: boolean;
  })[];
  readonly limit: number;
  /** Of all together, and a quarter of it of each; one record a partition may overshoot. */
  readonly maxBytes: number;
  readonly isWaiting: boolean;
}

export interface TopicReadPart {
  readonly partition: number;
  readonly firstOffset: number;
  readonly recordCount: number;
  /** Of its frames, which lie in the parts' order. */
  readonly frameBytes: number;
  readonly isCaughtUp: boolean;
  readonly lost: Lost | null;
}

export interface TopicRead {
  readonly kind: "topic-read";
  /** topic-frames.ts; transferred. */
  readonly frames: ArrayBuffer;
  readonly parts: readonly TopicReadPart[];
}

/** `changed`: it is another incarnation than the reader knows, or has another number of partitions. */
export type TopicReadAnswer = TopicRead | ({ readonly kind: "changed" } & KnownTopic) | { readonly kind: "missing" };

export interface TopicCalls {
  "topic-create": {
    request: { readonly name: string; readonly partitionCount: number };
    answer: "created" | "exists";
  };
  "topic-grow": {
    request: { readonly name: string; readonly partitionCount: number };
    answer: "grown" | "unchanged" | "fewer" | "missing";
  };
  "topic-delete": { request: { readonly name: string }; answer: boolean };
  "topic-trim": { request: { readonly name: string }; answer: boolean };
  "topic-list": { request: object; answer: readonly KafkaTopicView[] };
  "topic-describe": {
    request: { readonly name: string };
    answer: { readonly incarnation: number; readonly partitions: readonly KafkaPartitionView[] } | null;
  };
  "topic-append": {
    request: {
      readonly name: string;
      /** Transferred. */
      readonly frames: ArrayBuffer;
      /** Of each record; null: by its key. Null as a whole where none has one. */
      readonly partitions: readonly (number | null)[] | null;
    };
    answer:
      | { readonly kind: "appended"; readonly partitions: readonly number[]; readonly offsets: readonly number[] }
      | { readonly kind: "noPartition"; readonly index: number; readonly partitionCount: number }
      | { readonly kind: "missing" };
  };
  "topic-read": { request: TopicReadRequest; answer: TopicReadAnswer };
  /** Where a start lies in each partition that the group has no place in. */
  "topic-locate": {
    request: { readonly name: string; readonly groupId: string; readonly start: Start };
    answer: readonly PartitionPlace[] | null;
  };
  /** Places of the group, as far as it has any. */
  "topic-group": {
    request: { readonly name: string; readonly groupId: string };
    answer: readonly PartitionPlace[];
  };
  /** The group has no place in the topic any more. */
  "topic-group-forget": {
    request: { readonly name: string; readonly groupId: string };
    answer: null;
  };
  /** `ended`: a newer generation of the mapping has the group, or the topic is another one. */
  "topic-commit": {
    request: {
      readonly name: string;
      readonly incarnation: number;
      readonly groupId: string;
      readonly mapping: string;
      readonly generation: number;
      readonly places: readonly PartitionPlace[];
    };
    answer: "kept" | "ended";
  };
}
