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
   * It calls back: no promise is left behind. After a jump of the wall clock (sleep, correction) it follows the wall clock.
   */
  wakeAt(atMs: number, wake: () => void): Cancel;
}
