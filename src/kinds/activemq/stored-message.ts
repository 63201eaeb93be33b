// A message of an embedded ActiveMQ queue as the store keeps it: one JSON text with what its sender gave and its body in base64. Its id and
// its times are the store's.

import type { QueueMessage } from "../../ports/queues.ts";
import type { ActiveMqEvent } from "../../ports/mapping-spec.ts";
import type { StoredDelivery } from "../stored-delivery.ts";
import { type ActiveMqMessage, type ActiveMqRecord, activeMqRecord } from "./activemq-record.ts";

export type StoredActiveMqMessage = Omit<
  ActiveMqMessage,
  "messageId" | "physicalName" | "sentAtMs" | "brokerInAtMs" | "brokerOutAtMs"
>;

export function storedActiveMqText(message: StoredActiveMqMessage): string {
  return JSON.stringify({ ...message, body: Buffer.from(message.body).toString("base64") });
}

/** `stored.body` is text that `storedActiveMqText` has made. */
export function storedActiveMqMessage(
  stored: Pick<QueueMessage, "messageId" | "body" | "sentAtMs">,
  { queueName, deliveredAtMs }: { readonly queueName: string; readonly deliveredAtMs: number },
): ActiveMqMessage {
  const given: Omit<StoredActiveMqMessage, "body"> & { readonly body: string } = JSON.parse(stored.body);
  return {
    ...given,
    body: Buffer.from(given.body, "base64"),
    messageId: activeMqIdOf(stored.messageId),
    physicalName: queueName,
    sentAtMs: stored.sentAtMs,
    brokerInAtMs: stored.sentAtMs,
    brokerOutAtMs: deliveredAtMs,
  };
}

/** By which a message of the store is known in an event. */
export const activeMqIdOf = (storedId: string): string => `ID:${storedId}`;

export function storedActiveMqRecord(
  { message, ordinal, deliveredAtMs }: StoredDelivery,
  { queueName, expiration }: { readonly queueName: string; readonly expiration: ActiveMqEvent["expiration"] },
): ActiveMqRecord {
  return activeMqRecord({
    message: storedActiveMqMessage(message, { queueName, deliveredAtMs }),
    refusal: null,
    ordinal,
    tag: ordinal,
    expiration,
    isRedelivered: message.receiveCount > 1,
    deliveredAtMs,
  });
}
