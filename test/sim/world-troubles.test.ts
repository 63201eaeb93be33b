// What goes wrong in a world while something else does: outages and throttles that overlap, crashes and merges of two origins, clocks
// that are set while a step waits.

import { describe, expect, test } from "vitest";
import type { Scenario } from "../../src/sim/scenario.ts";
import { parseScenario } from "../../src/wiring/scenario-file.ts";
import { type SimulatedRun, simulateScenario } from "../../src/wiring/simulate-scenario.ts";

const started = [{ do: "create-mapping" }, { do: "wait-state", state: "Enabled" }];
const drained = { do: "wait-drained", within_s: 86_400 };
const records = ["r1", "r2", "r3"].map((label) => ({ label, partitionKey: label, data: label }));
const each = { mode: "union", records: ["r1", "r2", "r3"] };

const scenarioOf = (members: object): Scenario =>
  parseScenario(JSON.stringify({ records, ...members }), { shownFile: "s.json", folder: null });

const ran = (members: object): Promise<SimulatedRun> => simulateScenario(scenarioOf(members), { seed: 1 });

const startsOf = ({ transcript, startedAtMs }: SimulatedRun): readonly number[] =>
  transcript.invocations.map(({ start_ms }) => (start_ms - startedAtMs) / 1_000);

describe("troubles of a world", () => {
  test("two outages at once: each has its own time", async () => {
    const run = await ran({
      steps: [
        ...started,
        { do: "outage", seconds: 60 },
        { do: "outage", seconds: 10 },
        { do: "send", records: ["r1", "r2", "r3"] },
        drained,
      ],
      expect: { invocations: each },
    });
    expect(run.differences).toEqual([]);
    expect(startsOf(run)[0]).toBeGreaterThanOrEqual(60);
  });

  test("an outage's end brings back no stream that was deleted meanwhile", async () => {
    const run = await ran({
      steps: [
        ...started,
        { do: "outage", seconds: 10 },
        { do: "send", records: ["r1"] },
        { do: "delete-source" },
        { do: "wait", seconds: 100 },
      ],
    });
    expect(run.calls).toEqual([]);
  });

  test("of two throttles in a row the second counts, and what was before both comes back", async () => {
    const run = await ran({
      steps: [
        ...started,
        { do: "throttle", seconds: 30 },
        { do: "wait", seconds: 20 },
        { do: "throttle", seconds: 30 },
        { do: "send", records: ["r1", "r2", "r3"] },
        drained,
      ],
      expect: { invocations: each },
    });
    expect(run.differences).toEqual([]);
    expect(startsOf(run)[0]).toBeGreaterThanOrEqual(50);
    expect(startsOf(run)[0]).toBeLessThan(120);
  });

  test("a wait is as long as it says, though a fault sets the wall clock in the midst of it", async () => {
    const run = await ran({
      steps: [...started, { do: "wait", seconds: 60 }, { do: "send", records: ["r1"] }, drained],
      faults: [
        { kind: "clock-jump", at_s: 10, by_s: 3_600 },
        { kind: "clock-set-back", at_s: 3_620, by_s: 7_200 },
      ],
    });
    expect(run.befallen).toHaveLength(2);
    expect(run.elapsedMs).toBeGreaterThanOrEqual(60_000);
    expect(run.elapsedMs).toBeLessThan(61_000);
  });

  test("a crash step is no crash of the faults: the process ends there, for as long as the step says", async () => {
    const run = await ran({
      handler: { do: "return", delay_s: 2 },
      steps: [
        ...started,
        { do: "send", records: ["r1"] },
        { do: "wait", seconds: 1 },
        { do: "crash", down_s: 30 },
        drained,
      ],
      faults: [{ kind: "crash", process: 1, at_call: 1_000_000 }],
    });
    expect(run.befallen).toEqual([]);
    expect(startsOf(run).at(-1)).toBeGreaterThanOrEqual(31);
  });

  test("a planned merge takes neighbours in either order, and befalls no others", async () => {
    const shards = ["shardId-000000000000", "shardId-000000000001", "shardId-000000000002"];
    const merged = (one: number, other: number): Promise<SimulatedRun> =>
      ran({
        setup: { source: { type: "kinesis-stream", shards: 3 }, functions: [{ name: "function" }] },
        mapping: { EventSourceArn: "${source.arn}", FunctionName: "function", StartingPosition: "TRIM_HORIZON" },
        steps: [...started, { do: "wait", seconds: 10 }, { do: "send", records: ["r1", "r2", "r3"] }, drained],
        faults: [{ kind: "merge", at_s: 5, shards: [shards[one], shards[other]] }],
        expect: { invocations: each },
      });
    const [upperFirst, apart] = [await merged(1, 0), await merged(0, 2)];
    expect(upperFirst.differences).toEqual([]);
    expect(upperFirst.befallen).toHaveLength(1);
    expect(apart.differences).toEqual([]);
    expect(apart.befallen).toEqual([]);
  });
});
