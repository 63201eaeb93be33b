// How long to wait before an unchanged batch goes out again (E-20): 200 ms, doubled at each step, at most a minute. Counted
// failures and refusals each have a step counter of their own (E-22).

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 60_000;

/** `step` counts from 0. `jitterMs` is drawn by the caller; the cap holds with it. */
export function backoffMs(step: number, jitterMs: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** step + jitterMs, LONGEST_DELAY_MS);
}
