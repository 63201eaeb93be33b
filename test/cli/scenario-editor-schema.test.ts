// The JSON Schema of scenario files: current, of one definition with what reads them, and without our own notes.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scenarioEditorSchema, scenarioSchemaText } from "../../src/cli/scenario-editor-schema.ts";
import { stepSchema } from "../../src/sim/scenario-step-schema.ts";
import { parseScenario } from "../../src/wiring/scenario-file.ts";

test("docs/millrace.scenario.schema.json is current (node scripts/scenario-schema.ts)", () => {
  const file = join(import.meta.dirname, "..", "..", "docs", "millrace.scenario.schema.json");
  expect(readFileSync(file, "utf8")).toBe(scenarioSchemaText());
});

test("every step is there with its members, and nothing else is let in", () => {
  const text = scenarioSchemaText();
  for (const { shape } of stepSchema.options) expect(text).toContain(`"const": "${shape.do.value}"`);
  expect(text).not.toContain('"x-');
  expect(scenarioEditorSchema()).toMatchObject({
    $schema: "http://json-schema.org/draft-07/schema#",
    additionalProperties: false,
    properties: {
      $schema: { type: "string" },
      seed: { description: expect.stringMatching(/\(whole number, 0 to 4,294,967,295\)$/) },
      mapping: { properties: { BatchSize: {}, FunctionName: {} } },
    },
  });
});

test("a file may name its schema", () => {
  const text = '{"$schema": "../node_modules/millrace/docs/millrace.scenario.schema.json", "id": "a"}';
  expect(parseScenario(text, { shownFile: "a.json", folder: null }).id).toBe("a");
});
