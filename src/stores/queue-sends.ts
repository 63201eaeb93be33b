// What is sent to an embedded queue: whether it fits, whether a FIFO queue has it already, and when it will be visible.

import { MillraceError } from "../errors.ts";
import type { NewMessage, SendAnswer } from "../ports/queues.ts";
import { contentDeduplicationId, type DeduplicationTable } from "./deduplication-table.ts";
import type { FifoGroups } from "./fifo-groups.ts";
import type { MessageRows } from "./message-rows.ts";
import type { QueueRow } from "./queue-rows.ts";
import { sequenceNumberOf } from "./receive-rule.ts";

export interface QueueSends {
  /** Throws `bad-argument` where a FIFO queue is given no group, or no deduplication id that it needs. */
  send(queue: QueueRow, message: NewMessage): SendAnswer;
}

export interface QueueSendsOptions {
  readonly messages: MessageRows;
  readonly groups: FifoGroups;
  readonly sentBefore: DeduplicationTable;
  readonly nowMs: () => number;
  readonly uuid: () => string;
  /** A message may have become visible in this queue. */
  readonly onSent: (queueName: string) => void;
}

export function createQueueSends(options: QueueSendsOptions): QueueSends {
  const { messages, groups, sentBefore, nowMs, uuid, onSent } = options;

  function put(queue: QueueRow, content: NewMessage, messageId: string): { id: number; visibleAtMs: number } {
    const sentAtMs = nowMs();
    const { delayMs } = queue.settings;
    const visibleAtMs = sentAtMs + (queue.settings.isFifo ? delayMs : (content.delayMs ?? delayMs));
    const id = messages.insert(queue.id, {
      messageId,
      body: content.body,
      attributes: content.attributes,
      sentAtMs,
      visibleAtMs,
      receiveCount: 0,
      firstReceivedAtMs: null,
      groupId: content.groupId ?? null,
      deduplicationId: content.deduplicationId ?? null,
      traceHeader: content.traceHeader ?? null,
      deadLetterSource: null,
    });
    onSent(queue.name);
    return { id, visibleAtMs };
  }

  function putInGroup(queue: QueueRow, content: NewMessage): SendAnswer {
    const { name, settings } = queue;
    const { groupId } = content;
    const deduplicationId =
      content.deduplicationId ?? (settings.isDeduplicatedByContent ? contentDeduplicationId(content.body) : null);
    if (typeof groupId !== "string") throw new MillraceError("bad-argument", `a message to ${name} needs a group`);
    if (deduplicationId === null)
      throw new MillraceError("bad-argument", `a message to ${name} needs a deduplication id`);
    const key = { deduplicationId, groupId, scope: settings.deduplicationScope };
    const repeated = sentBefore.find(queue.id, key);
    if (repeated !== null) return { kind: "sent", ...repeated };
    const messageId = uuid();
    const added = put(queue, { ...content, deduplicationId }, messageId);
    groups.added(queue.id, groupId, added);
    const sent = { messageId, sequenceNumber: sequenceNumberOf(added.id) };
    sentBefore.remember(queue.id, key, sent);
    return { kind: "sent", ...sent };
  }

  return {
    send(queue, message) {
      const { maxMessageBytes, isFifo } = queue.settings;
      if (message.sizeBytes > maxMessageBytes) return { kind: "tooLong", maxMessageBytes };
      if (isFifo) return putInGroup(queue, message);
      const messageId = uuid();
      put(queue, message, messageId);
      return { kind: "sent", messageId, sequenceNumber: null };
    },
  };
}
