// Embedded topics of Kafka, as the local API and `millrace send` see them: topics of partitions, whose records have dense offsets from 0
// on. Who reads them as a member of a group is the business of GroupSource. Adapter: src/stores/kafka-topics.ts.

export interface NewKafkaRecord {
  /** Null: the partition that Kafka's own producers would pick: by the key, else each in turn. */
  readonly partition: number | null;
  /** Null: now. */
  readonly timestampMs: number | null;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** In this order; a name may come twice (M-109). */
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}

export interface SeenKafkaRecord extends NewKafkaRecord {
  readonly partition: number;
  readonly timestampMs: number;
  readonly offset: number;
}

export interface KafkaTopicView {
  readonly name: string;
  readonly partitions: readonly KafkaPartitionView[];
}

export interface KafkaPartitionView {
  readonly partition: number;
  /** Of the oldest record that is left. */
  readonly firstOffset: number;
  /** Of the next record that is written. */
  readonly nextOffset: number;
}

export type ProducedKafka =
  | { readonly kind: "produced"; readonly places: readonly { readonly partition: number; readonly offset: number }[] }
  | { readonly kind: "missing" }
  /** The record at `index` names a partition that is not there: nothing was written. */
  | { readonly kind: "noPartition"; readonly index: number; readonly partitionCount: number };

/** Names are those of the store, `kafka/CLUSTER/TOPIC`. */
export interface KafkaTopics {
  create(name: string, options: { readonly partitionCount: number }): Promise<"created" | "exists">;
  /** Partitions only become more. */
  grow(name: string, partitionCount: number): Promise<"grown" | "unchanged" | "fewer" | "missing">;
  /** The places of its groups go with it. */
  delete(name: string): Promise<boolean>;
  list(): Promise<readonly KafkaTopicView[]>;
  describe(name: string): Promise<KafkaTopicView | null>;
  /** All or nothing, in order. */
  produce(name: string, records: readonly NewKafkaRecord[]): Promise<ProducedKafka>;
  /** The oldest records from an offset on; null: there is no such topic or partition. */
  look(
    name: string,
    from: { readonly partition: number; readonly offset: number },
    max: number,
  ): Promise<readonly SeenKafkaRecord[] | null>;
  /** Lets all records go that are there now, as if their retention were over. */
  trim(name: string): Promise<boolean>;
}
