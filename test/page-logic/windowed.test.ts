// Which rows of a long table are in the page.

import { expect, test } from "vitest";
import { shownRows } from "../../src/page/dashboard/parts/windowed.ts";

test("of 100,000 rows some dozens are in the page, and room for the others", () => {
  const shown = shownRows(100_000, 30, 1_500_000, 600);
  expect(shown).toEqual({ from: 49_988, to: 50_032, above: 49_988 * 30, below: (100_000 - 50_032) * 30 });
});

test.for([0, 7, 59, 60, 61, 2_000, 100_000])(
  "of %i rows each is reached: room and rows add up at both ends",
  (count) => {
    for (const top of [0, 13, count * 30 - 600, count * 30 + 9_999, -50]) {
      const { from, to, above, below } = shownRows(count, 30, top, 600);
      expect(above + (to - from) * 30 + below).toBe(count * 30);
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeLessThanOrEqual(count);
      expect(to - from).toBeGreaterThanOrEqual(Math.min(count, 1));
    }
  },
);
