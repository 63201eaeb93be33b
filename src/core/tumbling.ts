// A lane's tumbling window (W-3 to W-19): which window is open, the state it carries, and what its calls tell the function.
//
// U1  One window is open at a time; a batch never mixes windows (W-6).
// U2  A failed call leaves the state as it was before (W-14); progress replaces it (W-16).

import type { Batch } from "./batch.ts";
import type { Carried, Rec } from "./record.ts";
import type { LaneSettings } from "./settings.ts";

export interface TumblingWindow {
  /** Aligned to the epoch (W-5). */
  readonly startMs: number;
  readonly lengthMs: number;
  /** Null: `{}`. */
  readonly state: Carried | null;
  /** The function has run in this window, or in what followed an early end, not even once: it needs no final call (W-11). */
  readonly isFresh: boolean;
}

/** The window part of an event (W-1) and of an on-failure document (O-17). Instants are epoch ms. */
export interface WindowPart {
  readonly startMs: number;
  readonly endMs: number;
  readonly stateJson: string;
  readonly isFinal: boolean;
  readonly isTerminatedEarly: boolean;
}

/** Why a window has its closing call: W-8, W-17, W-9, H-10, W-12. */
export type WindowEnd = "laterRecord" | "unitEnded" | "silence" | "switchedOff" | "stateTooLarge";

/** A batch's window as it is when the batch closes, for people. */
export interface WindowNote {
  readonly startMs: number;
  readonly endMs: number;
  /** Of the state that the call is given. */
  readonly stateBytes: number;
  /** Null: it holds records. */
  readonly end: WindowEnd | null;
}

const EMPTY_STATE_JSON = "{}";

/** The window that a record opens, by its own arrival and never by the time of processing (W-4, W-5). */
export function windowOf(record: Rec, lengthMs: number): TumblingWindow {
  const startMs = Math.floor(record.arrivedAtMs / lengthMs) * lengthMs;
  return { startMs, lengthMs, state: null, isFresh: true };
}

export function endOf(window: TumblingWindow): number {
  return window.startMs + window.lengthMs;
}

/** Bytes of the state in the event; 0 outside tumbling windows. */
export function stateBytes(window: TumblingWindow | null): number {
  if (window === null) return 0;
  return window.state?.sizeBytes ?? EMPTY_STATE_JSON.length;
}

/** When silence closes the window (W-9), provided that everything there is has been read. */
export function idleCloseAtMs(window: TumblingWindow, settings: Pick<LaneSettings, "idleCloseMs">): number {
  return endOf(window) + settings.idleCloseMs;
}

export function windowNote(window: TumblingWindow | null, end: WindowEnd | null): WindowNote | null {
  if (window === null) return null;
  return { startMs: window.startMs, endMs: endOf(window), stateBytes: stateBytes(window), end };
}

export function windowPart<R extends Rec>(window: TumblingWindow | null, batch: Batch<R>): WindowPart | null {
  if (window === null) return null;
  return {
    startMs: window.startMs,
    endMs: endOf(window),
    stateJson: window.state?.json ?? EMPTY_STATE_JSON,
    isFinal: batch.call !== "records",
    isTerminatedEarly: batch.call === "early",
  };
}
