// What was sent to embedded FIFO queues in the last five minutes, by its deduplication id: what repeats it is answered as the first one
// was, also when that one has been deleted.

import { createHash } from "node:crypto";
import type { QueueSettings } from "../ports/queues.ts";
import type { StoreDatabase } from "./store-database.ts";

const REMEMBERED_MS = 300_000;

export interface SentMessage {
  readonly messageId: string;
  readonly sequenceNumber: string;
}

export interface DeduplicationKey {
  readonly deduplicationId: string;
  readonly groupId: string;
  readonly scope: QueueSettings["deduplicationScope"];
}

export interface DeduplicationTable {
  /** Null: nothing was sent under it within the time. */
  find(queueId: number, key: DeduplicationKey): SentMessage | null;
  remember(queueId: number, key: DeduplicationKey, sent: SentMessage): void;
  forget(queueId: number): void;
  /** Takes up to `max` that no longer count; how many. */
  sweep(max: number): number;
}

export function createDeduplicationTable(database: StoreDatabase, nowMs: () => number): DeduplicationTable {
  const selectInQueue = database.prepare(
    `SELECT message_id, sequence_number FROM deduplications WHERE queue = ? AND deduplication_id = ? AND sent_ms > ?
     LIMIT 1`,
  );
  const selectInGroup = database.prepare(
    `SELECT message_id, sequence_number FROM deduplications
     WHERE queue = ? AND deduplication_id = ? AND sent_ms > ? AND group_id = ?`,
  );
  const insert = database.prepare(
    `INSERT OR REPLACE INTO deduplications (queue, deduplication_id, group_id, sent_ms, message_id, sequence_number)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const deleteOfQueue = database.prepare("DELETE FROM deduplications WHERE queue = ?");
  const deleteOld = database.prepare(
    `DELETE FROM deduplications WHERE (queue, deduplication_id, group_id) IN
     (SELECT queue, deduplication_id, group_id FROM deduplications WHERE sent_ms <= ? LIMIT ?)`,
  );

  return {
    find(queueId, { deduplicationId, groupId, scope }) {
      const afterMs = nowMs() - REMEMBERED_MS;
      const row =
        scope === "queue"
          ? selectInQueue.get(queueId, deduplicationId, afterMs)
          : selectInGroup.get(queueId, deduplicationId, afterMs, groupId);
      if (row === undefined) return null;
      return { messageId: String(row["message_id"]), sequenceNumber: String(row["sequence_number"]) };
    },
    remember(queueId, { deduplicationId, groupId }, { messageId, sequenceNumber }) {
      insert.run(queueId, deduplicationId, groupId, nowMs(), messageId, sequenceNumber);
    },
    forget: (queueId) => void deleteOfQueue.run(queueId),
    sweep: (max) => deleteOld.run(nowMs() - REMEMBERED_MS, max),
  };
}

export function contentDeduplicationId(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}
