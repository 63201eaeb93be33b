// Lengths of time: one reader of them for the command line and for tests.

import { describe, expect, test } from "vitest";
import { duration } from "../../src/cli/duration.ts";
import { toMs } from "../../src/testing/time-span.ts";

const lengths = [
  ["500ms", 500],
  ["30s", 30_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
  ["1d", 86_400_000],
  ["200 ms", 200],
  ["20 minutes", 1_200_000],
  ["5 mins", 300_000],
  ["1 week", 604_800_000],
  ["0s", 0],
] as const;

describe("a length of time", () => {
  test.each(lengths)("%s is the same for an option and for a test", (text, ms) => {
    expect(duration(text)).toBe(ms);
    expect(toMs(text)).toBe(ms);
  });

  test.each(["", "5", "s", "-5s", "5 parsecs", "5 mss", "5s 3s", "1e3s", "5 constructor"])("%j is none", (text) => {
    expect(() => duration(text)).toThrow("It has to be a length of time: 30s, 5m, 2h or 1d.");
    expect(() => toMs(text)).toThrow("is no length of time");
  });

  test("a test may give ms as a number, not below 0", () => {
    expect(toMs(1.4)).toBe(1);
    expect(() => toMs(-1)).toThrow("-1 is no length of time");
    expect(() => toMs(Number.NaN)).toThrow("is no length of time");
  });
});
