// A message of a RabbitMQ queue as the pipeline carries it, and how it is made from a delivery.

import type { Rec } from "../../core/record.ts";
import { type AmqpProperties, basicPropertiesText } from "./basic-properties.ts";

export interface RabbitMqRecord extends Rec {
  /** By which its reader settles it; means something within its epoch only. */
  readonly tag: number;
  /** `EPOCH.TAG`: messages have no name of their own. */
  readonly position: string;
  /** As the broker said at delivery. */
  readonly isRedelivered: boolean;
  /** JSON text of the event's member `basicProperties`. */
  readonly propertiesText: string;
  readonly body: Uint8Array;
}

export interface RabbitMqDelivery {
  readonly ordinal: number;
  readonly tag: number;
  /** Tells epochs apart, ones of earlier processes too. */
  readonly epoch: string;
  readonly isRedelivered: boolean;
  readonly properties: AmqpProperties;
  readonly body: Uint8Array;
  /** When it was handed to us, epoch ms: what its own time to live and the broker's patience count from. */
  readonly deliveredAtMs: number;
}

/** The record's event around its three values, by `redelivered`. */
const FALSE_BYTES = Buffer.byteLength('{"basicProperties":,"redelivered":false,"data":""}');
const TRUE_BYTES = Buffer.byteLength('{"basicProperties":,"redelivered":true,"data":""}');

export function rabbitMqRecord(delivery: RabbitMqDelivery): RabbitMqRecord {
  const { tag, body, properties, isRedelivered, deliveredAtMs } = delivery;
  const propertiesText = basicPropertiesText(properties, body.length);
  const lifeMs = lifeMsOf(properties.expiration);
  const record = {
    ordinal: delivery.ordinal,
    arrivedAtMs: deliveredAtMs,
    sizeBytes:
      (isRedelivered ? TRUE_BYTES : FALSE_BYTES) +
      Buffer.byteLength(propertiesText, "utf8") +
      4 * Math.ceil(body.length / 3),
    tag,
    position: `${delivery.epoch}.${tag}`,
    isRedelivered,
    propertiesText,
    body,
  };
  return lifeMs === null ? record : { ...record, expiresAtMs: deliveredAtMs + lifeMs };
}

/** Null: none, or text that the broker would not have taken. */
function lifeMsOf(expiration: string | undefined): number | null {
  return expiration !== undefined && /^\d{1,15}$/.test(expiration) ? Number(expiration) : null;
}
