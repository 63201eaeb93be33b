// What was sent, as columns: read once, since there may be a million of them.

import type { LoadObservation } from "../observation.ts";
import { rounded } from "./numbers.ts";

export interface SentColumns {
  readonly count: number;
  /** Ms since the run's beginning. */
  readonly plannedMs: Float64Array;
  readonly sentMs: Float64Array;
  /** 1: it passes the filter. */
  readonly isMatching: Uint8Array;
  readonly matchingCount: number;
  readonly bytes: number;
  /** All were sent at the instant that was planned for them. */
  readonly isOnTime: boolean;
  /** Of the most frequent key; null: there are none. */
  readonly topKeyShare: number | null;
}

export function sentColumns({ sent, startedAtMs }: Pick<LoadObservation, "sent" | "startedAtMs">): SentColumns {
  const count = sent.length;
  const plannedMs = new Float64Array(count);
  const sentMs = new Float64Array(count);
  const isMatching = new Uint8Array(count);
  const keys = new Map<string, { count: number }>();
  let [matchingCount, bytes, isOnTime, topCount] = [0, 0, true, 0];
  let at = 0;
  for (const record of sent) {
    plannedMs[at] = rounded(record.plannedAtMs - startedAtMs);
    sentMs[at] = rounded(record.sentAtMs - startedAtMs);
    bytes += record.bytes;
    if (record.sentAtMs !== record.plannedAtMs) isOnTime = false;
    if (record.isMatching) {
      isMatching[at] = 1;
      matchingCount += 1;
    }
    if (record.key !== null) {
      const known = keys.get(record.key);
      if (known === undefined) keys.set(record.key, { count: 1 });
      else known.count += 1;
    }
    at += 1;
  }
  for (const key of keys.values()) topCount = Math.max(topCount, key.count);
  const topKeyShare = keys.size === 0 ? null : rounded(topCount / count);
  return { count, plannedMs, sentMs, isMatching, matchingCount, bytes, isOnTime, topKeyShare };
}
