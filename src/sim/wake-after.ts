// A wait for so long, told by the clock that is never set: a jump of the wall clock neither ends it nor makes it longer.

import type { Cancel, Clock } from "../ports/clock.ts";

export function wakeAfter(clock: Clock, ms: number, wake: () => void): Cancel {
  const dueMs = clock.monotonicMs() + ms;
  let cancel: Cancel;
  const wait = (): void => {
    cancel = clock.wakeAt(clock.nowMs() + dueMs - clock.monotonicMs(), () =>
      clock.monotonicMs() < dueMs ? wait() : wake(),
    );
  };
  wait();
  return () => cancel();
}
