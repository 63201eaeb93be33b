// A message of an embedded RabbitMQ queue as the store keeps it: one JSON text with its properties and its body in base64.

import type { StoredDelivery } from "../stored-delivery.ts";
import type { AmqpProperties } from "./basic-properties.ts";
import { type RabbitMqRecord, rabbitMqRecord } from "./rabbitmq-record.ts";

export interface StoredRabbitMqMessage {
  readonly properties: AmqpProperties;
  readonly body: Uint8Array;
}

export function storedRabbitMqText({ properties, body }: StoredRabbitMqMessage): string {
  return JSON.stringify({ properties, body: Buffer.from(body).toString("base64") });
}

/** Of text that `storedRabbitMqText` has made. */
export function storedRabbitMqMessage(text: string): StoredRabbitMqMessage {
  const { properties, body }: { readonly properties: AmqpProperties; readonly body: string } = JSON.parse(text);
  return { properties, body: Buffer.from(body, "base64") };
}

/** `tag`: of this delivery, by which the journal names it. */
export function storedRabbitMqRecord({ message, ordinal, deliveredAtMs }: StoredDelivery, tag: number): RabbitMqRecord {
  return rabbitMqRecord({
    ...storedRabbitMqMessage(message.body),
    ordinal,
    tag,
    epoch: message.messageId,
    isRedelivered: message.receiveCount > 1,
    deliveredAtMs,
  });
}
