// A temporary folder with the files of one test, and the configuration read from there.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { errorForm } from "../../src/cli/error-report.ts";
import type { CliOptions, Config, Environment } from "../../src/config/config.ts";
import { ConfigErrors } from "../../src/config/config-errors.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { MillraceError } from "../../src/errors.ts";

export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export interface Around {
  readonly file?: string;
  readonly env?: Environment;
  readonly cli?: Partial<CliOptions>;
}

export function load(cwd: string, { file, env = {}, cli = {} }: Around = {}): Promise<Config> {
  const cliOptions = { host: null, port: null, stateDir: null, ...cli };
  return loadConfig({ file: file ?? null, cwd, env, cliOptions });
}

/** What a person reads of a configuration that is refused; fails where it is not. */
export async function refusal(cwd: string, around: Around = {}): Promise<string> {
  try {
    await load(cwd, around);
  } catch (error) {
    if (error instanceof ConfigErrors) return error.errors.map((each) => errorForm(each)).join("");
    if (error instanceof MillraceError) return errorForm(error);
    throw error;
  }
  throw new Error("the configuration was taken");
}
