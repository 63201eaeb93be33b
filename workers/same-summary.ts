// Whether a mapping's summary says anything that the one before it has not said.

import { isDeepStrictEqual } from "node:util";
import type { MappingSummary } from "../src/threads/protocol.ts";

/** `before`: null: there was none. */
export function isSame(before: MappingSummary | null, now: MappingSummary): boolean {
  return (
    before !== null &&
    before.counters === now.counters &&
    before.lagCount === now.lagCount &&
    before.runningCount === now.runningCount &&
    before.oldestArrivedAtMs === now.oldestArrivedAtMs &&
    before.offsetLag === now.offsetLag &&
    isDeepStrictEqual(before.lanes, now.lanes) &&
    isDeepStrictEqual(before.units, now.units)
  );
}
