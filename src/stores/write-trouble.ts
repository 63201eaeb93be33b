// Whether the store can be written: said once when it cannot, and once when it can again, so that a full disk is told on the
// terminal too and not to producers only.
//
// T1  It can again when a call of a kind that failed has succeeded, and none has failed for a while after that: on a nearly full disk
//     small records fit and large ones do not, which is one trouble and not many.

import { MillraceError } from "../errors.ts";
import type { Cancel, Clock } from "../ports/clock.ts";

/** How long nothing may fail before it is said that all is well. */
const WELL_AFTER_MS = 3_000;

export interface WriteTrouble {
  /** Errors with a code of ours are answers, and no trouble. */
  failed(kind: string, error: unknown): void;
  succeeded(kind: string): void;
  close(): void;
}

export function createWriteTrouble(options: {
  readonly clock: Clock;
  readonly onProblem: (error: unknown) => void;
  readonly onWell: () => void;
}): WriteTrouble {
  const { clock } = options;
  /** Empty: all is well. */
  const failedKinds = new Set<string>();
  let cancelWell: Cancel | null = null;

  function stopWaiting(): void {
    cancelWell?.();
    cancelWell = null;
  }

  return {
    failed(kind, error) {
      if (error instanceof MillraceError) return;
      stopWaiting();
      const isNews = failedKinds.size === 0;
      failedKinds.add(kind);
      if (isNews) options.onProblem(error);
    },
    succeeded(kind) {
      if (!failedKinds.has(kind) || cancelWell !== null) return;
      cancelWell = clock.wakeAt(clock.nowMs() + WELL_AFTER_MS, () => {
        cancelWell = null;
        failedKinds.clear();
        options.onWell();
      });
    },
    close: stopWaiting,
  };
}
