// When a record is too old to be invoked (E-11, E-13). Age runs from the record's own arrival, whatever the mapping did since (H-8).

import type { Rec } from "./record.ts";

/** The instant from which on a record is expired, or Infinity without a limit. */
export function expiresAtMs(record: Rec, maxAgeMs: number): number {
  return maxAgeMs < 0 ? Number.POSITIVE_INFINITY : record.arrivedAtMs + maxAgeMs;
}

/** How many leading records are expired, up to `atMost`. A later record that looks older does not count (E-13). */
export function expiredPrefixCount(
  records: readonly Rec[],
  limits: { readonly maxAgeMs: number; readonly nowMs: number; readonly atMost: number },
): number {
  if (limits.maxAgeMs < 0) return 0;
  let count = 0;
  for (const record of records) {
    if (count >= limits.atMost || limits.nowMs < expiresAtMs(record, limits.maxAgeMs)) break;
    count += 1;
  }
  return count;
}

/** Records whose own time is over, wherever they stand, apart from the others. */
export function splitByOwnExpiry<R extends Rec>(
  records: readonly R[],
  nowMs: number,
): { readonly expired: readonly R[]; readonly left: readonly R[] } {
  const isOver = ({ expiresAtMs: atMs }: R): boolean => atMs !== undefined && nowMs >= atMs;
  if (!records.some(isOver)) return { expired: [], left: records };
  return { expired: records.filter(isOver), left: records.filter((record) => !isOver(record)) };
}
