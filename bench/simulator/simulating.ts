// One simulated run in a process of its own, so that its memory can be told apart: a scenario's members in, what it took out.

import { parseScenario } from "../../src/wiring/scenario-file.ts";
import { simulateScenario } from "../../src/wiring/simulate-scenario.ts";
import { serve } from "../child.ts";
import type { SimulateAnswer } from "./simulate-answer.ts";

serve({ simulate }, () => Promise.resolve());

async function simulate(members: object): Promise<SimulateAnswer> {
  const scenario = parseScenario(JSON.stringify(members), { shownFile: "bench.json", folder: null });
  const beganAtMs = performance.now();
  const run = await simulateScenario(scenario);
  const seconds = (performance.now() - beganAtMs) / 1_000;
  if (run.differences.length > 0) throw new Error(run.differences.join("; "));
  return {
    seconds,
    simulatedSeconds: run.elapsedMs / 1_000,
    callCount: run.calls.length,
    mostBytes: process.resourceUsage().maxRSS * 1_024,
  };
}
