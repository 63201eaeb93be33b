// A whole shard over a plan: reads, filter, lanes by key, function, reporter, commits, and a crash after any effect. It is a small
// stand-in for the runtime. The machine's parts can be exchanged, so that faults can be planted. It writes down what went in and
// what came out, and judges nothing: shard-checkers.ts does.

import { step as soundStep } from "../../src/core/lane.ts";
import { laneOf } from "../../src/core/lane-key.ts";
import { createLane, type Effect, type Gate, type Lane, type LaneEvent } from "../../src/core/lane-state.ts";
import { decodeAnswer, type Outcome } from "../../src/core/outcome.ts";
import type { Rec } from "../../src/core/record.ts";
import type { LaneSettings } from "../../src/core/settings.ts";
import {
  createWatermark,
  type EndedRange,
  finished as soundFinished,
  rangesOf,
  type Watermark,
} from "../../src/core/watermark.ts";

export interface PlannedRecord {
  readonly key: string;
  readonly arrivedAtMs: number;
  readonly sizeBytes: number;
  readonly isPoison: boolean;
  readonly isFiltered: boolean;
}

export interface Plan {
  readonly records: readonly PlannedRecord[];
  readonly settings: LaneSettings;
  readonly factor: number;
  /** Records a read. */
  readonly chunk: number;
  readonly tookMs: number;
  readonly reportMs: number;
  /** Every how manieth call is refused; 0: none. */
  readonly refuseEvery: number;
  /** After so many effects everything in memory is lost, once; null: never. */
  readonly crashAfter: number | null;
  /** A person moves the gates of all lanes; absent: they stay open. The last one opens them. */
  readonly gates?: readonly { readonly atMs: number; readonly to: Gate }[];
}

export interface Machine {
  readonly step: typeof soundStep<PlannedRec>;
  readonly finished: (watermark: Watermark<number>, ranges: readonly EndedRange<number>[]) => Watermark<number>;
}

export interface PlannedRec extends Rec {
  readonly planned: PlannedRecord;
}

export const soundMachine: Machine = { step: soundStep, finished: soundFinished };

export type Note =
  | { readonly kind: "read"; readonly atMs: number; readonly from: number; readonly to: number }
  | {
      readonly kind: "called";
      readonly atMs: number;
      readonly lane: number;
      readonly identity: number;
      readonly ordinals: readonly number[];
      readonly eventBytes: number;
      readonly isTooLarge: boolean;
      readonly outcome: Outcome;
    }
  | { readonly kind: "gate"; readonly to: Gate }
  | { readonly kind: "returned"; readonly atMs: number; readonly lane: number }
  | {
      readonly kind: "document";
      readonly lane: number;
      readonly identity: number;
      readonly ordinals: readonly number[];
      readonly condition: string;
      readonly attempts: number;
    }
  | { readonly kind: "reported"; readonly ordinals: readonly number[] }
  | { readonly kind: "committed"; readonly through: number }
  | { readonly kind: "crashed"; readonly committed: number };

class Crash extends Error {}

/** Runs a plan until nothing more happens. */
export function runShard(plan: Plan, machine: Machine = soundMachine): readonly Note[] {
  const notes: Note[] = [];
  const life = { nowMs: 0, committed: -1, effectsLeft: plan.crashAfter, calls: 0, identities: 0 };
  for (let lives = 0; lives < 3; lives += 1) {
    try {
      live(plan, machine, notes, life);
      return notes;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      notes.push({ kind: "crashed", committed: life.committed });
    }
  }
  throw new Error("crashed more than once");
}

interface Life {
  nowMs: number;
  committed: number;
  effectsLeft: number | null;
  calls: number;
  identities: number;
}

interface Due {
  readonly atMs: number;
  readonly seq: number;
  readonly run: () => void;
}

/** From the commit on, until nothing is due or the crash comes. */
function live(plan: Plan, machine: Machine, notes: Note[], life: Life): void {
  const agenda: Due[] = [];
  let seq = 0;
  const due = (atMs: number, run: () => void): void => {
    agenda.push({ atMs: Math.max(atMs, life.nowMs), seq: seq++, run });
  };
  const lanes: Lane<PlannedRec>[] = Array.from({ length: plan.factor }, () => createLane<PlannedRec>());
  const wakes: number[] = lanes.map(() => 0);
  // Identities of a life are told apart from those of the life before.
  const identityBase = life.identities;
  let watermark = createWatermark<number>({ firstOrdinal: life.committed + 1, place: life.committed });

  const end = (records: readonly PlannedRec[], isFiltered: boolean): void => {
    watermark = machine.finished(
      watermark,
      rangesOf(records, (record) => record.ordinal, { isFiltered }),
    );
    const place = watermark.place ?? -1;
    if (place <= life.committed) return;
    life.committed = place;
    notes.push({ kind: "committed", through: place });
  };

  const feed = (index: number, event: LaneEvent<PlannedRec>): void => {
    const lane = lanes[index];
    if (lane === undefined) throw new Error("no such lane");
    const stepped = machine.step(lane, event, plan.settings, life.nowMs);
    lanes[index] = stepped.lane;
    for (const effect of stepped.effects) {
      if (life.effectsLeft === 0) {
        life.effectsLeft = null;
        throw new Crash();
      }
      if (life.effectsLeft !== null) life.effectsLeft -= 1;
      carryOut(index, effect);
    }
  };

  const carryOut = (index: number, effect: Effect<PlannedRec>): void => {
    switch (effect.kind) {
      case "invoke": {
        const { batch, eventBytes, isTooLarge } = effect;
        const outcome = isTooLarge ? ({ kind: "tooLarge" } as const) : handle(plan, batch.records, life);
        const identity = identityBase + batch.id * plan.factor + index;
        life.identities = Math.max(life.identities, identity + 1);
        const ordinals = batch.records.map((record) => record.ordinal);
        const { nowMs: atMs } = life;
        notes.push({ kind: "called", atMs, lane: index, identity, ordinals, eventBytes, isTooLarge, outcome });
        due(atMs + plan.tookMs, () => {
          notes.push({ kind: "returned", atMs: life.nowMs, lane: index });
          feed(index, { kind: "returned", outcome });
        });
        return;
      }
      case "finish":
        end(effect.records, false);
        return;
      case "giveUp": {
        const { batch, condition } = effect;
        const identity = identityBase + batch.id * plan.factor + index;
        life.identities = Math.max(life.identities, identity + 1);
        const ordinals = batch.records.map((record) => record.ordinal);
        notes.push({ kind: "document", lane: index, identity, ordinals, condition, attempts: batch.attempts });
        due(life.nowMs + plan.reportMs, () => {
          notes.push({ kind: "reported", ordinals });
          end(batch.records, false);
        });
        return;
      }
      case "wakeAt": {
        const token = (wakes[index] ?? 0) + 1;
        wakes[index] = token;
        due(effect.atMs, () => {
          if (wakes[index] === token) feed(index, { kind: "woke" });
        });
        return;
      }
      default:
        return;
    }
  };

  const read = (from: number): void => {
    const there = plan.records.slice(from).filter((record) => record.arrivedAtMs <= life.nowMs).length;
    const count = Math.min(plan.chunk, there);
    const records = plan.records.slice(from, from + count).map((planned, index) => ({
      ordinal: from + index,
      arrivedAtMs: planned.arrivedAtMs,
      sizeBytes: planned.sizeBytes,
      planned,
    }));
    if (count > 0) notes.push({ kind: "read", atMs: life.nowMs, from, to: from + count - 1 });
    end(
      records.filter((record) => record.planned.isFiltered),
      true,
    );
    const kept = records.filter((record) => !record.planned.isFiltered);
    for (const index of lanes.keys()) {
      const mine = kept.filter((record) => laneIndex(record, plan.factor) === index);
      feed(index, { kind: "arrived", records: mine, isCaughtUp: count === there });
    }
    const next = plan.records[from + count];
    if (next !== undefined) due(next.arrivedAtMs, () => read(from + count));
    else for (const index of lanes.keys()) feed(index, { kind: "ended" });
  };

  for (const { atMs, to } of plan.gates ?? []) {
    due(atMs, () => {
      notes.push({ kind: "gate", to });
      for (const index of lanes.keys()) feed(index, { kind: "gate", gate: to });
    });
  }
  due(life.nowMs, () => read(life.committed + 1));
  for (let turns = 0; turns < 200_000; turns += 1) {
    agenda.sort((a, b) => a.atMs - b.atMs || a.seq - b.seq);
    const next = agenda.shift();
    if (next === undefined) return;
    life.nowMs = next.atMs;
    next.run();
  }
  throw new Error("the story does not end");
}

const encoder = new TextEncoder();

export function laneIndex(record: PlannedRec, factor: number): number {
  return laneOf(encoder.encode(record.planned.key), factor);
}

/** Throws at poison, or lists it where reporting is on. */
function handle(plan: Plan, records: readonly PlannedRec[], life: Life): Outcome {
  life.calls += 1;
  if (plan.refuseEvery > 0 && life.calls % plan.refuseEvery === 0) return { kind: "refused" };
  const poison = records.filter((record) => record.planned.isPoison);
  if (!plan.settings.isReporting && poison.length > 0) return { kind: "functionError" };
  const answer = { batchItemFailures: poison.map((record) => ({ itemIdentifier: `${record.ordinal}` })) };
  return decodeAnswer(JSON.stringify(answer), {
    kind: "streams",
    isReporting: plan.settings.isReporting,
    isTumbling: false,
    recordCount: records.length,
    identifier: (index) => `${records[index]?.ordinal}`,
  }).outcome;
}
