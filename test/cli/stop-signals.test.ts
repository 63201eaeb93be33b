// The first signal drains, a later one forces, and the copy that npm passes on is no second one.

import { expect, test } from "vitest";
import { createStopSignals } from "../../src/cli/stop-signals.ts";

function signalsAt(...instantsMs: readonly number[]): readonly string[] {
  const said: string[] = [];
  let nowMs = 0;
  const signals = createStopSignals({
    monotonicMs: () => nowMs,
    onDrain: () => said.push(`drain at ${nowMs}`),
    onForce: () => said.push(`force at ${nowMs}`),
  });
  for (const instantMs of instantsMs) {
    nowMs = instantMs;
    signals.received();
  }
  return said;
}

test("the first drains, the second forces", () => {
  expect(signalsAt(1_000, 2_000)).toEqual(["drain at 1000", "force at 2000"]);
});

test("the same Ctrl-C that npm passes on once more does not force", () => {
  expect(signalsAt(1_000, 1_005)).toEqual(["drain at 1000"]);
  expect(signalsAt(1_000, 1_005, 1_400)).toEqual(["drain at 1000", "force at 1400"]);
});
