// How the live view may look on this terminal: with the full signs or in ASCII, coloured or not. Nothing is told by colour alone.

import { styleText } from "node:util";

export interface Signs {
  readonly done: string;
  /** Failed, goes on. */
  readonly failed: string;
  readonly gaveUp: string;
  readonly waits: string;
  readonly throttled: string;
  readonly selected: string;
  readonly first: string;
  readonly dots: string;
  readonly to: string;
  /** Between two places: `1–10`. */
  readonly through: string;
  /** Where there is no figure. */
  readonly none: string;
  readonly full: string;
  readonly empty: string;
  readonly fork: string;
  readonly last: string;
  readonly stem: string;
}

export type Tone = "plain" | "good" | "warning" | "bad" | "quiet" | "heading" | "accent" | "throttled" | "bright";

export interface Look {
  readonly signs: Signs;
  readonly isUnicode: boolean;
  readonly isColoured: boolean;
}

const unicodeSigns: Signs = {
  done: "✓",
  failed: "✗",
  gaveUp: "■",
  waits: "·",
  throttled: "≈",
  selected: "▸",
  first: "◀",
  dots: "…",
  to: "→",
  through: "–",
  none: "–",
  full: "█",
  empty: "░",
  fork: "├ ",
  last: "└ ",
  stem: "│ ",
};

const asciiSigns: Signs = {
  done: "ok",
  failed: "X",
  gaveUp: "#",
  waits: ".",
  throttled: "~",
  selected: ">",
  first: "<",
  dots: "...",
  to: "->",
  through: "-",
  none: "-",
  full: "=",
  empty: "-",
  fork: "+ ",
  last: "` ",
  stem: "| ",
};

export function createLook(given: { readonly isUnicode: boolean; readonly isColoured: boolean }): Look {
  return { ...given, signs: given.isUnicode ? unicodeSigns : asciiSigns };
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Whether the live view can be drawn at all: standard output is a terminal that moves its cursor, and nobody asked for lines. In
 * CI a terminal is only a log.
 */
export function canDraw(given: { readonly isTerminal: boolean; readonly env: Env }): boolean {
  const { CI, TERM } = given.env;
  return given.isTerminal && TERM !== "dumb" && (CI === undefined || CI === "" || CI === "false" || CI === "0");
}

/** UTF-8 by the locale; on Windows only in terminals that are known to draw the signs. */
export function hasUnicode(env: Env, platform: string): boolean {
  if (platform === "win32") {
    const { WT_SESSION, TERM_PROGRAM, ConEmuTask } = env;
    return WT_SESSION !== undefined || TERM_PROGRAM === "vscode" || ConEmuTask === "{cmd::Cmder}";
  }
  // The Linux console has few of the signs.
  if (env["TERM"] === "linux") return false;
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return /utf-?8/i.test(locale ?? "");
}

/** The text as the terminal is given it. */
export function paint(tone: Tone, text: string, { isColoured }: Look): string {
  const format = isColoured ? formatOf(tone) : null;
  return format === null ? text : styleText(format, text, { validateStream: false });
}

function formatOf(tone: Tone): Parameters<typeof styleText>[0] | null {
  switch (tone) {
    case "good":
      return "green";
    case "warning":
      return "yellow";
    case "bad":
      return ["bold", "red"];
    case "quiet":
      return "dim";
    case "heading":
    case "bright":
      return "bold";
    case "accent":
      return "cyan";
    case "throttled":
      return "magenta";
    case "plain":
      return null;
  }
}
