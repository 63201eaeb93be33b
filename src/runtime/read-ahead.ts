// How far reading runs ahead of what a unit's lanes invoke: 3 batches or 1,000 records and 12 MB a lane, and no further while many
// documents are on their way. Bounds of what one unit holds in memory.

import type { Rec } from "../core/record.ts";
import type { Room } from "../ports/source.ts";
import type { LaneRunner } from "./lane-runner.ts";

/** How far a lane's records run ahead of its invocations. */
const READ_AHEAD_BATCHES = 3;
/** Small batches run ahead by this many records all the same, so that a read serves many of them. */
const READ_AHEAD_RECORDS = 1_000;
const READ_AHEAD_BYTES = 12_000_000;
/** What one read brings at most, however many lanes there is room in (P-15); of bytes, what one lane may hold. */
const MOST_READ_RECORDS = 10_000;
/** Documents of a lane that may be on their way before reading pauses: a slow destination must not pile them up. */
const MOST_REPORTS = 100;

/** Null: nothing may be read before something ends. A factor lets lanes run ahead of one that is held, within bounds. */
export function roomIn<R extends Rec>(lanes: readonly LaneRunner<R>[], batchSize: number): Room | null {
  const mostWaiting = Math.max(READ_AHEAD_BATCHES * batchSize, READ_AHEAD_RECORDS);
  // A read for less than this is not worth its round trip; what waits is two batches at least.
  const leastRoom = mostWaiting / READ_AHEAD_BATCHES;
  let records = 0;
  let bytes = 0;
  let waitingBytes = 0;
  for (const each of lanes) {
    if (each.reportCount() >= MOST_REPORTS) return null;
    const { waiting } = each.lane();
    waitingBytes += waiting.bytes;
    if (mostWaiting - waiting.count < leastRoom || waiting.bytes >= READ_AHEAD_BYTES) continue;
    records += mostWaiting - waiting.count;
    bytes += READ_AHEAD_BYTES - waiting.bytes;
  }
  const isFull = records === 0 || waitingBytes >= READ_AHEAD_BYTES * lanes.length;
  if (isFull) return null;
  return { records: Math.min(records, MOST_READ_RECORDS), bytes: Math.min(bytes, READ_AHEAD_BYTES) };
}
