// A scenario as a function of itself and its seed.

import { join } from "node:path";
import { expect, test } from "vitest";
import { parseScenario, readScenario } from "../../src/wiring/scenario-file.ts";
import { type SimulatedRun, simulateScenario } from "../../src/wiring/simulate-scenario.ts";

const poison = join(import.meta.dirname, "..", "scenarios", "kinesis", "kinesis-exhausted-to-sqs.json");

test("the same scenario and seed have the same journal and digest; another seed has another", async () => {
  const scenario = readScenario(poison);
  const first = await simulateScenario(scenario, { seed: 7 });
  const again = await simulateScenario(scenario, { seed: 7 });
  const other = await simulateScenario(scenario, { seed: 8 });
  expect(first.differences).toEqual([]);
  expect(first.entries.length).toBeGreaterThan(5);
  expect({ ...again, records: [...again.records()] }).toEqual({ ...first, records: [...first.records()] });
  expect(again.calls.map(({ eventText }) => eventText)).toEqual(first.calls.map(({ eventText }) => eventText));
  expect(JSON.stringify([...again.transcript.sent.byLabel()])).toBe(
    JSON.stringify([...first.transcript.sent.byLabel()]),
  );
  expect(other.digest).not.toBe(first.digest);
});

const run = (text: string): Promise<SimulatedRun> =>
  simulateScenario(parseScenario(text, { shownFile: "s.json", folder: null }));
const RECORDS = '"records": [{"label": "a", "partitionKey": "k", "data": "d"}]';

test("what the API refuses fails a run that does not expect it, with the API's own text", async () => {
  const { differences } = await run(`{${RECORDS},
    "mapping": {"EventSourceArn": "\${source.arn}", "FunctionName": "function", "StartingPosition": "LATEST", "BatchSize": 0},
    "steps": [{"do": "create-mapping", "name": "made"}, {"do": "send", "records": ["a"]}, {"do": "wait-drained"}]}`);
  expect(differences).toEqual([
    "made: refused with ValidationException (400): 1 validation error detected: Value '0' at 'batchSize' failed to satisfy " +
      "constraint: Member must have value greater than or equal to 1",
  ]);
});

test("a name in a call that nothing fills in ends the steps there", async () => {
  const { differences } = await run(`{${RECORDS}, "mapping": {"EventSourceArn": "\${source.arm}"}}`);
  expect(differences).toEqual([
    expect.stringMatching(/^create-mapping: nothing is named \$\{source\.arm\}; there are .*source\.arn/),
  ]);
});

test("a file without steps says of source, function and mapping only what is not as usual", async () => {
  const { differences, calls } = await run(`{${RECORDS},
    "setup": {"functions": [{"name": "f"}]}, "mapping": {"BatchSize": 7}, "expect": {"batches": {"count": 1}}}`);
  expect(differences).toEqual([]);
  expect(calls).toHaveLength(1);
});
