// How long a fault that waiting does not mend has lasted (M-705). Nothing is stopped here: whoever is told decides.

import type { Cancel, Clock } from "../ports/clock.ts";
import type { DisablingReason } from "../ports/source.ts";

/** How often it is said that a fault has lasted too long, while it lasts. */
const SAY_AGAIN_MS = 10_000;

export interface FaultWatch {
  /** What is wrong now; undefined: nothing, or what may pass by itself. The same reason as before goes on lasting. */
  met(reason: DisablingReason | undefined, how?: { readonly isFinal: boolean }): void;
}

/** `onUnrecoverable` is told once the same reason has lasted for `disabledAfterMs`, or at once of what is final, and again while it lasts. */
export function createFaultWatch(options: {
  readonly clock: Clock;
  readonly disabledAfterMs: () => number;
  readonly onUnrecoverable: (reason: DisablingReason) => void;
}): FaultWatch {
  const { clock } = options;
  let lasting: DisablingReason | undefined;
  let isLastingFinal = false;
  let cancelDeadline: Cancel | null = null;

  /** Again while it lasts: a mapping that is just being created or updated is not disabled by the first word. */
  function say(reason: DisablingReason): void {
    options.onUnrecoverable(reason);
    cancelDeadline = clock.wakeAt(clock.nowMs() + SAY_AGAIN_MS, () => say(reason));
  }

  return {
    met(reason, { isFinal } = { isFinal: false }) {
      if (reason === lasting && isFinal === isLastingFinal) return;
      lasting = reason;
      isLastingFinal = isFinal;
      cancelDeadline?.();
      cancelDeadline = null;
      if (reason === undefined) return;
      cancelDeadline = clock.wakeAt(clock.nowMs() + (isFinal ? 0 : options.disabledAfterMs()), () => say(reason));
    },
  };
}
