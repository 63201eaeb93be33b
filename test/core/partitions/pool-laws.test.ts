// Laws of what waits of partitions and of the batches that close of it, over drawn courses: arrivals, locks, batches that end, partitions
// that come and go. What is right is counted here, record by record.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recordBytesOf } from "../../../src/core/batch.ts";
import { type ClosedBatch, closedBatch, nextLookAtMs, type PoolLimits } from "../../../src/core/partitions/closing.ts";
import {
  arrived,
  assigned,
  batchEnded,
  emptyPool,
  type Moment,
  paced,
  type Pool,
  revoked,
  unlocked,
} from "../../../src/core/partitions/pool.ts";
import { runsOf } from "../../../src/core/partitions/runs.ts";
import type { PartitionEpoch, Rec } from "../../../src/core/record.ts";

interface Waiting extends Rec {
  readonly partition: PartitionEpoch;
}

const allPartitions = Array.from(
  { length: 6 },
  (_, index): PartitionEpoch => ({ unit: `t-${index}`, epoch: index, headBytes: 5 + index }),
);
const partitionOf = (index: number): PartitionEpoch => allPartitions[index] ?? { unit: "", epoch: index, headBytes: 0 };

const usual = { batchSize: 10, isHeldUp: false };
const partitions = fc.integer({ min: 0, max: 3 });
const moves = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("arrives" as const),
        partition: partitions,
        sizes: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }),
        filtered: fc.integer({ min: 0, max: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("passes" as const), ms: fc.integer({ min: 0, max: 150 }) }) },
    { weight: 3, arbitrary: fc.constant({ kind: "ends" as const }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("revoked" as const), partition: partitions }) },
  ),
  { maxLength: 60 },
);
const courses = fc.record({
  moves,
  batchSize: fc.integer({ min: 1, max: 7 }),
  roomBytes: fc.integer({ min: 20, max: 200 }),
  windowMs: fc.constantFrom(0, 100, 1_000),
  isMixing: fc.boolean(),
  slots: fc.integer({ min: 1, max: 3 }),
});
type Course = typeof courses extends fc.Arbitrary<infer T> ? T : never;

interface Seen {
  readonly batch: ClosedBatch<Waiting>;
  readonly atMs: number;
  /** What was locked as it closed. */
  readonly locked: ReadonlySet<string>;
  /** By unit, all that waited of it. */
  readonly waited: ReadonlyMap<string, readonly Waiting[]>;
}

/** Plays a course with the pool, and keeps its own books. */
function play({ moves: all, windowMs, slots, ...rest }: Course) {
  const limits: PoolLimits = rest;
  const locked = new Set<string>();
  const waiting = new Map<string, Waiting[]>();
  /** Since when what waits first could have gone; by unit. */
  const couldGoFromMs = new Map<string, number>();
  const out: ClosedBatch<Waiting>[] = [];
  const seen: Seen[] = [];
  const wrong: string[] = [];
  const ordinals = new Map<string, number>();
  let nowMs = 1_000;
  let pool: Pool<Waiting> = assigned(emptyPool, [0, 1, 2, 3].map(partitionOf));

  const moment = (): Moment => ({ nowMs, windowMs, isLocked: (unit) => locked.has(unit) });

  function look(): void {
    while (out.length < slots) {
      const closed = closedBatch(pool, limits, moment());
      if (closed === null) break;
      ({ pool } = closed);
      seen.push({
        batch: closed.batch,
        atMs: nowMs,
        locked: new Set(locked),
        waited: new Map([...waiting].map(([unit, list]) => [unit, [...list]])),
      });
      out.push(closed.batch);
      for (const { partition, records } of runsOf(closed.batch.records)) {
        const unit = partition?.unit ?? "";
        locked.add(unit);
        waiting.set(unit, (waiting.get(unit) ?? []).slice(records.length));
      }
    }
    if (out.length === slots) return;
    // Nothing that could go has waited for longer than a window (M-302).
    for (const [unit, list] of waiting) {
      if (list.length === 0 || locked.has(unit)) continue;
      const waitedMs = nowMs - (couldGoFromMs.get(unit) ?? nowMs);
      if (waitedMs > 0 && waitedMs >= windowMs) wrong.push(`M-302: ${unit} has waited for ${waitedMs} ms at ${nowMs}`);
    }
  }

  function pass(untilMs: number): void {
    for (;;) {
      const atMs = out.length < slots ? nextLookAtMs(pool, moment()) : Number.POSITIVE_INFINITY;
      if (atMs > untilMs) break;
      nowMs = Math.max(nowMs, atMs);
      look();
    }
    nowMs = untilMs;
  }

  function end(): void {
    const over = out.shift();
    if (over === undefined) return;
    for (const { partition } of runsOf(over.records)) {
      const unit = partition?.unit ?? "";
      locked.delete(unit);
      couldGoFromMs.set(unit, nowMs);
      pool = unlocked(pool, unit, moment());
    }
    pool = batchEnded(pool, nowMs);
  }

  for (const move of all) {
    if (move.kind === "passes") pass(nowMs + move.ms);
    if (move.kind === "ends") end();
    if (move.kind === "revoked") {
      pool = revoked(pool, [move.partition]);
      waiting.set(`t-${move.partition}`, []);
    }
    if (move.kind === "arrives") {
      const partition = partitionOf(move.partition);
      const { unit } = partition;
      const isHeld = pool.shares.some((share) => share.partition.epoch === partition.epoch);
      if (!isHeld) continue;
      const records = move.sizes.map((sizeBytes): Waiting => {
        const ordinal = ordinals.get(unit) ?? 0;
        ordinals.set(unit, ordinal + 1);
        return { ordinal, arrivedAtMs: nowMs, sizeBytes, partition };
      });
      if ((waiting.get(unit) ?? []).length === 0) couldGoFromMs.set(unit, nowMs);
      waiting.set(unit, [...(waiting.get(unit) ?? []), ...records]);
      pool = arrived(pool, { epoch: partition.epoch, records, filteredCount: move.filtered }, moment());
    }
    look();
  }
  return { seen, pool, waiting, wrong };
}

/** As the event's text has it: names, colons and brackets, records, commas. */
function countedBytes(records: readonly Waiting[]): number {
  const units = [...new Set(records.map(({ partition }) => partition))];
  const lists = units.map((partition) => {
    const sizes = records
      .filter((each) => each.partition.epoch === partition.epoch)
      .map(({ sizeBytes }) => "x".repeat(sizeBytes));
    return `${"h".repeat(partition.headBytes)}${sizes.join(",")}`;
  });
  return lists.join(",").length;
}

const eachBatch = (law: (seen: Seen, course: Course) => void): void => {
  fc.assert(
    fc.property(courses, (course) => {
      for (const seen of play(course).seen) law(seen, course);
    }),
    { numRuns: 700 },
  );
};

describe("laws of batches of partitions", () => {
  test("M-303: bytes are counted exactly, and are within the room but for a record alone", () => {
    eachBatch(({ batch: { records } }, { roomBytes }) => {
      expect(recordBytesOf(records)).toBe(countedBytes(records));
      expect(records.length === 1 || countedBytes(records) <= roomBytes).toBe(true);
    });
  });

  test("M-301: never more than BatchSize, never none", () => {
    eachBatch(({ batch: { records } }, { batchSize }) => {
      expect(records.length).toBeGreaterThan(0);
      expect(records.length).toBeLessThanOrEqual(batchSize);
    });
  });

  test("M-105, M-304: of each partition the first that wait, in order and in one run", () => {
    eachBatch(({ batch: { records }, waited }) => {
      const runs = runsOf(records);
      expect(new Set(runs.map(({ partition }) => partition?.unit)).size).toBe(runs.length);
      for (const { partition, records: run } of runs)
        expect(run).toEqual(waited.get(partition?.unit ?? "")?.slice(0, run.length));
    });
  });

  test("M-207: nothing of a locked partition", () => {
    eachBatch(({ batch: { records }, locked }) => {
      expect(records.filter(({ partition }) => locked.has(partition.unit))).toEqual([]);
    });
  });

  test("M-304: all that is there of a partition, before the next is begun", () => {
    eachBatch(({ batch: { records }, waited }, { isMixing }) => {
      const runs = runsOf(records);
      expect(isMixing || runs.length === 1).toBe(true);
      for (const { partition, records: run } of runs.slice(0, -1))
        expect(run.length).toBe(waited.get(partition?.unit ?? "")?.length);
    });
  });

  test("M-301: what closes it is said rightly", () => {
    eachBatch(({ batch: { records, closer }, waited, locked }, { batchSize, windowMs, roomBytes, isMixing }) => {
      const open = [...waited].filter(([unit]) => !locked.has(unit));
      const first = records[0]?.partition.unit;
      const couldGo = open.filter(([unit]) => isMixing || unit === first).flatMap(([, list]) => list);
      const isFull = { size: records.length === batchSize, payload: countedBytes(couldGo) > roomBytes };
      expect(closer === "size" ? isFull.size : true).toBe(true);
      expect(closer === "payload" ? isFull.payload : true).toBe(true);
      const isWhole = closer === "window" || closer === "caughtUp";
      expect(isWhole ? records.length : couldGo.length).toBe(couldGo.length);
      expect(closer === "window" ? windowMs > 0 : true).toBe(true);
      expect(closer === "caughtUp" ? windowMs === 0 : true).toBe(true);
    });
  });

  test("M-302: what could go waits for one window at most", () => {
    fc.assert(
      fc.property(courses, (course) => {
        expect(play(course).wrong).toEqual([]);
      }),
      { numRuns: 700 },
    );
  });

  test("nothing is lost and nothing is taken twice: what came is in a batch, waits, or has left with its partition", () => {
    fc.assert(
      fc.property(courses, (course) => {
        const { seen, pool, waiting } = play(course);
        const taken = seen.flatMap(({ batch }) => batch.records);
        expect(new Set(taken).size).toBe(taken.length);
        for (const { partition, waiting: left } of pool.shares)
          expect(left.count).toBe(waiting.get(partition.unit)?.length ?? 0);
      }),
      { numRuns: 700 },
    );
  });

  test("M-304: batches begin with the partition that none has begun with for longest", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 5 }), (count, rounds) => {
        const all = Array.from({ length: count }, (_, index) => partitionOf(index));
        let pool: Pool<Waiting> = assigned(emptyPool, all);
        const moment: Moment = { nowMs: 0, windowMs: 0, isLocked: () => false };
        for (const partition of all) {
          const records = Array.from({ length: rounds }, (_, ordinal) => ({
            ordinal,
            arrivedAtMs: 0,
            sizeBytes: 1,
            partition,
          }));
          pool = arrived(pool, { epoch: partition.epoch, records, filteredCount: 0 }, moment);
        }
        const begun: string[] = [];
        for (;;) {
          const closed = closedBatch(pool, { batchSize: 1, roomBytes: 1_000, isMixing: true }, moment);
          if (closed === null) break;
          ({ pool } = closed);
          begun.push(closed.batch.records[0]?.partition.unit ?? "");
        }
        expect(begun).toEqual(Array.from({ length: rounds }, () => all.map(({ unit }) => unit)).flat());
      }),
    );
  });
});

describe("M-208: what waits is bounded", () => {
  const withWaiting = (count: number, sizeBytes = 1): Pool<Waiting> => {
    const partition = partitionOf(0);
    const records = Array.from({ length: count }, (_, ordinal) => ({ ordinal, arrivedAtMs: 0, sizeBytes, partition }));
    const moment: Moment = { nowMs: 0, windowMs: 0, isLocked: () => true };
    return arrived(assigned(emptyPool, [partition]), { epoch: 0, records, filteredCount: 0 }, moment);
  };
  const pausedOf = (pool: Pool<Waiting>): Pool<Waiting> => ({
    ...pool,
    shares: pool.shares.map((share) => ({ ...share, isPaused: true })),
  });

  test.each([
    [19, 1, false],
    [20, 1, true],
    [1, 11_999_999, false],
    [1, 12_000_000, true],
  ])("%i records of %i bytes at BatchSize 10: paused %s", (count, sizeBytes, isPaused) => {
    expect(paced(withWaiting(count, sizeBytes), usual).pause).toHaveLength(isPaused ? 1 : 0);
  });

  test.each([
    [10, 1, false],
    [9, 1, true],
    [1, 6_000_000, false],
    [1, 5_999_999, true],
  ])("paused, with %i records of %i bytes: resumed %s", (count, sizeBytes, isResumed) => {
    expect(paced(pausedOf(withWaiting(count, sizeBytes)), usual).resume).toHaveLength(isResumed ? 1 : 0);
  });

  test("while reading is held up, all are paused and none is resumed", () => {
    const held = paced(withWaiting(1), { ...usual, isHeldUp: true });
    expect(held.pause).toHaveLength(1);
    expect(paced(held.pool, { ...usual, isHeldUp: true })).toMatchObject({ pause: [], resume: [] });
    expect(paced(held.pool, usual).resume).toHaveLength(1);
  });

  test("each is said once", () => {
    const first = paced(withWaiting(20), usual);
    expect(paced(first.pool, usual)).toMatchObject({ pause: [], resume: [] });
  });
});

test("M-302: where the clock was set back, a window goes on for the time that it had left", () => {
  const partition = partitionOf(0);
  const moment = (nowMs: number): Moment => ({ nowMs, windowMs: 1_000, isLocked: () => false });
  const records = [{ ordinal: 0, arrivedAtMs: 0, sizeBytes: 1, partition }];
  const limits: PoolLimits = { batchSize: 10, roomBytes: 1_000, isMixing: true };
  let pool: Pool<Waiting> = assigned(emptyPool, [partition]);
  pool = arrived(pool, { epoch: 0, records, filteredCount: 0 }, moment(500_000));
  // Seen at 600 ms of its window; then the clock goes back by 100 s.
  pool = arrived(pool, { epoch: 0, records: [], filteredCount: 0 }, moment(500_600));
  pool = arrived(pool, { epoch: 0, records: [], filteredCount: 0 }, moment(400_600));
  expect(closedBatch(pool, limits, moment(400_999))).toBeNull();
  expect(closedBatch(pool, limits, moment(401_000))?.batch.closer).toBe("window");
});
