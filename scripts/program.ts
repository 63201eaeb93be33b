// Runs one of the project's tools under the Node that runs us, its output shown as it comes, and says how it ended. A tool
// that is running when we are told to stop is told so too; whoever called decides what to do then.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");

/** Commands that are not called like their package. */
const packages: Readonly<Record<string, string>> = { tsc: "typescript", biome: "@biomejs/biome" };

const running = new Set<ChildProcess>();

/** Exit code of the tool; 1 if a signal ended it. `tool` is a command of an installed package. */
export function runTool(tool: string, words: readonly string[]): Promise<number> {
  return runNode([commandOf(tool), ...words]);
}

/** Exit code of a file run by our own Node; 1 if a signal ended it. */
export async function runNode(words: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, words, { cwd: root, stdio: "inherit" });
  running.add(child);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 1));
    });
  } finally {
    running.delete(child);
  }
}

/** Passes a signal on to what runs. */
export function signalTools(name: NodeJS.Signals): void {
  for (const child of running) child.kill(name);
}

/** The file behind a command, from its package's own manifest. */
function commandOf(tool: string): string {
  const folder = join(root, "node_modules", ...(packages[tool] ?? tool).split("/"));
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly bin: string | Readonly<Record<string, string>>;
  };
  const file = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[tool];
  if (file === undefined) throw new Error(`${tool} has no command of that name`);
  return join(folder, file);
}
