// What a lane is assembling, for people who watch: asked for a few times a second, and only while somebody does.

import { closedByWord, type ClosedByWord } from "../core/closer.ts";
import type { Lane } from "../core/lane-state.ts";
import { nextCloser } from "../core/next-closer.ts";
import type { Rec } from "../core/record.ts";
import type { LaneSettings } from "../core/settings.ts";

/** Instants, not durations: whoever shows it reckons on between two reports. */
export interface LaneReport {
  /** The lane's path in the journal: mapping, unit, index. */
  readonly lane: string;
  /** Records that wait in the lane, those of the open batch among them. */
  readonly waitingCount: number;
  /** Records that the open batch would take now. */
  readonly recordCount: number;
  readonly recordBytes: number;
  /** Bytes of the event as it would be sent now, and the most that it may have (B-11). */
  readonly eventBytes: number;
  readonly eventLimitBytes: number;
  /** What the batching window counts from; null without one, or while it does not run (B-4). */
  readonly windowFromMs: number | null;
  /** The limit that closes it first, as far as no arrival changes that; `caught up` is the next read. */
  readonly closedBy: ClosedByWord;
  /** Null where no instant decides it. */
  readonly closesAtMs: number | null;
  /** A batch in hand is in the way (B-6, E-61). */
  readonly isHeld: boolean;
}

/** Null where nothing waits. */
export function laneReport<R extends Rec>(
  path: string,
  lane: Lane<R>,
  settings: LaneSettings,
  nowMs: number,
): LaneReport | null {
  const next = nextCloser(lane, settings, nowMs);
  if (next === null) return null;
  const { recordCount, recordBytes, eventBytes, windowOpenMs, closer, closesAtMs, isHeld } = next;
  return {
    lane: path,
    waitingCount: lane.waiting.count,
    recordCount,
    recordBytes,
    eventBytes,
    eventLimitBytes: settings.eventLimitBytes,
    windowFromMs: windowOpenMs === null ? null : nowMs - windowOpenMs,
    closedBy: closedByWord(closer),
    closesAtMs,
    isHeld,
  };
}
