// The messages of the embedded queues, a row each. A message that goes to another queue is a new row there, behind what came before it.
// Who may receive what, and when, is decided elsewhere (receive-rule.ts, visible-messages.ts).

import type { QueueCounts, QueueMessage } from "../ports/queues.ts";
import type { Candidate } from "./receive-rule.ts";
import { sequenceNumberOf } from "./receive-rule.ts";
import type { StoreDatabase } from "./store-database.ts";

export interface MessageRow extends Candidate {
  readonly id: number;
  readonly messageId: string;
  readonly body: string;
  readonly attributes: string | null;
  readonly sentAtMs: number;
  readonly visibleAtMs: number;
  /** In all queues in which it has been. */
  readonly receiveCount: number;
  readonly firstReceivedAtMs: number | null;
  readonly groupId: string | null;
  readonly deduplicationId: string | null;
  readonly traceHeader: string | null;
  readonly deadLetterSource: string | null;
}

export type MessageContent = Omit<MessageRow, "id" | "ownReceiveCount" | "sizeBytes">;

/** A row as a receipt finds it. */
export interface ReceiptRow {
  readonly id: number;
  readonly groupId: string | null;
  readonly sentAtMs: number;
  readonly visibleAtMs: number;
}

export interface Receipt {
  readonly receiptHandle: string;
  /** FIFO. */
  readonly isNumbered: boolean;
  readonly receivedAtMs: number;
  readonly visibleAtMs: number;
}

export interface MessageRows {
  /** The new row's id. */
  insert(queueId: number, message: MessageContent): number;
  find(queueId: number, receiptHandle: string): ReceiptRow | null;
  oldest(queueId: number, max: number): readonly MessageRow[];
  count(queueId: number, options: { readonly atMs: number; readonly sentFromMs: number }): QueueCounts;
  hide(message: MessageRow, receipt: Receipt): QueueMessage;
  setVisible(id: number, visibleAtMs: number): void;
  /** Of messages that nobody has received, as if this had been the delay when they were sent. */
  setDelay(queueId: number, delayMs: number): void;
  remove(id: number): void;
  removeAll(queueId: number): void;
  /** Up to `max` of those sent before; the group of each. */
  removeSentBefore(queueId: number, sentAtMs: number, max: number): readonly (string | null)[];
}

export function createMessageRows(database: StoreDatabase): MessageRows {
  const insertMessage = database.prepare(
    `INSERT INTO messages (queue, message_id, body, attributes, sent_ms, visible_ms, receive_count, earlier_receives,
       first_received_ms, group_id, deduplication_id, trace_header, dead_letter_source)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id`,
  );
  const countStates = database.prepare(
    `SELECT sum(visible_ms <= ?1) AS visible, sum(visible_ms > ?1 AND receive_count > 0) AS hidden,
     sum(visible_ms > ?1 AND receive_count = 0) AS delayed FROM messages WHERE queue = ?2 AND sent_ms >= ?3`,
  );
  const selectOldest = database.prepare("SELECT * FROM messages WHERE queue = ? ORDER BY sent_ms, id LIMIT ?");
  const hide = database.prepare(
    `UPDATE messages SET visible_ms = ?, receive_count = receive_count + 1, receipt = ?, first_received_ms = ?
     WHERE id = ?`,
  );
  // The plus keeps SQLite from looking through the whole queue instead of at the one receipt.
  const selectByReceipt = database.prepare(
    "SELECT id, group_id, sent_ms, visible_ms FROM messages WHERE receipt = ? AND +queue = ?",
  );
  const setVisible = database.prepare("UPDATE messages SET visible_ms = ? WHERE id = ?");
  const setDelay = database.prepare(
    "UPDATE messages SET visible_ms = sent_ms + ? WHERE queue = ? AND receive_count = 0",
  );
  const deleteMessage = database.prepare("DELETE FROM messages WHERE id = ?");
  const deleteAll = database.prepare("DELETE FROM messages WHERE queue = ?");
  const deleteOld = database.prepare(
    `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE queue = ? AND sent_ms < ? LIMIT ?)
     RETURNING group_id`,
  );

  return {
    insert(queueId, message) {
      const row = insertMessage.get(
        queueId,
        message.messageId,
        message.body,
        message.attributes,
        message.sentAtMs,
        message.visibleAtMs,
        message.receiveCount,
        message.firstReceivedAtMs,
        message.groupId,
        message.deduplicationId,
        message.traceHeader,
        message.deadLetterSource,
      );
      return Number(row?.["id"]);
    },
    find(queueId, receiptHandle) {
      const row = selectByReceipt.get(receiptHandle, queueId);
      if (row === undefined) return null;
      return {
        id: Number(row["id"]),
        groupId: textOf(row["group_id"]),
        sentAtMs: Number(row["sent_ms"]),
        visibleAtMs: Number(row["visible_ms"]),
      };
    },
    oldest: (queueId, max) => selectOldest.all(queueId, max).map(messageRow),
    count(queueId, { atMs, sentFromMs }) {
      const counts = countStates.get(atMs, queueId, sentFromMs);
      return {
        visibleCount: Number(counts?.["visible"] ?? 0),
        hiddenCount: Number(counts?.["hidden"] ?? 0),
        delayedCount: Number(counts?.["delayed"] ?? 0),
      };
    },
    hide(message, { receiptHandle, isNumbered, receivedAtMs, visibleAtMs }) {
      const firstReceivedAtMs = message.firstReceivedAtMs ?? receivedAtMs;
      hide.run(visibleAtMs, receiptHandle, firstReceivedAtMs, message.id);
      const { messageId, body, attributes, sentAtMs, groupId, deduplicationId, traceHeader, deadLetterSource } =
        message;
      return {
        messageId,
        receiptHandle,
        body,
        attributes,
        sentAtMs,
        firstReceivedAtMs,
        receiveCount: message.receiveCount + 1,
        sequenceNumber: isNumbered ? sequenceNumberOf(message.id) : null,
        groupId,
        deduplicationId,
        traceHeader,
        deadLetterSource,
      };
    },
    setVisible: (id, visibleAtMs) => void setVisible.run(visibleAtMs, id),
    setDelay: (queueId, delayMs) => void setDelay.run(delayMs, queueId),
    remove: (id) => void deleteMessage.run(id),
    removeAll: (queueId) => void deleteAll.run(queueId),
    removeSentBefore: (queueId, sentAtMs, max) =>
      deleteOld.all(queueId, sentAtMs, max).map((row) => textOf(row["group_id"])),
  };
}

export function messageRow(row: Readonly<Record<string, unknown>>): MessageRow {
  const receiveCount = Number(row["receive_count"]);
  const body = String(row["body"]);
  const attributes = textOf(row["attributes"]);
  const firstReceivedAtMs = row["first_received_ms"];
  return {
    id: Number(row["id"]),
    messageId: String(row["message_id"]),
    body,
    attributes,
    sentAtMs: Number(row["sent_ms"]),
    visibleAtMs: Number(row["visible_ms"]),
    receiveCount,
    ownReceiveCount: receiveCount - Number(row["earlier_receives"]),
    sizeBytes: Buffer.byteLength(body) + (attributes === null ? 0 : Buffer.byteLength(attributes)),
    firstReceivedAtMs: firstReceivedAtMs === null ? null : Number(firstReceivedAtMs),
    groupId: textOf(row["group_id"]),
    deduplicationId: textOf(row["deduplication_id"]),
    traceHeader: textOf(row["trace_header"]),
    deadLetterSource: textOf(row["dead_letter_source"]),
  };
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
