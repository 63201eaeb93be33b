// A message as AMQP 1.0 brings it, and what it is in JMS: ActiveMQ translates between the two by the mapping that
// both its clients know.

import type { Message } from "rhea";
import type { ActiveMqMessage } from "../../src/kinds/activemq/activemq-record.ts";

const JAVA_OBJECT = "application/x-java-serialized-object";
/** Section `data` of a message's body, by its AMQP code. */
const DATA_SECTION = 0x75;
const USUAL_PRIORITY = 4;

/** What the event cannot take from the message itself. */
export interface Receipt {
  readonly queueName: string;
  /** By which it is known where its sender and its broker gave it none. */
  readonly fallbackId: string;
  readonly deliveredAtMs: number;
}

export interface TranslatedMessage {
  readonly message: ActiveMqMessage;
  /** */
  readonly refusal: string | null;
}

export function translated(given: Message, receipt: Receipt): TranslatedMessage {
  const content = contentOf(given);
  const sentAtMs = instantOf(given.creation_time);
  return {
    message: {
      messageId: textOf(given.message_id) ?? receipt.fallbackId,
      messageType: content.messageType,
      isPersistent: given.durable === true,
      replyTo: textOf(given.reply_to),
      type: textOf(given.subject),
      expiresAtMs: instantOf(given.absolute_expiry_time),
      priority: given.priority ?? USUAL_PRIORITY,
      correlationId: textOf(given.correlation_id),
      physicalName: physicalNameOf(textOf(given.to)) ?? receipt.queueName,
      sentAtMs,
      // AMQP does not bring the broker's own two stamps: these are the nearest instants that it does bring.
      brokerInAtMs: sentAtMs === 0 ? receipt.deliveredAtMs : sentAtMs,
      brokerOutAtMs: receipt.deliveredAtMs,
      properties: propertiesOf(given.application_properties),
      body: content.body,
    },
    refusal: content.refusal,
  };
}

interface Content {
  readonly messageType: ActiveMqMessage["messageType"];
  readonly body: Uint8Array;
  readonly refusal: string | null;
}

const text = (body: string): Content => ({ messageType: "jms/text-message", body: Buffer.from(body), refusal: null });
const bytes = (body: Uint8Array): Content => ({ messageType: "jms/bytes-message", body, refusal: null });
const refused = (what: string): Content => ({
  messageType: "jms/bytes-message",
  body: new Uint8Array(0),
  refusal: `${what} is no text and no bytes message, and no function is given others`,
});

function contentOf({ body, content_type: contentType }: Message): Content {
  const given: unknown = body;
  if (contentType === JAVA_OBJECT) return refused("a serialized Java object");
  if (typeof given === "string") return text(given);
  // A text message whose text is null comes so, too.
  if (given === null || given === undefined) return text("");
  if (Buffer.isBuffer(given)) return bytes(given);
  if (isSection(given)) {
    if (given.typecode !== DATA_SECTION) return refused("a message of several values");
    if (Buffer.isBuffer(given.content)) return bytes(given.content);
    if (Array.isArray(given.content) && given.content.every((each) => Buffer.isBuffer(each))) {
      return bytes(Buffer.concat(given.content));
    }
  }
  if (Array.isArray(given)) return refused("a stream message");
  return refused(typeof given === "object" ? "a map message" : `a message with a ${typeof given}`);
}

function isSection(given: unknown): given is { readonly typecode: number; readonly content: unknown } {
  return typeof given === "object" && given !== null && "typecode" in given && "content" in given;
}

function propertiesOf(given: unknown): Record<string, string> {
  const entries = Object.entries(typeof given === "object" && given !== null ? given : {});
  return Object.fromEntries(entries.map(([name, value]) => [name, textOf(value) ?? "null"]));
}

/** Null: there is none. Numbers in decimal digits, booleans as words. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (value instanceof Date) return String(value.getTime());
  // An id of 16 bytes is a UUID, others and values of properties are plain bytes: in hexadecimal, as nothing says that they are text.
  if (Buffer.isBuffer(value)) return value.toString("hex");
  return typeof value === "object" ? JSON.stringify(value) : String(value as number | bigint | boolean);
}

function physicalNameOf(address: string | null): string | null {
  return address === null ? null : address.replace(/^queue:\/\//, "");
}

function instantOf(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  return typeof value === "number" ? value : 0;
}
