// Hands an on-failure document to its destination (O-rules). Never retried by the runtime (O-15).

export interface Report {
  readonly mappingUuid: string;
  /** ARN of a queue, topic or bucket, or `kafka://TOPIC`: a topic of the mapping's own cluster (M-424). */
  readonly destinationArn: string;
  /** The document as JSON text, members in the recorded order (O-2, O-10); "" where there are messages. */
  readonly body: string;
  /** Object key where the destination is a bucket (O-11), else null. */
  readonly objectKey: string | null;
  /** For a topic of Kafka: one for each record, in the batch's order (M-424); else left out. */
  readonly messages?: readonly ReportMessage[];
}

export interface ReportMessage {
  /** The record's own. */
  readonly key: Uint8Array | null;
  /** JSON text. */
  readonly value: string;
}

const KAFKA_TOPIC = "kafka://";

/** The name of a topic of the mapping's own cluster; null: the destination is another. */
export function kafkaTopicOf(destination: string): string | null {
  return destination.startsWith(KAFKA_TOPIC) ? destination.slice(KAFKA_TOPIC.length) : null;
}

export type ReportAnswer =
  | { readonly kind: "delivered" }
  /** The document is lost, counted, and the lane goes on. */
  | { readonly kind: "refused"; readonly detail: string };

export interface Reporter {
  /** Never rejects. Reports of one lane arrive one after another. */
  send(report: Report): Promise<ReportAnswer>;
}
