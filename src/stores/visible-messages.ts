// The messages of an embedded queue that may go out now, in the order in which they do. They are looked through one by one, so a caller
// that has enough looks no further; nothing may be changed before it is done.

import type { FifoGroups } from "./fifo-groups.ts";
import { type MessageRow, messageRow } from "./message-rows.ts";
import type { QueueRow } from "./queue-rows.ts";
import type { StoreDatabase } from "./store-database.ts";

export interface VisibleMessages {
  of(queue: QueueRow, atMs: number): Iterable<MessageRow>;
  /** When the next of those that may not go out yet will; null: there is none. */
  nextMs(queue: QueueRow, atMs: number): number | null;
}

export function createVisibleMessages(database: StoreDatabase, groups: FifoGroups): VisibleMessages {
  const selectVisible = database.prepare(
    "SELECT * FROM messages WHERE queue = ? AND visible_ms <= ? AND sent_ms >= ? ORDER BY visible_ms, id",
  );
  const selectNextVisible = database.prepare(
    "SELECT visible_ms FROM messages WHERE queue = ? AND visible_ms > ? ORDER BY visible_ms LIMIT 1",
  );
  const selectGroup = database.prepare("SELECT * FROM messages WHERE queue = ? AND group_id = ? ORDER BY id");

  function* ofStandard({ id, settings }: QueueRow, atMs: number): Iterable<MessageRow> {
    for (const row of selectVisible.iterate(id, atMs, atMs - settings.retentionMs)) yield messageRow(row);
  }

  /** Of each group that is free those in front that are visible: what is not holds back what lies behind it. */
  function* ofFifo({ id, settings }: QueueRow, atMs: number): Iterable<MessageRow> {
    for (const groupId of groups.ready(id, atMs)) {
      for (const row of selectGroup.iterate(id, groupId)) {
        const message = messageRow(row);
        if (message.sentAtMs < atMs - settings.retentionMs) continue;
        if (message.visibleAtMs > atMs) break;
        yield message;
      }
    }
  }

  return {
    of: (queue, atMs) => (queue.settings.isFifo ? ofFifo(queue, atMs) : ofStandard(queue, atMs)),
    nextMs(queue, atMs) {
      if (queue.settings.isFifo) return groups.nextReadyMs(queue.id, atMs);
      const row = selectNextVisible.get(queue.id, atMs);
      return row === undefined ? null : Number(row["visible_ms"]);
    },
  };
}
