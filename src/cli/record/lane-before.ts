// The lane as it was before a batch closed, and what was fed to it so that it closed: from what the journal says of the closing.
//
// F1  A window's state is in no journal, only its size: the lane carries as many bytes in its place. Batches, sizes and retries are the
//     same; an event that holds it cannot be made.

import { createLane, type Lane } from "../../core/lane-state.ts";
import { append, nothingWaits } from "../../core/waiting.ts";
import { MillraceError } from "../../errors.ts";
import type { KinesisRecord } from "../../kinds/kinesis/kinesis-record.ts";
import type { Fed } from "../../runtime/lane-feed.ts";
import type { BatchStory, Of } from "../explain/batch-story.ts";

export interface LaneBefore {
  readonly lane: Lane<KinesisRecord>;
  /** When it was so. */
  readonly atMs: number;
  readonly fed: readonly { readonly atMs: number; readonly event: Fed<KinesisRecord> }[];
}

export const incomplete = (what: string): MillraceError =>
  new MillraceError("recording-incomplete", `it cannot be replayed: ${what}`);

/** How a record of another batch closed this one. Null: none did. */
export function closedByNext({ closed }: BatchStory, eventLimitBytes: number): "no room" | "later window" | null {
  if (closed === null) return null;
  const { closedBy, recordCount, payloadBytes, tumbling } = closed;
  const isAloneOver = recordCount === 1 && payloadBytes > eventLimitBytes;
  if (closedBy === "payload" && recordCount > 0 && !isAloneOver) return "no room";
  const isLater = closedBy === "tumbling edge" && (recordCount > 0 || tumbling?.end === "laterRecord");
  return isLater ? "later window" : null;
}

/** `next`: the record behind them in its lane, where that closed the batch. */
export function laneBefore(
  { closed, startedAtMs }: BatchStory,
  records: readonly KinesisRecord[],
  next: KinesisRecord | null,
): LaneBefore {
  const come = next === null ? records : [...records, next];
  const arrived = (atMs: number, isCaughtUp = false): LaneBefore["fed"][number] => ({
    atMs,
    event: { kind: "arrived", records: come, isCaughtUp },
  });
  // All of it was too old: it is so when it comes.
  if (closed === null) return { lane: createLane(), atMs: startedAtMs, fed: [arrived(startedAtMs)] };
  const { atMs, windowMs } = closed;
  const fromMs = atMs - (windowMs ?? 0);
  const lane = {
    ...createLane<KinesisRecord>(),
    windowFromMs: windowMs === null ? null : fromMs,
    tumbling: windowOf(closed),
  };
  const then = (event: Fed<KinesisRecord>): LaneBefore["fed"][number] => ({ atMs, event });
  const before = { lane, atMs: fromMs };
  switch (closed.closedBy) {
    case "size":
    case "payload":
      return { ...before, lane: waitingIn(lane, come), fed: [then({ kind: "woke" })] };
    case "window":
      return { ...before, fed: [arrived(fromMs), then({ kind: "woke" })] };
    case "caught up":
      if (windowMs === null) return { ...before, fed: [arrived(atMs, true)] };
      // With a window it was the shard's end.
      return { ...before, lane: waitingIn(lane, come), fed: [then({ kind: "ended" })] };
    case "broker limit":
      return { ...before, fed: [arrived(atMs), then({ kind: "paused" })] };
    case "tumbling edge":
      if (closed.tumbling?.end === "unitEnded") return { ...before, fed: [then({ kind: "ended" })] };
      if (come.length === 0) return { ...before, fed: [arrived(atMs, true)] };
      return { ...before, lane: waitingIn(lane, come), fed: [then({ kind: "woke" })] };
    default:
      throw incomplete(`a batch closed by ${closed.closedBy} is not made from the journal`);
  }
}

/** They came while another batch was in hand; a window may have run longer than it lasts. */
const waitingIn = (lane: Lane<KinesisRecord>, records: readonly KinesisRecord[]): Lane<KinesisRecord> => ({
  ...lane,
  waiting: append(nothingWaits, records),
  lastOrdinal: records.length - 1,
});

/** With as many bytes of state as it carried. */
function windowOf({ tumbling, recordCount }: Of<"batch-closed">): Lane<KinesisRecord>["tumbling"] {
  if (tumbling === undefined) return null;
  const { startMs, endMs, stateBytes } = tumbling;
  const json = stateBytes < 2 ? "0" : `"${"x".repeat(stateBytes - 2)}"`;
  return {
    startMs,
    lengthMs: endMs - startMs,
    state: { json, sizeBytes: stateBytes },
    // A window that needs no final call has none.
    isFresh: recordCount > 0 && stateBytes === 2,
  };
}
