// How long the runtime waits before it asks a source or a store again that could not serve it. Function retries have a clock of
// their own in the core (E-20).

const USUAL = { firstMs: 200, mostMs: 5_000 };
/** A fault that only a person can mend is looked at again after this long, growing to the most (M-706). */
export const FAULT_DELAY = { firstMs: 1_000, mostMs: 60_000 };

export interface GrowingDelay {
  /** The next wait: the first, doubling, up to the most. */
  nextMs(): number;
  reset(): void;
}

/** Default: 200 ms, doubling, at most 5 s. */
export function createGrowingDelay({ firstMs, mostMs } = USUAL): GrowingDelay {
  let step = 0;
  return {
    nextMs: () => Math.min(firstMs * 2 ** Math.min(step++, 10), mostMs),
    reset: () => {
      step = 0;
    },
  };
}
