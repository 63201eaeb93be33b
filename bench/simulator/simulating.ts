// One simulated run in a process of its own, so that its memory can be told apart: a scenario's members in, what it took out. And a sweep
// of load runs, with their figures.

import { loadRun } from "../../src/load/figures/load-run.ts";
import { createRunFold, type RunFold } from "../../src/load/figures/run-fold.ts";
import type { LoadPlan } from "../../src/load/plan/plan.ts";
import { plannedRuns } from "../../src/load/plan/planned-runs.ts";
import { simulateLoad } from "../../src/wiring/load/simulate-load.ts";
import { parseScenario } from "../../src/wiring/scenario-file.ts";
import { simulateScenario } from "../../src/wiring/simulate-scenario.ts";
import { serve } from "../child.ts";
import type { SimulateAnswer, SweepAnswer } from "./simulate-answer.ts";

serve({ simulate, sweep }, () => Promise.resolve());

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

async function sweep(plan: LoadPlan): Promise<SweepAnswer> {
  const beganAtMs = performance.now();
  const used = process.cpuUsage();
  let runCount = 0;
  let recordCount = 0;
  for (const run of plannedRuns(plan)) {
    let fold: RunFold | undefined;
    const seen = await simulateLoad(run, {
      begin(head) {
        const made = createRunFold(head);
        fold = made;
        return (entry) => made.take(entry);
      },
    });
    const { counts } = loadRun(seen, plan.prices, fold);
    if (counts.done !== counts.sent) throw new Error(`${run.name}: ${counts.done} of ${counts.sent} are done`);
    runCount += 1;
    recordCount += counts.done;
  }
  const { user, system } = process.cpuUsage(used);
  return {
    runCount,
    recordCount,
    seconds: (performance.now() - beganAtMs) / 1_000,
    cpuSeconds: (user + system) / 1e6,
    mostBytes: process.resourceUsage().maxRSS * 1_024,
  };
}
