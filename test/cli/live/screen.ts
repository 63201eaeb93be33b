// A terminal as far as the live view uses one: rows that scroll away, a cursor, erasing, automatic wrapping on and off. An escape
// sequence that is none of these is an error: the view writes no other.

import { widthOf } from "../../../src/cli/live/cells.ts";

// oxlint-disable-next-line no-control-regex -- these are escape sequences
const PARTS = /\u001b\[([?\d;]*)([A-Za-z])|[\s\S]/gu;

export interface TestScreen {
  write(text: string): void;
  /** What is on the screen, without spaces at the ends of lines and empty lines at the end. */
  text(): string;
  /** All lines that were ever there, those that scrolled away too. */
  all(): readonly string[];
  readonly isCursorShown: boolean;
  /** Between the begin and the end of synchronised output. */
  readonly isHeldBack: boolean;
}

export function createTestScreen(columns: number, rows: number): TestScreen {
  const gone: string[][] = [];
  let lines: string[][] = [[]];
  let row = 0;
  let column = 0;
  let isWrapping = true;
  let isCursorShown = true;
  let isHeldBack = false;

  function lineFeed(): void {
    row += 1;
    if (row < lines.length) return;
    lines.push([]);
    if (lines.length <= rows) return;
    gone.push(lines.shift() ?? []);
    row -= 1;
  }

  function put(sign: string): void {
    const width = widthOf(sign);
    if (column + width > columns) {
      if (isWrapping) {
        column = 0;
        lineFeed();
      } else column = columns - width;
    }
    const line = lines[row] ?? [];
    while (line.length < column) line.push(" ");
    line[column] = sign;
    if (width === 2) line[column + 1] = "";
    column += width;
    // Behind a full row the cursor stands on its last sign until the next one.
    if (!isWrapping) column = Math.min(column, columns);
  }

  function control(parameter: string, letter: string): void {
    const count = Number(parameter === "" ? "1" : parameter);
    switch (letter) {
      case "A":
        row = Math.max(0, row - count);
        return;
      case "K":
        (lines[row] ?? []).length = Math.min((lines[row] ?? []).length, Math.min(column, columns - 1));
        return;
      case "J":
        lines = lines.slice(0, row + 1);
        (lines[row] ?? []).length = Math.min((lines[row] ?? []).length, Math.min(column, columns - 1));
        return;
      case "m":
        return;
      case "h":
      case "l":
        if (parameter === "?7") isWrapping = letter === "h";
        else if (parameter === "?25") isCursorShown = letter === "h";
        else if (parameter === "?2026") isHeldBack = letter === "h";
        else throw new Error(`mode ${parameter}`);
        return;
      default:
        throw new Error(`sequence ${JSON.stringify(parameter + letter)}`);
    }
  }

  const shown = (line: readonly string[]): string => line.join("").trimEnd();
  return {
    write(text) {
      for (const [part, parameter, letter] of text.matchAll(PARTS)) {
        if (letter !== undefined) control(parameter ?? "", letter);
        else if (part === "\r") column = 0;
        else if (part === "\n") lineFeed();
        else put(part);
      }
    },
    text: () => lines.map(shown).join("\n").trimEnd(),
    all: () => [...gone, ...lines].map(shown),
    get isCursorShown() {
      return isCursorShown;
    },
    get isHeldBack() {
      return isHeldBack;
    },
  };
}
