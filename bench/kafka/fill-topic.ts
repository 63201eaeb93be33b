// How the topics of the Kafka row are filled: once, as every run reads them with a group of its own.

import { FIRST_KEY, LAST_KEY, recordBytes } from "../road/record-shape.ts";
import { kafkaClient } from "./kafka-run.ts";

const MOST_A_SEND = 500;

export interface TopicFill {
  readonly topic: string;
  readonly partitionCount: number;
  readonly recordsAPartition: number;
}

export async function fillTopic(server: string, fill: TopicFill): Promise<void> {
  const { topic, partitionCount, recordsAPartition } = fill;
  const client = kafkaClient(server);
  const admin = client.admin();
  const producer = client.producer({
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  });
  await admin.connect();
  await producer.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitionCount }], waitForLeaders: true });
  for (let partition = 0; partition < partitionCount; partition += 1) {
    for (let from = 0; from < recordsAPartition; from += MOST_A_SEND) {
      const numbers = Array.from({ length: Math.min(MOST_A_SEND, recordsAPartition - from) }, (_, at) => from + at);
      const messages = numbers.map((number) => ({
        partition,
        key: keyOf(number, recordsAPartition),
        value: recordBytes(number),
      }));
      await producer.send({ topic, messages });
    }
  }
  await producer.disconnect();
  await admin.disconnect();
}

export function keyOf(number: number, recordCount: number): string {
  return number === 0 ? FIRST_KEY : number === recordCount - 1 ? LAST_KEY : `key-${number % 100}`;
}
