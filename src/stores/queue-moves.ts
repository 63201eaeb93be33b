// Messages that go from one embedded queue to another: as dead letters, or by a move task. Nothing is lost by it: what
// has nowhere to go stays where it is.

import type { FifoGroups } from "./fifo-groups.ts";
import type { MessageContent, MessageRow, MessageRows } from "./message-rows.ts";
import type { QueueRow } from "./queue-rows.ts";

export interface QueueMoves {
  /** Where this queue's dead letters go; null: nowhere. */
  deadLetterQueue(queue: QueueRow): QueueRow | null;
  /** Whoever calls settles the groups of `from`. */
  moveDead(message: MessageRow, from: QueueRow, to: QueueRow): void;
  /** Of the visible ones up to `max`, each to `to`, or else to where it came from. */
  moveBack(
    queue: QueueRow,
    options: { readonly visible: Iterable<MessageRow>; readonly max: number; readonly to: string | null },
  ): { readonly movedCount: number; readonly unmovableCount: number };
}

export interface QueueMovesOptions {
  readonly messages: MessageRows;
  readonly groups: FifoGroups;
  readonly find: (queueName: string) => QueueRow | null;
  readonly nowMs: () => number;
  readonly uuid: () => string;
  /** A message may have become visible in this queue. */
  readonly onMoved: (queueName: string) => void;
}

export function createQueueMoves({ messages, groups, find, nowMs, uuid, onMoved }: QueueMovesOptions): QueueMoves {
  function put(content: MessageContent, oldId: number, to: QueueRow): void {
    messages.remove(oldId);
    const id = messages.insert(to.id, content);
    const { groupId, visibleAtMs } = content;
    if (to.settings.isFifo && groupId !== null) groups.added(to.id, groupId, { id, visibleAtMs });
    onMoved(to.name);
  }

  /** A queue takes messages only of its own kind. */
  function target(from: QueueRow, name: string | null): QueueRow | null {
    const to = name === null || name === from.name ? null : find(name);
    return to?.settings.isFifo === from.settings.isFifo ? to : null;
  }

  return {
    deadLetterQueue: (queue) => target(queue, queue.settings.redrive?.deadLetterQueue ?? null),
    moveDead(message, from, to) {
      const atMs = nowMs();
      const { isFifo } = to.settings;
      const sentAtMs = isFifo ? atMs : message.sentAtMs;
      const deduplicationId = isFifo ? message.messageId : message.deduplicationId;
      const content = { ...message, sentAtMs, deduplicationId, visibleAtMs: atMs, deadLetterSource: from.name };
      put(content, message.id, to);
    },
    moveBack(queue, { visible, max, to }) {
      const targets = new Map<string | null, QueueRow | null>();
      const moved: { readonly message: MessageRow; readonly to: QueueRow }[] = [];
      let unmovableCount = 0;
      for (const message of max > 0 ? visible : []) {
        const name = to ?? message.deadLetterSource;
        const known = targets.get(name);
        const found = known === undefined ? target(queue, name) : known;
        targets.set(name, found);
        if (found === null) unmovableCount += 1;
        else moved.push({ message, to: found });
        if (moved.length >= max) break;
      }
      const fresh = { sentAtMs: nowMs(), visibleAtMs: nowMs(), receiveCount: 0, firstReceivedAtMs: null };
      for (const { message, to: found } of moved)
        put({ ...message, ...fresh, messageId: uuid(), deadLetterSource: null }, message.id, found);
      groups.settle(
        queue.id,
        moved.map(({ message }) => message.groupId),
      );
      return { movedCount: moved.length, unmovableCount };
    },
  };
}
