// Which terminals get the picture, and with which signs.

import { expect, test } from "vitest";
import { cutError, cutText, userText, widthOf } from "../../../src/cli/live/cells.ts";
import { canDraw, createLook, hasUnicode } from "../../../src/cli/live/look.ts";
import { ageText, upText, waitText } from "../../../src/cli/live/figures.ts";

test("a terminal that can draw, outside CI", () => {
  expect(canDraw({ isTerminal: true, env: { TERM: "xterm" } })).toBe(true);
  expect(canDraw({ isTerminal: true, env: { TERM: "xterm", CI: "false" } })).toBe(true);
  expect(canDraw({ isTerminal: false, env: { TERM: "xterm" } })).toBe(false);
  expect(canDraw({ isTerminal: true, env: { TERM: "dumb" } })).toBe(false);
  expect(canDraw({ isTerminal: true, env: { TERM: "xterm", CI: "true" } })).toBe(false);
});

test("the signs beyond ASCII: by the locale, its most telling variable first; on Windows by the terminal", () => {
  expect(hasUnicode({ LANG: "en_US.UTF-8" }, "linux")).toBe(true);
  expect(hasUnicode({ LANG: "en_US.UTF-8", LC_ALL: "C" }, "linux")).toBe(false);
  expect(hasUnicode({ LANG: "C", LC_ALL: "", LC_CTYPE: "de_DE.utf8" }, "darwin")).toBe(true);
  expect(hasUnicode({}, "linux")).toBe(false);
  expect(hasUnicode({ LANG: "C.UTF-8", TERM: "linux" }, "linux")).toBe(false);
  expect(hasUnicode({ LANG: "C.UTF-8" }, "win32")).toBe(false);
  expect(hasUnicode({ WT_SESSION: "x" }, "win32")).toBe(true);
});

test("width and cutting go by what is seen", () => {
  expect(widthOf("価格 é 👍")).toBe(9);
  expect(cutText("価格価格", 5, "…")).toBe("価格…");
  expect(cutText("価格価格", 4, "…")).toBe("価…");
  expect(cutText("abc", 3, "…")).toBe("abc");
  expect(cutText("abcdef", 2, "...")).toBe("..");
});

test("an error keeps its type and its end", () => {
  const look = createLook({ isUnicode: true, isColoured: false });
  const error = { type: "TypeError", message: "Cannot read properties of undefined (reading 'total')" };
  expect(cutError(error, 80, look)).toBe("TypeError: Cannot read properties of undefined (reading 'total')");
  expect(cutError(error, 34, look)).toBe("TypeError … (reading 'total')");
  expect(cutError(error, 12, look)).toBe("TypeError …");
  expect(widthOf(cutError(error, 5, look))).toBe(5);
  expect(cutError({ type: "Error", message: "" }, 20, look)).toBe("Error");
});

test("without Unicode a user's signs are question marks", () => {
  expect(userText("a → b\u001b[2J\nc", createLook({ isUnicode: false, isColoured: false }))).toBe("a ? b?[2J c");
});

test("times have as many digits as change while one looks", () => {
  expect([340, 9_990, 10_000].map(waitText)).toEqual(["0.34 s", "9.99 s", "10.0 s"]);
  expect([12, 3_100, 600_000, 7_200_000, 260_000_000].map(ageText)).toEqual(["12 ms", "3.1 s", "10 min", "2 h", "3 d"]);
  expect([72_000, 7_650_000].map(upText)).toEqual(["01:12", "2:07:30"]);
});
