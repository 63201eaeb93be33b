// What a text may use on the screen that it is for: how many columns, and which signs. Signs always stand beside a word, and have an
// ASCII form for a locale without UTF-8. Wrapping is by words; a word that is longer than the line stays whole, so that it can be copied.

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

/** At least one line; none is longer than `width` unless it is one word. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else {
      current = current === "" ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}

/** Text behind a label, its further lines as far to the right as its first. */
export function hanging(label: string, text: string, columns: number): readonly string[] {
  const indent = " ".repeat(label.length);
  return wrapped(text, Math.max(24, columns - label.length)).map((line, index) =>
    `${index === 0 ? label : indent}${line}`.trimEnd(),
  );
}
