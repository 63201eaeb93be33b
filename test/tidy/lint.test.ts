// The linter's settings are shown to find what they are for: planted faults in a folder of the same layout. A linter that
// reads nothing, or whose plug-in no longer knows a rule, passes everything.

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

const planted: Readonly<Record<string, string>> = {
  "src/core/pure.ts": `
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Clock } from "../ports/clock.ts";
import { b } from "./cycle.ts";
export type C = Clock;
export function a(): number {
  process.exit(1);
  setTimeout(() => {}, 1);
  return Date.now() + Math.random() + b() + z.length + readFileSync.length;
}`,
  "src/core/cycle.ts": 'import { a } from "./pure.ts";\nexport const b = (): number => a();\n',
  "src/ports/clock.ts": "export interface Clock { readonly nowMs: number }\n",
  "src/control/edge.ts": `
import { Redis } from "ioredis";
import { x } from "../../workers/store.ts";
type Kind = { readonly kind: "a" } | { readonly kind: "b" };
export async function go(kind: Kind, list: readonly number[]): Promise<void> {
  const client = new Redis();
  client.ping();
  list.forEach(async () => { await client.ping(); });
  switch (kind.kind) { case "a": break; }
  const y: any = x;
  console.log(y!);
}
export default go;`,
  "workers/store.ts": "export const x = 1;\n",
};

const expected: Readonly<Record<string, readonly string[]>> = {
  "src/core/pure.ts": [
    "eslint(no-restricted-globals)",
    "eslint(no-restricted-imports)",
    "eslint(no-restricted-properties)",
    "import(no-cycle)",
  ],
  "src/control/edge.ts": [
    "eslint(no-console)",
    "eslint(no-restricted-imports)",
    "import(no-default-export)",
    "typescript(no-explicit-any)",
    "typescript(no-floating-promises)",
    "typescript(no-misused-promises)",
    "typescript(no-non-null-assertion)",
    "typescript(switch-exhaustiveness-check)",
  ],
};

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-lint-"));
  await cp(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
  await cp(join(root, "tsconfig.json"), join(folder, "tsconfig.json"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [path, text] of Object.entries(planted)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("the linter finds each planted fault", async () => {
  const report = await lint(folder);
  expect(report.length).toBeGreaterThan(0);
  for (const [path, rules] of Object.entries(expected)) {
    const found = new Set(report.filter((problem) => problem.filename === path).map((problem) => problem.code));
    expect([...found].toSorted(), path).toEqual(expect.arrayContaining([...rules]));
  }
});

interface Problem {
  readonly filename: string;
  readonly code: string;
}

async function lint(cwd: string): Promise<readonly Problem[]> {
  const command = join(root, "node_modules", "oxlint", "bin", "oxlint");
  const output = await new Promise<string>((resolve) => {
    // It ends with 1, as it finds problems; what it says is what counts.
    execFile(process.execPath, [command, "-f", "json"], { cwd }, (_error, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(output) as { readonly diagnostics: readonly Problem[] };
  return diagnostics;
}
