// The system's time behind the Clock port. A wake-up follows the wall clock: it is re-checked at least every 10 s, so that after
// a laptop's sleep or a correction of the clock nothing waits for an instant that has passed.

import type { Cancel, Clock } from "../ports/clock.ts";

/** Longest single timer. A jump of the wall clock is noticed within this time. */
const RECHECK_MS = 10_000;

export function createSystemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    wakeAt: (atMs, wake) => wakeAt(atMs, wake),
  };
}

function wakeAt(atMs: number, wake: () => void): Cancel {
  let timer: NodeJS.Timeout | null = null;
  const arm = (): void => {
    const leftMs = atMs - Date.now();
    timer = setTimeout(look, Math.max(0, Math.min(leftMs, RECHECK_MS)));
  };
  // A timer of Node may fire up to a millisecond early, hence the comparison also after a short wait.
  const look = (): void => {
    if (Date.now() < atMs) return arm();
    timer = null;
    wake();
  };
  arm();
  return () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
}
