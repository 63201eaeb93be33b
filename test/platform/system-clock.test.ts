// A laptop's sleep and a corrected clock: the wall clock jumps, timers do not. The jumps here are the test's, the timers real.

import { expect, test } from "vitest";
import { createSystemClock } from "../../src/platform/system-clock.ts";

const HOUR_MS = 3_600_000;

/** A system whose wall clock can be set, and which tells each time that it is asked. */
function aSystem() {
  let jumpMs = 0;
  let onAsked: () => void = () => undefined;
  const clock = createSystemClock({
    wallMs: () => {
      onAsked();
      return Date.now() + jumpMs;
    },
    monotonicMs: () => performance.now(),
    recheckMs: 2,
  });
  return {
    clock,
    jump(ms: number) {
      jumpMs += ms;
    },
    /** Resolves when the time has been asked for so often from now on. */
    asked: (count: number) =>
      new Promise<void>((resolve) => {
        let leftCount = count;
        onAsked = () => {
          leftCount -= 1;
          if (leftCount === 0) resolve();
        };
      }),
  };
}

test("after a sleep past the instant a wake-up comes soon, though its timer has hours to go", async () => {
  const system = aSystem();
  const { clock } = system;
  const woken = new Promise<void>((resolve) => clock.wakeAt(clock.nowMs() + HOUR_MS, resolve));
  const before = clock.monotonicMs();
  system.jump(2 * HOUR_MS);
  await woken;
  expect(clock.monotonicMs() - before).toBeLessThan(HOUR_MS);
});

test("a clock that is put back holds nothing: the wake-up comes once, when the time that was left has passed", async () => {
  const system = aSystem();
  const { clock } = system;
  let wakeCount = 0;
  const woken = new Promise<void>((resolve) => {
    clock.wakeAt(clock.nowMs() + 1, () => {
      wakeCount += 1;
      resolve();
    });
  });
  system.jump(-HOUR_MS);
  await woken;
  system.jump(HOUR_MS);
  await new Promise<void>((resolve) => clock.wakeAt(clock.nowMs() + 1, resolve));
  expect(wakeCount).toBe(1);
});

test("the monotonic clock does not see the wall clock's jumps", () => {
  const system = aSystem();
  const { clock } = system;
  const before = clock.monotonicMs();
  system.jump(-HOUR_MS);
  const between = clock.monotonicMs();
  system.jump(2 * HOUR_MS);
  const after = clock.monotonicMs();
  expect(between).toBeGreaterThanOrEqual(before);
  expect(after - before).toBeLessThan(HOUR_MS);
});

test("a wake-up that was cancelled does not come, even when its instant has passed", async () => {
  const system = aSystem();
  const { clock } = system;
  let isWoken = false;
  const cancel = clock.wakeAt(clock.nowMs() + HOUR_MS, () => {
    isWoken = true;
  });
  const other = new Promise<void>((resolve) => clock.wakeAt(clock.nowMs() + HOUR_MS, resolve));
  await system.asked(5);
  cancel();
  system.jump(2 * HOUR_MS);
  await other;
  expect(isWoken).toBe(false);
});
