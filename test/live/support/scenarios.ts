// A folder of recorded scenarios, run live: those in which minutes pass are left out, as they run under virtual time, and by hand.

import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { runScenarios } from "../../../src/cli/scenarios-command.ts";
import { readScenario } from "../../../src/wiring/scenario-file.ts";

const root = join(import.meta.dirname, "..", "..", "scenarios");

/** Each server of this process has its state directory released when that exits: two folders at once have twelve, and those that close. */
process.setMaxListeners(40);

function withoutLongClock(folder: string): string {
  const chosen = mkdtempSync(join(tmpdir(), "millrace-scenarios-"));
  onTestFinished(() => rmSync(chosen, { recursive: true, force: true }));
  for (const file of readdirSync(join(root, folder))) {
    const path = join(root, folder, file);
    if (!readScenario(path).requires.includes("long-clock")) copyFileSync(path, join(chosen, file));
  }
  return chosen;
}

/** Of a test: other files run beside it. */
export const LONG = { timeout: 300_000 } as const;

type Ran = Awaited<ReturnType<typeof runScenarios>>;

/** With what was printed. */
export async function ran(
  folder: string,
  options: { readonly redis?: string } = {},
): Promise<{ counts: Ran; lines: string }> {
  const lines: string[] = [];
  const terminal = { cwd: process.cwd(), write: (text: string) => void lines.push(text) };
  const counts = await runScenarios(withoutLongClock(folder), { live: true, ...options }, terminal);
  return { counts, lines: lines.join("") };
}
