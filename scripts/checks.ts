// The checks that are no tests: types, lint, format, and what nothing uses. Each says by itself what is wrong; here they are
// run one after the other and counted.

import { runTool } from "./program.ts";

interface Check {
  readonly name: string;
  readonly tool: string;
  readonly words: readonly string[];
}

const checks: readonly Check[] = [
  { name: "types", tool: "tsc", words: ["--project", "."] },
  { name: "types of the pages", tool: "tsc", words: ["--project", "src/page"] },
  { name: "lint", tool: "oxlint", words: ["--deny-warnings", "--report-unused-disable-directives"] },
  { name: "format", tool: "biome", words: ["format", "."] },
  { name: "unused files and dependencies", tool: "knip", words: ["--no-progress", "--no-config-hints"] },
];

export interface CheckCounts {
  readonly passedCount: number;
  readonly failedCount: number;
}

export async function runChecks(): Promise<CheckCounts> {
  let passedCount = 0;
  for (const check of checks) {
    const startedMs = performance.now();
    const code = await runTool(check.tool, check.words);
    const tookMs = Math.round(performance.now() - startedMs);
    console.log(`check: ${check.name}: ${code === 0 ? "ok" : "FAILED"} (${tookMs} ms)`);
    if (code === 0) passedCount += 1;
  }
  return { passedCount, failedCount: checks.length - passedCount };
}
