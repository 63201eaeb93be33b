// Options that several commands share, and how they are read. A value that cannot be is told in the form of all errors.

import { relative, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { CliOptions, LoadOptions } from "../config/config.ts";

/** What any command needs of the process. */
export interface Terminal {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It has to be a whole number, ${min} to ${max.toLocaleString("en-US")}.`);
    }
    return value;
  };
}

export const parsePort = wholeNumber(0, 65_535);

export interface PlaceFlags {
  readonly config?: string;
  readonly state?: string;
  readonly host?: string;
  readonly port?: number;
  readonly transitionsMs?: number;
}

export function withConfigFlag(command: Command): Command {
  return command.option(
    "--config <file>",
    "configuration file; else millrace.config.* of the current folder, if there",
  );
}

export function withStateFlag(command: Command): Command {
  return command.option("--state <dir>", "state directory (default: .millrace)");
}

/** A folder as people see it: from the current one, where it is inside. */
export function shownFolder(folder: string, { cwd }: Terminal): string {
  const near = relative(cwd, folder);
  return near.startsWith("..") ? folder : near || ".";
}

export function loadOptionsOf(flags: PlaceFlags, terminal: Terminal): LoadOptions {
  const cliOptions: CliOptions = {
    host: flags.host ?? null,
    port: flags.port ?? null,
    stateDir: flags.state === undefined ? null : resolve(terminal.cwd, flags.state),
    transitionsMs: flags.transitionsMs ?? null,
  };
  return { file: flags.config ?? null, cwd: terminal.cwd, env: terminal.env, cliOptions };
}
