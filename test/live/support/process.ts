// A server as a process of its own, by the command line, that can be killed.

import { expect } from "vitest";
import { type Running, startCommand } from "../../cli/run-command.ts";

export interface Process {
  readonly url: string;
  readonly running: Running;
  /** SIGKILL; resolves once the process is gone, with what it had printed. */
  kill(): Promise<string>;
}

/** With the configuration and the state in `folder`. Port 0: a free one. */
export async function started(folder: string, port = 0, more: readonly string[] = []): Promise<Process> {
  const words = ["start", "--port", String(port), "--state", "state", "--json", ...more];
  const running = startCommand(folder, words);
  const { url } = JSON.parse(await running.line(/"kind":"ready"/)) as { readonly url: string };
  return {
    url,
    running,
    async kill() {
      running.signal("SIGKILL");
      const { code, out } = await running.ended;
      expect(code).toBe(null);
      return out;
    },
  };
}
