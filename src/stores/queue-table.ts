// The embedded queues, in the store's file, with SQS's semantics: what each call does to their rows, in one transaction of the caller's.
// What may go out is receive-rule.ts's and visible-messages.ts's, what is sent queue-sends.ts's, what goes elsewhere queue-moves.ts's.
//
// Q1  A message that was received is hidden until its visibility is over; its last receipt deletes it, an older one does not.
// Q2  Messages older than their queue's retention are neither received nor kept, so a queue that nobody reads does not fill the disk.
// Q3  A queue in which a message may have become visible, or that has gone, is told to whoever waits (`takeTouched`).
// Q4  A message lies in one queue at any time, until it is deleted, its retention is over, or its queue is purged or deleted.
// Q5  What is given back at once comes behind what is visible already, so that what always fails holds nobody up; in a message broker's
//     queue, whose name no queue of SQS can have, it comes at its old place.

import type {
  NewMessage,
  PeekedMessage,
  QueueChange,
  QueueCounts,
  QueueSettings,
  QueueView,
  Received,
  SendAnswer,
  VisibilityAnswer,
  VisibilityChange,
} from "../ports/queues.ts";
import { createDeduplicationTable } from "./deduplication-table.ts";
import { createFifoGroups } from "./fifo-groups.ts";
import { createMessageRows } from "./message-rows.ts";
import { createQueueMoves } from "./queue-moves.ts";
import { createQueueRows, type QueueRow } from "./queue-rows.ts";
import { createQueueSends } from "./queue-sends.ts";
import { pickMessages } from "./receive-rule.ts";
import type { StoreDatabase } from "./store-database.ts";
import { createVisibleMessages } from "./visible-messages.ts";

const SWEEP_ROWS = 1_000;
/** Of the names of message brokers' queues. */
const BROKER_PREFIX = "mq/";

export interface TableReceive {
  readonly max: number;
  readonly visibilityMs: number | null;
  readonly isOneGroup: boolean;
  readonly maxBytes: number | null;
}

export interface QueueTable {
  createQueue(name: string, change: QueueChange): "created" | "exists";
  describeQueue(name: string): QueueView | null;
  countMessages(name: string): QueueCounts | null;
  changeQueue(name: string, change: QueueChange): boolean;
  deleteQueue(name: string): boolean;
  listQueues(): readonly { readonly name: string; readonly messageCount: number }[];
  /** An answer a message. Throws `bad-argument` where a FIFO queue is given no group, or no deduplication id that it needs. */
  sendMany(name: string, messages: readonly NewMessage[]): readonly SendAnswer[];
  peek(name: string, max: number): readonly PeekedMessage[] | null;
  receive(name: string, options: TableReceive): Received | null;
  /** Null: no such queue. */
  settings(name: string): QueueSettings | null;
  /** When the next message that may not go out yet will; null: none is there. */
  nextVisibleMs(name: string): number | null;
  /** An answer a receipt. */
  deleteMany(name: string, receiptHandles: readonly string[]): readonly boolean[];
  changeVisibilityMany(name: string, changes: readonly VisibilityChange[]): readonly VisibilityAnswer[];
  move(
    name: string,
    options: { readonly max: number; readonly to: string | null },
  ): { readonly movedCount: number; readonly unmovableCount: number } | null;
  purge(name: string): boolean;
  /** Names since the last call (Q3). */
  takeTouched(): ReadonlySet<string>;
  /** One step; true while there is more to do. */
  sweep(): boolean;
}

export interface QueueTableOptions {
  readonly nowMs: () => number;
  /** A version 4 UUID a call. */
  readonly uuid: () => string;
}

export function createQueueTable(database: StoreDatabase, { nowMs, uuid }: QueueTableOptions): QueueTable {
  const queues = createQueueRows(database, nowMs);
  const messages = createMessageRows(database);
  const groups = createFifoGroups(database);
  const visible = createVisibleMessages(database, groups);
  const sentBefore = createDeduplicationTable(database, nowMs);
  let touched = new Set<string>();
  const touch = (queueName: string): void => void touched.add(queueName);
  const sends = createQueueSends({ messages, groups, sentBefore, nowMs, uuid, onSent: touch });
  const moves = createQueueMoves({ messages, groups, find: (name) => queues.find(name), nowMs, uuid, onMoved: touch });

  /** Takes away what retention has ended, a step; true while there may be more. */
  function expire({ id, name, settings }: QueueRow): boolean {
    const groupIds = messages.removeSentBefore(id, nowMs() - settings.retentionMs, SWEEP_ROWS);
    if (settings.isFifo && groupIds.length > 0) {
      groups.settle(id, groupIds);
      touch(name);
    }
    return groupIds.length >= SWEEP_ROWS;
  }

  /** In a FIFO queue what has expired would hold its group; in others it is passed over. */
  function findFresh(name: string): QueueRow | null {
    const queue = queues.find(name);
    if (queue?.settings.isFifo === true) while (expire(queue));
    return queue;
  }

  function deleteOne(queue: QueueRow, receiptHandle: string, settled: (string | null)[]): boolean {
    const row = messages.find(queue.id, receiptHandle);
    if (row === null || (queue.settings.isFifo && row.visibleAtMs <= nowMs())) return false;
    messages.remove(row.id);
    settled.push(row.groupId);
    return true;
  }

  function changeOne(
    { id, name }: QueueRow,
    { receiptHandle, visibilityMs }: VisibilityChange,
    settled: (string | null)[],
  ): VisibilityAnswer {
    const row = messages.find(id, receiptHandle);
    if (row === null) return "gone";
    if (row.visibleAtMs <= nowMs()) return "visible";
    const isAtOldPlace = visibilityMs === 0 && name.startsWith(BROKER_PREFIX);
    messages.setVisible(row.id, isAtOldPlace ? row.sentAtMs : nowMs() + visibilityMs);
    settled.push(row.groupId);
    return "changed";
  }

  /** Messages of these groups have gone, or may be visible earlier. */
  function settle({ id, name, settings }: QueueRow, groupIds: readonly (string | null)[]): void {
    if (!settings.isFifo || groupIds.length === 0) return;
    groups.settle(id, groupIds);
    touch(name);
  }

  return {
    createQueue: (name, change) => queues.create(name, change),
    describeQueue(name) {
      const queue = queues.find(name);
      if (queue === null) return null;
      const { settings, tags, createdAtMs, modifiedAtMs } = queue;
      return { name, settings, tags, createdAtMs, modifiedAtMs };
    },
    countMessages(name) {
      const queue = queues.find(name);
      if (queue === null) return null;
      const atMs = nowMs();
      return messages.count(queue.id, { atMs, sentFromMs: atMs - queue.settings.retentionMs });
    },
    changeQueue(name, change) {
      const queue = queues.find(name);
      if (queue === null) return false;
      const { id, settings } = queues.change(queue, change);
      if (settings.isFifo && settings.delayMs !== queue.settings.delayMs) {
        messages.setDelay(id, settings.delayMs);
        groups.settleAll(id);
      }
      touch(name);
      return true;
    },
    deleteQueue(name) {
      const queue = queues.find(name);
      if (queue === null) return false;
      messages.removeAll(queue.id);
      groups.forget(queue.id);
      sentBefore.forget(queue.id);
      queues.remove(queue);
      touch(name);
      return true;
    },
    listQueues: () => queues.counts(),
    sendMany(name, given) {
      const queue = queues.find(name);
      return given.map((message) => (queue === null ? { kind: "missing" } : sends.send(queue, message)));
    },
    peek(name, max) {
      const queue = queues.find(name);
      if (queue === null) return null;
      return messages
        .oldest(queue.id, max)
        .map(({ messageId, body, sentAtMs, receiveCount }) => ({ messageId, body, sentAtMs, receiveCount }));
    },
    receive(name, { max, visibilityMs, isOneGroup, maxBytes }) {
      const queue = findFresh(name);
      if (queue === null) return null;
      const { isFifo, redrive } = queue.settings;
      const receivedAtMs = nowMs();
      const deadLetterQueue = moves.deadLetterQueue(queue);
      const maxReceiveCount = deadLetterQueue === null || redrive === null ? null : redrive.maxReceiveCount;
      const picked = pickMessages(visible.of(queue, receivedAtMs), { max, maxBytes, isOneGroup, maxReceiveCount });
      if (deadLetterQueue !== null)
        for (const message of picked.deadLetters) moves.moveDead(message, queue, deadLetterQueue);
      const visibleAtMs = receivedAtMs + (visibilityMs ?? queue.settings.visibilityMs);
      const received = picked.handedOut.map((message) =>
        messages.hide(message, { receiptHandle: uuid(), isNumbered: isFifo, receivedAtMs, visibleAtMs }),
      );
      if (visibleAtMs <= receivedAtMs && received.length > 0) touch(name);
      if (isFifo)
        groups.settle(
          queue.id,
          [...picked.handedOut, ...picked.deadLetters].map(({ groupId }) => groupId),
        );
      return {
        messages: received,
        deadLetters: picked.deadLetters.map(({ messageId, receiveCount }) => ({
          messageId,
          receiveCount,
          deadLetterQueue: deadLetterQueue?.name ?? "",
        })),
      };
    },
    settings: (name) => queues.find(name)?.settings ?? null,
    nextVisibleMs(name) {
      const queue = queues.find(name);
      return queue === null ? null : visible.nextMs(queue, nowMs());
    },
    deleteMany(name, receiptHandles) {
      const queue = queues.find(name);
      if (queue === null) return receiptHandles.map(() => false);
      const groupIds: (string | null)[] = [];
      const answers = receiptHandles.map((receiptHandle) => deleteOne(queue, receiptHandle, groupIds));
      settle(queue, groupIds);
      return answers;
    },
    changeVisibilityMany(name, changes) {
      const queue = queues.find(name);
      if (queue === null) return changes.map(() => "gone");
      const groupIds: (string | null)[] = [];
      const answers = changes.map((change) => changeOne(queue, change, groupIds));
      settle(queue, groupIds);
      if (answers.includes("changed")) touch(name);
      return answers;
    },
    move(name, { max, to }) {
      const queue = findFresh(name);
      return queue === null ? null : moves.moveBack(queue, { visible: visible.of(queue, nowMs()), max, to });
    },
    purge(name) {
      const queue = queues.find(name);
      if (queue === null) return false;
      messages.removeAll(queue.id);
      groups.forget(queue.id);
      return true;
    },
    takeTouched() {
      const names = touched;
      touched = new Set();
      return names;
    },
    sweep() {
      let isMore = sentBefore.sweep(SWEEP_ROWS) >= SWEEP_ROWS;
      for (const queue of queues.all()) if (expire(queue)) isMore = true;
      return isMore;
    },
  };
}
