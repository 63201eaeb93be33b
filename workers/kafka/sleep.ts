// Pauses that end early when they have to. None leaves a timer or a listener behind.

import type { Clock } from "../../src/ports/clock.ts";
import type { Bell } from "./bell.ts";

/** Until the time is over, the signal is aborted, or the bell rings. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal, bell?: Bell): Promise<void> {
  if (signal.aborted) return;
  const over = new AbortController();
  const end = () => over.abort();
  const cancel = clock.wakeAt(clock.nowMs() + ms, end);
  signal.addEventListener("abort", end, { once: true });
  const rung = bell?.wait(over.signal).then(end);
  await new Promise<void>((resolve) => over.signal.addEventListener("abort", () => resolve(), { once: true }));
  cancel();
  signal.removeEventListener("abort", end);
  await rung;
}

/** False: it has not ended within that time. */
export async function endsWithin(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  let hasEnded = false;
  const ended = work.then(() => {
    hasEnded = true;
  });
  await Promise.race([ended, sleep(clock, ms, over.signal)]);
  over.abort();
  return hasEnded;
}
