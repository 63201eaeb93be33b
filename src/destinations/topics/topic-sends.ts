// How a topic's messages come into queues: what a subscriber's queue gets, what a queue for dead letters gets, and why a queue takes none.

import { assertNever } from "../../core/assert-never.ts";
import { attributeBytes, storedText } from "../../kinds/sqs/stored-attributes.ts";
import type { Queues, SendAnswer } from "../../ports/queues.ts";
import type { Subscription, TopicMessage } from "../../ports/topics.ts";
import { snsEnvelope, type SnsNotification } from "./sns-envelope.ts";

/** A message in a queue with raw delivery carries at most so many attributes. */
const MOST_RAW_ATTRIBUTES = 10;

export type QueuedMessage = Pick<TopicMessage, "body" | "attributes" | "groupId">;

export interface TopicDelivery {
  readonly subscription: Subscription;
  readonly message: TopicMessage;
  /** What this protocol's subscribers read. */
  readonly body: string;
  readonly notification: SnsNotification;
}

export const isRaw = ({ attributes }: Subscription): boolean => attributes["RawMessageDelivery"] === "true";

/** What a queue gets: the envelope, or with raw delivery the text and the attributes. */
export function queuedMessage({ subscription, message, body, notification }: TopicDelivery): QueuedMessage {
  const { groupId, attributes } = message;
  return isRaw(subscription)
    ? { body, attributes, groupId }
    : { body: snsEnvelope(notification), attributes: [], groupId };
}

/** What the queue for dead letters gets: the same, unless it is raw and has more attributes than a message may have: then the envelope. */
export function deadLetter(delivery: TopicDelivery): QueuedMessage {
  const { subscription, message, notification } = delivery;
  if (!isRaw(subscription) || message.attributes.length <= MOST_RAW_ATTRIBUTES) return queuedMessage(delivery);
  return { body: snsEnvelope(notification), attributes: [], groupId: message.groupId };
}

/** Null: the queue has it; else why it does not take it. Rejects while the queues cannot be reached. */
export async function sendToQueue(
  queues: Queues,
  queue: string,
  { body, attributes, groupId }: QueuedMessage,
): Promise<string | null> {
  if (attributes.length > MOST_RAW_ATTRIBUTES) {
    return `a message of a queue has at most ${MOST_RAW_ATTRIBUTES} attributes, and this one has ${attributes.length}`;
  }
  // Without a group and an id of its own the queue would not know what to do with it.
  if (queue.endsWith(".fifo")) return `the queue ${queue} is a FIFO queue, and the topic is a standard one`;
  const kept = attributes
    .map((each) => ({ ...each, isBinary: each.type.startsWith("Binary") }))
    .toSorted((one, other) => Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)));
  const sizeBytes = Buffer.byteLength(body) + attributeBytes(kept);
  const text = storedText(kept);
  const answer = await queues.send(queue, { body, attributes: text, sizeBytes, delayMs: null, groupId });
  return flawOfSend(answer, queue, sizeBytes);
}

function flawOfSend(answer: SendAnswer, queue: string, sizeBytes: number): string | null {
  switch (answer.kind) {
    case "sent":
      return null;
    case "missing":
      return `there is no queue ${queue}`;
    case "tooLong":
      return `the message has ${sizeBytes} bytes, and the queue ${queue} takes ${answer.maxMessageBytes}`;
    default:
      return assertNever(answer);
  }
}
