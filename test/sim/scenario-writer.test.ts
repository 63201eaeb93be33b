// A scenario that is written and read again is the same.

import { globSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith } from "../config/folder.ts";
import { scenarioText } from "../../src/sim/scenario-writer.ts";
import { parseScenario, readScenario } from "../../src/wiring/scenario-file.ts";

const root = join(import.meta.dirname, "..", "scenarios");

test.each(globSync("{api,kinesis,dynamodb,sqs}/*.json", { cwd: root }))("%s", (file) => {
  const scenario = readScenario(join(root, file));
  const { folder } = scenario;
  expect(parseScenario(scenarioText(scenario), { shownFile: "other.json", folder })).toEqual(scenario);
});

test("generators, faults, seed, beginning and a handler's file, which is named from the new file's folder", () => {
  const app = folderWith({ "handlers/orders.ts": "" });
  const text = JSON.stringify({
    seed: 7,
    starts_at: "2026-11-29T12:00:00.123Z",
    handler: { file: "handlers/orders.ts", export: "process" },
    records: [{ generate: { label: "r", count: 3, rate: 5 } }, { label: "x", data: "{}", at_s: 2 }],
    faults: [{ kind: "outage", at_s: 1, for_s: 5 }],
    steps: [{ do: "create-mapping" }, { do: "send", records: ["r", "x"], background: true }],
    expect: { given_up: [] },
  });
  const scenario = parseScenario(text, { shownFile: "a.json", folder: app });
  const again = parseScenario(scenarioText(scenario, join(app, "sim")), {
    shownFile: "b.json",
    folder: join(app, "sim"),
  });
  expect(again).toEqual({
    ...scenario,
    folder: join(app, "sim"),
    handler: { file: "../handlers/orders.ts", export: "process" },
  });
});

test("a record a line", () => {
  const scenario = parseScenario('{"records": [{"label": "r1"}, {"label": "r2"}]}', {
    shownFile: "a.json",
    folder: null,
  });
  expect(scenarioText(scenario)).toContain(
    '\n "records": [\n  {"label":"r1","partitionKey":"r1"},\n  {"label":"r2","partitionKey":"r2"}\n ],\n',
  );
});
