import { expect, test } from "vitest";
import { parseScenario } from "../../src/wiring/scenario-file.ts";
import { simulateScenario } from "../../src/wiring/simulate-scenario.ts";
import { aHouse } from "../runtime/told-house.ts";

const DAY_S = 86_400;

test("a shard that is blocked for a day costs its retries, and nothing between them", async () => {
  const scenario = parseScenario(
    JSON.stringify({
      mapping: { MaximumRecordAgeInSeconds: DAY_S },
      handler: { do: "throw", message: "no" },
      records: [{ label: "bad", partitionKey: "k", data: "d" }],
      expect: { given_up: { bad: "RecordAgeExceeded" } },
    }),
    { shownFile: "s.json", folder: null },
  );
  let eventCount = 0;

  const { differences, calls, elapsedMs } = await simulateScenario(scenario, { onEvent: () => (eventCount += 1) });

  expect(differences).toEqual([]);
  expect(elapsedMs).toBeGreaterThanOrEqual(DAY_S * 1_000);
  expect(calls.length).toBeGreaterThan(1_000);
  expect(eventCount).toBeLessThan(10 * calls.length);
});

test("H-12: what a mapping has last met is shown a quarter of a second later, and stays", async () => {
  const scenario = parseScenario(
    JSON.stringify({
      handler: { do: "throw", message: "no", until_s: 5 },
      records: [{ label: "a", partitionKey: "k", data: "d" }],
      steps: [
        { do: "create-mapping" },
        { do: "wait-state", state: "Enabled" },
        { do: "call", op: "GetEventSourceMapping", name: "before", params: { UUID: "${mapping.uuid}" } },
        { do: "send", records: ["a"] },
        { do: "wait", seconds: 0.3 },
        { do: "call", op: "GetEventSourceMapping", name: "failed", params: { UUID: "${mapping.uuid}" } },
        { do: "wait-drained" },
        { do: "wait", seconds: 0.3 },
        { do: "call", op: "GetEventSourceMapping", name: "done", params: { UUID: "${mapping.uuid}" } },
        { do: "wait", seconds: 3_600 },
        { do: "call", op: "GetEventSourceMapping", name: "later", params: { UUID: "${mapping.uuid}" } },
      ],
    }),
    { shownFile: "s.json", folder: null },
  );

  const { transcript } = await simulateScenario(scenario);

  expect(
    Object.entries(transcript.responses).map(([name, { body }]) => [name, Object(body).LastProcessingResult]),
  ).toEqual([
    ["mapping", "No records processed"],
    ["before", "No records processed"],
    ["failed", "PROBLEM: Function call failed"],
    ["done", "OK"],
    ["later", "OK"],
  ]);
});

test("a wait for an instant is over at it, though nothing happens until then", async () => {
  const { house } = await aHouse();
  const untilMs = house.nowMs() + 60_000;

  expect(await house.waitUntil(() => house.nowMs() >= untilMs, 60_000)).toBe(true);
  expect(house.nowMs()).toBe(untilMs);
  expect(await house.waitUntil(() => false, 60_000)).toBe(false);
  expect(house.nowMs()).toBe(untilMs + 60_000);
});
