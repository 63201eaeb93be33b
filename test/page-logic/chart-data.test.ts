// Where a chart's values lie, and which of its axis are named: answers worked out by hand.

import { expect, test } from "vitest";
import { type ChartAxis, logFloor, plotAt, stacked, thinned, ticksOf } from "../../src/page/parts/chart-data.ts";

const axis = (more: Partial<ChartAxis> = {}): ChartAxis => ({ name: "", show: String, ...more });

test("each further nine of a tail is as wide as the one before; what is beyond the last is held at it", () => {
  expect([0, 90, 99, 99.9, 99.99].map((percentile) => Math.round(plotAt("tail", percentile, 0) * 1e6) / 1e6)).toEqual([
    0, 1, 2, 3, 4,
  ]);
  expect(plotAt("tail", 100, 0)).toBeCloseTo(6);
});

test("a log axis holds what is not above nothing at its floor, the decade below the least value", () => {
  expect(logFloor([null, 0, 40, 3])).toBe(1);
  expect(logFloor([100])).toBe(100);
  expect(logFloor([0, null])).toBe(1);
  expect(plotAt("log", 0, 0.01)).toBe(-2);
  expect(plotAt("log", 1_000, 1)).toBeCloseTo(3);
});

test("stacks add up in the order of the series, and nothing counts as none", () => {
  expect(
    stacked([
      [1, null, 3],
      [10, 20, null],
      [100, 0, 0],
    ]),
  ).toEqual([
    [1, 0, 3],
    [11, 20, 3],
    [111, 20, 3],
  ]);
  expect(stacked([])).toEqual([]);
});

test("ticks are round, within the axis and not more than there is room for", () => {
  expect(ticksOf(axis(), 0, 0.94, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
  expect(ticksOf(axis(), 3, 97, 5)).toEqual([20, 40, 60, 80]);
  expect(ticksOf(axis({ isTime: true }), 0, 121, 5)).toEqual([0, 30, 60, 90, 120]);
  expect(ticksOf(axis({ isTime: true }), 0, 400_000, 5)).toEqual([0, 86_400, 172_800, 259_200, 345_600]);
  expect(ticksOf(axis({ scale: "log" }), 0.5, 2_000, 9)).toEqual([1, 10, 100, 1_000]);
  expect(ticksOf(axis({ scale: "tail" }), 0, 99.99, 9)).toEqual([0, 50, 90, 99, 99.9, 99.99]);
  expect(ticksOf(axis({ ticks: [1, 2, 3, 4] }), 0, 4, 2)).toEqual([1, 3]);
  expect(ticksOf(axis(), 7, 7, 5)).toEqual([7]);
});

test("a long list keeps its first and every so many", () => {
  expect(thinned([1, 2, 3, 4, 5], 2)).toEqual([1, 4]);
  expect(thinned([1, 2], 2)).toEqual([1, 2]);
});
