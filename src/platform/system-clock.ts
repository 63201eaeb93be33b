// The system's time behind the Clock port. A wake-up follows the wall clock forward: it is re-checked at least every 10 s, so that
// after a laptop's sleep or a correction of the clock nothing waits for an instant that has passed. A clock that is set back holds
// nothing: by then the monotonic clock decides.

import type { Cancel, Clock } from "../ports/clock.ts";

/** The system's two ways of telling time. They part when a laptop sleeps or its clock is corrected. */
export interface SystemTime {
  /** Epoch ms. */
  readonly wallMs: () => number;
  /** Ms since some instant; may stand still while the machine sleeps. */
  readonly monotonicMs: () => number;
  /** Longest single timer: a jump of the wall clock is noticed within this time. */
  readonly recheckMs: number;
}

/** The two clocks differ by roundings; a wall clock that is this much behind has been set back. */
const SET_BACK_MS = 5;

const realTime: SystemTime = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  recheckMs: 10_000,
};

export function createSystemClock(time: SystemTime = realTime): Clock {
  return {
    nowMs: time.wallMs,
    monotonicMs: time.monotonicMs,
    wakeAt: (atMs, wake) => wakeAt(time, atMs, wake),
  };
}

function wakeAt({ wallMs, monotonicMs, recheckMs }: SystemTime, atMs: number, wake: () => void): Cancel {
  let timer: NodeJS.Timeout | null = null;
  const latestMs = monotonicMs() + atMs - wallMs() + SET_BACK_MS;
  const leftMs = (): number => Math.min(atMs - wallMs(), latestMs - monotonicMs());
  const arm = (): void => {
    timer = setTimeout(look, Math.max(0, Math.min(leftMs(), recheckMs)));
  };
  // A timer of Node may fire up to a millisecond early, hence the comparison also after a short wait.
  const look = (): void => {
    if (leftMs() > 0) return arm();
    timer = null;
    wake();
  };
  arm();
  return () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
}
