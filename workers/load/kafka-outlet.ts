// A way into a topic of a real Kafka cluster. The partition of each record is chosen here as Kafka's own producers choose it, so that its
// offset is known from the answer.

import { MillraceError } from "../../src/errors.ts";
import type { Outlet, SendTarget, TakenPlace } from "../../src/load/sending/send-target.ts";
import { partitionOfKey } from "../../src/stores/topic-partitioner.ts";
import { loadKafkajs } from "../kafka/kafka-client.ts";
import { kafkaClientOptions } from "../kafka/kafka-connection.ts";

type Target = Extract<SendTarget, { kind: "kafka" }>;

export async function kafkaOutlet({ servers, security, secrets, topic, partitions }: Target): Promise<Outlet> {
  const secretText = (arn: string): Promise<string | null> => Promise.resolve(secrets[arn] ?? null);
  const settings = await kafkaClientOptions({ servers, security }, { secretText });
  if ("problem" in settings) throw new MillraceError("source-unreachable", settings.problem.detail);
  const away = (cause: unknown): MillraceError => {
    const words = cause instanceof Error ? cause.message : String(cause);
    return new MillraceError("source-unreachable", `Kafka at ${servers.join(", ")}: ${words}`, { cause });
  };
  try {
    const kafkajs = await loadKafkajs();
    const kafka = new kafkajs.Kafka({ ...settings, clientId: "millrace-load", retry: { retries: 3 } });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions }] });
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.disconnect();
    const partitionCount = topics[0]?.partitions.length ?? partitions;
    const producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      maxInFlightRequests: 5,
    });
    await producer.connect();
    let turn = 0;
    return {
      mostRecords: 1_000,
      mostBytes: 900_000,
      async send(records) {
        const messages = records.map(({ key, data }) => ({
          key,
          value: data,
          partition: key === null ? turn++ % partitionCount : partitionOfKey(Buffer.from(key, "utf8"), partitionCount),
        }));
        const answers = await producer.send({ topic, messages }).catch((error: unknown) => {
          throw away(error);
        });
        const next = new Map(answers.map(({ partition, baseOffset }) => [partition, BigInt(baseOffset ?? "-1")]));
        return messages.map(({ partition }): TakenPlace | null => {
          const offset = next.get(partition);
          if (offset === undefined || offset < 0n) return null;
          next.set(partition, offset + 1n);
          return { unit: `${topic}-${partition}`, id: String(offset) };
        });
      },
      async discard() {
        await admin.connect();
        await admin.deleteTopics({ topics: [topic] });
        await admin.disconnect();
      },
      close: () => producer.disconnect(),
    };
  } catch (error) {
    throw error instanceof MillraceError ? error : away(error);
  }
}
