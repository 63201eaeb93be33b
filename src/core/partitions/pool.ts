// What a member of a consumer group has read and not yet put into a batch, by partition, and the batching window over all of it. Which
// batch closes is judged by closing.ts. Values in, values out; which partitions are locked is told by the caller, since all members of a
// mapping share that (M-809).
//
// P1  A share is open if something waits in it and its partition is not locked: only of these are batches made (M-207).
// P2  A record waits for one window at most from when it could have gone: it came, or its partition was unlocked (M-302).
// P3  Shares are in the order in which batches begin with them: the one that a batch began with goes to the end (M-304).

import type { PartitionEpoch, Rec } from "../record.ts";
import { append, nothingWaits, type Waiting } from "../waiting.ts";

export interface Share<R extends Rec> {
  readonly partition: PartitionEpoch;
  readonly waiting: Waiting<R>;
  /** Since when its first record could have gone, as far as the partition is not locked (P2). */
  readonly sinceMs: number;
  /** Nothing more is read of it (M-208). */
  readonly isPaused: boolean;
}

export interface Pool<R extends Rec> {
  readonly shares: readonly Share<R>[];
  /** What the window counts from: the end of the batch before, or the record that came after one had lapsed. */
  readonly windowFromMs: number | null;
  /** Records that the filter passed over since the window's first (M-305). */
  readonly filteredCount: number;
  /** The instant of the last change. */
  readonly seenAtMs: number;
}

/** The moment of a change or a look. */
export interface Moment {
  readonly nowMs: number;
  readonly windowMs: number;
  readonly isLocked: (unit: string) => boolean;
}

/** Of a partition with this much waiting nothing more is read until it is below half (M-208). */
const MOST_WAITING_BYTES = 12_000_000;
const MOST_WAITING_BATCHES = 2;

export const emptyPool: Pool<never> = {
  shares: [],
  windowFromMs: null,
  filteredCount: 0,
  seenAtMs: Number.NEGATIVE_INFINITY,
};

export const isOpen = <R extends Rec>({ waiting, partition }: Share<R>, isLocked: Moment["isLocked"]): boolean =>
  waiting.count > 0 && !isLocked(partition.unit);

export function assigned<R extends Rec>(pool: Pool<R>, partitions: readonly PartitionEpoch[]): Pool<R> {
  const shares = partitions.map(
    (partition): Share<R> => ({ partition, waiting: nothingWaits, sinceMs: 0, isPaused: false }),
  );
  return { ...pool, shares: [...pool.shares, ...shares] };
}

/** What waits of these epochs is dropped: whoever has the partition now reads it again (M-807). */
export function revoked<R extends Rec>(pool: Pool<R>, epochs: readonly number[]): Pool<R> {
  return { ...pool, shares: pool.shares.filter(({ partition }) => !epochs.includes(partition.epoch)) };
}

/** `filteredCount`: how many of the same read the filter passed over. */
export function arrived<R extends Rec>(
  before: Pool<R>,
  came: { readonly epoch: number; readonly records: readonly R[]; readonly filteredCount: number },
  moment: Moment,
): Pool<R> {
  const pool = atInstant(before, moment.nowMs);
  const hadOpen = pool.shares.some((share) => isOpen(share, moment.isLocked));
  const shares = pool.shares.map((share): Share<R> => {
    if (share.partition.epoch !== came.epoch || came.records.length === 0) return share;
    const sinceMs = share.waiting.count > 0 ? share.sinceMs : moment.nowMs;
    return { ...share, waiting: append(share.waiting, came.records), sinceMs };
  });
  const opened = withWindow({ ...pool, shares }, hadOpen, moment);
  const hasOpen = hadOpen || shares.some((share) => isOpen(share, moment.isLocked));
  // A round that has nothing to deliver has not begun (M-317).
  const filteredCount = (hadOpen ? pool.filteredCount : 0) + came.filteredCount;
  return { ...opened, filteredCount: hasOpen ? filteredCount : 0 };
}

/** What waits of this unit may go from now on. `moment` no longer has it locked. */
export function unlocked<R extends Rec>(before: Pool<R>, unit: string, moment: Moment): Pool<R> {
  const pool = atInstant(before, moment.nowMs);
  const hadOpen = pool.shares.some((share) => share.partition.unit !== unit && isOpen(share, moment.isLocked));
  const shares = pool.shares.map((share) =>
    share.partition.unit === unit && share.waiting.count > 0 ? { ...share, sinceMs: moment.nowMs } : share,
  );
  return withWindow({ ...pool, shares }, hadOpen, moment);
}

/** A batch is over: the next window counts from here (M-302). */
export function batchEnded<R extends Rec>(pool: Pool<R>, nowMs: number): Pool<R> {
  return { ...atInstant(pool, nowMs), windowFromMs: nowMs };
}

/** When the window is over that the open shares are in (P2); null: none is open. */
export function windowEndMs<R extends Rec>(pool: Pool<R>, { nowMs, windowMs, isLocked }: Moment): number | null {
  let fromMs: number | null = null;
  for (const share of pool.shares) {
    if (isOpen(share, isLocked)) fromMs = Math.min(fromMs ?? pool.windowFromMs ?? nowMs, share.sinceMs);
  }
  return fromMs === null ? null : fromMs + windowMs;
}

/** Which partitions are to be read no further for now, and which again (M-208). `isHeldUp`: none is to be read, whatever waits. */
export function paced<R extends Rec>(
  pool: Pool<R>,
  { batchSize, isHeldUp }: { readonly batchSize: number; readonly isHeldUp: boolean },
): { readonly pool: Pool<R>; readonly pause: readonly PartitionEpoch[]; readonly resume: readonly PartitionEpoch[] } {
  const pause: PartitionEpoch[] = [];
  const resume: PartitionEpoch[] = [];
  const mostRecords = Math.max(MOST_WAITING_BATCHES * batchSize, 1);
  const shares = pool.shares.map((share) => {
    const { count, bytes } = share.waiting;
    const isFull = isHeldUp || count >= mostRecords || bytes >= MOST_WAITING_BYTES;
    const isBelowHalf = !isHeldUp && 2 * count < mostRecords && 2 * bytes < MOST_WAITING_BYTES;
    if (share.isPaused ? !isBelowHalf : !isFull) return share;
    (share.isPaused ? resume : pause).push(share.partition);
    return { ...share, isPaused: !share.isPaused };
  });
  return pause.length + resume.length === 0 ? { pool, pause, resume } : { pool: { ...pool, shares }, pause, resume };
}

/** An empty window lapses when it is over, and the record after it starts a new one (M-302). */
function withWindow<R extends Rec>(pool: Pool<R>, hadOpen: boolean, { nowMs, windowMs, isLocked }: Moment): Pool<R> {
  if (hadOpen || !pool.shares.some((share) => isOpen(share, isLocked))) return pool;
  const isLapsed = pool.windowFromMs === null || nowMs >= pool.windowFromMs + windowMs;
  return isLapsed ? { ...pool, windowFromMs: nowMs } : pool;
}

/** Where the clock was set back, windows go on from the last change: they are durations. */
export function atInstant<R extends Rec>(pool: Pool<R>, nowMs: number): Pool<R> {
  const backMs = pool.seenAtMs - nowMs;
  if (backMs <= 0) return { ...pool, seenAtMs: nowMs };
  return {
    ...pool,
    seenAtMs: nowMs,
    windowFromMs: pool.windowFromMs === null ? null : pool.windowFromMs - backMs,
    shares: pool.shares.map((share) => ({ ...share, sinceMs: share.sinceMs - backMs })),
  };
}
