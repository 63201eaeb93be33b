// Places in what a handler's code says of itself (traces, logged stacks, texts of errors), told from the root of the user's sources: the
// machine's own path to them is no part of a simulated run.

import { isAbsolute, relative, sep } from "node:path";

/** A frame's place: a path or file URL, then line and column. */
const FRAME = /^(\s+at (?:.*\()?)(file:\/\/)?([^\s()][^()]*)(:\d+:\d+\)?)$/;

/** Several lines are told each for itself. */
export function withRelativePlaces(text: string, root: string): string {
  if (!text.includes(sep)) return text;
  const url = `file://${root}${sep}`;
  return text
    .split("\n")
    .map((line) => framePlaced(line, root).replaceAll(url, "").replaceAll(`${root}${sep}`, ""))
    .join("\n");
}

function framePlaced(line: string, root: string): string {
  const [, start, , path, place] = FRAME.exec(line) ?? [];
  if (start === undefined || path === undefined || place === undefined || !isAbsolute(path)) return line;
  return `${start}${relative(root, path).replaceAll(sep, "/")}${place}`;
}
