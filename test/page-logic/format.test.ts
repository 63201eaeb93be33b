// Figures as both pages write them.

import { expect, test } from "vitest";
import {
  counted,
  secondsOfMs,
  shortBytes,
  shortNumber,
  shownBytes,
  shownMs,
  shownNumber,
  shownRunTime,
  shownShare,
  shownUsd,
} from "../../src/page/parts/format.ts";

test("lengths have a unit that fits them, and never round up to a unit's end", () => {
  expect([0, 0.254, 9.99, 40, 412.4, 999.4].map(shownMs)).toEqual([
    "0 ms",
    "0.25 ms",
    "9.99 ms",
    "40 ms",
    "412 ms",
    "999 ms",
  ]);
  expect([999.5, 3_904, 9_994, 9_996, 38_100, 59_949].map(shownMs)).toEqual([
    "1.00 s",
    "3.90 s",
    "9.99 s",
    "10.0 s",
    "38.1 s",
    "59.9 s",
  ]);
  expect([59_950, 125_000, 3_599_400, 12_000_000].map(shownMs)).toEqual([
    "1 min 00 s",
    "2 min 05 s",
    "59 min 59 s",
    "3 h 20 min",
  ]);
  expect([10, 1_000].map(secondsOfMs)).toEqual(["0.01", "1"]);
});

test("moments of a run", () => {
  expect([0, 24, 725, 3_609].map(shownRunTime)).toEqual(["0:00", "0:24", "12:05", "1:00:09"]);
});

test("a share that is something is not nothing, and one that is not all is not all", () => {
  expect([0, 0.0004, 0.012, 0.93, 0.9996, 1].map(shownShare)).toEqual([
    "0 %",
    "< 0.1 %",
    "1.2 %",
    "93 %",
    "> 99.9 %",
    "100 %",
  ]);
});

test("money keeps two digits that count", () => {
  expect([0, 0.00021, 0.0346, 0.2, 1, 1_234.5].map(shownUsd)).toEqual([
    "$0",
    "$0.00021",
    "$0.035",
    "$0.2",
    "$1.00",
    "$1,234.50",
  ]);
});

test("bytes are exact in text and short on an axis; counts likewise", () => {
  expect(shownBytes(6_291_456)).toBe("6,291,456 B");
  expect([512, 32_768, 6_291_456].map(shortBytes)).toEqual(["512", "32 Ki", "6 Mi"]);
  expect([0, 0.5, 950, 12_000, 1.5e6, 2e9].map(shortNumber)).toEqual(["0", "0.5", "950", "12,000", "1.5 M", "2 G"]);
  expect(shownNumber(51.26, 1)).toBe("51.3");
});

test("counted things", () => {
  expect([counted(1, "batch"), counted(2, "batch"), counted(3, "retry"), counted(0, "day")]).toEqual([
    "1 batch",
    "2 batches",
    "3 retries",
    "0 days",
  ]);
});
