// Text in columns: how wide it is, how it is cut and padded, and rows of toned spans. Pure.

import { oneLine } from "../shown-forms.ts";
import { type Look, paint, type Tone } from "./look.ts";

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** One line of the screen, from its left edge. */
export type Row = readonly Span[];

export interface Cell extends Span {
  /** Fills the column from its right edge. */
  readonly isRight?: boolean;
}

export const span = (text: string, tone: Tone = "plain"): Span => ({ text, tone });
export const right = (text: string, tone: Tone = "plain"): Cell => ({ text, tone, isRight: true });

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** Takes two columns: what East Asian scripts write, full-width forms, and pictures. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;
/** ASCII, and the signs of ours: a column each, as nearly all text is. */
const ONE_COLUMN_EACH = /^[\x20-\x7e\u00b7\u2013\u2026\u2192\u2248\u2500-\u259f\u25a0\u25b8\u25c0\u2713\u2717]*$/;

/** Columns. The terminal's own reckoning may differ for rare signs; a row is then cut at the edge, never wrapped (block-writer.ts). */
export function widthOf(text: string): number {
  if (ONE_COLUMN_EACH.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** The leading part that fits, with dots where something is missing. */
export function cutText(text: string, width: number, dots: string): string {
  if (widthOf(text) <= width) return text;
  const room = Math.max(0, width - widthOf(dots));
  return (leading(text, room) + dots).slice(0, Math.max(0, width));
}

function leading(text: string, width: number): string {
  let kept = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment);
    if (used > width) break;
    kept += segment;
  }
  return kept;
}

/**
 * An error in the room there is: whole, or its type, dots, and as much of its end as fits, from a word on: `TypeError …
 * (reading 'total')`.
 */
export function cutError(
  error: { readonly type: string; readonly message: string },
  width: number,
  look: Look,
): string {
  const { dots } = look.signs;
  const message = userText(error.message, look);
  const type = userText(error.type, look);
  const whole = message === "" ? type : `${type}: ${message}`;
  if (widthOf(whole) <= width) return whole;
  const room = width - widthOf(`${type} ${dots} `);
  const words = message.split(" ");
  let end = "";
  for (let from = words.length - 1; from >= 0; from -= 1) {
    const longer = words.slice(from).join(" ");
    if (widthOf(longer) > room) break;
    end = longer;
  }
  if (end !== "") return `${type} ${dots} ${end}`;
  return cutText(room >= -1 ? `${type} ${dots}` : whole, width, dots);
}

/** What a user's code wrote: one line that moves no cursor, in the signs that this terminal has. */
export function userText(text: string, { isUnicode }: Look): string {
  const safe = oneLine(text);
  return isUnicode ? safe : safe.replace(/[^\x20-\x7e]/gu, "?");
}

export function padTo(text: string, width: number, isRight = false): string {
  const padding = " ".repeat(Math.max(0, width - widthOf(text)));
  return isRight ? padding + text : text + padding;
}

export const rowWidth = (row: Row): number => row.reduce((sum, { text }) => sum + widthOf(text), 0);
export const rowText = (row: Row): string => row.map(({ text }) => text).join("");

/** No wider than the screen. */
export function cutRow(row: Row, width: number, look: Look): Row {
  if (rowWidth(row) <= width) return row;
  const kept: Span[] = [];
  let left = width;
  for (const each of row) {
    const own = widthOf(each.text);
    // Dots take the place of what follows, so a part that fits exactly is cut as well.
    if (own < left || (own === left && each === row.at(-1))) {
      kept.push(each);
      left -= own;
      continue;
    }
    kept.push({ ...each, text: cutText(`${each.text}${" ".repeat(left)}`, left, look.signs.dots) });
    break;
  }
  return kept;
}

/** The last text moved to the right edge of `width` columns, if there is room. */
export function withRight(row: Row, last: Span, width: number): Row {
  const gap = width - rowWidth(row) - widthOf(last.text);
  return gap < 1 ? row : [...row, span(" ".repeat(gap)), last];
}

/** The width of each column: the widest of its cells. */
export function columnWidths(rows: readonly (readonly Cell[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, { text }] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(text));
  }
  return widths;
}

/** Cells under one another, two columns apart. The last cell of a row is not padded. */
export function inColumns(rows: readonly (readonly Cell[])[], given: readonly number[] = []): Row[] {
  const widths = columnWidths(rows).map((width, index) => Math.max(width, given[index] ?? 0));
  return rows.map((row) =>
    row.map((cell, index) => {
      const isLast = index === row.length - 1;
      const gap = index === 0 ? "" : "  ";
      const isPadded = !isLast || cell.isRight === true;
      return {
        text: gap + (isPadded ? padTo(cell.text, widths[index] ?? 0, cell.isRight) : cell.text),
        tone: cell.tone,
      };
    }),
  );
}

export const paintRow = (row: Row, look: Look): string => row.map(({ text, tone }) => paint(tone, text, look)).join("");
