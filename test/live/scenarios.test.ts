import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runScenarios } from "../../src/cli/scenarios-command.ts";
import { readScenario } from "../../src/wiring/scenario-file.ts";

const root = join(import.meta.dirname, "..", "scenarios");

/** The folder's scenarios but those in which minutes pass: they run under virtual time, and by hand. */
function withoutLongClock(folder: string): string {
  const chosen = mkdtempSync(join(tmpdir(), "millrace-scenarios-"));
  onTestFinished(() => rmSync(chosen, { recursive: true, force: true }));
  for (const file of readdirSync(join(root, folder))) {
    const path = join(root, folder, file);
    if (!readScenario(path).requires.includes("long-clock")) copyFileSync(path, join(chosen, file));
  }
  return chosen;
}

test("recorded Kinesis and API scenarios pass live, through the public API of a real server", async () => {
  const lines: string[] = [];
  const terminal = { cwd: process.cwd(), write: (text: string) => void lines.push(text) };
  const kinesis = await runScenarios(withoutLongClock("kinesis"), { live: true }, terminal);
  const api = await runScenarios(withoutLongClock("api"), { live: true }, terminal);
  expect(kinesis, lines.join("")).toEqual({ passed: 13, failed: 0, skipped: 0 });
  // API scenarios of kinds of source that are not built are skipped, each with its reason.
  expect(api, lines.join("")).toEqual({ passed: 6, failed: 0, skipped: 9 });
});
