// Finds the file and the export that a handler's text means: `dir/file.export`, under a root folder. As on AWS the first dot of
// the last part separates, so an export may have dots; where no such file is, later dots are tried, so a file may have them too.

import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { likelyName } from "../core/likely-name.ts";
import { MillraceError } from "../errors.ts";
import type { FileSource } from "../ports/function-record.ts";

export const HANDLER_EXTENSIONS = [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"] as const;

export type HandlerLookup =
  | { readonly kind: "found"; readonly source: FileSource }
  /** `likely`: the handler that may have been meant, in the same spelling; `label`: what there is, for the place in the file. */
  | { readonly kind: "missing"; readonly what: string; readonly label: string; readonly likely: string | null };

/** Looks only at names of files: exports are checked when the code is built. */
export function lookUpHandler(root: string, handler: string, isBundled: boolean): HandlerLookup {
  const folder = dirname(handler);
  const name = basename(handler);
  const directory = join(root, folder);
  if (!isInside(root, directory)) {
    return missing(`the handler \`${handler}\` is outside ${root}`, "", null);
  }
  const splits = dotsOf(name).map((at) => [name.slice(0, at), name.slice(at + 1)] as const);
  const [first] = splits;
  if (first === undefined) {
    return missing(
      `the handler \`${handler}\` names no export`,
      "a handler is `dir/file.export`",
      `${handler}.handler`,
    );
  }
  const files = filesIn(directory);
  for (const [stem, exportName] of splits) {
    const file = files.find((each) => HANDLER_EXTENSIONS.some((extension) => each === stem + extension));
    if (file !== undefined) {
      return { kind: "found", source: { kind: "file", root, file: join(directory, file), exportName, isBundled } };
    }
  }
  const stems = [...new Set(files.map(stemOf).filter((stem) => stem !== null))];
  const stem = nearestOf(first[0], stems);
  const prefix = folder === "." ? "" : `${folder}/`;
  const likelyFile = files.find((file) => stem !== null && stemOf(file) === stem);
  const there =
    likelyFile !== undefined && isExported(join(directory, likelyFile), first[1])
      ? `${prefix}${likelyFile} exports \`${first[1]}\``
      : stems.length === 0
        ? "no handler files are there"
        : `files there: ${stems.slice(0, 8).join(", ")}`;
  const what = `no file ${prefix}${first[0]}${HANDLER_EXTENSIONS[0]}`;
  return missing(what, there, stem === null ? null : `${prefix}${stem}.${first[1]}`);
}

/** Throws `handler-not-found` with the likely spelling. */
export function resolveHandler(root: string, handler: string, functionName: string, isBundled: boolean): FileSource {
  const found = lookUpHandler(root, handler, isBundled);
  if (found.kind === "found") return found.source;
  const likely = found.likely === null ? "" : `Handler: ${found.likely}`;
  const help = likely !== "" ? likely : found.label;
  throw new MillraceError(
    "handler-not-found",
    `function \`${functionName}\`: ${found.what}`,
    help === "" ? {} : { help },
  );
}

/** Read, not run: whether a file's text exports a name in one of the usual ways. */
function isExported(file: string, name: string): boolean {
  const escaped = name.replace(/[^\w]/g, "\\$&");
  const ways = [
    `\\bexport\\s+(?:async\\s+)?(?:const|let|var|class|function\\s*\\*?)\\s*${escaped}\\b`,
    `\\bexport\\s*\\{[^}]*\\b${escaped}\\b`,
    `\\bexports\\.${escaped}\\s*=`,
  ];
  try {
    return new RegExp(ways.join("|")).test(readFileSync(file, "utf8"));
  } catch {
    return false; // Not ours to read: nothing is said of it.
  }
}

/** The likely one of `names`, or the only one there is. */
export function nearestOf(wanted: string, names: readonly string[]): string | null {
  const [only] = names;
  return likelyName(wanted, names) ?? (names.length === 1 && only !== undefined ? only : null);
}

function missing(what: string, label: string, likely: string | null): HandlerLookup {
  return { kind: "missing", what, label, likely };
}

/** Also where a link leads out of the root. */
function isInside(root: string, directory: string): boolean {
  const real = (path: string): string => {
    try {
      return realpathSync(path);
    } catch {
      // Not there: its own text decides.
      return path;
    }
  };
  const way = relative(real(root), real(directory));
  return way !== ".." && !way.startsWith(`..${sep}`);
}

function dotsOf(name: string): readonly number[] {
  const dots: number[] = [];
  for (let at = name.indexOf("."); at !== -1; at = name.indexOf(".", at + 1)) {
    if (at > 0 && at < name.length - 1) dots.push(at);
  }
  return dots;
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile() === true)
      .sort((a, b) => rank(a) - rank(b));
  } catch {
    // No such folder: the answer is the same as for one without the file.
    return [];
  }
}

/** TypeScript before JavaScript, should both be there. */
function rank(file: string): number {
  const at = HANDLER_EXTENSIONS.findIndex((extension) => file.endsWith(extension));
  return at === -1 ? HANDLER_EXTENSIONS.length : at;
}

function stemOf(file: string): string | null {
  if (/\.d\.[cm]?ts$/.test(file)) return null;
  const extension = HANDLER_EXTENSIONS.find((each) => file.endsWith(each));
  return extension === undefined ? null : file.slice(0, -extension.length);
}
