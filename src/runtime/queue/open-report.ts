// What a poller of a queue is assembling, for people who watch.

import { type BatchLimits, type OpenQueueBatch, windowEndMs } from "../../core/queue/open-batch.ts";
import type { Rec } from "../../core/record.ts";
import type { LaneReport } from "../lane-report.ts";

/** Null where it assembles nothing. */
export function openReport<R extends Rec>(
  lane: string,
  open: OpenQueueBatch<R>,
  limits: BatchLimits,
  nowMs: number,
): LaneReport | null {
  const { records, recordBytes } = open;
  if (records.length === 0) return null;
  return {
    lane,
    waitingCount: records.length,
    recordCount: records.length,
    recordBytes,
    eventBytes: limits.envelopeBytes + recordBytes,
    eventLimitBytes: limits.eventLimitBytes,
    windowFromMs: open.windowFromMs,
    closedBy: "window",
    closesAtMs: windowEndMs(open, limits, nowMs),
    isHeld: false,
    tumbling: null,
  };
}
