// The strict reader (F-17): it takes exactly the texts that JSON.parse takes, up to its depth, and keeps what JSON.parse loses.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildFieldTree } from "../../../src/core/filter/field-tree.ts";
import { scanEvent } from "../../../src/core/filter/field-scanner.ts";
import { FoundFields } from "../../../src/core/filter/found-fields.ts";
import { lineAndColumn } from "../../../src/core/json/line-and-column.ts";
import { type JsonNode, memberOf, readJson } from "../../../src/core/json/read-json.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case "object":
      return Object.fromEntries(node.members.map(({ name, value }) => [name, plain(value)]));
    case "array":
      return node.items.map(plain);
    case "string":
    case "boolean":
      return node.value;
    case "number":
      return Number(node.text);
    case "null":
      return null;
  }
}

/** Valid JSON with a few characters changed, which finds more than noise does. */
const nearlyJson = fc
  .tuple(
    fc.json({ maxDepth: 3 }),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:\\u0019-+.eE tfn\n\u0001'.split(""))), { maxLength: 2 }),
  )
  .map(([text, edits]) =>
    edits.reduce(
      (edited, [at, unit]) =>
        edited.slice(0, at % (edited.length + 1)) + unit + edited.slice((at % (edited.length + 1)) + (at % 2)),
      text,
    ),
  );

describe("the reader", () => {
  test("F-17: it takes what JSON.parse takes, and nothing else", () => {
    fc.assert(
      fc.property(nearlyJson, (text) => {
        expect(readJson(text).kind === "value").toBe(isJson(text));
      }),
      { numRuns: 3_000 },
    );
  });

  test("F-17: it reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), (text) => {
        const read = readJson(text);
        expect(read.kind === "value" ? plain(read.value) : read).toEqual(JSON.parse(text));
      }),
    );
  });

  test("F-72: the scanner of events has the same idea of JSON, whatever it is asked to pick", () => {
    const { root, paths } = buildFieldTree(["a", "a.b", "b", ""]);
    fc.assert(
      fc.property(nearlyJson, (text) => {
        const wrapped = `{"a":${text},"c":${text}}`;
        expect(scanEvent(wrapped, root, new FoundFields(paths.length)) === "object").toBe(isJson(wrapped));
        expect(scanEvent(text, root, new FoundFields(paths.length)) === "not JSON").toBe(!isJson(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test("F-18: members that come twice are kept in order, and memberOf answers the last", () => {
    const read = readJson('{"b":1,"a":2,"b":3}');
    const root = read.kind === "value" ? read.value : null;

    expect(root?.kind === "object" ? root.members.map(({ name }) => name) : []).toEqual(["b", "a", "b"]);
    expect(root === null ? null : memberOf(root, "b")).toMatchObject({ text: "3" });
    expect(root === null ? null : memberOf(root, "c")).toBeNull();
  });

  test("F-31: numbers keep their spelling", () => {
    const read = readJson("[1.0,1e0,-0,12345678901234567890]");

    expect(
      read.kind === "value" && read.value.kind === "array"
        ? read.value.items.map((item) => (item.kind === "number" ? item.text : ""))
        : [],
    ).toEqual(["1.0", "1e0", "-0", "12345678901234567890"]);
  });

  test("F-17: escapes are decoded, a surrogate pair into one character", () => {
    expect(readJson('"\\u0061\\n\\/\\ud83d\\ude80"')).toMatchObject({ kind: "value", value: { value: "a\n/🚀" } });
  });

  test.each([
    ["[1,2", 4, "the text ends before a closing ]"],
    ['{"a" 1}', 5, "a colon"],
    ["[01]", 1, "not how JSON writes a number"],
    ["[1.]", 1, "not how JSON writes a number"],
    ['"a\\x"', 2, "no escape"],
    ['"\\u12g4"', 1, "four hexadecimal digits"],
    ['"a\tb"', 2, "control character"],
    ['"abc', 0, "no closing quote"],
    ["tru", 0, "no JSON value"],
    ["{} x", 3, "more text follows"],
    ["{a:1}", 1, "double quotes"],
    ["", 0, "ends where a value"],
  ])("F-17: %j is broken at offset %i: %s", (text, offset, reason) => {
    const read = readJson(text);

    expect(read).toMatchObject({ kind: "broken", offset });
    expect(read.kind === "broken" ? read.reason : "").toContain(reason);
  });

  test("a place counts lines and columns from 1 and shows the line", () => {
    expect(lineAndColumn("ab\r\ncd\nef", 5)).toEqual({ line: 2, column: 2, source: "cd" });
    expect(lineAndColumn("ab", 2)).toEqual({ line: 1, column: 3, source: "ab" });
  });
});
