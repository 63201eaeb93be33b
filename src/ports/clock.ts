// Time, handed in. Live it is the system's (src/platform/system-clock.ts), in a simulated run the world's (src/sim).

/** Takes a wake-up back. Calling it twice, or after the wake-up, does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Wall time, epoch ms, for stamps and for comparing with what a source stamped. */
  nowMs(): number;
  /** Time that never goes back, ms with fraction, for durations. */
  monotonicMs(): number;
  /**
   * Calls `wake` once, at or as soon as possible after the wall instant `atMs`; at once (in a later turn) if that is past.
   * It calls back: no promise is left behind. When the wall clock jumps forward (sleep, correction) it follows; when it is set
   * back, `wake` comes once the time that was left has passed, which is before `atMs` by that clock: nothing waits for longer
   * than it was asked to.
   */
  wakeAt(atMs: number, wake: () => void): Cancel;
}
