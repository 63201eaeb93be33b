// The SQS kind: what a received message is to the pipeline. Its text in the event is made once, when it comes, and its size is that
// text's (B-11); a packed batch is the event's own text in UTF-8. The text is kept in three parts: a body is never copied into a longer one.

import type { FilterView } from "../../core/filter/filter-view.ts";
import type { Rec } from "../../core/record.ts";
import type { QueueMessage } from "../../ports/queues.ts";
import type { PackedBatch } from "../../ports/source-kind.ts";
import { ENVELOPE_BYTES } from "../event-window.ts";
import { packJsonEvent } from "../json/json-event.ts";
import { normalNumber } from "./normal-number.ts";
import { handleText } from "./receipt-handle.ts";
import { attributesDigest, type MessageAttribute, storedAttributes } from "./stored-attributes.ts";

export interface SqsRecord extends Rec {
  readonly message: QueueMessage;
  /** The record as the event has it: what is before the body's text, that, and what is behind it. */
  readonly json: readonly [string, string, string];
  /** When it was received, as far as we know: its visibility runs from there (B-15). */
  readonly receivedAtMs: number;
}

export interface SqsEventContext {
  readonly eventSourceArn: string;
  readonly region: string;
  readonly queueName: string;
  /** Hex. */
  readonly md5: (data: string | Uint8Array) => string;
}

export interface SqsKind {
  readonly envelopeBytes: number;
  /** `hasWindow`: the mapping's batching window is not 0, which shows in the record. `atMs`: when the receive answered. */
  record(
    message: QueueMessage,
    given: { readonly ordinal: number; readonly hasWindow: boolean; readonly atMs: number },
  ): SqsRecord;
  /** The text by which `itemIdentifier` names a record (S-1), and its place in the journal. */
  identifier(record: SqsRecord): string;
  position(record: SqsRecord): string;
  /** F-66: the members of the delivered record. */
  filterView(record: SqsRecord): FilterView;
  pack(records: readonly SqsRecord[]): PackedBatch;
  text(records: readonly SqsRecord[]): string;
}

export function createSqsKind(context: SqsEventContext): SqsKind {
  const arn = JSON.stringify(context.eventSourceArn);
  const tail = `,"eventSource":"aws:sqs","eventSourceARN":${arn},"awsRegion":${JSON.stringify(context.region)}}`;
  const senderId = JSON.stringify(context.eventSourceArn.split(":")[4] ?? "");
  const text = (records: readonly SqsRecord[]): string => `{"Records":[${records.map(textOf).join(",")}]}`;

  /** Keys in the order in which they were recorded. */
  function systemText(message: QueueMessage): string {
    const { traceHeader, sequenceNumber, groupId, deduplicationId, deadLetterSource } = message;
    return (
      `{"ApproximateReceiveCount":"${message.receiveCount}"${member("AWSTraceHeader", traceHeader)}` +
      `,"SentTimestamp":"${message.sentAtMs}"${member("SequenceNumber", sequenceNumber)}${member("MessageGroupId", groupId)}` +
      `,"SenderId":${senderId}${member("MessageDeduplicationId", deduplicationId)}` +
      `,"ApproximateFirstReceiveTimestamp":"${message.firstReceivedAtMs}"` +
      `${member("DeadLetterQueueSourceArn", deadLetterSource === null ? null : siblingArn(deadLetterSource))}}`
    );
  }

  function siblingArn(queueName: string): string {
    return [...context.eventSourceArn.split(":").slice(0, 5), queueName].join(":");
  }

  /** without attributes their MD5 is absent without a window, and null with one. */
  function digestText(attributes: readonly MessageAttribute[], hasWindow: boolean): string {
    const digest = attributesDigest(attributes, context.md5);
    if (digest !== null) return `,"md5OfMessageAttributes":"${digest}"`;
    return hasWindow ? ',"md5OfMessageAttributes":null' : "";
  }

  function recordText(message: QueueMessage, receivedAtMs: number, hasWindow: boolean): SqsRecord["json"] {
    const attributes = storedAttributes(message.attributes).map(normalised);
    const handle = handleText({ queue: context.queueName, receipt: message.receiptHandle, receivedAtMs });
    return [
      `{"messageId":${JSON.stringify(message.messageId)},"receiptHandle":"${handle}","body":`,
      message.bodyJson ?? JSON.stringify(message.body),
      `,"attributes":${systemText(message)}` +
        `,"messageAttributes":{${attributes.map(attributeText).join(",")}}${digestText(attributes, hasWindow)}` +
        `,"md5OfBody":"${context.md5(message.body)}"${tail}`,
    ];
  }

  return {
    envelopeBytes: ENVELOPE_BYTES,
    record(message, { ordinal, hasWindow, atMs }) {
      const receivedAtMs = message.receiveCount === 1 ? message.firstReceivedAtMs : atMs;
      const json = recordText(message, receivedAtMs, hasWindow);
      return {
        ordinal,
        arrivedAtMs: message.sentAtMs,
        sizeBytes: Buffer.byteLength(json[0]) + Buffer.byteLength(json[1]) + Buffer.byteLength(json[2]),
        message,
        json,
        receivedAtMs,
      };
    },
    identifier: ({ message }) => message.messageId,
    position: ({ message }) => message.messageId,
    filterView: (record) => ({
      // Read only where a filter asks about it.
      get metadata() {
        const { body: _body, ...metadata } = JSON.parse(textOf(record)) as Record<string, unknown>;
        return metadata;
      },
      dataMember: "body",
      dataText: record.message.body,
    }),
    pack(records) {
      let length = ENVELOPE_BYTES + Math.max(0, records.length - 1);
      for (const { sizeBytes } of records) length += sizeBytes;
      // A buffer of its own: it is given away. Written piece by piece: joining the texts first costs more than all the rest, and so does
      // writing text as UTF-8 that is ASCII.
      const bytes = Buffer.allocUnsafeSlow(length);
      let at = bytes.write('{"Records":[');
      for (const [index, { json, sizeBytes }] of records.entries()) {
        if (index > 0) bytes[at++] = COMMA;
        const isAscii = sizeBytes === json[0].length + json[1].length + json[2].length;
        for (const part of json) at += bytes.write(part, at, isAscii ? "latin1" : "utf8");
      }
      bytes.write("]}", at);
      return packJsonEvent(bytes.buffer);
    },
    text,
  };
}

const COMMA = 0x2c;

const textOf = ({ json }: SqsRecord): string => json.join("");

const member = (name: string, value: string | null): string =>
  value === null ? "" : `,"${name}":${JSON.stringify(value)}`;

/** */
function normalised(attribute: MessageAttribute): MessageAttribute {
  const isNumber = attribute.type === "Number" || attribute.type.startsWith("Number.");
  return isNumber ? { ...attribute, value: normalNumber(attribute.value) } : attribute;
}

/** */
function attributeText({ name, type, isBinary, value }: MessageAttribute): string {
  const held = `"${isBinary ? "binaryValue" : "stringValue"}":${JSON.stringify(value)}`;
  return `${JSON.stringify(name)}:{${held},"stringListValues":[],"binaryListValues":[],"dataType":${JSON.stringify(type)}}`;
}
