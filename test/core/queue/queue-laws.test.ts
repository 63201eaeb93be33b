// The pure pieces of polling queues: assembling, what follows a call, how much is asked for, and how many pollers there are.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterCall, hiddenMs, mayStart, startByMs } from "../../../src/core/queue/after-call.ts";
import { added, closerOf, emptyBatch, type OpenQueueBatch, windowEndMs } from "../../../src/core/queue/open-batch.ts";
import { type QueuePolling, usualPace } from "../../../src/core/queue/polling.ts";
import { receiveLimit } from "../../../src/core/queue/receive-limit.ts";
import {
  atWork,
  boundsOf,
  failed,
  foundNothing,
  newScaling,
  pollerCountOf,
  provisionedCountOf,
  receiverCountOf,
  type Scaling,
  wentWell,
} from "../../../src/core/queue/scaling.ts";
import type { Rec } from "../../../src/core/record.ts";

const limits = { batchSize: 10, windowMs: 0, eventLimitBytes: 114, envelopeBytes: 14 };
const records = (sizes: readonly number[]): readonly Rec[] =>
  sizes.map((sizeBytes, ordinal) => ({ ordinal, arrivedAtMs: 0, sizeBytes }));
const moment = { endedAtMs: null, nowMs: 0 };
const polling: QueuePolling = {
  maximumConcurrency: null,
  provisioned: null,
  functionTimeoutMs: 5_000,
  pace: usualPace,
};

describe("assembling", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 40 });

  test("B-1, B-16: whatever arrives, batches keep its order, lose and double nothing, and are within size and bytes", () => {
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 5 }), (receives) => {
        const all = records(receives.flat());
        const batches: OpenQueueBatch<Rec>[] = [];
        let waiting: readonly Rec[] = all;
        while (waiting.length > 0) {
          const { open, rest } = added(emptyBatch, waiting, limits, moment);
          expect(open.records.length).toBeGreaterThan(0);
          expect(rest.length === 0 || closerOf(open, limits, 0) !== null).toBe(true);
          batches.push(open);
          waiting = rest;
        }
        expect(batches.flatMap((each) => each.records)).toEqual(all);
        for (const each of batches) {
          expect(each.records.length).toBeLessThanOrEqual(limits.batchSize);
          expect(each.records.length === 1 || each.recordBytes <= 100).toBe(true);
        }
      }),
    );
  });

  test("B-11: the bytes of a batch are its records' and their commas', over however many receives it came", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }), { maxLength: 6 }),
        (receives) => {
          const wide = { ...limits, batchSize: 100, windowMs: 1_000 };
          let open: OpenQueueBatch<Rec> = emptyBatch;
          for (const each of receives) ({ open } = added(open, records(each), wide, moment));
          const bytes = receives.flat().reduce((sum, each) => sum + each, 0);
          expect(open.recordBytes).toBe(bytes + Math.max(0, open.records.length - 1));
        },
      ),
    );
  });

  test.each([
    ["below the size", [1, 1], { batchSize: 3, windowMs: 1_000 }, null],
    ["at the size", [1, 1, 1], { batchSize: 3, windowMs: 1_000 }, "size"],
    ["at the bytes", [49, 50], { windowMs: 1_000 }, "payload"],
    ["over the bytes", [60, 60], { windowMs: 1_000 }, "payload"],
    ["alone over the bytes", [101], { windowMs: 1_000 }, "payload"],
    ["without a window", [1], { windowMs: 0 }, "caughtUp"],
  ] as const)("B-1: %s", (_name, given, more, closer) => {
    const own = { ...limits, ...more };
    const { open } = added(emptyBatch, records(given), own, moment);
    expect(closerOf(open, own, 0)).toBe(closer);
  });

  test("B-4, X-17: the window counts from the last call's end, and anew from a message that finds it over", () => {
    const own = { ...limits, windowMs: 5_000 };
    const at = (endedAtMs: number | null, nowMs: number): number =>
      windowEndMs(added(emptyBatch, records([1]), own, { endedAtMs, nowMs }).open, own, nowMs);
    expect(at(null, 1_000)).toBe(6_000);
    expect(at(1_000, 4_000)).toBe(6_000);
    expect(at(1_000, 5_999)).toBe(6_000);
    expect(at(1_000, 6_000)).toBe(11_000);
    const { open } = added(emptyBatch, records([1]), own, { endedAtMs: 1_000, nowMs: 4_000 });
    expect([closerOf(open, own, 5_999), closerOf(open, own, 6_000)]).toEqual([null, "window"]);
  });
});

describe("after a call", () => {
  const held = { recordCount: 3, refusalCount: 1, leaseEndsAtMs: 30_000 };
  const now = { nowMs: 1_000, functionTimeoutMs: 5_000 };

  test("Q-10, Q-11, Q-14: all deleted, none, or all but those that are listed", () => {
    expect(afterCall({ kind: "answered", failedIndexes: [] }, held, now)).toEqual({ kind: "done" });
    expect(afterCall({ kind: "answered", failedIndexes: [1] }, held, now)).toMatchObject({ keptIndexes: [1] });
    expect(afterCall({ kind: "failed" }, held, now)).toEqual({ kind: "return", keptIndexes: [0, 1, 2], why: "failed" });
  });

  test("Q-20, Q-21: a refused call waits ever longer, and never starts with less than the function's time left", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 200_000 }), (refusalCount, leftMs) => {
        const batch = { ...held, refusalCount, leaseEndsAtMs: now.nowMs + leftMs };
        const verdict = afterCall({ kind: "refused", reason: "throttled" }, batch, now);
        const waitMs = Math.min(200 * 2 ** (refusalCount - 1), 60_000);
        const isInTime = leftMs - waitMs >= now.functionTimeoutMs;
        const keptIndexes = [0, 1, 2];
        const letGo = { kind: "return", keptIndexes, why: "throttled too long" };
        expect(verdict).toEqual(isInTime ? { kind: "retry", atMs: now.nowMs + waitMs } : letGo);
      }),
    );
    const late = { ...held, leaseEndsAtMs: 900_000 };
    expect(afterCall({ kind: "refused", reason: "notStarted" }, late, now)).toMatchObject({ why: "no thread" });
    const gone = afterCall({ kind: "refused", reason: "functionMissing" }, { ...held, leaseEndsAtMs: 5_000 }, now);
    expect(gone).toMatchObject({ kind: "return", why: "function missing" });
    expect(mayStart(0, 5_000, 5_000)).toBe(true);
    expect(mayStart(1, 5_000, 5_000)).toBe(false);
  });

  test("Q-21, Q-24: a call waits for a thread while its messages stay hidden for the function's time, and never past their lease", () => {
    expect(startByMs(1_000, 30_000, 5_000)).toBe(25_000);
    expect(startByMs(1_000, 6_000, 5_000)).toBe(3_500);
    expect(startByMs(9_000, 6_000, 5_000)).toBe(9_000);
    fc.assert(
      fc.property(fc.nat(60_000), fc.nat(60_000), fc.nat(60_000), (nowMs, leaseEndsAtMs, timeoutMs) => {
        const untilMs = startByMs(nowMs, leaseEndsAtMs, timeoutMs);
        expect(untilMs).toBeGreaterThanOrEqual(nowMs);
        expect(untilMs).toBeLessThanOrEqual(Math.max(nowMs, leaseEndsAtMs - 1, leaseEndsAtMs - timeoutMs));
      }),
    );
  });

  test("B-15: messages are hidden for longer only with the setting, with a window, and where the queue's own is less", () => {
    const given = { isHidingLonger: true, windowMs: 20_000, functionTimeoutMs: 5_000, queueVisibilityMs: 24_999 };
    expect(hiddenMs(given)).toBe(55_000);
    expect(hiddenMs({ ...given, queueVisibilityMs: 25_000 })).toBeNull();
    expect(hiddenMs({ ...given, windowMs: 0, queueVisibilityMs: 0 })).toBeNull();
    expect(hiddenMs({ ...given, isHidingLonger: false })).toBeNull();
  });
});

describe("how much is asked for", () => {
  test("P-23: little more than half of the room and ten at most, but all of it at work or in FIFO queues", () => {
    const idle = (roomCount: number) => receiveLimit({ roomCount, isAtWork: false, isFifo: false });
    expect([1, 2, 3, 4, 10, 20, 10_000].map(idle)).toEqual([1, 2, 2, 3, 6, 10, 10]);
    expect(receiveLimit({ roomCount: 10_000, isAtWork: true, isFifo: false })).toBe(10_000);
    expect(receiveLimit({ roomCount: 3, isAtWork: false, isFifo: true })).toBe(3);
  });
});

describe("how many pollers", () => {
  const bounds = boundsOf(polling);
  const steps = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 5_000 }).map((ms) => ({ kind: "work" as const, ms })),
      fc.constant({ kind: "idle" as const, ms: 0 }),
      fc.constant({ kind: "failed" as const, ms: 0 }),
      fc.constant({ kind: "well" as const, ms: 0 }),
    ),
  );

  test("P-21, P-22, P-27: never below the least nor above the most, and never faster than the rate", () => {
    const small = { ...bounds, most: 9 };
    fc.assert(
      fc.property(steps, fc.constantFrom(bounds, small), (all, own) => {
        let scaling: Scaling = newScaling(own);
        let nowMs = 0;
        for (const step of all) {
          const before = scaling.size;
          nowMs += step.ms;
          if (step.kind === "work") scaling = atWork(scaling, own, nowMs);
          else if (step.kind === "idle") scaling = foundNothing(scaling, own);
          else if (step.kind === "failed") scaling = failed(scaling, own, nowMs);
          else scaling = wentWell(scaling);
          expect(scaling.size).toBeGreaterThanOrEqual(own.least);
          expect(scaling.size).toBeLessThanOrEqual(own.most);
          expect(scaling.size - before).toBeLessThanOrEqual((own.growthPerMinute * 1_000) / 60_000);
        }
      }),
    );
  });

  test("P-21: a minute of work is three hundred more", () => {
    let scaling = newScaling(bounds);
    for (let nowMs = 0; nowMs <= 60_000; nowMs += 500) scaling = atWork(scaling, bounds, nowMs);
    expect(pollerCountOf(scaling)).toBe(305);
  });

  test("P-25: MaximumConcurrency is the most, and the least where it is under five", () => {
    expect(boundsOf({ ...polling, maximumConcurrency: 2 })).toMatchObject({ least: 2, most: 2 });
    expect(boundsOf({ ...polling, maximumConcurrency: 1_000 })).toMatchObject({ least: 5, most: 1_000 });
  });

  test("P-28: ten calls at a time a provisioned poller; while idle each has one receive out", () => {
    const provisioned = { ...polling, provisioned: { leastCount: 3, mostCount: 50 } };
    const own = boundsOf(provisioned);
    expect(own).toEqual({ least: 30, most: 500, growthPerMinute: 1_000 });
    const scaling = newScaling(own);
    expect([pollerCountOf(scaling), provisionedCountOf(scaling), receiverCountOf(scaling, provisioned)]).toEqual([
      30, 3, 3,
    ]);
  });
});
