import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTrials, shrinkList, shrinkSteps } from "../../src/sim/shrink.ts";

const MANY = 10_000;
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const holding =
  (needed: readonly number[]) =>
  (kept: readonly number[]): Promise<boolean> =>
    Promise.resolve(needed.every((each) => kept.includes(each)));

describe("ddmin", () => {
  test("finds the one of 800 items that it needs in few runs", async () => {
    const trials = createTrials(MANY);
    expect(await shrinkList(numbers(800), trials, holding([407]))).toEqual([407]);
    expect(trials.count()).toBeLessThan(40);
  });

  test("nothing is left of what is not needed at all", async () => {
    expect(await shrinkList(numbers(9), createTrials(MANY), holding([]))).toEqual([]);
  });

  test("any set of needed items is all that is left, in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat(59), { maxLength: 6 }),
        async (count, draws) => {
          const needed = [...new Set(draws.map((each) => each % count))].toSorted((a, b) => a - b);
          expect(await shrinkList(numbers(count), createTrials(MANY), holding(needed))).toEqual(needed);
        },
      ),
    );
  });

  test("what fails by pairs only is 1-minimal: without any one item left it does not fail", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(19), fc.nat(19)), { minLength: 1, maxLength: 8 }), async (pairs) => {
        const fails = (kept: readonly number[]): Promise<boolean> =>
          Promise.resolve(pairs.some(([a, b]) => kept.includes(a) && kept.includes(b)));
        const kept = await shrinkList(numbers(20), createTrials(MANY), fails);
        expect(await fails(kept)).toBe(true);
        const smaller = await Promise.all(kept.map((each) => fails(kept.filter((other) => other !== each))));
        expect(smaller).not.toContain(true);
      }),
    );
  });

  test("once it is aborted it answers what it has seen fail", async () => {
    const stop = new AbortController();
    const trials = createTrials(MANY, stop.signal);
    const kept = await shrinkList(numbers(800), trials, (some) => {
      if (trials.count() === 3) stop.abort();
      return holding([407])(some);
    });
    expect(kept).toContain(407);
    expect(trials.isSpent()).toBe(true);
    expect(trials.count()).toBe(3);
  });

  test("without runs left it answers what it has seen fail", async () => {
    const trials = createTrials(5);
    const kept = await shrinkList(numbers(64), trials, holding([3, 60]));
    expect(trials.count()).toBe(5);
    expect(kept).toEqual(expect.arrayContaining([3, 60]));
  });
});

test("steps are taken again and again while one of them still fails", async () => {
  const halve = (now: { size: number }) => (now.size > 1 ? { ...now, size: Math.floor(now.size / 2) } : null);
  const less = (now: { size: number }) => (now.size > 1 ? { ...now, size: now.size - 1 } : null);
  const fails = ({ size }: { size: number }): Promise<boolean> => Promise.resolve(size >= 13);
  expect(await shrinkSteps({ size: 100 }, [halve, less], createTrials(MANY), fails)).toEqual({ size: 13 });
});
