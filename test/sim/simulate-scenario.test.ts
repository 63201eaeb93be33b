// A scenario as a function of itself and its seed.

import { join } from "node:path";
import { expect, test } from "vitest";
import { readScenario } from "../../src/wiring/scenario-file.ts";
import { simulateScenario } from "../../src/wiring/simulate-scenario.ts";

const poison = join(import.meta.dirname, "..", "scenarios", "kinesis", "kinesis-exhausted-to-sqs.json");

test("the same scenario and seed have the same journal and digest; another seed has another", async () => {
  const scenario = readScenario(poison);
  const run = await simulateScenario(scenario, { seed: 7 });
  const again = await simulateScenario(scenario, { seed: 7 });
  const other = await simulateScenario(scenario, { seed: 8 });
  expect(run.differences).toEqual([]);
  expect(run.entries.length).toBeGreaterThan(5);
  expect({ ...again, records: [...again.records()] }).toEqual({ ...run, records: [...run.records()] });
  expect(other.digest).not.toBe(run.digest);
});
