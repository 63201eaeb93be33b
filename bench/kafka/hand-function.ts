// A function thread of the loop by hand on Kafka: builds the event from one buffer, calls the handler, says that it has returned.

import { parentPort } from "node:worker_threads";
import { KAFKA_ARN } from "./kafka-run.ts";
import { handle, type KafkaEventRecord } from "./kafka-handler.ts";

export interface HandBatch {
  readonly server: string;
  readonly topic: string;
  readonly partition: number;
  /** Of each record offset and timestamp, whatever the offsets leave out between them. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** As `packParts` packs them: of each record its key and its value. */
  readonly buffer: ArrayBuffer;
}

function recordsOf({ topic, partition, numbers, buffer }: HandBatch): readonly KafkaEventRecord[] {
  const bytes = Buffer.from(buffer);
  const count = new Uint32Array(buffer, 0, 1)[0] ?? 0;
  const lengths = new Uint32Array(buffer, 4, count);
  const records: KafkaEventRecord[] = [];
  let at = 4 * (1 + count);
  for (let index = 0; index < count; index += 2) {
    const valueAt = at + (lengths[index] ?? 0);
    const end = valueAt + (lengths[index + 1] ?? 0);
    records.push({
      topic,
      partition,
      offset: numbers[index] ?? 0,
      timestamp: numbers[index + 1] ?? 0,
      timestampType: "CREATE_TIME",
      key: bytes.toString("base64", at, valueAt),
      value: bytes.toString("base64", valueAt, end),
      headers: [],
    });
    at = end;
  }
  return records;
}

const port = parentPort;
/** Null: there are no more. */
port?.on("message", (batch: HandBatch | null) => {
  if (batch === null) return port.close();
  const { topic, partition, server } = batch;
  void handle({
    eventSource: "aws:kafka",
    eventSourceArn: KAFKA_ARN,
    bootstrapServers: server,
    records: { [`${topic}-${partition}`]: recordsOf(batch) },
  }).then(() => port.postMessage(partition));
});
