import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

test("docs/honoured.md is what the mapping table says", () => {
  const run = (): string =>
    execFileSync(process.execPath, ["scripts/honoured.ts", "--check"], { encoding: "utf8", stdio: "pipe" });
  expect(run).not.toThrow();
});
