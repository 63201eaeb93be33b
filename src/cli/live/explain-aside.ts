// `millrace explain` for the live view, in a process of its own: it reads the whole journal, and what it tells of must not wait for it.

import { execFile } from "node:child_process";

const MOST_MS = 60_000;
const MOST_BYTES = 16_000_000;

/** What the command says, also where it says that nothing is called so. Never rejects. */
export function createExplainAside(given: {
  /** The command's own file. */
  readonly commandFile: string;
  readonly stateDir: string;
  readonly url: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}): (about: string) => Promise<string> {
  const { commandFile, stateDir, url, env } = given;
  return (about) =>
    new Promise((resolve) => {
      // What is asked comes last and is never taken for an option.
      const words = [commandFile, "explain", "--state", stateDir, "--endpoint", url, "--", about];
      const options = { env: { ...env, NO_COLOR: "1" }, timeout: MOST_MS, maxBuffer: MOST_BYTES };
      execFile(process.execPath, words, options, (error, out, errors) => {
        const text = `${out}${errors}`.trimEnd();
        resolve(text === "" ? (error?.message ?? "it has nothing to tell") : text);
      });
    });
}
