// How many pollers a mapping has (P-20 to P-22, P-25, P-27, P-28). A poller has one batch at a time, so this is also how many calls may
// be out at once; in provisioned mode a poller stands for ten of them.
//
// N1  The number is never below the least nor above the most of its bounds.
// N2  It grows only while every poller is at work and the queue has more, by so many a minute; time without work adds nothing.
// N3  After a failed call it does not grow until one has gone well (P-27).

import type { QueuePolling } from "./polling.ts";

/** Calls at a time that a provisioned poller carries (P-28). */
const CALLS_A_POLLER = 10;
const MINUTE_MS = 60_000;
/** Growth is reckoned from the last look; a longer time than this between two looks is not time of work. */
const LONGEST_LOOK_MS = 1_000;
/** After the first failure in a row of its calls a mapping receives again so much later, doubled with each further one. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/** In calls at a time. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly growthPerMinute: number;
}

export interface Scaling {
  /** With a fraction: what has grown and is no whole poller yet. */
  readonly size: number;
  /** When growth was last reckoned; null: the pollers were not all at work. */
  readonly lookedAtMs: number | null;
  /** Calls that failed with nothing that went well since. */
  readonly failureCount: number;
  /** Nothing is received before this instant. */
  readonly pausedUntilMs: number;
}

export function boundsOf({ maximumConcurrency, provisioned, pace }: QueuePolling): Bounds {
  if (provisioned !== null) {
    const { leastCount, mostCount } = provisioned;
    const [least, most] = [leastCount * CALLS_A_POLLER, mostCount * CALLS_A_POLLER];
    return { least, most, growthPerMinute: pace.provisionedGrowthPerMinute };
  }
  const most = maximumConcurrency ?? pace.mostPollerCount;
  return { least: Math.min(pace.idlePollerCount, most), most, growthPerMinute: pace.growthPerMinute };
}

export function newScaling(bounds: Bounds): Scaling {
  return { size: bounds.least, lookedAtMs: null, failureCount: 0, pausedUntilMs: Number.NEGATIVE_INFINITY };
}

/** Pollers; of provisioned ones, calls at a time. */
export const pollerCountOf = (scaling: Scaling): number => Math.floor(scaling.size);

/** In the units of ProvisionedPollerConfig, for M-10. */
export const provisionedCountOf = (scaling: Scaling): number => Math.ceil(pollerCountOf(scaling) / CALLS_A_POLLER);

/** How many may wait for messages at once: idle provisioned pollers each have one receive out, not ten. */
export function receiverCountOf(scaling: Scaling, { provisioned }: QueuePolling): number {
  return provisioned === null ? pollerCountOf(scaling) : provisionedCountOf(scaling);
}

/** Every poller is at work and the queue has more: looked at again within a second for as long as that is so. */
export function atWork(scaling: Scaling, bounds: Bounds, nowMs: number): Scaling {
  const { failureCount, lookedAtMs } = scaling;
  if (failureCount > 0) return notAtWork(scaling);
  const passedMs = lookedAtMs === null ? 0 : Math.min(Math.max(0, nowMs - lookedAtMs), LONGEST_LOOK_MS);
  return within(
    { ...scaling, size: scaling.size + (bounds.growthPerMinute * passedMs) / MINUTE_MS, lookedAtMs: nowMs },
    bounds,
  );
}

export function notAtWork(scaling: Scaling): Scaling {
  return scaling.lookedAtMs === null ? scaling : { ...scaling, lookedAtMs: null };
}

/** A poller has waited for messages and none came (P-22). */
export function foundNothing(scaling: Scaling, bounds: Bounds): Scaling {
  return within({ ...scaling, size: Math.floor(scaling.size) - 1, lookedAtMs: null }, bounds);
}

/** A call failed; neither throttles nor reported partial failures come here (P-27). */
export function failed(scaling: Scaling, bounds: Bounds, nowMs: number): Scaling {
  const failureCount = scaling.failureCount + 1;
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failureCount - 1, 20), LONGEST_PAUSE_MS);
  const pausedUntilMs = Math.max(scaling.pausedUntilMs, nowMs + pauseMs);
  return within({ size: Math.floor(scaling.size / 2), lookedAtMs: null, failureCount, pausedUntilMs }, bounds);
}

export function wentWell(scaling: Scaling): Scaling {
  return scaling.failureCount === 0
    ? scaling
    : { ...scaling, failureCount: 0, pausedUntilMs: Number.NEGATIVE_INFINITY };
}

/** N1; also where bounds have changed. */
export function within(scaling: Scaling, { least, most }: Bounds): Scaling {
  const size = Math.min(Math.max(scaling.size, least), most);
  return size === scaling.size ? scaling : { ...scaling, size };
}
