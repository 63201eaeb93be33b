// Tells once that a group keeps its new member waiting. A member that was killed counts until its session is over (M-821), and so long a
// coordinator answers nobody who joins: then nothing has failed, and nothing arrives.

import type { Cancel, Clock } from "../../ports/clock.ts";

/** A join that nobody holds up is over sooner. */
const PATIENCE_MS = 3_000;

export interface JoinWatch {
  begin(): void;
  /** The member has heard something, or is to go. */
  end(): void;
}

export function createJoinWatch(clock: Clock, tell: (sinceMs: number) => void): JoinWatch {
  let cancel: Cancel | null = null;
  return {
    begin() {
      const sinceMs = clock.nowMs();
      cancel = clock.wakeAt(sinceMs + PATIENCE_MS, () => tell(sinceMs));
    },
    end() {
      cancel?.();
      cancel = null;
    },
  };
}
