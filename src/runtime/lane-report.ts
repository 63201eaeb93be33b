// What a lane is assembling, for people who watch: asked for a few times a second, and only while somebody does.

import { closedByWord, type ClosedByWord } from "../core/closer.ts";
import type { Lane } from "../core/lane-state.ts";
import { nextCloser } from "../core/next-closer.ts";
import type { Rec } from "../core/record.ts";
import type { LaneSettings } from "../core/settings.ts";
import type { Position, UnitId } from "../ports/source.ts";
import { endOf, idleCloseAtMs, stateBytes, type TumblingWindow } from "../core/tumbling.ts";

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
  /** The open tumbling window with the state that its next call is given; null: none is open. */
  readonly tumbling: OpenWindow | null;
  /** Of a topic's poller: its partitions. It then reports though nothing waits. */
  readonly partitions?: readonly PartitionReport[];
}

export interface PartitionReport {
  readonly unit: UnitId;
  /** The last position such that it and all before it have ended; null: none has. */
  readonly through: Position | null;
  /** Records that were read and have not ended. */
  readonly lagCount: number;
  readonly oldestArrivedAtMs: number | null;
}

export interface OpenWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly stateBytes: number;
  readonly stateLimitBytes: number;
}

/** Null where nothing waits and no tumbling window is open. */
export function laneReport<R extends Rec>(
  path: string,
  lane: Lane<R>,
  settings: LaneSettings,
  nowMs: number,
): LaneReport | null {
  const next = nextCloser(lane, settings, nowMs);
  if (next === null) return idleReport(path, lane, settings);
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
    tumbling: openWindow(lane.tumbling, settings),
  };
}

/** Nothing waits: silence will close the open window (W-9), unless there is more to read. */
function idleReport<R extends Rec>(path: string, lane: Lane<R>, settings: LaneSettings): LaneReport | null {
  const { tumbling } = lane;
  if (tumbling === null || lane.waiting.count > 0 || lane.phase.kind === "stopped") return null;
  return {
    lane: path,
    waitingCount: 0,
    recordCount: 0,
    recordBytes: 0,
    eventBytes: settings.envelopeBytes + stateBytes(tumbling),
    eventLimitBytes: settings.eventLimitBytes,
    windowFromMs: null,
    closedBy: "tumbling edge",
    closesAtMs: lane.isCaughtUp ? idleCloseAtMs(tumbling, settings) : null,
    isHeld: lane.stack.length > 0,
    tumbling: openWindow(tumbling, settings),
  };
}

function openWindow(window: TumblingWindow | null, { stateLimitBytes }: LaneSettings): OpenWindow | null {
  if (window === null) return null;
  return { startMs: window.startMs, endMs: endOf(window), stateBytes: stateBytes(window), stateLimitBytes };
}
