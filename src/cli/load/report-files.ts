// The files that `millrace load` writes and reads beside its plan: the report, and results that are kept for a comparison. What cannot be
// written or read is told before the run and not after it.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { MillraceError } from "../../errors.ts";
import type { ComparedReport } from "../../load/compared-report.ts";
import { readSavedReport } from "../../load/compare/saved-report.ts";
import { forShell } from "../carried-flags.ts";

/** Absolute. Throws `bad-argument` where its folder is not there, or it is a folder itself. */
export function writablePath(named: string, cwd: string): string {
  const path = resolve(cwd, named);
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new MillraceError("bad-argument", `the folder of ${named} is not there`, {
      help: `mkdir -p ${forShell(dirname(named))}`,
    });
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return path;
  throw new MillraceError("bad-argument", `${named} is a folder: a file is to be written`);
}

/** Throws `state-broken`: the disk is full, or the folder is not ours. */
export function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("state-broken", `cannot write ${path}: ${reason}`, { cause });
  }
}

/** What `--save` or `--json` has written. Throws `bad-argument` where it is something else. */
export function readReport(named: string, cwd: string): ComparedReport {
  let text: string;
  try {
    text = readFileSync(resolve(cwd, named), "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("bad-argument", `cannot read ${named}: ${reason}`, {
      cause,
      help: "millrace load PLAN --save before.json    # then --compare before.json",
    });
  }
  return { name: basename(named), report: readSavedReport(text, named) };
}
