// A lane that is handed batches of several partitions: what becomes of each record when calls fail, answers keep some, records are too old,
// and partitions are taken away, in any order.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { step } from "../../src/core/lane.ts";
import { createLane, type Effect, type Lane, type LaneEvent } from "../../src/core/lane-state.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { PartitionEpoch, Rec } from "../../src/core/record.ts";
import type { LaneSettings } from "../../src/core/settings.ts";
import { baseSettings, ok, refused, threw } from "./lane-story.ts";

interface Placed extends Rec {
  readonly partition: PartitionEpoch;
}

const partitionOf = (epoch: number): PartitionEpoch => ({ unit: `t-${epoch}`, epoch, headBytes: 8 });

const recordsOf = (
  counts: readonly number[],
  ageMs: (epoch: number, ordinal: number) => number = () => 0,
): readonly Placed[] =>
  counts.flatMap((count, epoch) => {
    const partition = partitionOf(epoch);
    return Array.from({ length: count }, (_, ordinal) => ({
      ordinal,
      arrivedAtMs: -ageMs(epoch, ordinal),
      sizeBytes: 10,
      partition,
    }));
  });

const shown = (records: readonly Placed[]): string =>
  records.map(({ partition: { epoch }, ordinal }) => `${epoch}:${ordinal}`).join(" ");

/** A lane by hand. */
function driven(settings: Partial<LaneSettings> = {}) {
  let lane: Lane<Placed> = createLane<Placed>();
  let nowMs = 0;
  const effects: Effect<Placed>[] = [];
  return {
    effects,
    feed(event: LaneEvent<Placed>): void {
      const stepped = step(lane, event, { ...baseSettings, ...settings }, nowMs);
      ({ lane } = stepped);
      effects.push(...stepped.effects);
    },
    hand(records: readonly Placed[]): void {
      this.feed({ kind: "handed", records, closer: "size", windowOpenMs: null });
    },
    /** The retry clock is over. */
    wake(): void {
      if (lane.phase.kind === "backingOff") nowMs = lane.phase.untilMs;
      this.feed({ kind: "woke" });
    },
    lane: () => lane,
    calls: () => effects.flatMap((effect) => (effect.kind === "invoke" ? [shown(effect.batch.records)] : [])),
    ended: () =>
      effects.flatMap((effect) => {
        if (effect.kind === "finish") return [`done ${shown(effect.records)}`];
        if (effect.kind === "giveUp") return [`${effect.condition} ${shown(effect.batch.records)}`];
        return effect.kind === "givenBack" ? [`back ${shown(effect.records)}`] : [];
      }),
  };
}

describe("a batch that is handed over", () => {
  test("M-207: it is the lane's own, and goes at once", () => {
    const lane = driven();
    lane.hand(recordsOf([2, 1]));
    expect(lane.calls()).toEqual(["0:0 0:1 1:0"]);
    expect(lane.effects[0]).toMatchObject({ kind: "closed", eventBytes: 14 + 30 + 2 + 16 });
    lane.feed({ kind: "returned", outcome: ok });
    expect(lane.ended()).toEqual(["done 0:0 0:1 1:0"]);
  });

  test("L4: not to a lane that has one in hand", () => {
    const lane = driven();
    lane.hand(recordsOf([1]));
    expect(() => lane.hand(recordsOf([1]))).toThrow("L4");
  });

  test("M-411: what an answer keeps goes again as a batch, the rest is done", () => {
    const lane = driven();
    lane.hand(recordsOf([3, 2]));
    lane.feed({ kind: "returned", outcome: { kind: "answered", failed: { kept: [1, 4] }, state: null } });
    expect(lane.calls()).toEqual(["0:0 0:1 0:2 1:0 1:1", "0:1 1:1"]);
    expect(lane.ended()).toEqual(["done 0:0 0:2 1:0"]);
  });

  test("M-407: too old is the head of each partition, as one group", () => {
    const lane = driven({ maxAgeMs: 60_000 });
    // Of partition 0 the first two, of partition 1 the second, which is behind one that is not too old.
    const isOld = (epoch: number, ordinal: number): boolean => (epoch === 0 ? ordinal < 2 : ordinal === 1);
    lane.hand(recordsOf([3, 3], (epoch, ordinal) => (isOld(epoch, ordinal) ? 100_000 : 0)));
    expect(lane.ended()).toEqual(["RecordAgeExceeded 0:0 0:1"]);
    expect(lane.calls()).toEqual(["0:2 1:0 1:1 1:2"]);
  });

  test("M-407: a retry is woken for by the partition that is too old first", () => {
    const lane = driven({ maxAgeMs: 60_000 });
    lane.hand(recordsOf([1, 1], (epoch) => (epoch === 1 ? 59_900 : 0)));
    lane.feed({ kind: "returned", outcome: threw });
    expect(lane.effects.at(-1)).toEqual({ kind: "wakeAt", atMs: 100 });
  });

  test("M-414: what is fit for no call is given up by itself, while a call is out, too", () => {
    const lane = driven();
    lane.hand(recordsOf([1]));
    const [record] = recordsOf([0, 1]);
    if (record !== undefined) lane.feed({ kind: "unfit", record, condition: "SCHEMA_NOT_FOUND" });
    expect(lane.ended()).toEqual(["SCHEMA_NOT_FOUND 1:0"]);
    lane.feed({ kind: "returned", outcome: ok });
    expect(lane.ended().at(-1)).toBe("done 0:0");
  });
});

describe("partitions that are taken away", () => {
  test("M-808: in flight, the call ends, and its result is not that partition's", () => {
    const lane = driven();
    lane.hand(recordsOf([1, 1]));
    lane.feed({ kind: "withdrawn", epochs: [1] });
    expect(lane.ended()).toEqual([]);
    lane.feed({ kind: "returned", outcome: ok });
    expect(lane.ended()).toEqual(["done 0:0", "back 1:0"]);
  });

  test("M-808: given up is only what is ours", () => {
    const lane = driven({ retries: 0 });
    lane.hand(recordsOf([1, 1]));
    lane.feed({ kind: "withdrawn", epochs: [0] });
    lane.feed({ kind: "returned", outcome: threw });
    expect(lane.ended()).toEqual(["RetryAttemptsExhausted 1:0", "back 0:0"]);
  });

  test("M-808: what waits for a retry leaves at once, and the others keep their clock and their count", () => {
    const lane = driven({ retries: 1 });
    lane.hand(recordsOf([1, 1]));
    lane.feed({ kind: "returned", outcome: threw });
    lane.feed({ kind: "withdrawn", epochs: [0] });
    expect(lane.ended()).toEqual(["back 0:0"]);
    lane.wake();
    expect(lane.calls()).toEqual(["0:0 1:0", "1:0"]);
    lane.feed({ kind: "returned", outcome: threw });
    expect(lane.ended().at(-1)).toBe("RetryAttemptsExhausted 1:0");
  });

  test("M-808: with all of it gone the lane is free", () => {
    const lane = driven();
    lane.hand(recordsOf([2]));
    lane.feed({ kind: "returned", outcome: threw });
    lane.feed({ kind: "withdrawn", epochs: [0] });
    expect(lane.lane()).toMatchObject({ stack: [], phase: { kind: "ready" } });
    lane.hand(recordsOf([0, 1]));
    expect(lane.calls().at(-1)).toBe("1:0");
  });

  test("M-808, E-18: halves that wait their turn lose it, too", () => {
    const lane = driven({ isBisecting: true, retries: 0 });
    lane.hand(recordsOf([2, 2]));
    lane.feed({ kind: "returned", outcome: threw });
    lane.feed({ kind: "withdrawn", epochs: [1] });
    lane.feed({ kind: "returned", outcome: ok });
    expect(lane.calls()).toEqual(["0:0 0:1 1:0 1:1", "0:0 0:1"]);
    expect(lane.ended()).toEqual(["done 0:0 0:1", "back 1:0 1:1"]);
  });
});

describe("laws over drawn courses", () => {
  const outcomes = fc.oneof(
    fc.constant({ kind: "ok" as const }),
    fc.constant({ kind: "threw" as const }),
    fc.constant({ kind: "refused" as const }),
    fc.record({ kind: fc.constant("kept" as const), share: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }) }),
  );
  const courses = fc.record({
    counts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
    isBisecting: fc.boolean(),
    retries: fc.integer({ min: 0, max: 2 }),
    turns: fc.array(
      fc.record({ outcome: outcomes, withdraws: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 4 }) }),
      { maxLength: 30 },
    ),
  });

  const outcomeOf = (drawn: { readonly kind: string; readonly share?: readonly boolean[] }, count: number): Outcome => {
    if (drawn.kind === "threw") return threw;
    if (drawn.kind === "refused") return refused;
    const { share } = drawn;
    if (share === undefined) return ok;
    const kept = Array.from({ length: count }, (_, index) => index).filter((index) => share[index % share.length]);
    if (kept.length === 0) return ok;
    return { kind: "answered", failed: kept.length === count ? "all" : { kept }, state: null };
  };

  /** Turn by turn, then well to its end. */
  function played({ counts, turns, ...settings }: typeof courses extends fc.Arbitrary<infer T> ? T : never) {
    const lane = driven(settings);
    const records = recordsOf(counts);
    const calls: { readonly records: readonly Placed[]; readonly withdrawn: readonly number[] }[] = [];
    const withdrawn: number[] = [];
    lane.hand(records);
    let turn = 0;
    while (lane.lane().stack.length > 0) {
      const drawn = turns[turn++];
      const top = lane.lane().stack.at(-1)?.records ?? [];
      const isOut = lane.lane().phase.kind === "inFlight";
      if (isOut) calls.push({ records: top, withdrawn: [...withdrawn] });
      if (drawn !== undefined && drawn.withdraws !== null) {
        withdrawn.push(drawn.withdraws);
        lane.feed({ kind: "withdrawn", epochs: [drawn.withdraws] });
      }
      if (isOut)
        lane.feed({ kind: "returned", outcome: drawn === undefined ? ok : outcomeOf(drawn.outcome, top.length) });
      else lane.wake();
    }
    return { records, calls, withdrawn, effects: lane.effects };
  }

  const endings = (effects: readonly Effect<Placed>[]): readonly Placed[] =>
    effects.flatMap((effect) => {
      if (effect.kind === "finish" || effect.kind === "givenBack") return effect.records;
      return effect.kind === "giveUp" ? effect.batch.records : [];
    });

  test("M-401, L2: each record is finished, given up or given back, once", () => {
    fc.assert(
      fc.property(courses, (course) => {
        const { records, effects } = played(course);
        const ended = endings(effects);
        expect(new Set(ended).size).toBe(ended.length);
        expect(ended).toHaveLength(records.length);
      }),
      { numRuns: 2_000 },
    );
  });

  test("M-808: no call begins with a partition that has been taken away, and nothing of it is finished or reported", () => {
    fc.assert(
      fc.property(courses, (course) => {
        const { calls, effects, withdrawn } = played(course);
        for (const call of calls)
          expect(call.records.filter(({ partition }) => call.withdrawn.includes(partition.epoch))).toEqual([]);
        const back = effects.flatMap((effect) => (effect.kind === "givenBack" ? effect.records : []));
        expect(back.filter(({ partition }) => !withdrawn.includes(partition.epoch))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("M-105, M-406: in every call each partition is one run, in its order", () => {
    fc.assert(
      fc.property(courses, (course) => {
        for (const { records } of played(course).calls) {
          const places = records.map(({ partition, ordinal }) => partition.epoch * 1_000 + ordinal);
          expect(places).toEqual(places.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
