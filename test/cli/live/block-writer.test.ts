// The block at the end of a terminal: what is on the screen after any sequence of drawings, and that nothing above is lost.

import fc from "fast-check";
import { expect, test } from "vitest";
import { createBlockWriter } from "../../../src/cli/live/block-writer.ts";
import { createTestScreen } from "./screen.ts";

const lineOf = (text: string) => ({ painted: text, text });

function drawing(columns: number, rows: number) {
  const screen = createTestScreen(columns, rows);
  const writes: string[] = [];
  const writer = createBlockWriter({
    columns: () => columns,
    write: (text) => {
      writes.push(text);
      screen.write(text);
    },
  });
  return { screen, writer, writes };
}

test("a block is drawn, redrawn in place, and stays when it is left; the cursor comes back", () => {
  const { screen, writer, writes } = drawing(20, 10);
  writer.draw(["one", "two", "three"].map(lineOf), []);
  expect(screen.isCursorShown).toBe(false);
  writer.draw(["one", "TWO", "three"].map(lineOf), []);
  expect(screen.text()).toBe("one\nTWO\nthree");
  // Only what has changed is written again.
  expect(writes.at(-1)).not.toContain("one");
  writer.draw(["one"].map(lineOf), []);
  expect(screen.text()).toBe("one");
  writer.leave();
  screen.write("next");
  expect(screen.text()).toBe("one\nnext");
  expect(screen.isCursorShown).toBe(true);
});

test("nothing is written where nothing has changed", () => {
  const { writer, writes } = drawing(20, 10);
  writer.draw([lineOf("one")], []);
  writer.draw([lineOf("one")], []);
  expect(writes).toHaveLength(1);
});

test("a full row keeps its last sign", () => {
  const { screen, writer } = drawing(5, 10);
  writer.draw(["12345", "abcde"].map(lineOf), []);
  writer.draw(["12340", "abcdf"].map(lineOf), []);
  expect(screen.text()).toBe("12340\nabcdf");
});

test("W1, W2, W4: after any drawings the block is at the end, and every line above is there once, in order", () => {
  const text = fc.stringMatching(/^[a-z]{0,12}$/);
  const step = fc.record({
    block: fc.array(text, { minLength: 1, maxLength: 6 }),
    above: fc.array(text, { maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const { screen, writer } = drawing(8, 9);
      const above: string[] = [];
      for (const { block, above: more } of steps) {
        above.push(...more);
        // The block is cut to the screen by whoever draws it.
        const lines = block.map((line) => line.slice(0, 8));
        writer.draw(lines.map(lineOf), more);
        expect(screen.isHeldBack).toBe(false);
        // Longer lines above wrap; those of the block do not.
        const wrapped = above.flatMap((line) => (line.length > 8 ? [line.slice(0, 8), line.slice(8)] : [line]));
        const all = screen.all();
        expect(all.slice(0, wrapped.length + lines.length)).toEqual([...wrapped, ...lines]);
      }
    }),
  );
});

test("a screen that has become narrower folds what was drawn; the next drawing takes its place", () => {
  let columns = 10;
  const screen = createTestScreen(5, 20);
  const written: string[] = [];
  const writer = createBlockWriter({ columns: () => columns, write: (text) => written.push(text) });
  writer.draw(["1234567890", "ab"].map(lineOf), []);
  // As a terminal shows it that folds lines.
  screen.write("12345\r\n67890\r\nab");
  columns = 5;
  writer.draw(["12345", "ab"].map(lineOf), []);
  screen.write(written.at(-1) ?? "");
  expect(screen.text()).toBe("12345\nab");
});
