// One poller's batch while it is being assembled, over as many receives as it takes (B-1, B-3, B-4, B-9, B-13, P-26). What does not fit
// any more is handed back to whoever asked: it opens another batch.
//
// O1  The event of a batch is within its limit, unless a record is over it alone (B-11, B-12).
// O2  Records stay in the order in which they were received (B-16).

import type { Closer } from "../closer.ts";
import type { Rec } from "../record.ts";
import type { LaneSettings } from "../settings.ts";

export type BatchLimits = Pick<LaneSettings, "batchSize" | "windowMs" | "eventLimitBytes" | "envelopeBytes">;

export interface OpenQueueBatch<R extends Rec> {
  readonly records: readonly R[];
  /** With commas between the records. */
  readonly recordBytes: number;
  /** What the batching window counts from; null: no record has come yet. */
  readonly windowFromMs: number | null;
  /** A record did not fit any more. */
  readonly isOverflowing: boolean;
}

export const emptyBatch: OpenQueueBatch<never> = {
  records: [],
  recordBytes: 0,
  windowFromMs: null,
  isOverflowing: false,
};

/**
 * `endedAtMs`: when the poller's previous invocation ended, null: it has had none. The window counts from there, unless it has lapsed
 * with nothing in it: then from the first record (B-4, X-17).
 */
export function added<R extends Rec>(
  open: OpenQueueBatch<R>,
  arrived: readonly R[],
  limits: BatchLimits,
  { endedAtMs, nowMs }: { readonly endedAtMs: number | null; readonly nowMs: number },
): { readonly open: OpenQueueBatch<R>; readonly rest: readonly R[] } {
  if (arrived.length === 0) return { open, rest: [] };
  const roomBytes = limits.eventLimitBytes - limits.envelopeBytes;
  let { recordBytes } = open;
  let takenCount = 0;
  for (const record of arrived) {
    const count = open.records.length + takenCount;
    const bytes = recordBytes + record.sizeBytes + (count > 0 ? 1 : 0);
    if (count >= limits.batchSize || (count > 0 && bytes > roomBytes)) break;
    recordBytes = bytes;
    takenCount += 1;
  }
  const rest = arrived.slice(takenCount);
  const isRunning = endedAtMs !== null && nowMs >= endedAtMs && nowMs < endedAtMs + limits.windowMs;
  return {
    open: {
      records: [...open.records, ...arrived.slice(0, takenCount)],
      recordBytes,
      windowFromMs: open.windowFromMs ?? (isRunning ? endedAtMs : nowMs),
      isOverflowing: rest.length > 0,
    },
    rest,
  };
}

/** Why the batch closes now; null: not yet. Without a window it is what one receive brought. */
export function closerOf<R extends Rec>(open: OpenQueueBatch<R>, limits: BatchLimits, nowMs: number): Closer | null {
  if (open.records.length === 0) return null;
  if (open.records.length >= limits.batchSize) return "size";
  if (open.isOverflowing || open.recordBytes >= limits.eventLimitBytes - limits.envelopeBytes) return "payload";
  if (limits.windowMs === 0) return "caughtUp";
  return nowMs >= windowEndMs(open, limits, nowMs) ? "window" : null;
}

export function windowEndMs<R extends Rec>(open: OpenQueueBatch<R>, limits: BatchLimits, nowMs: number): number {
  return (open.windowFromMs ?? nowMs) + limits.windowMs;
}

/** A record that is over the limit alone is not sent at all (B-12). */
export const isTooLarge = (recordBytes: number, limits: BatchLimits): boolean =>
  recordBytes > limits.eventLimitBytes - limits.envelopeBytes;
