// The project's own files as the tidy checks read them: what git tracks and what it would track, so that a new file is
// checked before its commit. Each check is a pure function from a path and a text to problems; only this file reads.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export interface TreeFile {
  /** From the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every text file of the project. Files with a zero byte count as binary and are left out. */
export function readTree(root: string): readonly TreeFile[] {
  const listing = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = [...new Set(listing.split("\0"))].filter((path) => path !== "").toSorted();
  return paths
    .filter((path) => existsSync(join(root, path)) && statSync(join(root, path)).isFile())
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
    .filter((file) => !file.text.includes("\0"));
}

export function isCode(path: string): boolean {
  return /\.(?:ts|mts|cts|js|mjs|cjs)$/.test(path);
}

export interface Line {
  readonly number: number;
  readonly text: string;
  readonly isComment: boolean;
}

/** The lines of a source file; whole-line comments are told apart, a comment after code counts as code. */
export function linesOf(text: string): readonly Line[] {
  return text.split("\n").map((line, index) => {
    const isComment = /^\s*(?:\/\/|\/\*|\*)/.test(line);
    return { number: index + 1, text: line, isComment };
  });
}

/** The code without its whole-line comments, line numbers kept. */
export function codeOf(text: string): string {
  return linesOf(text)
    .map((line) => (line.isComment ? "" : line.text))
    .join("\n");
}
