// The second thread of the loop by hand: builds the event from one buffer, calls the handler, says that it has returned.

import { parentPort } from "node:worker_threads";
import { BROKER_ARN, type Engine } from "./broker-run.ts";
import { type BrokerEvent, type BrokerMessage, handle } from "./broker-handler.ts";

export interface HandBatch {
  readonly engine: Engine;
  readonly queue: string;
  /** As `packParts` packs them: of each message one byte, 0 or 1, before what its client says of it; and its body. */
  readonly buffer: ArrayBuffer;
}

function eventOf({ engine, queue, buffer }: HandBatch): BrokerEvent {
  const bytes = Buffer.from(buffer);
  const count = new Uint32Array(buffer, 0, 1)[0] ?? 0;
  const lengths = new Uint32Array(buffer, 4, count);
  const messages: BrokerMessage[] = [];
  let at = 4 * (1 + count);
  for (let index = 0; index < count; index += 2) {
    const bodyAt = at + (lengths[index] ?? 0);
    const end = bodyAt + (lengths[index + 1] ?? 0);
    const about = JSON.parse(bytes.toString("utf8", at + 1, bodyAt)) as Readonly<Record<string, unknown>>;
    const isRedelivered = bytes[at] === 0x31;
    const data = bytes.toString("base64", bodyAt, end);
    messages.push(
      engine === "rabbitMq"
        ? rabbitMessage(about, isRedelivered, data, end - bodyAt)
        : activeMessage(about, isRedelivered, data, queue),
    );
    at = end;
  }
  return engine === "rabbitMq"
    ? { eventSource: "aws:rmq", eventSourceArn: BROKER_ARN, rmqMessagesByQueue: { [`${queue}::/`]: messages } }
    : { eventSource: "aws:mq", eventSourceArn: BROKER_ARN, messages };
}

type About = Readonly<Record<string, unknown>>;

function rabbitMessage(about: About, redelivered: boolean, data: string, bodySize: number): BrokerMessage {
  const { headers, deliveryMode, timestamp } = about;
  const basicProperties = {
    contentType: about["contentType"] ?? null,
    contentEncoding: about["contentEncoding"] ?? null,
    headers: headers ?? null,
    deliveryMode: deliveryMode ?? null,
    priority: about["priority"] ?? null,
    correlationId: about["correlationId"] ?? null,
    replyTo: about["replyTo"] ?? null,
    expiration: about["expiration"] ?? null,
    messageId: about["messageId"] ?? null,
    timestamp: timestamp ?? null,
    type: about["type"] ?? null,
    userId: about["userId"] ?? null,
    appId: about["appId"] ?? null,
    clusterId: about["clusterId"] ?? null,
    bodySize,
  };
  return { basicProperties, redelivered, data };
}

function activeMessage(about: About, redelivered: boolean, data: string, queue: string): BrokerMessage {
  const nowMs = Date.now();
  return {
    messageID: about["message_id"] ?? null,
    messageType: "jms/bytes-message",
    deliveryMode: about["durable"] === true ? 2 : 1,
    replyTo: about["reply_to"] ?? null,
    type: about["subject"] ?? null,
    expiration: about["absolute_expiry_time"] ?? 0,
    priority: about["priority"] ?? 4,
    correlationId: about["correlation_id"] ?? null,
    redelivered,
    destination: { physicalName: queue },
    data,
    timestamp: about["creation_time"] ?? 0,
    brokerInTime: about["creation_time"] ?? 0,
    brokerOutTime: nowMs,
    properties: about["application_properties"] ?? {},
  };
}

const port = parentPort;
/** Null: there are no more. */
port?.on("message", (batch: HandBatch | null) => {
  if (batch === null) return port.close();
  void handle(eventOf(batch)).then(() => port.postMessage(null));
});
