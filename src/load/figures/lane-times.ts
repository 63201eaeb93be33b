// What each lane did with its time: its function ran, it was held by a batch that waits for another try, it gathered a batch, or nothing.
//
// T1  Of one instant a lane does one of these, so that the shares add up to 1.

import type { LoadRun } from "../report.ts";
import { laneWord } from "../words.ts";

const MOST_LANES = 50;

export interface LaneTimes {
  readonly lane: string;
  runningMs: number;
  heldMs: number;
  assemblingMs: number;
  /** When it was last done with a batch; NaN: it had none. */
  freeSinceMs: number;
}

export const createLaneTimes = (lane: string): LaneTimes => ({
  lane,
  runningMs: 0,
  heldMs: 0,
  assemblingMs: 0,
  freeSinceMs: Number.NaN,
});

/** It has closed a batch of which the oldest record has waited for it since then. */
export function gathered(times: LaneTimes, atMs: number, { waitingSinceMs }: { waitingSinceMs: number }): void {
  const { freeSinceMs } = times;
  const fromMs = Number.isNaN(freeSinceMs) ? waitingSinceMs : Math.max(waitingSinceMs, freeSinceMs);
  if (fromMs < atMs) times.assemblingMs += atMs - fromMs;
}

/** The busiest ones, busiest first. `isSplit`: units have several lanes. */
export function laneShares(
  lanes: Iterable<LaneTimes>,
  {
    totalMs,
    family,
    isSplit,
  }: { readonly totalMs: number; readonly family: LoadRun["family"]; readonly isSplit: boolean },
): LoadRun["lanes"] {
  const busy = ({ runningMs, heldMs }: LaneTimes): number => runningMs + heldMs;
  return [...lanes]
    .sort((one, other) => busy(other) - busy(one) || (one.lane < other.lane ? -1 : 1))
    .slice(0, MOST_LANES)
    .map(({ lane, runningMs, heldMs, assemblingMs }) => {
      // A call that is out when the run is given up, or a clock that was set, must not make more than all of it.
      const whole = Math.max(totalMs, runningMs + heldMs + assemblingMs, 1);
      const [running, held, assembling] = [runningMs, heldMs, assemblingMs].map((ms) => share(ms / whole));
      const busyShare = (running ?? 0) + (held ?? 0) + (assembling ?? 0);
      return {
        lane: laneWord(lane, family, isSplit),
        running: running ?? 0,
        held: held ?? 0,
        assembling: assembling ?? 0,
        idle: share(Math.max(0, 1 - busyShare)),
      };
    });
}

const share = (value: number): number => Math.round(value * 1_000_000) / 1_000_000;
