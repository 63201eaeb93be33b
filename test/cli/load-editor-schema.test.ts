// The JSON Schema of load plans: current, of one definition with what reads them, and without our own notes.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { planEditorSchema, planSchemaText } from "../../src/cli/load/plan-editor-schema.ts";
import { loadPlanFile } from "../../src/wiring/load/plan-file.ts";

const root = join(import.meta.dirname, "..", "..");

test("docs/millrace.load.schema.json is current (node scripts/load-schema.ts)", () => {
  expect(readFileSync(join(root, "docs", "millrace.load.schema.json"), "utf8")).toBe(planSchemaText());
});

test("members of the mapping are filled in, and our own notes are words", () => {
  expect(planSchemaText()).not.toContain('"x-');
  expect(planEditorSchema()).toMatchObject({
    required: ["source", "send"],
    properties: {
      seed: { description: expect.stringMatching(/\(whole number, 0 to 4,294,967,295\)$/) },
      mapping: { properties: { ScalingConfig: { type: "object" } } },
    },
  });
});

test("the example's plan is one, for editors and for us", async () => {
  const file = join(root, "examples", "load", "orders.plan.yaml");
  const isValid = new Ajv({ strict: false }).compile(planEditorSchema());
  expect(isValid(parse(readFileSync(file, "utf8")))).toBe(true);
  expect(isValid({ source: "kinesis:a" })).toBe(false);
  expect(await loadPlanFile(file, { cwd: root })).toMatchObject({ name: "orders", source: { shards: 4 } });
});
