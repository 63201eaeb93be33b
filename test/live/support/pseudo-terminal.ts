// A command on a pseudo terminal, and the screen that a person would see. Python's standard library brings the terminal.

import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { bin } from "../../cli/run-command.ts";
import { createTestScreen, type TestScreen } from "../../cli/live/screen.ts";

const MOST_MS = 40_000;

export const hasPython = spawnSync("python3", ["-c", "import pty"]).status === 0;

export interface Fact {
  readonly stopped?: true;
  /** Exit code, or minus the signal's number. */
  readonly ended?: number;
  /** The terminal echoes and gathers lines, as for a shell. */
  readonly mode: boolean;
}

export interface OnTerminal {
  readonly screen: TestScreen;
  /** All that was written, escape sequences included. */
  written(): string;
  type(text: string): void;
  signal(number: number): void;
  /** Resolves once the screen satisfies `isSo`; rejects, with the screen, when the command ends before. */
  until(isSo: (screen: TestScreen) => boolean): Promise<void>;
  fact(isSo: (fact: Fact) => boolean): Promise<Fact>;
}

/** `millrace` with these words, in `cwd`. */
export function onTerminal(
  cwd: string,
  words: readonly string[],
  given: {
    readonly columns: number;
    readonly rows: number;
    /** How large it really is, where it does not tell. */
    readonly screen?: { readonly columns: number; readonly rows: number };
    readonly env?: Readonly<Record<string, string>>;
  },
): OnTerminal {
  const script = join(import.meta.dirname, "pseudo_terminal.py");
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:MILLRACE_|NO_COLOR$|FORCE_COLOR$|VITEST|CI$|LC_|LANG)/.test(name),
  );
  const env = { ...Object.fromEntries(own), TERM: "xterm-256color", LC_ALL: "C.UTF-8", ...given.env };
  const size = [String(given.columns), String(given.rows)];
  const child = spawn("python3", [script, ...size, process.execPath, bin, ...words], { cwd, env });
  const screen = createTestScreen((given.screen ?? given).columns, (given.screen ?? given).rows);
  let written = "";
  const facts: Fact[] = [];
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const each of waiting) each();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written += text;
    screen.write(text);
    look();
  });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    told += text;
    const lines = told.split("\n");
    told = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("{")) facts.push(JSON.parse(line) as Fact);
    look();
  });
  let isEnded = false;
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  void ended.then(() => {
    isEnded = true;
    look();
  });
  const ask = (command: object): void => void child.stdin.write(`${JSON.stringify(command)}\n`);
  onTestFinished(async () => {
    if (!isEnded) ask({ signal: 9 });
    await ended;
  });

  function wait<T>(found: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const each = (): void => {
        const value = found();
        if (value !== undefined) {
          waiting.delete(each);
          resolve(value);
        } else if (isEnded) {
          waiting.delete(each);
          reject(new Error(`it ended before that; the screen:\n${screen.all().join("\n")}`));
        }
      };
      // Sooner than the test's own limit, so that the screen is told.
      setTimeout(() => {
        if (!waiting.delete(each)) return;
        reject(new Error(`it did not come to that; the screen:\n${screen.all().join("\n")}`));
      }, MOST_MS).unref();
      waiting.add(each);
      each();
    });
  }

  return {
    screen,
    written: () => written,
    type: (text) => ask({ type: text }),
    signal: (number) => ask({ signal: number }),
    // A picture is looked at once it is whole.
    until: async (isSo) => void (await wait(() => (!screen.isHeldBack && isSo(screen) ? true : undefined))),
    fact: (isSo) => wait(() => facts.find(isSo)),
  };
}
