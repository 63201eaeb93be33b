// The second half of a lane's step: with the event absorbed, what goes out now? Gives up what is too old (E-13), sends the top of
// the stack, or closes the next batch; a loop, never a recursion. It ends when a call is out or nothing can be done before the
// next event, for which it may ask to be woken.

import { type Batch, firstBatch, recordBytesOf, withRecords } from "./batch.ts";
import {
  type Closing,
  closingOf,
  nextLookAtMs,
  type OpenBatch,
  openBatchOf,
  windowEndMs,
  withoutFirst,
} from "./batch-assembler.ts";
import { restPath } from "./batch-name.ts";
import { firstExpiryMs, splitByAge, splitByOwnExpiry } from "./expiry.ts";
import type { Condition, Effect, Lane } from "./lane-state.ts";
import type { Rec } from "./record.ts";
import type { LaneSettings } from "./settings.ts";
import { stateBytes, windowNote, windowOf, windowPart } from "./tumbling.ts";
import { firstOf, takeFirst } from "./waiting.ts";

export function proceed<R extends Rec>(
  from: Lane<R>,
  settings: LaneSettings,
  nowMs: number,
  effects: Effect<R>[],
): Lane<R> {
  let lane = from;
  for (;;) {
    if (lane.phase.kind === "inFlight" || lane.phase.kind === "stopped") return lane;
    // Whatever is unfinished is read again from the checkpoint (H-6, H-7).
    if (lane.isStopping) return { ...lane, phase: { kind: "stopped" } };
    if (mustEndEarly(lane, settings)) lane = endEarly(lane, settings, effects);
    const top = lane.stack.at(-1);
    if (top !== undefined) {
      if (lane.gate === "shut") return waitAtGate(lane, effects);
      const cut =
        withoutExpired(lane, top, settings, nowMs, effects) ?? withoutUnsendable(lane, top, settings, nowMs, effects);
      if (cut === null) return send(lane, top, settings, nowMs, effects);
      lane = cut;
      continue;
    }
    lane = withWindow(lane, settings);
    const open = openBatchOf(lane, settings);
    const closing = closingOf({ ...lane, open }, settings, nowMs);
    if (closing === null) {
      const atMs = nextLookAtMs(lane, settings, nowMs);
      if (atMs < Number.POSITIVE_INFINITY) effects.push({ kind: "wakeAt", atMs });
      return { ...lane, open };
    }
    // Nothing ran in it since it opened, or since it ended early: there is nothing to close (W-11, W-12).
    if (closing.closer === "final" && lane.tumbling?.isFresh === true) lane = { ...lane, open, tumbling: null };
    else lane = close({ ...lane, open }, closing, settings, nowMs, effects);
  }
}

/** Its state is over the limit, and the call that says so is not in hand yet, as also behind a start from a checkpoint (W-12). */
function mustEndEarly<R extends Rec>(lane: Lane<R>, settings: LaneSettings): boolean {
  const { tumbling, phase } = lane;
  if (tumbling === null || tumbling.state === null || phase.kind !== "ready") return false;
  return tumbling.state.sizeBytes > settings.stateLimitBytes && lane.stack.at(-1)?.call !== "early";
}

/** Puts the call that ends the window before everything else in hand. */
function endEarly<R extends Rec>(lane: Lane<R>, settings: LaneSettings, effects: Effect<R>[]): Lane<R> {
  const early: Batch<R> = { ...firstBatch<R>(lane, [], "early"), call: "early" };
  const eventBytes = eventBytesOf(lane, early, settings);
  const window = windowNote(lane.tumbling, "stateTooLarge");
  effects.push({ kind: "closed", batch: early, eventBytes, windowOpenMs: null, window });
  return { ...lane, nextId: lane.nextId + 1, nextNumber: lane.nextNumber + 1, stack: [...lane.stack, early] };
}

/** Cuts off what is too old, before every call (E-13, E-16); null if nothing is. */
function withoutExpired<R extends Rec>(
  lane: Lane<R>,
  top: Batch<R>,
  settings: LaneSettings,
  nowMs: number,
  effects: Effect<R>[],
): Lane<R> | null {
  const { expired: records, left } = splitByAge(top.records, { maxAgeMs: settings.maxAgeMs, nowMs });
  if (records.length === 0) return null;
  const below = lane.stack.slice(0, -1);
  const rest = left.length === 0 ? null : withRecords(top, left, { id: lane.nextId, path: restPath(top.path) });
  effects.push({
    kind: "giveUp",
    batch: { ...top, records, recordBytes: recordBytesOf(records) },
    condition: "RecordAgeExceeded",
    outcome: null,
    window: windowPart(lane.tumbling, top),
    rest,
  });
  return {
    ...lane,
    phase: { kind: "ready" },
    nextId: lane.nextId + (rest === null ? 0 : 1),
    stack: rest === null ? below : [...below, rest],
  };
}

/**
 * Drops a record that is too large for any event, where it is not tried (R-301, M-306, X-301); at a source that is acknowledged also those that have had all their calls before
 * their source handed them out again, and before a retry those whose own time is over. The rest goes on as the batch that
 * it was: what has failed of it has failed. Null if there is nothing to drop.
 */
function withoutUnsendable<R extends Rec>(
  lane: Lane<R>,
  top: Batch<R>,
  settings: LaneSettings,
  nowMs: number,
  effects: Effect<R>[],
): Lane<R> | null {
  const isAsked = settings.acknowledged !== undefined || settings.isOversizedGivenUp === true;
  if (!isAsked || lane.phase.kind === "backingOff") return null;
  const found = unsendable(lane, top, settings, nowMs);
  if (found === null) return null;
  const { condition, dropped, left, attempts } = found;
  const rest: Batch<R> | null =
    left.length === 0
      ? null
      : {
          ...top,
          id: lane.nextId,
          path: restPath(top.path),
          records: left,
          recordBytes: recordBytesOf(left),
          attempts,
        };
  const batch = { ...top, records: dropped, recordBytes: recordBytesOf(dropped) };
  effects.push({ kind: "giveUp", batch, condition, outcome: null, window: null, rest });
  const below = lane.stack.slice(0, -1);
  return {
    ...lane,
    nextId: lane.nextId + (rest === null ? 0 : 1),
    stack: rest === null ? below : [...below, rest],
  };
}

interface Unsendable<R extends Rec> {
  readonly condition: Condition;
  readonly dropped: readonly R[];
  readonly left: readonly R[];
  /** Of what is left. */
  readonly attempts: number;
}

function unsendable<R extends Rec>(
  lane: Lane<R>,
  top: Batch<R>,
  settings: LaneSettings,
  nowMs: number,
): Unsendable<R> | null {
  const { records, attempts } = top;
  if (eventBytesOf(lane, top, settings) > settings.eventLimitBytes)
    return { condition: "MaximumPayloadSizeExceeded", dropped: records, left: [], attempts };
  if (settings.acknowledged === undefined) return null;
  // More calls than there may be: only before its first call here, as another failure would have ended it.
  if (settings.retries >= 0 && attempts > settings.retries) {
    const isExhausted = ({ failedBefore = 0 }: R): boolean => failedBefore > settings.retries;
    const left = records.filter((record) => !isExhausted(record));
    const dropped = records.filter(isExhausted);
    if (dropped.length > 0)
      return { condition: "RetryAttemptsExhausted", dropped, left, attempts: mostFailedBefore(left) };
  }
  if (attempts === 0 && top.refusals === 0) return null;
  const { expired, left } = splitByOwnExpiry(records, nowMs);
  return expired.length === 0 ? null : { condition: "MessageExpired", dropped: expired, left, attempts };
}

/** A try that began now or at the end of its pause might outlast what the source grants. */
function mustLetGo<R extends Rec>(lane: Lane<R>, top: Batch<R>, settings: LaneSettings, nowMs: number): boolean {
  const limitMs = settings.acknowledged?.holdLimitMs ?? null;
  const first = top.records[0];
  if (limitMs === null || limitMs < 0 || first === undefined) return false;
  // A window longer than the limit must not keep a batch from its first call for ever.
  if (limitMs < settings.windowMs && top.attempts === 0 && top.refusals === 0) return false;
  const startsAtMs = lane.phase.kind === "backingOff" ? Math.max(nowMs, lane.phase.untilMs) : nowMs;
  return startsAtMs - first.arrivedAtMs > limitMs;
}

/** Sends the top of the stack, or waits for the retry clock or for the batch to be too old, whichever is first. */
function send<R extends Rec>(
  lane: Lane<R>,
  top: Batch<R>,
  settings: LaneSettings,
  nowMs: number,
  effects: Effect<R>[],
): Lane<R> {
  if (mustLetGo(lane, top, settings, nowMs)) {
    effects.push({ kind: "letGo", why: "heldTooLong" });
    return { ...lane, phase: { kind: "stopped" } };
  }
  if (lane.phase.kind === "backingOff") {
    effects.push({
      kind: "wakeAt",
      atMs: Math.min(lane.phase.untilMs, firstExpiryMs(top.records, settings.maxAgeMs)),
    });
    return lane;
  }
  const eventBytes = eventBytesOf(lane, top, settings);
  effects.push({
    kind: "invoke",
    batch: top,
    attempt: top.attempts + 1,
    eventBytes,
    // A window's last call holds nothing that could be left out; the function gets its whole state (W-12).
    isTooLarge: top.call === "records" && eventBytes > settings.eventLimitBytes,
    window: windowPart(lane.tumbling, top),
  });
  return { ...lane, phase: { kind: "inFlight" }, gate: lane.gate === "one" ? "shut" : lane.gate };
}

/** Nothing of it is judged while it waits, its age neither: that is done before its call (E-13). The retry clock runs on. */
function waitAtGate<R extends Rec>(lane: Lane<R>, effects: Effect<R>[]): Lane<R> {
  if (lane.phase.kind === "backingOff") effects.push({ kind: "wakeAt", atMs: lane.phase.untilMs });
  return lane;
}

/** Opens the tumbling window of the next record, if windows are on and none is open (W-4, W-5). */
function withWindow<R extends Rec>(lane: Lane<R>, settings: LaneSettings): Lane<R> {
  if (settings.tumblingMs === 0 || lane.tumbling !== null) return lane;
  const first = firstOf(lane.waiting);
  return first === null ? lane : { ...lane, tumbling: windowOf(first, settings.tumblingMs) };
}

function close<R extends Rec>(
  lane: Lane<R> & { readonly open: OpenBatch },
  closing: Closing,
  settings: LaneSettings,
  nowMs: number,
  effects: Effect<R>[],
): Lane<R> {
  const { count, closer } = closing;
  const { taken, rest } = count === 0 ? { taken: [], rest: lane.waiting } : takeFirst(lane.waiting, count);
  const batch: Batch<R> = {
    ...firstBatch(lane, taken, closer),
    call: closer === "final" ? "final" : "records",
    attempts: mostFailedBefore(taken),
  };
  // A group that is only old is no batch for the function: the loop gives it up as a whole (E-13).
  if (closer !== "age") {
    const openedMs = windowEndMs(lane, settings, nowMs) - settings.windowMs;
    const windowOpenMs = settings.windowMs > 0 && count > 0 ? nowMs - openedMs : null;
    const window = windowNote(lane.tumbling, closing.closer === "final" ? closing.end : null);
    effects.push({ kind: "closed", batch, eventBytes: eventBytesOf(lane, batch, settings), windowOpenMs, window });
  }
  const isFromFirst = settings.windowFrom === "firstRecord" && closer !== "age" && count > 0;
  return {
    ...lane,
    waiting: rest,
    open: withoutFirst(lane.open, count, batch.recordBytes),
    windowFromMs: isFromFirst ? nowMs : lane.windowFromMs,
    nextId: lane.nextId + 1,
    nextNumber: lane.nextNumber + 1,
    stack: [batch],
  };
}

/** Of records that come again, the one that failed most often counts for all. */
function mostFailedBefore(records: readonly Rec[]): number {
  let most = 0;
  for (const { failedBefore } of records) if (failedBefore !== undefined && failedBefore > most) most = failedBefore;
  return most;
}

/** The exact length of the event (B-11). */
export function eventBytesOf<R extends Rec>(lane: Lane<R>, batch: Batch<R>, settings: LaneSettings): number {
  return settings.envelopeBytes + stateBytes(lane.tumbling) + batch.recordBytes;
}
