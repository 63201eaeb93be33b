// When a record is too old to be invoked (E-11, E-13). Age runs from the record's own arrival, whatever the mapping did since (H-8).

import { runsOf } from "./partitions/runs.ts";
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

/** The leading expired records of each partition, apart from all others; without partitions, of the one order that there is (M-407). */
export function splitByAge<R extends Rec>(
  records: readonly R[],
  limits: { readonly maxAgeMs: number; readonly nowMs: number },
): { readonly expired: readonly R[]; readonly left: readonly R[] } {
  if (limits.maxAgeMs < 0) return { expired: [], left: records };
  const expired: R[] = [];
  const left: R[] = [];
  for (const run of runsOf(records)) {
    const count = expiredPrefixCount(run.records, { ...limits, atMost: run.records.length });
    expired.push(...run.records.slice(0, count));
    left.push(...run.records.slice(count));
  }
  return { expired, left };
}

/** When the first record that may then be cut off is too old, or Infinity. */
export function firstExpiryMs(records: readonly Rec[], maxAgeMs: number): number {
  if (maxAgeMs < 0) return Number.POSITIVE_INFINITY;
  let atMs = Number.POSITIVE_INFINITY;
  for (const {
    records: [first],
  } of runsOf(records)) {
    if (first !== undefined) atMs = Math.min(atMs, expiresAtMs(first, maxAgeMs));
  }
  return atMs;
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
