// One run of one contestant on Kafka: a topic whose partitions lie full, read by a group of its own, from the handler's first call to its
// last. Each partition's first and last record are known by their keys.

import { Kafka, logLevel } from "kafkajs";

export interface KafkaRunRequest {
  /** `HOST:PORT`. */
  readonly server: string;
  readonly topic: string;
  readonly groupId: string;
  readonly batchSize: number;
  readonly partitionCount: number;
  /** Of each partition; whole batches. */
  readonly recordsAPartition: number;
}

export const KAFKA_CLUSTER = "bench";
export const KAFKA_ARN = `arn:aws:kafka:us-east-1:000000000000:cluster/${KAFKA_CLUSTER}/00000000-0000-0000-0000-000000000000-1`;

export function kafkaClient(server: string): Kafka {
  return new Kafka({ brokers: [server], clientId: "millrace-bench", logLevel: logLevel.NOTHING });
}
