// What a crash of the process does to calls under way and to environments, whatever form a function has.

import { describe, expect, test } from "vitest";
import { createInlineFunction } from "../../src/sim/inline-function.ts";
import type { Scenario } from "../../src/sim/scenario.ts";
import { parseScenario } from "../../src/wiring/scenario-file.ts";
import { type SimulateOptions, simulateScenario } from "../../src/wiring/simulate-scenario.ts";

const started = [{ do: "create-mapping" }, { do: "wait-state", state: "Enabled" }];
const drained = { do: "wait-drained", within_s: 86_400 };
const three = ["r1", "r2", "r3"].map((label) => ({ label, partitionKey: label, data: label }));

const scenarioOf = (members: object): Scenario =>
  parseScenario(JSON.stringify({ records: three, ...members }), { shownFile: "s.json", folder: null });

const slowFunctions: readonly (readonly [string, Pick<SimulateOptions, "functionOf">])[] = [
  ["scripted", {}],
  [
    "code",
    {
      functionOf: (limits) => createInlineFunction({ ...limits, handler: (_event, context) => context.sleep(20_000) }),
    },
  ],
];

describe("a crash", () => {
  test.for(slowFunctions)("a call under way ends with its process, and holds no concurrency: %s", async ([, slow]) => {
    const scenario = scenarioOf({
      handler: { do: "return", delay_s: 20 },
      setup: {
        source: { type: "kinesis-stream" },
        functions: [{ name: "function", timeout_s: 60, reserved_concurrency: 1 }],
      },
      mapping: { EventSourceArn: "${source.arn}", FunctionName: "function", StartingPosition: "TRIM_HORIZON" },
      steps: [
        ...started,
        { do: "send", records: ["r1"] },
        { do: "wait", seconds: 5 },
        { do: "crash", down_s: 1 },
        { do: "wait", seconds: 5 },
        drained,
      ],
      expect: { checkpoints: { 0: "r1" } },
    });
    const run = await simulateScenario(scenario, { seed: 1, ...slow });
    expect(run.differences).toEqual([]);
    const [cut, again, ...more] = run.calls;
    expect(more).toEqual([]);
    expect([cut?.endedAtMs, again?.startedAtMs]).toEqual([run.startedAtMs + 5_000, run.startedAtMs + 6_000]);
  });

  test("a new process has no warm environment", async () => {
    const scenario = scenarioOf({
      handler: { do: "return", cold_start_s: 1 },
      steps: [
        ...started,
        { do: "send", records: ["r1"] },
        { do: "wait-invocations", count: 1, within_s: 60 },
        { do: "send", records: ["r2"] },
        { do: "wait-invocations", count: 2, within_s: 60 },
        { do: "wait", seconds: 10 },
        { do: "crash" },
        { do: "send", records: ["r3"] },
        drained,
      ],
      expect: { invocations: { mode: "union", records: ["r1", "r2", "r3"] } },
    });
    const run = await simulateScenario(scenario, { seed: 1 });
    expect(run.differences).toEqual([]);
    expect(run.calls.map(({ startedAtMs, endedAtMs }) => endedAtMs - startedAtMs)).toEqual([1_002, 2, 1_002]);
  });
});
