// What stands around a mapping on a real Kafka in the live tests: the cluster with its topics, producers and foreign members, as programs
// of other people have them.

import { randomUUID } from "node:crypto";
import { type Admin, type Consumer, type IHeaders, Kafka, logLevel, type Producer } from "kafkajs";
import { onTestFinished } from "vitest";
import type { RunningBroker } from "../../../scripts/brokers/broker.ts";
import { startBroker } from "../../../scripts/brokers/start-broker.ts";
import { sharedBrokerUrl } from "../../brokers/shared-broker.ts";

export interface NewRecord {
  /** Default: 0. */
  readonly partition?: number;
  readonly value: string | Buffer | null;
  /** Default: none. */
  readonly key?: string | null;
  readonly headers?: IHeaders;
  /** Default: now. */
  readonly atMs?: number;
}

export interface KafkaSide {
  /** `HOST:PORT`. */
  readonly server: string;
  readonly admin: Admin;
  readonly client: Kafka;
  /** Makes a topic of this name; default: a new one. */
  topic(given?: { readonly name?: string; readonly partitionCount?: number }): Promise<string>;
  send(topic: string, records: readonly (string | NewRecord)[]): Promise<void>;
  /** What the group has committed, partition by partition; null: nothing. */
  committed(groupId: string, topic: string): Promise<readonly (number | null)[]>;
  /** Texts of the records that lie in a topic, once there are so many. */
  lies(topic: string, count: number): Promise<readonly { readonly key: string | null; readonly value: string }[]>;
  /** Somebody else's program in the group: what it reads it tells, and commits by itself. */
  foreignMember(
    groupId: string,
    topic: string,
    onRecords: (partition: number, offsets: readonly number[]) => void,
  ): Promise<Consumer>;
}

/** A Kafka of the test's own, to be killed. */
export async function ownKafka(options: Parameters<typeof startBroker>[1] = {}): Promise<RunningBroker> {
  const broker = await startBroker("kafka", { ...options, own: true });
  onTestFinished(() => broker.stop());
  return broker;
}

/** Of the run's shared Kafka, or of one's own. */
export async function kafkaSide(broker?: RunningBroker): Promise<KafkaSide> {
  const server = broker === undefined ? new URL(await sharedBrokerUrl("kafka")).host : `${broker.host}:${broker.port}`;
  const client = new Kafka({
    brokers: [server],
    logLevel: logLevel.NOTHING,
    // A broker that is started again is waited for.
    retry: { retries: 60, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
  const admin = client.admin();
  const producer = client.producer({ createPartitioner: () => partitionGiven });
  await admin.connect();
  await producer.connect();
  onTestFinished(async () => {
    await producer.disconnect();
    await admin.disconnect();
  });
  return {
    server,
    admin,
    client,
    async topic({ name = `t-${randomUUID()}`, partitionCount = 1 } = {}) {
      await admin.createTopics({ topics: [{ topic: name, numPartitions: partitionCount }], waitForLeaders: true });
      return name;
    },
    send: (topic, records) => sendTo(producer, topic, records),
    async committed(groupId, topic) {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return (found?.partitions ?? [])
        .toSorted((a, b) => a.partition - b.partition)
        .map(({ offset }) => (offset === "-1" ? null : Number(offset)));
    },
    async lies(topic, count) {
      const found: { readonly key: string | null; readonly value: string }[] = [];
      const consumer = client.consumer({ groupId: randomUUID() });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const { promise, resolve } = Promise.withResolvers<void>();
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ message: { key, value } }) => {
          found.push({ key: key?.toString() ?? null, value: value?.toString() ?? "" });
          if (found.length >= count) resolve();
        },
      });
      await promise;
      await consumer.disconnect();
      return found;
    },
    async foreignMember(groupId, topic, onRecords) {
      const consumer = client.consumer({ groupId, heartbeatInterval: 500 });
      await consumer.connect();
      onTestFinished(() => consumer.disconnect());
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        eachBatch: async ({ batch: { partition, messages } }) => {
          onRecords(
            partition,
            messages.map(({ offset }) => Number(offset)),
          );
        },
      });
      return consumer;
    },
  };
}

const partitionGiven = ({ message }: { readonly message: { readonly partition?: number } }): number =>
  message.partition ?? 0;

async function sendTo(producer: Producer, topic: string, records: readonly (string | NewRecord)[]): Promise<void> {
  const messages = records.map((each) => {
    const { partition = 0, value, key = null, headers, atMs } = typeof each === "string" ? { value: each } : each;
    return {
      partition,
      value,
      key,
      ...(headers === undefined ? {} : { headers }),
      ...(atMs === undefined ? {} : { timestamp: String(atMs) }),
    };
  });
  await producer.send({ topic, messages });
}
