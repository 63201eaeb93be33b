// When a batch of several partitions closes, of what it is made, and why (M-301 to M-305). Each partition's records are one run in it, in
// their order; a batch begins with the partition that no batch has begun with for longest.
//
// B1  Never of a locked partition, never more than the limits; but for a record that is over the room alone: it goes alone (M-306).
// B2  Looking costs a step a partition; only a batch that closes is looked through record by record.

import type { Closer } from "../closer.ts";
import type { Rec } from "../record.ts";
import { takeFirst, visitFrom, type Waiting } from "../waiting.ts";
import { atInstant, isOpen, type Moment, type Pool, type Share, windowEndMs } from "./pool.ts";

export interface PoolLimits {
  readonly batchSize: number;
  /** Bytes of the event that are left for records, with their commas and what each partition has once. */
  readonly roomBytes: number;
  /** Whether a batch may hold records of several partitions (M-304). */
  readonly isMixing: boolean;
}

export interface ClosedBatch<R extends Rec> {
  readonly records: readonly R[];
  readonly closer: Closer;
  /** Null: there is no window. */
  readonly windowOpenMs: number | null;
}

export interface Closed<R extends Rec> {
  readonly batch: ClosedBatch<R>;
  readonly pool: Pool<R>;
}

/** After so many that the filter passed over, a batch closes as if its window were over (M-305). */
export const MOST_FILTERED = 10_000;

/** The batch that closes now, or null. */
export function closedBatch<R extends Rec>(before: Pool<R>, limits: PoolLimits, moment: Moment): Closed<R> | null {
  const pool = atInstant(before, moment.nowMs);
  const from = sharesToClose(pool, limits, moment);
  if (from === null) return null;
  const endMs = windowEndMs(pool, moment) ?? moment.nowMs;
  const { records, rests, full } = taken(from, limits);
  const [first] = from;
  const shares = pool.shares.map((share) => rests.get(share.partition.epoch) ?? share);
  const isFirst = (share: Share<R>): boolean => share.partition.epoch === first?.partition.epoch;
  return {
    batch: {
      records,
      closer: full ?? (moment.windowMs > 0 ? "window" : "caughtUp"),
      windowOpenMs: moment.windowMs > 0 ? moment.nowMs - (endMs - moment.windowMs) : null,
    },
    pool: {
      ...pool,
      shares: [...shares.filter((share) => !isFirst(share)), ...shares.filter(isFirst)],
      windowFromMs: moment.nowMs,
      filteredCount: 0,
    },
  };
}

/** When to look again though nothing happens; Infinity: not before something does. */
export function nextLookAtMs<R extends Rec>(pool: Pool<R>, moment: Moment): number {
  return moment.windowMs === 0 ? Number.POSITIVE_INFINITY : (windowEndMs(pool, moment) ?? Number.POSITIVE_INFINITY);
}

/** For people: what a batch would take now, and what of it closes it. Null where none is open. */
export function openBatch<R extends Rec>(
  pool: Pool<R>,
  limits: PoolLimits,
  moment: Moment,
): { readonly records: readonly R[]; readonly closer: Closer } | null {
  const open = openShares(pool, moment);
  const [first] = open;
  if (first === undefined) return null;
  const { records, full } = taken(limits.isMixing ? open : [first], limits);
  return { records, closer: full ?? (moment.windowMs > 0 ? "window" : "caughtUp") };
}

function openShares<R extends Rec>(pool: Pool<R>, { isLocked }: Moment): readonly Share<R>[] {
  return pool.shares.filter((share) => isOpen(share, isLocked));
}

/** The shares that the next batch is made of, in order; null: none closes now. */
function sharesToClose<R extends Rec>(
  pool: Pool<R>,
  limits: PoolLimits,
  moment: Moment,
): readonly [Share<R>, ...Share<R>[]] | null {
  const [first, ...others] = openShares(pool, moment);
  if (first === undefined) return null;
  const all: readonly [Share<R>, ...Share<R>[]] = [first, ...others];
  const endMs = windowEndMs(pool, moment) ?? moment.nowMs;
  const isDue = moment.windowMs === 0 || moment.nowMs >= endMs || pool.filteredCount >= MOST_FILTERED;
  if (limits.isMixing) return isDue || isFilling(all, limits) ? all : null;
  if (isDue) return [first];
  const full = all.find((share) => isFilling([share], limits));
  return full === undefined ? null : [full];
}

/** Whether they fill a batch, by number or by bytes. */
function isFilling<R extends Rec>(shares: readonly Share<R>[], limits: PoolLimits): boolean {
  let count = 0;
  let bytes = 0;
  for (const { waiting, partition } of shares) {
    count += waiting.count;
    bytes += waiting.bytes + partition.headBytes;
  }
  return count >= limits.batchSize || bytes + count - 1 > limits.roomBytes;
}

interface Taken<R extends Rec> {
  readonly records: readonly R[];
  /** What is left of the shares that it was taken from, by epoch. */
  readonly rests: ReadonlyMap<number, Share<R>>;
  readonly full: "size" | "payload" | null;
}

function taken<R extends Rec>(from: readonly Share<R>[], limits: PoolLimits): Taken<R> {
  const parts: (readonly R[])[] = [];
  const rests = new Map<number, Share<R>>();
  let count = 0;
  let bytes = 0;
  let full: Taken<R>["full"] = null;
  for (const share of from) {
    const fit = fitting(share, { count, bytes }, limits);
    full = fit.full;
    if (fit.count > count) {
      const { taken: part, rest } = takeFirst(share.waiting, fit.count - count);
      parts.push(part);
      rests.set(share.partition.epoch, { ...share, waiting: rest });
    }
    ({ count, bytes } = fit);
    if (full !== null) break;
  }
  return { records: parts.length === 1 ? (parts[0] ?? []) : parts.flat(), rests, full };
}

interface Fit {
  readonly count: number;
  readonly bytes: number;
  readonly full: "size" | "payload" | null;
}

/** How far a batch reaches once it has taken what it can of this share. */
function fitting<R extends Rec>(
  { waiting, partition: { headBytes } }: Share<R>,
  so: { readonly count: number; readonly bytes: number },
  limits: PoolLimits,
): Fit {
  const whole = so.bytes + headBytes + waiting.bytes + waiting.count - (so.count > 0 ? 0 : 1);
  if (so.count + waiting.count < limits.batchSize && whole <= limits.roomBytes)
    return { count: so.count + waiting.count, bytes: whole, full: null };
  return fittingByRecord(waiting, headBytes, so, limits);
}

function fittingByRecord<R extends Rec>(
  waiting: Waiting<R>,
  headBytes: number,
  so: { readonly count: number; readonly bytes: number },
  limits: PoolLimits,
): Fit {
  let { count, bytes } = so;
  let full: Fit["full"] = null;
  visitFrom(waiting, 0, ({ sizeBytes }) => {
    const head = count === so.count ? headBytes : 0;
    const more = bytes + head + sizeBytes + (count > 0 ? 1 : 0);
    // Alone over the room, it goes alone: nothing can join it (M-306).
    if (more > limits.roomBytes && count > 0) full = "payload";
    else {
      count += 1;
      bytes = more;
      if (more > limits.roomBytes) full = "payload";
      else if (count === limits.batchSize) full = "size";
    }
    return full === null;
  });
  return { count, bytes, full };
}
