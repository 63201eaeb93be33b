// For people: the batch that is being assembled, and which limit will close it first and when. Decides nothing; the same judgements
// as batch-assembler.ts, read ahead.

import { openBatchOf, windowEndMs } from "./batch-assembler.ts";
import type { Closer } from "./closer.ts";
import type { Lane } from "./lane-state.ts";
import type { Rec } from "./record.ts";
import type { LaneSettings } from "./settings.ts";
import { stateBytes } from "./tumbling.ts";

export interface NextCloser {
  readonly recordCount: number;
  /** Bytes of the event as it would be sent now, envelope and state included. */
  readonly eventBytes: number;
  /** Of which the records take this much, commas between them included. */
  readonly recordBytes: number;
  /** How long the window has been open; null without one, or while it does not run. */
  readonly windowOpenMs: number | null;
  /** The limit that closes it first, unless a faster one is reached before by what arrives: `caughtUp` is the next read. */
  readonly closer: Closer;
  /** When; null where an event and no instant decides it. */
  readonly closesAtMs: number | null;
  /** A batch in hand is in the way: nothing closes before that is over (B-6, E-61). */
  readonly isHeld: boolean;
}

/** Null where no record waits. */
export function nextCloser<R extends Rec>(lane: Lane<R>, settings: LaneSettings, nowMs: number): NextCloser | null {
  if (lane.waiting.count === 0 || lane.phase.kind === "stopped") return null;
  const open = openBatchOf(lane, settings);
  const isHeld = lane.stack.length > 0;
  const endMs = windowEndMs(lane, settings, nowMs);
  // While a call is out, the window that will hold these records has not begun (B-4).
  const isRunning = settings.windowMs > 0 && (settings.windowFrom === "firstRecord" || !isHeld);
  const isFull = open.full !== null || lane.isEnded;
  const closesAtMs = isFull && !isHeld ? nowMs : isRunning && !isFull ? endMs : null;
  return {
    recordCount: open.count,
    eventBytes: settings.envelopeBytes + stateBytes(lane.tumbling) + open.recordBytes,
    recordBytes: open.recordBytes,
    windowOpenMs: isRunning ? nowMs - (endMs - settings.windowMs) : null,
    closer: open.full ?? (lane.isEnded ? "ended" : settings.windowMs > 0 ? "window" : "caughtUp"),
    closesAtMs,
    isHeld,
  };
}
