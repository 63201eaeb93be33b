// Runs boto3 and the AWS CLI against a live server, as their users do: AWS_ENDPOINT_URL and some credentials are all that is set. Whatever
// they would send elsewhere meets a proxy that is not there.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { type PythonClients, pythonClients } from "../../scripts/clients/python-clients.ts";
import { type AwsCommands, startAwsCommands } from "./aws-commands.ts";

const NOBODY = "http://127.0.0.1:9";
const INSTALL_WITHIN_MS = 660_000;

export interface ClientEnd {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

export interface ClientRuns {
  /** `aws WORDS`, forked from one that is loaded. */
  aws(...words: readonly string[]): Promise<ClientEnd>;
  /** `aws WORDS` as a shell starts it, in half a second of computing. */
  awsAlone(...words: readonly string[]): Promise<ClientEnd>;
  /** A script of this folder. */
  python(script: string): Promise<ClientEnd>;
  /** The same with a boto3 of before SQS spoke JSON. */
  olderPython(script: string): Promise<ClientEnd>;
  /** A folder of its own, in which they run. */
  readonly folder: string;
}

/** Call once a file, outside its tests: where there is no Python each test of the file fails with the way to mend it. */
export function useClients(): (url: string) => ClientRuns {
  let clients: PythonClients | null = null;
  beforeAll(async () => {
    clients = await pythonClients((line) => void process.stdout.write(`clients: ${line}\n`)).catch((error: unknown) => {
      if (error instanceof Error && "help" in error) error.message += `\nhelp: ${String(error.help)}`;
      throw error;
    });
  }, INSTALL_WITHIN_MS);
  let commands: AwsCommands | null = null;
  afterAll(() => commands?.stop());
  return (url) => {
    if (clients === null) throw new Error("the clients are not there yet");
    const found = clients;
    const { python, aws, older } = found;
    const folder = mkdtempSync(join(tmpdir(), "millrace-clients-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const env = {
      PATH: process.env["PATH"],
      HOME: folder,
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "any",
      AWS_SECRET_ACCESS_KEY: "any",
      AWS_DEFAULT_REGION: "us-east-1",
      HTTP_PROXY: NOBODY,
      HTTPS_PROXY: NOBODY,
      NO_PROXY: "127.0.0.1",
    };
    return {
      folder,
      aws: (...words) => {
        commands ??= startAwsCommands(found);
        return commands.run(words, { cwd: folder, env });
      },
      awsAlone: (...words) => ended(python, [aws, ...words], { cwd: folder, env }),
      python: (script) => ended(python, [join(import.meta.dirname, script)], { cwd: folder, env }),
      olderPython: (script) =>
        ended(python, [join(import.meta.dirname, script)], { cwd: folder, env: { ...env, PYTHONPATH: older } }),
    };
  };
}

function ended(
  file: string,
  words: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
) {
  return new Promise<ClientEnd>((resolve, reject) => {
    execFile(file, words, options, (error, out, errorText) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve({ code: Number(error?.code ?? 0), out, error: errorText });
    });
  });
}
