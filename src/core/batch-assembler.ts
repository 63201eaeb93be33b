// When a batch closes, and why (B-1 to B-5, B-11, B-12, W-6, W-8, W-9, E-13). Looks at what waits and changes nothing; the lane
// takes the records off.
//
// How far the open batch reaches is remembered between events (`OpenBatch`), so that a record is looked at once for each batch
// it might be in, whatever the number of arrivals. A changed limit starts the look afresh (H-10).

import type { Closer } from "./closer.ts";
import { expiresAtMs } from "./expiry.ts";
import type { Rec } from "./record.ts";
import type { LaneSettings } from "./settings.ts";
import { endOf, idleCloseAtMs, stateBytes, type TumblingWindow, type WindowEnd } from "./tumbling.ts";
import { firstOf, visitFrom, type Waiting } from "./waiting.ts";

interface Limits {
  readonly batchSize: number;
  /** Bytes left for records and their commas. */
  readonly roomBytes: number;
  /** Records that arrived at or after this instant belong to a later window; Infinity without windows. */
  readonly edgeMs: number;
}

/** The leading waiting records that the next batch would take now. */
export interface OpenBatch {
  readonly limits: Limits;
  readonly count: number;
  /** With commas between the records. */
  readonly recordBytes: number;
  /** The limit that is reached already, whatever comes. */
  readonly full: "size" | "payload" | "edge" | null;
}

/** What the assembler needs to know of a lane. */
export interface Assembly<R extends Rec> {
  readonly waiting: Waiting<R>;
  readonly open: OpenBatch | null;
  readonly tumbling: TumblingWindow | null;
  /** What the batching window counts from (B-4). */
  readonly windowFromMs: number | null;
  readonly isCaughtUp: boolean;
  readonly isPaused: boolean;
  readonly isEnded: boolean;
}

export type Closing =
  | { readonly count: number; readonly closer: Exclude<Closer, "final" | "early"> }
  /** A tumbling window's final call, which has no records (W-10). */
  | { readonly count: 0; readonly closer: "final"; readonly end: WindowEnd };

/** Brings the open batch up to date with what waits. */
export function openBatchOf<R extends Rec>(assembly: Assembly<R>, settings: LaneSettings): OpenBatch {
  const { tumbling } = assembly;
  const limits: Limits = {
    batchSize: settings.batchSize,
    roomBytes: settings.eventLimitBytes - settings.envelopeBytes - stateBytes(tumbling),
    edgeMs: tumbling === null ? Number.POSITIVE_INFINITY : endOf(tumbling),
  };
  const known = assembly.open;
  const isKnownGood =
    known !== null &&
    known.limits.batchSize === limits.batchSize &&
    known.limits.roomBytes === limits.roomBytes &&
    known.limits.edgeMs === limits.edgeMs;
  if (isKnownGood && (known.full !== null || known.count === assembly.waiting.count)) return known;
  let count = isKnownGood ? known.count : 0;
  let recordBytes = isKnownGood ? known.recordBytes : 0;
  let full: OpenBatch["full"] = null;
  visitFrom(assembly.waiting, count, (record) => {
    if (record.arrivedAtMs >= limits.edgeMs) full = "edge";
    // Alone over the limit, it closes at once: nothing can join it (B-12).
    else if (recordBytes > limits.roomBytes) full = "payload";
    else {
      const bytes = recordBytes + record.sizeBytes + (count > 0 ? 1 : 0);
      if (count > 0 && bytes > limits.roomBytes) full = "payload";
      else {
        recordBytes = bytes;
        count += 1;
      }
    }
    if (count === limits.batchSize) full = "size";
    return full === null;
  });
  if (full === null && recordBytes > limits.roomBytes) full = "payload";
  return { limits, count, recordBytes, full };
}

/** The open batch once its first `count` records have left it. */
export function withoutFirst(open: OpenBatch, count: number, takenBytes: number): OpenBatch | null {
  if (count === 0) return open;
  if (count >= open.count) return null;
  return { ...open, count: open.count - count, recordBytes: open.recordBytes - takenBytes - 1, full: null };
}

/** What closes now, or null. `open` is up to date. */
export function closingOf<R extends Rec>(
  assembly: Assembly<R> & { readonly open: OpenBatch },
  settings: LaneSettings,
  nowMs: number,
): Closing | null {
  const { open, tumbling } = assembly;
  const { count } = open;
  const expired = expiredCount(assembly, settings, nowMs);
  if (expired > 0) return { count: expired, closer: "age" };
  // Windows were switched off with one still open (H-10): what waits belongs to none.
  if (tumbling !== null && settings.tumblingMs === 0) return { count: 0, closer: "final", end: "switchedOff" };
  if (count === 0) {
    const end = windowEndOf(assembly, settings, nowMs);
    return end === null ? null : { count: 0, closer: "final", end };
  }
  if (open.full !== null) return { count, closer: open.full };
  if (assembly.isEnded) return { count, closer: "ended" };
  if (settings.windowMs === 0) {
    if (assembly.isCaughtUp) return { count, closer: "caughtUp" };
    return assembly.isPaused ? { count, closer: "paused" } : null;
  }
  return nowMs >= windowEndMs(assembly, settings, nowMs) ? { count, closer: "window" } : null;
}

/** When to look again though nothing happens; Infinity: not before something does. */
export function nextLookAtMs<R extends Rec>(assembly: Assembly<R>, settings: LaneSettings, nowMs: number): number {
  const first = firstOf(assembly.waiting);
  if (first === null) {
    if (assembly.tumbling === null || !assembly.isCaughtUp) return Number.POSITIVE_INFINITY;
    return idleCloseAtMs(assembly.tumbling, settings);
  }
  const windowMs = settings.windowMs > 0 ? windowEndMs(assembly, settings, nowMs) : Number.POSITIVE_INFINITY;
  return Math.min(windowMs, expiresAtMs(first, settings.maxAgeMs));
}

export function windowEndMs<R extends Rec>(assembly: Assembly<R>, settings: LaneSettings, nowMs: number): number {
  return (assembly.windowFromMs ?? nowMs) + settings.windowMs;
}

function expiredCount<R extends Rec>(
  assembly: Assembly<R> & { readonly open: OpenBatch },
  settings: LaneSettings,
  nowMs: number,
): number {
  if (settings.maxAgeMs < 0) return 0;
  let count = 0;
  visitFrom(assembly.waiting, 0, (record) => {
    if (count === assembly.open.count || nowMs < expiresAtMs(record, settings.maxAgeMs)) return false;
    count += 1;
    return true;
  });
  return count;
}

/** Why an open tumbling window with nothing left for it has its final call now; null: not now (W-8, W-9, W-17). */
function windowEndOf<R extends Rec>(
  assembly: Assembly<R> & { readonly open: OpenBatch },
  settings: LaneSettings,
  nowMs: number,
): WindowEnd | null {
  if (assembly.tumbling === null) return null;
  if (assembly.open.full === "edge") return "laterRecord";
  if (assembly.isEnded) return "unitEnded";
  return assembly.isCaughtUp && nowMs >= idleCloseAtMs(assembly.tumbling, settings) ? "silence" : null;
}
