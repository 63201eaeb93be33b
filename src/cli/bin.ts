#!/usr/bin/env node
// The command `millrace`: hands the process to the command line, which does everything else.

import { enableCompileCache } from "node:module";

enableCompileCache();
const { runCommandLine } = await import("./program.ts");

// A reader that has gone (`| head`) is no failure of ours.
process.stdout.on("error", () => process.exit());

await runCommandLine(process.argv.slice(2), {
  terminal: {
    cwd: process.cwd(),
    env: process.env,
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  },
  screen: process.stdout.isTTY
    ? {
        output: process.stdout,
        input: process.stdin.isTTY ? process.stdin : null,
        errors: process.stderr.isTTY ? process.stderr : null,
      }
    : null,
  platform: process.platform,
  commandFile: process.argv[1] ?? process.cwd(),
  exit: (code) => {
    process.exitCode = code;
    process.stdout.write("", () => process.exit(code));
  },
});
