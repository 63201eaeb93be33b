// One lane driven by hand: a virtual clock, a scripted handler, and notes of what the function and the destination saw.
// Records are numbered from 1, as the scenarios of docs/rules do. It looks at effects only, never into the lane.

import { batchName } from "../../src/core/batch-name.ts";
import { closedByWord } from "../../src/core/closer.ts";
import { step } from "../../src/core/lane.ts";
import { createLane, type Effect, type Lane, type LaneEvent } from "../../src/core/lane-state.ts";
import { type AnswerContext, decodeAnswer, type Outcome } from "../../src/core/outcome.ts";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, type LaneSettings, STATE_LIMIT_BYTES } from "../../src/core/settings.ts";
import type { WindowPart } from "../../src/core/tumbling.ts";
import type { Rec } from "../../src/core/record.ts";

export interface Numbered extends Rec {
  readonly number: number;
}

export interface SeenCall {
  readonly atMs: number;
  readonly name: string;
  readonly numbers: readonly number[];
  readonly identity: number;
  readonly attempt: number;
  readonly eventBytes: number;
  readonly window: WindowPart | null;
}

export type Handler = (call: SeenCall) => Outcome;

export const baseSettings: LaneSettings = {
  batchSize: 100,
  windowMs: 0,
  windowFrom: "previousInvocation",
  retries: -1,
  maxAgeMs: -1,
  isBisecting: false,
  isReporting: false,
  tumblingMs: 0,
  idleCloseMs: IDLE_CLOSE_MS,
  eventLimitBytes: EVENT_LIMIT_BYTES,
  stateLimitBytes: STATE_LIMIT_BYTES,
  envelopeBytes: 14,
};

export const ok: Outcome = { kind: "answered", failed: "none", state: null };
export const threw: Outcome = { kind: "functionError" };
export const refused: Outcome = { kind: "refused" };

/** Throws where the batch holds one of `poison`. */
export function throwing(...poison: readonly number[]): Handler {
  return (call) => (call.numbers.some((number) => poison.includes(number)) ? threw : ok);
}

/** Lists the members of `poison` that are in the batch, in the order given. */
export function reporting(...poison: readonly number[]): Handler {
  return (call) => {
    const listed = poison.filter((number) => call.numbers.includes(number));
    return answering({ batchItemFailures: listed.map((number) => ({ itemIdentifier: `r${number}` })) })(call);
  };
}

/** Answers with a value, read as a mapping with reporting on reads it. */
export function answering(value: unknown, context: Partial<AnswerContext> = {}): Handler {
  return (call) =>
    decodeAnswer(JSON.stringify(value), {
      kind: "streams",
      isReporting: true,
      isTumbling: false,
      recordCount: call.numbers.length,
      identifier: (index) => `r${call.numbers[index]}`,
      ...context,
    }).outcome;
}

export interface StoryOptions {
  readonly settings?: Partial<LaneSettings>;
  readonly handler?: Handler;
  readonly tookMs?: number;
  readonly startMs?: number;
  readonly lane?: Lane<Numbered>;
}

export function createStory(options: StoryOptions = {}) {
  let settings: LaneSettings = { ...baseSettings, ...options.settings };
  let lane = options.lane ?? createLane<Numbered>();
  let nowMs = options.startMs ?? 0;
  let handler = options.handler ?? (() => ok);
  let returning: { readonly atMs: number; readonly outcome: Outcome } | null = null;
  let wakeAtMs: number | null = null;
  const calls: SeenCall[] = [];
  const outcomes: Outcome[] = [];
  const effects: Effect<Numbered>[] = [];
  const finished: number[] = [];

  function feed(event: LaneEvent<Numbered>): void {
    const stepped = step(lane, event, settings, nowMs);
    lane = stepped.lane;
    for (const effect of stepped.effects) carryOut(effect);
  }

  function carryOut(effect: Effect<Numbered>): void {
    effects.push(effect);
    if (effect.kind === "wakeAt") wakeAtMs = effect.atMs;
    if (effect.kind === "finish") finished.push(...effect.records.map((record) => record.number));
    if (effect.kind === "giveUp") finished.push(...effect.batch.records.map((record) => record.number));
    if (effect.kind !== "invoke") return;
    const call: SeenCall = {
      atMs: nowMs,
      name: batchName(effect.batch),
      numbers: effect.batch.records.map((record) => record.number),
      identity: effect.batch.id,
      attempt: effect.attempt,
      eventBytes: effect.eventBytes,
      window: effect.window,
    };
    const outcome: Outcome = effect.isTooLarge ? { kind: "tooLarge" } : handler(call);
    if (!effect.isTooLarge) {
      calls.push(call);
      outcomes.push(outcome);
    }
    returning = { atMs: nowMs + (options.tookMs ?? 0), outcome };
  }

  function run(untilMs: number): void {
    for (let turns = 0; turns < 1_000_000; turns += 1) {
      const dueMs = Math.min(returning?.atMs ?? Number.POSITIVE_INFINITY, wakeAtMs ?? Number.POSITIVE_INFINITY);
      if (dueMs > untilMs) {
        nowMs = untilMs;
        return;
      }
      nowMs = Math.max(nowMs, dueMs);
      if (returning !== null && returning.atMs <= nowMs) {
        const { outcome } = returning;
        returning = null;
        feed({ kind: "returned", outcome });
      } else {
        wakeAtMs = null;
        feed({ kind: "woke" });
      }
    }
    throw new Error("the story does not end");
  }

  return {
    calls,
    effects,
    finished,
    /** Records, with their own arrival at `now - ageMs`, read now; then whatever is due now. */
    arrive(
      numbers: readonly number[],
      more: { readonly ageMs?: number; readonly sizeBytes?: number; readonly isCaughtUp?: boolean } = {},
    ): void {
      const arrivedAtMs = nowMs - (more.ageMs ?? 0);
      const sizeBytes = more.sizeBytes ?? 100;
      this.arriveRecords(
        numbers.map((number) => ({ number, ordinal: number - 1, arrivedAtMs, sizeBytes })),
        more.isCaughtUp ?? true,
      );
    },
    arriveRecords(records: readonly Numbered[], isCaughtUp = true): void {
      feed({ kind: "arrived", records, isCaughtUp });
      run(nowMs);
    },
    feed(event: LaneEvent<Numbered>): void {
      feed(event);
      run(nowMs);
    },
    advance(ms: number): void {
      run(nowMs + ms);
    },
    change(changed: Partial<LaneSettings>): void {
      settings = { ...settings, ...changed };
    },
    answerWith(next: Handler): void {
      handler = next;
    },
    now: () => nowMs,
    lane: () => lane,
    /** `[1,2]! [1] ...`: the mark for a call that failed whole. */
    told: () =>
      calls.map((call, index) => `[${call.numbers.join(",")}]${isWhole(outcomes[index]) ? "!" : ""}`).join(" "),
    /** `R,2,4..4,1` as in docs/rules. */
    documents: () => effects.flatMap((effect) => (effect.kind === "giveUp" ? [documentOf(effect)] : [])),
    closers: () => effects.flatMap((effect) => (effect.kind === "closed" ? [closedByWord(effect.batch.closer)] : [])),
  };
}

function isWhole(outcome: Outcome | undefined): boolean {
  if (outcome === undefined) return false;
  if (outcome.kind !== "answered") return true;
  return outcome.failed === "all" || outcome.failed === 0;
}

function documentOf(effect: Extract<Effect<Numbered>, { kind: "giveUp" }>): string {
  const { batch, condition } = effect;
  const range = `${batch.records[0]?.number ?? "-"}..${batch.records.at(-1)?.number ?? "-"}`;
  return `${condition === "RecordAgeExceeded" ? "A" : "R"},${Math.max(1, batch.attempts)},${range},${batch.records.length}`;
}
