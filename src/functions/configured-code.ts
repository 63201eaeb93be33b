// What the configuration names must be there when it is first defined: the file, and the export in it. Throws `handler-not-found` with
// the likely spelling.

import { readFile } from "node:fs/promises";
import { basename, relative } from "node:path";
import { MillraceError } from "../errors.ts";
import type { FileSource } from "../ports/function-record.ts";
import type { BuiltFunction } from "./function-builder.ts";
import { nearestOf } from "./handler-spec.ts";

export async function assertFile(name: string, { file }: FileSource): Promise<void> {
  try {
    await readFile(file);
  } catch (error) {
    const message = `function \`${name}\`: no file ${file}`;
    throw new MillraceError("handler-not-found", message, { cause: error });
  }
}

export function assertExport(name: string, source: FileSource, built: BuiltFunction): void {
  if (built.code.buildError?.errorType !== "Runtime.HandlerNotFound") return;
  const there = built.exports ?? [];
  const file = relative(process.cwd(), source.file);
  const likely = nearestOf(source.exportName, there);
  const stem = relative(source.root, source.file).replace(/\.[^.]+$/, "");
  const help =
    likely !== null
      ? `Handler: ${stem}.${likely}`
      : there.length === 0
        ? `${basename(file)} exports nothing`
        : `${basename(file)} exports ${there.map((each) => `\`${each}\``).join(", ")}`;
  const message = `function \`${name}\`: ${file} has no export \`${source.exportName}\``;
  throw new MillraceError("handler-not-found", message, { help });
}
