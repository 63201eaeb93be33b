// A process of its own that is killed with -9 in mid-work.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

/** What the victim, a file that is given `dir`, had printed in whole lines when it was killed. */
export async function acknowledgedBeforeKill(
  victim: URL,
  { dir, lineCount }: { readonly dir: string; readonly lineCount: number },
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [fileURLToPath(victim), dir], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === lineCount) child.kill("SIGKILL");
  }
  const [, signal] = await exited;
  expect(signal).toBe("SIGKILL");
  // The last line may be torn.
  return lines.slice(0, -1);
}
