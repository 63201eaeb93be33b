// Ctrl-C and its like. The first asks to drain, the second forces. A terminal sends Ctrl-C to all of its processes and npm passes
// it on once more, so a second one that comes at once is the same one.

const SAME_WITHIN_MS = 400;

export const stopSignalNames = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface StopSignals {
  received(): void;
}

export function createStopSignals(options: {
  readonly monotonicMs: () => number;
  readonly onDrain: () => void;
  readonly onForce: () => void;
}): StopSignals {
  let firstAtMs: number | null = null;
  return {
    received() {
      const nowMs = options.monotonicMs();
      if (firstAtMs === null) {
        firstAtMs = nowMs;
        options.onDrain();
      } else if (nowMs - firstAtMs >= SAME_WITHIN_MS) {
        options.onForce();
      }
    },
  };
}
