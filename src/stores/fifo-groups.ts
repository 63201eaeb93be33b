// The message groups of embedded FIFO queues: a row for each that has messages, with when it may go on. It lets a receive find the
// groups that are free among a hundred thousand that are held.
//
// F1  A group's row is settled whenever one of its messages comes, goes or changes, before the call ends.

import { groupReadyMs } from "./receive-rule.ts";
import type { StoreDatabase } from "./store-database.ts";

export interface FifoGroups {
  /** A message has come behind those that are there. */
  added(queueId: number, groupId: string, message: { readonly id: number; readonly visibleAtMs: number }): void;
  /** Messages of these groups have gone or changed; null is of none. */
  settle(queueId: number, groupIds: Iterable<string | null>): void;
  settleAll(queueId: number): void;
  /** Of those that may go on, the one that could first; then the one with the oldest message. */
  ready(queueId: number, atMs: number): Iterable<string>;
  /** When the next of those that are held may go on; null: none is held. */
  nextReadyMs(queueId: number, atMs: number): number | null;
  forget(queueId: number): void;
}

export function createFifoGroups(database: StoreDatabase): FifoGroups {
  const insertGroup = database.prepare(
    "INSERT OR IGNORE INTO queue_groups (queue, group_id, ready_ms, head) VALUES (?, ?, ?, ?)",
  );
  const setGroup = database.prepare(
    "INSERT OR REPLACE INTO queue_groups (queue, group_id, ready_ms, head) VALUES (?, ?, ?, ?)",
  );
  const deleteGroup = database.prepare("DELETE FROM queue_groups WHERE queue = ? AND group_id = ?");
  const deleteGroups = database.prepare("DELETE FROM queue_groups WHERE queue = ?");
  const selectGroups = database.prepare("SELECT group_id FROM queue_groups WHERE queue = ?");
  const selectReady = database.prepare(
    "SELECT group_id FROM queue_groups WHERE queue = ? AND ready_ms <= ? ORDER BY ready_ms, head",
  );
  const selectNextReady = database.prepare(
    "SELECT ready_ms FROM queue_groups WHERE queue = ? AND ready_ms > ? ORDER BY ready_ms LIMIT 1",
  );
  const selectHead = database.prepare(
    "SELECT id, visible_ms FROM messages WHERE queue = ? AND group_id = ? ORDER BY id LIMIT 1",
  );
  const selectLastHidden = database.prepare(
    `SELECT visible_ms FROM messages WHERE queue = ? AND group_id = ? AND receive_count > 0
     ORDER BY visible_ms DESC LIMIT 1`,
  );

  function settle(queueId: number, groupId: string): void {
    const head = selectHead.get(queueId, groupId);
    if (head === undefined) {
      deleteGroup.run(queueId, groupId);
      return;
    }
    const hidden = selectLastHidden.get(queueId, groupId);
    const readyMs = groupReadyMs(
      Number(head["visible_ms"]),
      hidden === undefined ? null : Number(hidden["visible_ms"]),
    );
    setGroup.run(queueId, groupId, readyMs, Number(head["id"]));
  }

  return {
    added: (queueId, groupId, { id, visibleAtMs }) => void insertGroup.run(queueId, groupId, visibleAtMs, id),
    settle(queueId, groupIds) {
      for (const groupId of new Set(groupIds)) if (groupId !== null) settle(queueId, groupId);
    },
    settleAll(queueId) {
      for (const row of selectGroups.all(queueId)) settle(queueId, String(row["group_id"]));
    },
    *ready(queueId, atMs) {
      for (const row of selectReady.iterate(queueId, atMs)) yield String(row["group_id"]);
    },
    nextReadyMs(queueId, atMs) {
      const row = selectNextReady.get(queueId, atMs);
      return row === undefined ? null : Number(row["ready_ms"]);
    },
    forget: (queueId) => void deleteGroups.run(queueId),
  };
}
