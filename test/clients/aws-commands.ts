// The AWS command line, started once a test file: `aws_commands.py` forks what has been loaded for each command. A command's own process is
// what loads the command line otherwise, for most of its time.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { PythonClients } from "../../scripts/clients/python-clients.ts";
import type { ClientEnd } from "./run-client.ts";

export interface AwsCommands {
  /** Runs one; those asked for meanwhile wait. */
  run(words: readonly string[], options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Promise<ClientEnd>;
  stop(): Promise<void>;
}

export function startAwsCommands({ python, aws }: PythonClients): AwsCommands {
  const child: ChildProcess = spawn(python, [join(import.meta.dirname, "aws_commands.py")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting: PromiseWithResolvers<ClientEnd>[] = [];
  const closed = once(child, "close").then(() => {
    for (const each of waiting.splice(0)) each.reject(new Error("the AWS command line's process has ended"));
  });
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (line) =>
      waiting.shift()?.resolve(JSON.parse(line) as ClientEnd),
    );
  }
  return {
    async run(words, { cwd, env }) {
      const end = Promise.withResolvers<ClientEnd>();
      waiting.push(end);
      child.stdin?.write(`${JSON.stringify({ command: aws, words, cwd, env })}\n`);
      return await end.promise;
    },
    async stop() {
      child.stdin?.end();
      await closed;
    },
  };
}
