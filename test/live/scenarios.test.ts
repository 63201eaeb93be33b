import { join } from "node:path";
import { expect, test } from "vitest";
import { runScenarios } from "../../src/cli/scenarios-command.ts";

const folder = (name: string): string => join(import.meta.dirname, "..", "scenarios", name);

test("recorded Kinesis and API scenarios pass live, through the public API of a real server", async () => {
  const lines: string[] = [];
  const terminal = { write: (text: string) => void lines.push(text) };
  const kinesis = await runScenarios(folder("kinesis"), { live: true }, terminal);
  const api = await runScenarios(folder("api"), { live: true }, terminal);
  expect([kinesis.failed, api.failed], lines.join("")).toEqual([0, 0]);
  // Two Kinesis scenarios wait for minutes and run under virtual time; API scenarios of kinds that are not built are named.
  expect(kinesis).toEqual({ passed: 13, failed: 0, skipped: 2 });
  expect(api.passed).toBe(5);
});
