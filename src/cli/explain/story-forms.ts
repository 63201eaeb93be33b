// How stories write places and positions, and lines of a label and a text.

import type { Position } from "../../ports/source.ts";
import { type CarriedFlags, withCarried } from "../carried-flags.ts";
import { cutText, widthOf } from "../live/cells.ts";
import { broken, hanging, type Screen, type Signs, wrapped } from "../screen.ts";
import { oneLine, shortPosition } from "../shown-forms.ts";

/** A partition key may have 256 characters, an error's text any number. */
export const MOST_KEY = 40;
export const MOST_ERROR = 400;

export const positionText = (position: Position, signs: Signs): string =>
  shortPosition(position).replace("...", signs.ellipsis);

export const placesText = ({ from, to }: { readonly from: number; readonly to: number }, signs: Signs): string =>
  // A tumbling window's closing call has no records, and so no places.
  from > to ? "" : from === to ? String(from) : `${from}${signs.dash}${to}`;

/** A user's own text on one line, cut where it is very long. */
export function userText(
  text: string,
  mostColumns: number,
  { isFull, signs }: { readonly isFull: boolean; readonly signs: Signs },
): string {
  const line = oneLine(text);
  if (isFull || widthOf(line) <= mostColumns) return line;
  return cutText(line, mostColumns + signs.ellipsis.length, signs.ellipsis);
}

const LABEL_COLUMNS = 12;

/** `  arrived   12:04:30.107; …`. */
export const labelled = (label: string, text: string, screen: Screen): readonly string[] =>
  hanging(`${`  ${label}`.padEnd(LABEL_COLUMNS - 1)} `, text, screen.columns);

const RESULT_COLUMNS = 14;

/** `  checkpoint  before …`: below a table, where labels are longer. */
export const resultLines = (label: string, text: string, screen: Screen): readonly string[] =>
  hanging(`  ${label}`.padEnd(RESULT_COLUMNS), text, screen.columns);

const CLOSING_COLUMNS = 9;

/** `verdict  the record: …`. */
export const closing = (label: string, text: string, screen: Screen): readonly string[] =>
  hanging(label.padEnd(CLOSING_COLUMNS), text, screen.columns);

const BELOW = "  ";

/**
 * A text, over several lines where its names are long, and one at the right end of the last, or below where there is no room. A name
 * that is longer than a line is broken, but not where nothing is to be cut.
 */
export function headline(
  left: string,
  right: string,
  { screen: { columns }, isFull }: { readonly screen: Screen; readonly isFull: boolean },
): readonly string[] {
  const width = columns - BELOW.length;
  const names = widthOf(left) + right.length + 2 <= columns ? [left] : wrapped(left, width);
  const lines = (isFull ? names : names.flatMap((line) => broken(line, width))).map(
    (line, index) => `${index === 0 ? "" : BELOW}${line.trim()}`,
  );
  const last = lines.at(-1) ?? "";
  const gap = columns - widthOf(last) - right.length;
  return gap >= 2 ? [...lines.slice(0, -1), `${last}${" ".repeat(gap)}${right}`] : [...lines, right.padStart(columns)];
}

/** Commands to paste, with where server and state are, each with what it does where there is room for that. */
export function nextLines(
  offered: readonly (readonly [command: string, about: string])[],
  { columns }: Screen,
  {
    command: called,
    carried = {},
    isNextLeftOut = false,
  }: { readonly command: string; readonly carried?: CarriedFlags; readonly isNextLeftOut?: boolean },
): readonly string[] {
  if (isNextLeftOut) return [];
  // A journal of one file has no folder of logs beside it.
  const possible = offered.filter(
    ([command]) => carried.journal === undefined || !command.startsWith(`${called} logs `),
  );
  const commands = possible.map(([command, about]) => [withCarried(command, called, carried), about] as const);
  const width = Math.max(0, ...commands.map(([command]) => command.length));
  return commands.map(([command, about], index) => {
    const head = `${(index === 0 ? "next" : "").padEnd(CLOSING_COLUMNS)}${command}`;
    const whole = `${head.padEnd(CLOSING_COLUMNS + width)}   ${about}`;
    return about === "" || whole.length > columns ? head : whole;
  });
}

/** In seconds even below one: a tree's times are. */
export const secondsText = (ms: number): string => `${(Math.max(0, ms) / 1_000).toFixed(2)} s`;
