// A message's properties from the client's form to the kind's. The client types headers as anything; they are what an AMQP field table can
// hold.

import type { MessageProperties } from "amqplib";
import type { AmqpProperties, HeaderValue } from "../../src/kinds/rabbitmq/basic-properties.ts";

export function amqpPropertiesOf(properties: MessageProperties): AmqpProperties {
  const { headers } = properties;
  return {
    contentType: textOf(properties.contentType),
    contentEncoding: textOf(properties.contentEncoding),
    headers: headers === undefined ? undefined : tableOf(headers),
    deliveryMode: numberOf(properties.deliveryMode),
    priority: numberOf(properties.priority),
    correlationId: textOf(properties.correlationId),
    replyTo: textOf(properties.replyTo),
    expiration: textOf(properties.expiration),
    messageId: textOf(properties.messageId),
    timestamp: numberOf(properties.timestamp),
    type: textOf(properties.type),
    userId: textOf(properties.userId),
    appId: textOf(properties.appId),
    clusterId: textOf(properties.clusterId),
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

function tableOf(table: object): { readonly [name: string]: HeaderValue } {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, valueOf(value)]));
}

function valueOf(value: unknown): HeaderValue {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "object":
      if (value === null || value instanceof Uint8Array) return value;
      return Array.isArray(value) ? value.map(valueOf) : tableOf(value);
    default:
      return null;
  }
}
