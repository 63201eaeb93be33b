// What a text may use on the screen that it is for: how many columns, and which signs. Signs always stand beside a word, and have an
// ASCII form for a locale without UTF-8. Wrapping is by words, and counts columns: a letter of Chinese takes two.

import { cutText, widthOf } from "./live/cells.ts";
import { hasUnicode } from "./live/look.ts";

/** Columns, and whether signs beyond ASCII can be shown. */
export interface Screen {
  readonly columns: number;
  readonly isUnicode: boolean;
}

const DEFAULT_COLUMNS = 80;

/** `columns` undefined: the output is no terminal. */
export function screenOf(
  env: Readonly<Record<string, string | undefined>>,
  columns: number | undefined,
  platform: string = process.platform,
): Screen {
  const isUnicode = env["TERM"] !== "dumb" && hasUnicode(env, platform);
  return { columns: columns === undefined || columns <= 0 ? DEFAULT_COLUMNS : columns, isUnicode };
}

export interface Signs {
  readonly done: string;
  readonly failed: string;
  readonly givenUp: string;
  readonly waits: string;
  readonly throttled: string;
  readonly ellipsis: string;
  /** Between two numbers of a range. */
  readonly dash: string;
  /** Before a branch that has another below it, before the last one, and beside what is below a branch. */
  readonly branch: string;
  readonly lastBranch: string;
  readonly bar: string;
}

const unicodeSigns: Signs = {
  done: "✓",
  failed: "✗",
  givenUp: "■",
  waits: "·",
  throttled: "≈",
  ellipsis: "…",
  dash: "–",
  branch: "├",
  lastBranch: "└",
  bar: "│",
};

const asciiSigns: Signs = {
  done: "ok",
  failed: "X",
  givenUp: "#",
  waits: ".",
  throttled: "~",
  ellipsis: "...",
  dash: "-",
  branch: "|",
  lastBranch: "`",
  bar: "|",
};

export const signsOf = ({ isUnicode }: Screen): Signs => (isUnicode ? unicodeSigns : asciiSigns);

/** At least one line; none is wider than `width` unless it is one word, which stays whole, so that it can be copied. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    if (current !== "" && widthOf(current) + 1 + widthOf(word) > width) {
      lines.push(current);
      current = word;
    } else {
      current = current === "" ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}

const LEAST_HANGING_COLUMNS = 24;

/**
 * Text behind a label, its further lines as far to the right as its first. A word that is wider than they are goes on in the next: a
 * user's own text may have no spaces.
 */
export function hanging(label: string, text: string, columns: number): readonly string[] {
  const indent = " ".repeat(label.length);
  const width = Math.max(LEAST_HANGING_COLUMNS, columns - label.length);
  return wrapped(text, width)
    .flatMap((line) => broken(line, width))
    .map((line, index) => `${index === 0 ? label : indent}${line}`.trimEnd());
}

/** A line in pieces that are no wider than `width`. */
export function broken(line: string, width: number): readonly string[] {
  const pieces: string[] = [];
  let rest = line;
  while (widthOf(rest) > width) {
    const piece = cutText(rest, width, "");
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  return [...pieces, rest];
}
