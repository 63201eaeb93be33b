// `millrace replay run.mrec --shrink` in a folder of its own, with files beside the recording.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runReplayCommand } from "../../src/cli/replay-command.ts";
import type { ReplayFlags } from "../../src/cli/replay/replay-flags.ts";
import { aFolder } from "../live/support/live-server.ts";

export async function shrunk(recording: string, flags: ReplayFlags, files: Readonly<Record<string, string>> = {}) {
  const cwd = aFolder();
  writeFileSync(join(cwd, "run.mrec"), recording);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  let out = "";
  const write = (text: string): void => {
    out += text;
  };
  const terminal = { cwd, env: { LC_ALL: "C.UTF-8" }, write, writeError: write };
  const code = await runReplayCommand("run.mrec", flags, { terminal, columns: 80 });
  return { code, out, cwd };
}
