import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Rec } from "../../src/core/record.ts";
import {
  createWatermark,
  finished,
  MAX_AHEAD_RECORDS,
  mustPauseReading,
  rangesOf,
  type Watermark,
} from "../../src/core/watermark.ts";

const aRecord = (ordinal: number): Rec => ({ ordinal, arrivedAtMs: 0, sizeBytes: 1 });
const placeOf = (record: Rec): string => `p${record.ordinal}`;
const ended = (watermark: Watermark<string>, ...ordinals: readonly number[]): Watermark<string> =>
  finished(watermark, rangesOf(ordinals.map(aRecord), placeOf));

describe("the watermark", () => {
  test("E-60: it starts at nothing and follows what ends in order", () => {
    const start = createWatermark<string>();
    expect([start.through, start.place]).toEqual([-1, null]);
    const next = ended(start, 0, 1, 2);
    expect([next.through, next.place]).toEqual([2, "p2"]);
  });

  test("E-65: it never passes a gap, and takes what lay beyond once the gap closes", () => {
    let watermark = ended(createWatermark<string>(), 0, 2, 3, 5);
    expect([watermark.through, watermark.place, watermark.ahead.length]).toEqual([0, "p0", 2]);
    watermark = ended(watermark, 1);
    expect([watermark.through, watermark.place, watermark.ahead.length]).toEqual([3, "p3", 1]);
    watermark = ended(watermark, 4);
    expect([watermark.through, watermark.place, watermark.ahead.length]).toEqual([5, "p5", 0]);
  });

  test("E-60: behind a checkpoint it keeps that place until something ends", () => {
    const watermark = createWatermark({ firstOrdinal: 7, place: "before" });
    expect([watermark.through, watermark.place]).toEqual([6, "before"]);
    expect(ended(watermark, 7).place).toBe("p7");
  });

  test.each([[[0]], [[1]], [[0, 1]], [[4]], [[3, 4]]])("A2, T-161: %j cannot end twice", (ordinals) => {
    const watermark = ended(createWatermark<string>(), 0, 1, 4);
    expect(() => ended(watermark, ...ordinals)).toThrow("A2");
  });

  test.each([
    [MAX_AHEAD_RECORDS - 1, false],
    [MAX_AHEAD_RECORDS, true],
    [MAX_AHEAD_RECORDS + 1, true],
  ])("E-65: with %i records ended beyond a gap, reading pauses: %s", (count, pauses) => {
    const watermark = finished(createWatermark<string>(), [
      { first: 1, last: count, place: "p", deliveredCount: count },
    ]);
    expect(mustPauseReading(watermark)).toBe(pauses);
    expect(mustPauseReading(ended(watermark, 0))).toBe(false);
  });

  test("E-65, B-10: filtered records beyond a gap do not make reading pause", () => {
    const records = Array.from({ length: MAX_AHEAD_RECORDS + 5 }, (_, index) => aRecord(index + 1));
    const filtered = finished(createWatermark<string>(), rangesOf(records, placeOf, { isFiltered: true }));
    expect(mustPauseReading(filtered)).toBe(false);
  });

  test("T-160: whatever ends in whatever order, it is the longest ended beginning, at its own place", () => {
    const shuffled = fc
      .integer({ min: 1, max: 60 })
      .chain((count) =>
        fc.tuple(
          fc.shuffledSubarray(Array.from({ length: count }, (_, index) => index)),
          fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([order, sizes]) => {
        let watermark = createWatermark<string>();
        const done = new Set<number>();
        let rest = [...order];
        while (rest.length > 0) {
          const group = rest.slice(0, sizes.next().value).sort((a, b) => a - b);
          rest = rest.slice(group.length);
          for (const ordinal of group) done.add(ordinal);
          watermark = ended(watermark, ...group);
          let through = -1;
          while (done.has(through + 1)) through += 1;
          expect(watermark.through).toBe(through);
          expect(watermark.place).toBe(through < 0 ? null : `p${through}`);
          expect(watermark.aheadCount).toBe(done.size - through - 1);
        }
      }),
    );
  });

  test("ranges: touching records are one, and a place is made once a range", () => {
    let made = 0;
    const ranges = rangesOf([0, 1, 2, 5, 6, 9].map(aRecord), () => {
      made += 1;
      return "p";
    });
    expect(ranges.map((range) => [range.first, range.last])).toEqual([
      [0, 2],
      [5, 6],
      [9, 9],
    ]);
    expect(made).toBe(3);
  });
});
