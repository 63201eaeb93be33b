// The reporter of a mapping on Kafka: a destination that is a topic lies in the cluster that the mapping reads, with its login (M-424).

import { createEmbeddedTopicProducer } from "../../src/destinations/embedded-topic-producer.ts";
import { createTopicReporter, type TopicReporter } from "../../src/destinations/topic-reporter.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { KafkaTopics } from "../../src/ports/kafka-topics.ts";
import type { KafkaAddress } from "../../src/ports/mapping-spec.ts";
import type { Reporter } from "../../src/ports/reporter.ts";
import type { KafkaReadings } from "../kafka/kafka-connection.ts";
import { createKafkaProducer } from "./kafka-producer.ts";

export interface KafkaReporterOptions extends KafkaReadings {
  /** For destinations that are no topics of Kafka. */
  readonly others: Reporter;
  readonly clock: Clock;
  readonly embeddedTopics: KafkaTopics;
  readonly clientId: string;
}

/** To be closed when the mapping's runner has stopped. */
export function createKafkaReporter(source: KafkaAddress, options: KafkaReporterOptions): TopicReporter {
  const { others, clock, embeddedTopics, secretText, clientId } = options;
  const producer =
    source.kind === "kafka"
      ? createKafkaProducer({ address: source, secretText, clientId })
      : createEmbeddedTopicProducer(embeddedTopics, source);
  return createTopicReporter({ producer, others, clock });
}
