import { expect, test } from "vitest";
import { createGrowingDelay, FAULT_DELAY } from "../../src/runtime/growing-delay.ts";

test("M-706: a fault of a broker's queue is looked at again after 1 s, then doubling to 60 s, and from 1 s once it has gone", () => {
  const delay = createGrowingDelay(FAULT_DELAY);
  const waits = Array.from({ length: 8 }, () => delay.nextMs());
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  delay.reset();
  expect(delay.nextMs()).toBe(1_000);
});
