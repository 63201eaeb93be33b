// One order of records: what waits, the stack of batches in hand, and the tumbling window. A machine without a clock: it is fed
// events and answers with effects, which the runtime starts in order without awaiting them (H-10: settings are read each time).
//
// States: ready (nothing in hand; every step leaves it only if a batch closes; behind a shut gate a batch may be in hand), inFlight
// (one call is out), backingOff (the stack's top waits for the retry clock), stopped (for good). Moves: ready -> inFlight on a closed batch; inFlight ->
// inFlight, backingOff or ready on `returned`; backingOff -> inFlight on `woke`; any but inFlight -> stopped on `stop`; inFlight and backingOff -> stopped with `letGo`.
// Means nothing: every event but `returned` when stopped; `woke` outside backingOff or ready. Cannot be: `returned` when
// nothing is out, records out of order, records after the end.
//
// L1  At most one invocation is out (P-6, E-61).
// L2  A record is in one place: waiting, stack, or handed out in `finish` or `giveUp`, once.
// L3  The stack ascends from its top, and what waits comes after it: nothing is invoked before what precedes it is over.
// L4  A lane is fed by `arrived` or by `handed`, never by both; what is handed comes when nothing is in hand (lane-handed.ts).

import { assertNever } from "./assert-never.ts";
import { type Batch, keptOf, partOf } from "./batch.ts";
import { halfPath, restPath } from "./batch-name.ts";
import { decide, leftHalfCount, type Verdict } from "./decide.ts";
import { invariant } from "./invariant.ts";
import { giveUpUnfit, takeHanded } from "./lane-handed.ts";
import { proceed } from "./lane-proceed.ts";
import type { Effect, Lane, LaneEvent, Stepped } from "./lane-state.ts";
import type { Outcome } from "./outcome.ts";
import type { Rec } from "./record.ts";
import type { LaneSettings } from "./settings.ts";
import { windowPart } from "./tumbling.ts";
import { append, firstOf } from "./waiting.ts";
import { ofOwn, withoutEpochs } from "./withdraw.ts";

/** Feeds the lane one event. Throws only where an invariant is broken. */
export function step<R extends Rec>(
  lane: Lane<R>,
  event: LaneEvent<R>,
  settings: LaneSettings,
  nowMs: number,
): Stepped<R> {
  const effects: Effect<R>[] = [];
  const next = proceed(absorb(atInstant(lane, nowMs), event, settings, nowMs, effects), settings, nowMs, effects);
  assertSound(next);
  return { lane: next, effects };
}

/** Where the clock was set back, window and retry go on from the last step: both are durations. Age is none, it is left (E-11). */
function atInstant<R extends Rec>(lane: Lane<R>, nowMs: number): Lane<R> {
  const backMs = lane.steppedAtMs - nowMs;
  if (backMs <= 0) return { ...lane, steppedAtMs: nowMs };
  const { phase, windowFromMs } = lane;
  return {
    ...lane,
    steppedAtMs: nowMs,
    windowFromMs: windowFromMs === null ? null : windowFromMs - backMs,
    phase: phase.kind === "backingOff" ? { ...phase, untilMs: phase.untilMs - backMs } : phase,
  };
}

function absorb<R extends Rec>(
  lane: Lane<R>,
  event: LaneEvent<R>,
  settings: LaneSettings,
  nowMs: number,
  effects: Effect<R>[],
): Lane<R> {
  if (event.kind === "returned") {
    invariant(lane.phase.kind === "inFlight", "L1: only a call that is out returns");
    return afterCall(lane, event.outcome, { settings, nowMs, jitterMs: event.jitterMs ?? 0 }, effects);
  }
  if (lane.phase.kind === "stopped") return lane;
  switch (event.kind) {
    case "arrived":
      return arrive(lane, event.records, event.isCaughtUp, settings, nowMs);
    case "handed":
      return takeHanded(lane, event, settings, effects);
    case "unfit":
      return giveUpUnfit(lane, event, effects);
    case "withdrawn":
      if (lane.phase.kind !== "inFlight") return withoutEpochs(lane, event.epochs, effects);
      return { ...lane, withdrawn: [...lane.withdrawn, ...event.epochs] };
    case "paused":
      return { ...lane, isPaused: true };
    case "resumed":
      return { ...lane, isPaused: false };
    case "gate":
      return { ...lane, gate: event.gate };
    case "woke": {
      const isOver = lane.phase.kind === "backingOff" && nowMs >= lane.phase.untilMs;
      return isOver ? { ...lane, phase: { kind: "ready" } } : lane;
    }
    case "ended":
      return { ...lane, isEnded: true };
    case "stop":
      return { ...lane, isStopping: true };
    default:
      return assertNever(event);
  }
}

function arrive<R extends Rec>(
  lane: Lane<R>,
  records: readonly R[],
  isCaughtUp: boolean,
  settings: LaneSettings,
  nowMs: number,
): Lane<R> {
  const first = records[0];
  const last = records.at(-1);
  if (first === undefined || last === undefined) return { ...lane, isCaughtUp, isPaused: false };
  invariant(!lane.isEnded, "L3: nothing arrives after the end");
  invariant(first.ordinal > lane.lastOrdinal, "L3: records arrive in order");
  return {
    ...lane,
    waiting: append(lane.waiting, records),
    windowFromMs: windowFromAtArrival(lane, settings, nowMs),
    isCaughtUp,
    isPaused: false,
    lastOrdinal: last.ordinal,
  };
}

/** An empty window lapses when it is over, and the record after it starts a new one (B-4, X-17). */
function windowFromAtArrival<R extends Rec>(lane: Lane<R>, settings: LaneSettings, nowMs: number): number {
  const { windowFromMs } = lane;
  if (windowFromMs === null) return nowMs;
  if (lane.waiting.count > 0) return windowFromMs;
  const isLapsed = settings.windowFrom === "firstRecord" || nowMs >= windowFromMs + settings.windowMs;
  return isLapsed ? nowMs : windowFromMs;
}

/** Of partitions that were taken from us meanwhile, the call's result means nothing (M-808). */
function afterCall<R extends Rec>(lane: Lane<R>, outcome: Outcome, moment: Moment, effects: Effect<R>[]): Lane<R> {
  const { withdrawn } = lane;
  if (withdrawn.length === 0) return settle(lane, outcome, moment, effects);
  const own: Effect<R>[] = [];
  const settled = settle({ ...lane, withdrawn: [] }, outcome, moment, own);
  effects.push(...own.flatMap((effect) => ofOwn(effect, withdrawn)));
  return withoutEpochs(settled, withdrawn, effects);
}

interface Moment {
  readonly settings: LaneSettings;
  readonly nowMs: number;
  readonly jitterMs: number;
}

/** Carries out what E-15 decides about the call that has ended. */
function settle<R extends Rec>(before: Lane<R>, outcome: Outcome, moment: Moment, effects: Effect<R>[]): Lane<R> {
  const { settings, nowMs, jitterMs } = moment;
  const called = before.stack.at(-1);
  invariant(called !== undefined, "L1: what is out is the top of the stack");
  const isRefused = outcome.kind === "refused";
  const attempts = called.attempts + (isRefused ? 0 : 1);
  const batch: Batch<R> = { ...called, attempts, refusals: isRefused ? called.refusals + 1 : 0 };
  const verdict = decide({ ...batch, recordCount: batch.records.length }, outcome, settings, jitterMs);
  const below = before.stack.slice(0, -1);
  const next = nextBatches(batch, verdict, before.nextId);
  const isLetGo = !isRefused && settings.acknowledged?.onFailure === "requeue";
  const retryAtMs = verdict.kind === "retry" && !isLetGo ? nowMs + verdict.afterMs : null;
  effects.push({
    kind: "decided",
    batch,
    attempt: called.attempts + 1,
    outcome,
    verdict: verdict.kind,
    retryAtMs,
    next,
  });
  const hasRun = outcome.kind === "answered" || outcome.kind === "functionError";
  const lane: Lane<R> = {
    ...before,
    phase: { kind: "ready" },
    stack: [...below, ...next.toReversed()],
    nextId: before.nextId + next.length,
    windowFromMs: settings.windowFrom === "previousInvocation" ? nowMs : before.windowFromMs,
    tumbling: before.tumbling !== null && hasRun ? { ...before.tumbling, isFresh: false } : before.tumbling,
  };
  switch (verdict.kind) {
    case "retry":
      // A refused call is no failure: its batch waits where it is.
      if (isLetGo) {
        effects.push({ kind: "letGo", why: "failed" });
        return { ...lane, stack: [...below, batch], phase: { kind: "stopped" } };
      }
      return { ...lane, stack: [...below, batch], phase: { kind: "backingOff", untilMs: nowMs + verdict.afterMs } };
    case "halve":
      return lane;
    case "rest":
      effects.push({ kind: "finish", records: doneOf(batch, verdict) });
      return carry(lane, batch, outcome);
    case "done":
      effects.push({ kind: "finish", records: batch.records });
      return closeWindow(carry(lane, batch, outcome), batch);
    case "giveUp": {
      const window = windowPart(before.tumbling, batch);
      effects.push({ kind: "giveUp", batch, condition: "RetryAttemptsExhausted", outcome, window, rest: null });
      return closeWindow(lane, batch);
    }
    default:
      return assertNever(verdict);
  }
}

/** Left first, depth first (E-18); each a new identity (E-12). */
function nextBatches<R extends Rec>(batch: Batch<R>, verdict: Verdict, id: number): readonly Batch<R>[] {
  const { path, records } = batch;
  if (verdict.kind === "rest") {
    if ("kept" in verdict) {
      const { kept } = verdict;
      invariant(kept.length > 0 && kept.length < records.length, "M-412: a rest is smaller than its batch");
      return [keptOf(batch, { kept, id, path: restPath(path) })];
    }
    invariant(verdict.from > 0 && verdict.from < records.length, "E-15: a rest is smaller than its batch");
    return [partOf(batch, { from: verdict.from, to: records.length, id, path: restPath(path) })];
  }
  if (verdict.kind !== "halve") return [];
  const cut = leftHalfCount(records.length);
  return [
    partOf(batch, { from: 0, to: cut, id, path: halfPath(path, 1) }),
    partOf(batch, { from: cut, to: records.length, id: id + 1, path: halfPath(path, 2) }),
  ];
}

/** What a rest leaves behind, in the batch's order. */
function doneOf<R extends Rec>(batch: Batch<R>, rest: Extract<Verdict, { kind: "rest" }>): readonly R[] {
  if ("from" in rest) return batch.records.slice(0, rest.from);
  const kept = new Set(rest.kept);
  return batch.records.filter((_, index) => !kept.has(index));
}

/** Progress hands its state on (W-7, W-16). */
function carry<R extends Rec>(lane: Lane<R>, from: Batch<R>, outcome: Outcome): Lane<R> {
  if (lane.tumbling === null || outcome.kind !== "answered" || from.call !== "records") return lane;
  return { ...lane, tumbling: { ...lane.tumbling, state: outcome.state } };
}

/** A window that is over takes its state with it, however its last call ended (W-12, W-13, W-15). */
function closeWindow<R extends Rec>(lane: Lane<R>, ended: Batch<R>): Lane<R> {
  if (ended.call === "final") return { ...lane, tumbling: null };
  if (ended.call !== "early" || lane.tumbling === null) return lane;
  return { ...lane, tumbling: { ...lane.tumbling, state: null, isFresh: true } };
}

function assertSound<R extends Rec>(lane: Lane<R>): void {
  const top = lane.stack.at(-1);
  const isBusy = lane.phase.kind === "inFlight" || lane.phase.kind === "backingOff";
  invariant(!isBusy || top !== undefined, "L1: what is out or backing off is in hand");
  const mayWait = lane.phase.kind !== "ready" || lane.gate === "shut";
  invariant(mayWait || top === undefined, "L1: a batch in hand goes out");
  invariant(lane.waiting.count >= 0, "L2: no record is taken twice");
  const last = top?.records.at(-1);
  const below = lane.stack.at(-2)?.records[0] ?? (lane.stack.length < 2 ? firstOf(lane.waiting) : undefined);
  const isAscending =
    last === undefined ||
    below === undefined ||
    below === null ||
    // Each partition has its own order; in a stack of them, too, a partition's records are one run.
    last.partition?.epoch !== below.partition?.epoch ||
    last.ordinal < below.ordinal;
  invariant(isAscending, "L3: the stack ascends from its top");
}
