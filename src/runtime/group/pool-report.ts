// What a member of a group is assembling, for people who watch.

import { recordBytesOf } from "../../core/batch.ts";
import { closedByWord } from "../../core/closer.ts";
import { openBatch, type PoolLimits } from "../../core/partitions/closing.ts";
import { type Moment, type Pool, windowEndMs } from "../../core/partitions/pool.ts";
import type { Rec } from "../../core/record.ts";
import type { LaneSettings } from "../../core/settings.ts";
import type { LaneReport } from "../lane-report.ts";

export interface PoolLook {
  readonly limits: PoolLimits;
  readonly moment: Moment;
  readonly settings: LaneSettings;
  /** No slot is free: nothing closes before one is. */
  readonly isHeld: boolean;
}

/** What waits of locked partitions is counted and is in no batch yet. */
export function poolReport<R extends Rec>(path: string, pool: Pool<R>, look: PoolLook): LaneReport {
  const { settings, moment, isHeld } = look;
  const waitingCount = pool.shares.reduce((sum, { waiting }) => sum + waiting.count, 0);
  const open = openBatch(pool, look.limits, moment);
  const records = open?.records ?? [];
  const closer = open?.closer ?? (settings.windowMs > 0 ? "window" : "caughtUp");
  const recordBytes = recordBytesOf(records);
  const endMs = settings.windowMs > 0 ? windowEndMs(pool, moment) : null;
  return {
    lane: path,
    waitingCount,
    recordCount: records.length,
    recordBytes,
    eventBytes: settings.envelopeBytes + recordBytes,
    eventLimitBytes: settings.eventLimitBytes,
    windowFromMs: endMs === null ? null : endMs - settings.windowMs,
    closedBy: closedByWord(closer),
    closesAtMs: isHeld ? null : endMs,
    isHeld: isHeld || (open === null && waitingCount > 0),
    tumbling: null,
  };
}
