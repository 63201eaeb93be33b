import { expect, test } from "vitest";
import { parseScenario } from "../../src/wiring/scenario-file.ts";
import { simulateScenario } from "../../src/wiring/simulate-scenario.ts";

test("a run may have more invocations than a call of a function may have arguments", async () => {
  const count = 130_000;
  const members = {
    setup: { source: { type: "kinesis-stream" }, functions: [{ name: "f" }] },
    mapping: { EventSourceArn: "${source.arn}", FunctionName: "f", StartingPosition: "TRIM_HORIZON", BatchSize: 1 },
    records: [{ generate: { label: "r", count } }],
    steps: [
      { do: "create-mapping" },
      { do: "wait-state", state: "Enabled" },
      { do: "send", records: ["r"] },
      { do: "wait-drained", within_s: 86_400 },
    ],
    expect: {},
  };
  const scenario = parseScenario(JSON.stringify(members), { shownFile: "s.json", folder: null });
  const run = await simulateScenario(scenario);
  expect(run.transcript.invocations).toHaveLength(count);
});
