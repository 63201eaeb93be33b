// Runs `millrace` in a process of its own, as a user does, in a folder of its own.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export const bin = join(import.meta.dirname, "..", "..", "src", "cli", "bin.ts");

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

export interface Running {
  /** Resolves with the first line that matches; rejects when the process ends before. */
  line(pattern: RegExp): Promise<string>;
  /** The same of standard error. */
  errorLine(pattern: RegExp): Promise<string>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** Variables of the surroundings that would change what is tested are left out. */
function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:MILLRACE_|FORCE_COLOR$|VITEST)/.test(name));
  return { ...Object.fromEntries(own), NO_COLOR: "1", LC_ALL: "C.UTF-8", ...more };
}

export function startCommand(
  cwd: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  return startFile(bin, cwd, words, env);
}

/** The same of any file that Node runs. */
export function startFile(
  file: string,
  cwd: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(process.execPath, [file, ...words], {
    cwd,
    env: environment(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let error = "";
  const waiting = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    for (const look of waiting) look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    error += text;
    for (const look of waiting) look();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => resolve({ code, out, error }));
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const lineIn = (text: () => string, pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = text()
          .split("\n")
          .find((line) => pattern.test(line));
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`it ended without a line like ${String(pattern)}:\n${out}${error}`)));
    });
  return {
    ended,
    signal: (name) => void child.kill(name),
    line: (pattern) => lineIn(() => out, pattern),
    errorLine: (pattern) => lineIn(() => error, pattern),
  };
}

export function runCommand(
  cwd: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return startCommand(cwd, words, env).ended;
}
