// Whether a call could start now, as far as our own cap on running functions goes: pollers of queues ask before they receive, so that
// what could not start yet stays visible in its queue and burns no receive count. A function's reserved concurrency is no part of it: at
// that a call is throttled, as on AWS. Adapter: src/functions/permits.ts; the simulated world has no cap.

import type { Cancel } from "./clock.ts";

export interface CallRoom {
  /** Calls that could start now, those left out that wait already; never negative. */
  freeCount(): number;
  /** Functions that run now, over all pollers. */
  runningCount(): number;
  /** Calls back once, in a later turn, as soon as a call could start. */
  onFree(wake: () => void): Cancel;
  /** Calls back once, in a later turn, as soon as no call could start. */
  onFull(wake: () => void): Cancel;
}
