// When a queue was purged: AWS takes one purge a minute.

import type { Clock } from "../../ports/clock.ts";

const BETWEEN_MS = 60_000;

export interface PurgeTimes {
  /** Whether it may be purged now; if so, now counts. */
  take(queue: string): boolean;
  /** A purge that could not be done, or a queue that has gone, does not count. */
  forget(queue: string): void;
}

export function createPurgeTimes(clock: Pick<Clock, "monotonicMs">): PurgeTimes {
  const purgedAtMs = new Map<string, number>();
  return {
    take(queue) {
      const nowMs = clock.monotonicMs();
      // What has had its minute need not be known any more: the map stays as small as a minute's purges.
      for (const [name, atMs] of purgedAtMs) if (nowMs - atMs >= BETWEEN_MS) purgedAtMs.delete(name);
      if (purgedAtMs.has(queue)) return false;
      purgedAtMs.set(queue, nowMs);
      return true;
    },
    forget: (queue) => void purgedAtMs.delete(queue),
  };
}
