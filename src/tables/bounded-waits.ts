// Waits that are over by themselves: for a while, or for something for no longer than a while. All of them end at once when their owner does.

import type { Cancel, Clock } from "../ports/clock.ts";

export interface BoundedWaits {
  pause(waitMs: number): Promise<void>;
  /** Whether `work` has ended in time. Rejects as `work` does. */
  within(work: Promise<unknown>, waitMs: number): Promise<boolean>;
  /** Ends every wait, as if its time were over. */
  end(): void;
}

export function createBoundedWaits(clock: Clock): BoundedWaits {
  const ends = new Set<() => void>();

  function begin(waitMs: number): { readonly over: Promise<void>; readonly cancel: Cancel } {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const cancelWake = clock.wakeAt(clock.nowMs() + waitMs, () => end());
    const cancel = (): void => {
      cancelWake();
      ends.delete(end);
    };
    const end = (): void => {
      cancel();
      resolve();
    };
    ends.add(end);
    return { over, cancel };
  }

  return {
    pause: (waitMs) => begin(waitMs).over,
    async within(work, waitMs) {
      const { over, cancel } = begin(waitMs);
      try {
        return await Promise.race([work.then(() => true), over.then(() => false)]);
      } finally {
        cancel();
      }
    },
    end() {
      for (const end of Array.from(ends)) end();
    },
  };
}
