// Keeps a block of lines at the end of a terminal's output, redrawn in place; other lines go above it and scroll away. It writes
// escape sequences and knows nothing of what the lines say.
//
// W1  The cursor is behind the block's last line whenever nothing is being written.
// W2  Lines above and the block go out in one write, in synchronised output: a terminal shows both or neither.
// W3  What was in a row goes before it is written anew: behind a full row the cursor stands on its last sign.
// W4  A line of the block never wraps, whatever width the terminal takes its signs to have.

import { widthOf } from "./cells.ts";

const BEGIN = "\u001b[?2026h\u001b[?7l";
const END = "\u001b[?7h\u001b[?2026l";
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const TO_END_OF_LINE = "\u001b[K";
const TO_END_OF_SCREEN = "\u001b[J";
const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : "");

interface BlockLine {
  /** As it goes to the terminal, colours included. */
  readonly painted: string;
  /** Its signs alone. */
  readonly text: string;
}

export interface BlockWriter {
  /** `above`: whole lines without the last line's end, or empty. */
  draw(lines: readonly BlockLine[], above: readonly string[]): void;
  /** The next drawing begins below whatever is there now. */
  forget(): void;
  /** Leaves what was drawn, goes to a line of its own and gives the cursor back. */
  leave(): void;
}

export function createBlockWriter(options: {
  readonly write: (text: string) => void;
  readonly columns: () => number;
}): BlockWriter {
  let drawn: readonly BlockLine[] = [];
  let drawnColumns = 0;

  /** Up to the block's first row. A terminal that has become narrower may have folded its lines. */
  function toTop(): string {
    const columns = Math.max(1, options.columns());
    const rows = drawn.reduce((sum, { text }) => sum + Math.max(1, Math.ceil(widthOf(text) / columns)), 0);
    return `\r${up(rows - 1)}`;
  }

  function changed(lines: readonly BlockLine[]): string {
    // Up and down by whole rows: as many lines as before, each in its row.
    let out = `\r${up(lines.length - 1)}`;
    for (const [index, line] of lines.entries()) {
      if (index > 0) out += "\r\n";
      if (line.painted !== drawn[index]?.painted) out += TO_END_OF_LINE + line.painted;
    }
    return out;
  }

  return {
    draw(lines, above) {
      const columns = options.columns();
      const isSameShape = drawn.length === lines.length && columns === drawnColumns && drawn.length > 0;
      const isSame = isSameShape && lines.every(({ painted }, index) => painted === drawn[index]?.painted);
      if (isSame && above.length === 0) return;
      let out = drawn.length === 0 ? HIDE_CURSOR : "";
      if (isSameShape && above.length === 0) out += changed(lines);
      else {
        out += drawn.length === 0 ? "" : toTop();
        out += TO_END_OF_SCREEN;
        // Lines above are a person's own: they may be longer than the screen is wide.
        for (const line of above) out += `\u001b[?7h${line}\r\n\u001b[?7l`;
        out += lines.map(({ painted }) => painted).join("\r\n");
      }
      drawn = lines;
      drawnColumns = columns;
      options.write(BEGIN + out + END);
    },
    forget() {
      drawn = [];
    },
    leave() {
      options.write(`${drawn.length === 0 ? "" : "\r\n"}${SHOW_CURSOR}`);
      drawn = [];
    },
  };
}
