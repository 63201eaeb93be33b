// The fifteen `basicProperties` of a message's event, as JSON text.

import { javaDateText } from "./java-date.ts";

/**
 * A header's value as a client reads it from an AMQP field table: text, numbers, booleans, null, bytes, lists and tables; a table with the
 * member `!` is a timestamp in seconds or a decimal.
 */
export type HeaderValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly HeaderValue[]
  | { readonly [name: string]: HeaderValue };

export interface AmqpProperties {
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly headers?: { readonly [name: string]: HeaderValue } | undefined;
  readonly deliveryMode?: number | undefined;
  readonly priority?: number | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** Milliseconds, decimal, as the publisher wrote them. */
  readonly expiration?: string | undefined;
  readonly messageId?: string | undefined;
  /** Seconds since 1970. */
  readonly timestamp?: number | undefined;
  readonly type?: string | undefined;
  readonly userId?: string | undefined;
  readonly appId?: string | undefined;
  readonly clusterId?: string | undefined;
}

export function basicPropertiesText(properties: AmqpProperties, bodyBytes: number): string {
  const { headers, timestamp } = properties;
  return JSON.stringify({
    contentType: properties.contentType ?? null,
    contentEncoding: properties.contentEncoding ?? null,
    headers: headers === undefined || Object.keys(headers).length === 0 ? null : delivered(headers),
    deliveryMode: properties.deliveryMode ?? null,
    priority: properties.priority ?? null,
    correlationId: properties.correlationId ?? null,
    replyTo: properties.replyTo ?? null,
    expiration: properties.expiration ?? null,
    messageId: properties.messageId ?? null,
    timestamp: timestamp === undefined ? null : javaDateText(timestamp),
    type: properties.type ?? null,
    userId: properties.userId ?? null,
    appId: properties.appId ?? null,
    clusterId: properties.clusterId ?? null,
    bodySize: bodyBytes,
  });
}

/** As the Java client's values look once they are written as JSON. */
function delivered(value: HeaderValue): unknown {
  if (typeof value === "string") return { bytes: signed(Buffer.from(value, "utf8")) };
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return signed(value);
  if (isList(value)) return value.map(delivered);
  const { "!": special, value: inner } = value;
  if (special === "timestamp" && typeof inner === "number") return javaDateText(inner);
  if (special === "decimal") return decimal(inner);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, delivered(each)]));
}

const isList = (value: object): value is readonly HeaderValue[] => Array.isArray(value);

function decimal(inner: HeaderValue | undefined): number | null {
  if (typeof inner !== "object" || inner === null || inner instanceof Uint8Array || isList(inner)) return null;
  const { places, digits } = inner;
  return typeof places === "number" && typeof digits === "number" ? Number(`${digits}e-${places}`) : null;
}

/** Java's bytes go from -128 to 127. */
const signed = (bytes: Uint8Array): readonly number[] => Array.from(bytes, (byte) => (byte < 128 ? byte : byte - 256));
