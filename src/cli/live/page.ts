// A text in place of the picture, with how to leave it. Lines that are wider than the screen go on below, as far to the right as their
// own text, or behind the first column of a table.

import { hanging } from "../screen.ts";
import { type Row, span, widthOf } from "./cells.ts";
import type { Scene } from "./scene.ts";
import type { Page } from "./view-state.ts";

/** Rows that are not the text's: the title, and how to leave. */
const OTHER_ROWS = 2;
/** A deeper indent would leave too little for the text. */
const MOST_INDENT = 32;

export function drawPage(scene: Pick<Scene, "columns" | "look">, page: Page, height: number): readonly Row[] {
  const { columns, look } = scene;
  const lines = pageLines(page, columns);
  const room = roomOf(height);
  const from = Math.max(0, Math.min(page.top, lines.length - room));
  const shown = lines.slice(from, from + room);
  const place =
    lines.length <= room
      ? ""
      : ` lines ${from + 1}${look.signs.through}${from + shown.length} of ${lines.length}; up and down turn it`;
  return [
    [span(page.title, "heading")],
    ...shown.map((line): Row => [span(line)]),
    [span("any other key", "accent"), span(` goes back${place}`, "quiet")],
  ];
}

/** The row that is first when the page is turned to its end. */
export const lastTopOf = (page: Page, columns: number, height: number): number =>
  Math.max(0, pageLines(page, columns).length - roomOf(height));

const roomOf = (height: number): number => Math.max(1, height - OTHER_ROWS);

const pageLines = ({ lines }: Page, columns: number): readonly string[] =>
  lines.flatMap((line) => {
    if (widthOf(line) <= columns) return [line];
    const [label = ""] = /^ *(?:\S+(?: \S+)*? {2,}(?=\S))?/.exec(line) ?? [];
    const [indent = ""] = /^ */.exec(line) ?? [];
    const head = label.length <= MOST_INDENT ? label : indent;
    return hanging(head, line.slice(head.length), columns);
  });
