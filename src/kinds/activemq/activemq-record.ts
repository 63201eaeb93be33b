// A message of an ActiveMQ queue as the pipeline carries it: the text of its event's members around the two that change or are long, made
// once when it arrives (R-101 to R-108).

import type { Rec } from "../../core/record.ts";
import type { ActiveMqEvent } from "../../ports/mapping-spec.ts";

/** What a message of JMS says of itself (R-102 to R-108). Instants are epoch ms. */
export interface ActiveMqMessage {
  readonly messageId: string;
  readonly messageType: "jms/text-message" | "jms/bytes-message";
  readonly isPersistent: boolean;
  readonly replyTo: string | null;
  readonly type: string | null;
  /** 0: never. */
  readonly expiresAtMs: number;
  /** 0 to 9. */
  readonly priority: number;
  readonly correlationId: string | null;
  /** Of the queue, without a prefix. */
  readonly physicalName: string;
  /** When its sender sent it; 0 where it does not say. */
  readonly sentAtMs: number;
  readonly brokerInAtMs: number;
  readonly brokerOutAtMs: number;
  /** Custom ones, as text. */
  readonly properties: Readonly<Record<string, string>>;
  /** The UTF-8 of a text, or the bytes. */
  readonly body: Uint8Array;
}

export interface ActiveMqRecord extends Rec {
  /** By which its reader settles it; means something within its epoch only. */
  readonly tag: number;
  readonly messageId: string;
  /** It was handed out before (R-404). */
  readonly isRedelivered: boolean;
  /** Why no function can be given it (R-102); null: it can. */
  readonly refusal: string | null;
  /** JSON before the value of `redelivered`, between it and the base64 of the body, and after that. */
  readonly textBefore: string;
  readonly textBetween: string;
  readonly textAfter: string;
  readonly body: Uint8Array;
}

export interface ActiveMqDelivery {
  readonly message: ActiveMqMessage;
  readonly refusal: string | null;
  readonly ordinal: number;
  readonly tag: number;
  /** As what it is written (R-105). */
  readonly expiration: ActiveMqEvent["expiration"];
  readonly isRedelivered: boolean;
  /** When it was handed to us, epoch ms. */
  readonly deliveredAtMs: number;
}

export function activeMqRecord(delivery: ActiveMqDelivery): ActiveMqRecord {
  const { message, isRedelivered } = delivery;
  const { body, expiresAtMs } = message;
  const textBefore =
    `{"messageID":${JSON.stringify(message.messageId)},"messageType":"${message.messageType}",` +
    `"deliveryMode":${message.isPersistent ? 2 : 1},"replyTo":${JSON.stringify(message.replyTo)},` +
    `"type":${JSON.stringify(message.type)},"expiration":${delivery.expiration === "string" ? `"${expiresAtMs}"` : expiresAtMs},"priority":${message.priority},` +
    `"correlationId":${JSON.stringify(message.correlationId)},"redelivered":`;
  const textBetween = `,"destination":{"physicalName":${JSON.stringify(message.physicalName)}},"data":"`;
  const textAfter =
    `","timestamp":${message.sentAtMs},"brokerInTime":${message.brokerInAtMs},` +
    `"brokerOutTime":${message.brokerOutAtMs},"properties":${JSON.stringify(message.properties)}}`;
  const record = {
    ordinal: delivery.ordinal,
    arrivedAtMs: delivery.deliveredAtMs,
    sizeBytes:
      Buffer.byteLength(textBefore, "utf8") +
      String(isRedelivered).length +
      Buffer.byteLength(textBetween, "utf8") +
      4 * Math.ceil(body.length / 3) +
      Buffer.byteLength(textAfter, "utf8"),
    tag: delivery.tag,
    messageId: message.messageId,
    isRedelivered,
    refusal: delivery.refusal,
    textBefore,
    textBetween,
    textAfter,
    body,
  };
  return expiresAtMs === 0 ? record : { ...record, expiresAtMs };
}

/** The record in the event, or without its body. A repetition is said as one (R-404), and is then a byte shorter than its size. */
export function activeMqRecordText(record: ActiveMqRecord, data: string, attempt: number): string {
  const isRedelivered = record.isRedelivered || attempt > 1;
  return `${record.textBefore}${isRedelivered}${record.textBetween}${data}${record.textAfter}`;
}
