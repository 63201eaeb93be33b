// How long the runtime waits before it asks a source or a store again that could not serve it. Function retries have a clock of
// their own in the core (E-20).

const FIRST_MS = 200;
const MOST_MS = 5_000;

export interface GrowingDelay {
  /** The next wait: 200 ms, doubling, at most 5 s. */
  nextMs(): number;
  reset(): void;
}

export function createGrowingDelay(): GrowingDelay {
  let step = 0;
  return {
    nextMs: () => Math.min(FIRST_MS * 2 ** Math.min(step++, 10), MOST_MS),
    reset: () => {
      step = 0;
    },
  };
}
