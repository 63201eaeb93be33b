// Records for topics of embedded Kafka clusters: what `/_millrace/kafka/CLUSTER/TOPIC` and `millrace send kafka:` ask for. A cluster that has
// servers is none of ours: its records are sent to it.

import type { KafkaTopics, KafkaTopicView, NewKafkaRecord, SeenKafkaRecord } from "../ports/kafka-topics.ts";
import { embeddedTopicName, type KafkaSettings, usualKafka } from "./group-reading.ts";

/** A cluster goes by its ARN, by its name within the ARN, or by its servers as the configuration has them. */
export interface TopicPlace {
  readonly cluster: string;
  readonly topic: string;
}

export interface Refusal {
  readonly kind: "refused";
  readonly status: 400 | 404 | 409;
  readonly text: string;
  /** Where what was asked for is: a cluster or broker of one's own. Absent: it is refused for another reason. */
  readonly at?: string;
}

/** A cluster or a broker that has an address is none of ours. */
export const refusedElsewhere = (at: string, text: string): Refusal => ({ kind: "refused", status: 409, text, at });

export type Produced =
  | { readonly kind: "produced"; readonly places: readonly { readonly partition: number; readonly offset: number }[] }
  | Refusal;

export interface EmbeddedTopics {
  /** A topic that is not there is made, with so many partitions (null: one); one that has fewer gets more. */
  send(
    place: TopicPlace,
    records: readonly NewKafkaRecord[],
    options: { readonly partitionCount: number | null },
  ): Promise<Produced>;
  look(
    place: TopicPlace,
    from: { readonly partition: number; readonly offset: number },
    max: number,
  ): Promise<
    { readonly kind: "seen"; readonly topic: KafkaTopicView; readonly records: readonly SeenKafkaRecord[] } | Refusal
  >;
  list(): Promise<readonly (TopicPlace & Pick<KafkaTopicView, "partitions">)[]>;
  /** `trim`: as if the retention of all that is there were over. */
  change(place: TopicPlace, change: "trim" | "delete"): Promise<{ readonly kind: "done" } | Refusal>;
}

export interface EmbeddedTopicsOptions {
  readonly clusters: readonly KafkaSettings[];
  /** ARNs of the sources that mappings read: an MSK cluster among them that the configuration does not name is embedded. */
  readonly mappedArns: () => readonly string[];
  readonly topics: KafkaTopics;
}

/** As Kafka has it. */
const TOPIC_NAME = /^[\w.-]{1,249}$/;

export function createEmbeddedTopics({ clusters, mappedArns, topics }: EmbeddedTopicsOptions): EmbeddedTopics {
  /** The name in the store, where the cluster is embedded. */
  function storedName({ cluster, topic }: TopicPlace): string | Refusal {
    const mapped = mappedArns().filter((arn) => arn.includes(":kafka:"));
    const known = [...clusters, ...mapped.filter(isNew(clusters)).map((arn) => usualKafka(arn, null))];
    const found = known.find(
      ({ key }) => key === cluster || embeddedTopicName(key, topic) === `kafka/${cluster}/${topic}`,
    );
    if (found === undefined) {
      const text = `There is no cluster ${cluster}: \`sources\` of the configuration names it by its ARN, or a mapping reads from it.`;
      return refused(404, text);
    }
    if (found.servers !== null) {
      const at = found.servers.join(",");
      return refusedElsewhere(at, `Cluster ${cluster} is at ${at}: send its records there.`);
    }
    if (!TOPIC_NAME.test(topic) || /^\.{1,2}$/.test(topic))
      return refused(400, `${topic} is no topic's name: letters, digits, dots, hyphens and underscores, 249 at most.`);
    return embeddedTopicName(found.key, topic);
  }

  const missing = ({ cluster, topic }: TopicPlace): Refusal =>
    refused(404, `There is no topic ${topic} in the embedded cluster ${cluster}.`);

  return {
    async send(place, records, { partitionCount }) {
      const name = storedName(place);
      if (typeof name !== "string") return name;
      // Before the topic is made or grown: what is refused leaves nothing behind.
      const nextCount = Math.max((await topics.describe(name))?.partitions.length ?? 1, partitionCount ?? 1);
      const astray = records.find(({ partition }) => partition !== null && partition >= nextCount);
      if (astray !== undefined) return noPartition(place, astray.partition, nextCount);
      await topics.create(name, { partitionCount: partitionCount ?? 1 });
      if (partitionCount !== null && (await topics.grow(name, partitionCount)) === "fewer")
        return refused(
          409,
          `The topic ${place.topic} has more than ${partitionCount} partitions: they only become more.`,
        );
      const produced = await topics.produce(name, records);
      switch (produced.kind) {
        case "produced":
          return produced;
        case "missing":
          return missing(place);
        case "noPartition":
          return noPartition(place, records[produced.index]?.partition ?? null, produced.partitionCount);
      }
    },
    async look(place, from, max) {
      const name = storedName(place);
      if (typeof name !== "string") return name;
      const topic = await topics.describe(name);
      if (topic === null) return missing(place);
      const records = await topics.look(name, from, max);
      if (records === null) return refused(404, `The topic ${place.topic} has no partition ${from.partition}.`);
      return { kind: "seen", topic, records };
    },
    async list() {
      const all = await topics.list();
      return all.map(({ name, partitions }) => {
        const [, cluster = "", topic = ""] = /^kafka\/(.*)\/([^/]*)$/.exec(name) ?? [];
        return { cluster, topic, partitions };
      });
    },
    async change(place, change) {
      const name = storedName(place);
      if (typeof name !== "string") return name;
      return (await topics[change](name)) ? { kind: "done" } : missing(place);
    },
  };
}

const isNew =
  (clusters: readonly KafkaSettings[]) =>
  (arn: string): boolean =>
    clusters.every(({ key }) => key !== arn);

const noPartition = ({ topic }: TopicPlace, partition: number | null, partitionCount: number): Refusal =>
  refused(400, `The topic ${topic} has no partition ${partition}: it has ${partitionCount}, from 0 on.`);

const refused = (status: Refusal["status"], text: string): Refusal => ({ kind: "refused", status, text });
