// How far a unit may be committed: everything up to `through` has ended (E-60, E-65). Ordinals are dense within a unit, by order
// of reading; filtered records end on arrival. A unit has one watermark, however many lanes it has.
//
// Each ended range carries the place (a position, or what a position is made from) of its last record. A watermark only ever
// stops at the end of a range, so the place to commit is always at hand and nothing else is remembered.
//
// A1  `ahead` is sorted, its ranges neither touch nor overlap, and all lie beyond `through` + 1.
// A2  An ordinal ends once (T-161); a second ending is a bug and is asserted.

import { invariant } from "./invariant.ts";
import type { Rec } from "./record.ts";

/**
 * How many delivered records may have ended beyond an unfinished one before reading pauses: what a crash would deliver again
 * at most, together with what waits. Filtered records do not count, they cost nothing to pass over again.
 */
export const MAX_AHEAD_RECORDS = 20_000;

export interface EndedRange<P> {
  readonly first: number;
  readonly last: number;
  /** Place of the record `last`. */
  readonly place: P;
  /** How many of them were delivered or given up, and not filtered. */
  readonly deliveredCount: number;
}

export interface Watermark<P> {
  /** The last ordinal such that it and all before it have ended; -1 at the start. */
  readonly through: number;
  /** Place of `through`; null until something has ended, unless given at the start. */
  readonly place: P | null;
  readonly ahead: readonly EndedRange<P>[];
  /** Sum of `deliveredCount` over `ahead`. */
  readonly aheadCount: number;
}

/** A watermark for a reader whose first record has the ordinal `firstOrdinal`, behind `place`. */
export function createWatermark<P>(
  start: { readonly firstOrdinal?: number; readonly place?: P | null } = {},
): Watermark<P> {
  return { through: (start.firstOrdinal ?? 0) - 1, place: start.place ?? null, ahead: [], aheadCount: 0 };
}

/** Ranges must ascend, as the records of a batch and the filtered records of a read do. */
export function finished<P>(watermark: Watermark<P>, ranges: readonly EndedRange<P>[]): Watermark<P> {
  if (ranges.length === 0) return watermark;
  const merged = insert(watermark.ahead, ranges);
  const first = merged[0];
  invariant(first !== undefined && first.first > watermark.through, "A2: a record ends once");
  let aheadCount = watermark.aheadCount;
  for (const range of ranges) aheadCount += range.deliveredCount;
  if (first.first > watermark.through + 1) return { ...watermark, ahead: merged, aheadCount };
  return {
    through: first.last,
    place: first.place,
    ahead: merged.slice(1),
    aheadCount: aheadCount - first.deliveredCount,
  };
}

/** Nothing lies between the record `ordinal` and `place`: where no record behind it has ended, that is how far all has. */
export function passedBehind<P>(watermark: Watermark<P>, ordinal: number, place: P): Watermark<P> {
  return watermark.through === ordinal ? { ...watermark, place } : watermark;
}

/** Whether reading must pause because too much has ended beyond an unfinished record (E-65). */
export function mustPauseReading<P>(watermark: Watermark<P>): boolean {
  return watermark.aheadCount >= MAX_AHEAD_RECORDS;
}

/** Ascending records as ranges without gaps. `placeOf` is called once a range, for its last record. */
export function rangesOf<R extends Rec, P>(
  records: readonly R[],
  placeOf: (record: R) => P,
  options: { readonly isFiltered: boolean } = { isFiltered: false },
): readonly EndedRange<P>[] {
  const ranges: EndedRange<P>[] = [];
  let first: R | null = null;
  let last: R | null = null;
  const close = (from: R, to: R): void => {
    const count = to.ordinal - from.ordinal + 1;
    ranges.push({
      first: from.ordinal,
      last: to.ordinal,
      place: placeOf(to),
      deliveredCount: options.isFiltered ? 0 : count,
    });
  };
  for (const record of records) {
    if (first !== null && last !== null && record.ordinal !== last.ordinal + 1) {
      close(first, last);
      first = null;
    }
    first ??= record;
    last = record;
  }
  if (first !== null && last !== null) close(first, last);
  return ranges;
}

/** Only what lies between the neighbours of the first and the last new range is merged; the rest is copied in one go. */
function insert<P>(ahead: readonly EndedRange<P>[], ranges: readonly EndedRange<P>[]): readonly EndedRange<P>[] {
  const first = ranges[0]?.first ?? 0;
  const last = ranges.at(-1)?.last ?? 0;
  const from = indexOfFirst(ahead, (range) => range.last >= first - 1);
  const to = indexOfFirst(ahead, (range) => range.first > last + 1);
  return [...ahead.slice(0, from), ...merge(ahead.slice(from, to), ranges), ...ahead.slice(to)];
}

/** Index of the first range for which the claim holds, given that it holds for all behind it. */
function indexOfFirst<P>(ahead: readonly EndedRange<P>[], holds: (range: EndedRange<P>) => boolean): number {
  let low = 0;
  let high = ahead.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = ahead[middle];
    if (range !== undefined && holds(range)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Two sorted lists into one in which touching ranges are joined. */
function merge<P>(ahead: readonly EndedRange<P>[], ranges: readonly EndedRange<P>[]): readonly EndedRange<P>[] {
  const merged: EndedRange<P>[] = [];
  let a = 0;
  let b = 0;
  while (a < ahead.length || b < ranges.length) {
    const left = ahead[a];
    const right = ranges[b];
    const isLeftNext = right === undefined || (left !== undefined && left.first < right.first);
    const next = isLeftNext ? left : right;
    if (isLeftNext) a += 1;
    else b += 1;
    if (next !== undefined) join(merged, next);
  }
  return merged;
}

function join<P>(merged: EndedRange<P>[], next: EndedRange<P>): void {
  const last = merged.at(-1);
  if (last === undefined || next.first > last.last + 1) {
    merged.push(next);
    return;
  }
  invariant(next.first === last.last + 1, "A2: a record ends once");
  merged[merged.length - 1] = {
    first: last.first,
    last: next.last,
    place: next.place,
    deliveredCount: last.deliveredCount + next.deliveredCount,
  };
}
