// What create and update accept (F-3 to F-7, F-58, F-63, F-74), and what they are told about a pattern that is not.

import { describe, expect, test } from "vitest";
import { compileFilters, PATTERN_LENGTH_LIMIT } from "../../../src/core/filter/compile-filters.ts";
import { compilePattern, INVALID_PATTERN_MESSAGE } from "../../../src/core/filter/compile-pattern.ts";

const GOOD = '{"a":["x"]}';

describe("counts and lengths", () => {
  test("F-3: no filters at all compile to none", () => {
    expect(compileFilters([], "sqs")).toEqual({ kind: "none" });
  });

  test("F-4: five filters are taken and six are not, unless the limit says so", () => {
    const filters = (count: number) => new Array<string>(count).fill(GOOD);

    expect(compileFilters(filters(5), "sqs").kind).toBe("filters");
    expect(compileFilters(filters(6), "sqs")).toEqual({ kind: "tooMany", count: 6, limit: 5 });
    expect(compileFilters(filters(10), "sqs", { limit: 10 }).kind).toBe("filters");
    expect(compileFilters(filters(11), "sqs", { limit: 10 })).toEqual({ kind: "tooMany", count: 11, limit: 10 });
  });

  test("F-5: a pattern of 4,096 characters is taken and one of 4,097 is not", () => {
    const padded = (length: number) => GOOD.padEnd(length);

    expect(compileFilters([padded(PATTERN_LENGTH_LIMIT)], "sqs").kind).toBe("filters");
    expect(compileFilters([GOOD, padded(PATTERN_LENGTH_LIMIT + 1)], "sqs")).toEqual({
      kind: "tooLong",
      index: 1,
      length: 4_097,
      limit: 4_096,
    });
  });

  test("F-7: one bad pattern among good ones refuses them all and is named", () => {
    expect(compileFilters([GOOD, '{"a":[]}', GOOD], "sqs")).toMatchObject({
      kind: "invalid",
      index: 1,
      flaw: { rule: "F-13", line: 1, column: 6 },
    });
  });

  test("F-6: AWS's one text is kept letter for letter", () => {
    expect(INVALID_PATTERN_MESSAGE).toBe("Invalid filter pattern definition.");
  });
});

describe("forms and dialects", () => {
  test.each(["kinesis", "dynamodb"] as const)(
    "F-74: a list directly under the data member is refused on %s, also in a branch of $or",
    (source) => {
      const member = source === "kinesis" ? "data" : "dynamodb";

      expect(compileFilters([`{"x":["1"],\n "${member}":["plain"]}`], source)).toMatchObject({
        kind: "invalid",
        flaw: { rule: "F-74", line: 2 },
      });
      expect(compileFilters([`{"$or":[{"${member}":[{"exists":true}]},{"b":["x"]}]}`], source).kind).toBe("invalid");
      expect(compileFilters([`{"${member}":{"a":["x"]}}`], source).kind).toBe("filters");
    },
  );

  test.each(["sqs", "kafka", "mq"] as const)("F-73, F-75: a list under the data member is fine on %s", (source) => {
    expect(compileFilters(['{"body":["x"],"value":["x"],"data":["x"]}'], source).kind).toBe("filters");
  });

  test.each([
    '{"a":[{"wildcard":"x*"}]}',
    '{"a":[{"cidr":"10.0.0.0/8"}]}',
    '{"a":[{"exactly":"x"}]}',
    '{"a":[{"anything-but":{"prefix":"x"}}]}',
    '{"a":[{"anything-but":{"suffix":"x"}}]}',
    '{"a":[{"anything-but":{"wildcard":"x"}}]}',
    '{"a":[{"anything-but":{"equals-ignore-case":"x"}}]}',
  ])("F-63: %s is taken by default and refused when strict", (text) => {
    expect(compilePattern(text).kind).toBe("pattern");
    expect(compilePattern(text, { dialect: "lambda" })).toMatchObject({ kind: "invalid", rule: "F-63" });
  });

  test.each([
    '{"a":[{"prefix":{"equals-ignore-case":"x"}}]}',
    '{"a":[{"anything-but":["x"]}]}',
    '{"a":[{"numeric":["=",1]}]}',
  ])("F-62: %s is taken when strict too", (text) => {
    expect(compilePattern(text, { dialect: "lambda" }).kind).toBe("pattern");
  });
});

describe("$or", () => {
  const alternatives = (count: number, name: string) =>
    `[${Array.from({ length: count }, (_, index) => `{"${name}":["${index}"]}`).join(",")}]`;

  test("F-58: 1,000 combinations are taken and 1,001 are not", () => {
    expect(compilePattern(`{"p":{"$or":${alternatives(40, "a")}},"q":{"$or":${alternatives(25, "a")}}}`).kind).toBe(
      "pattern",
    );
    expect(compilePattern(`{"$or":${alternatives(1_000, "a")}}`).kind).toBe("pattern");
    expect(compilePattern(`{"$or":${alternatives(1_001, "a")}}`)).toMatchObject({ kind: "invalid", rule: "F-58" });
    expect(compilePattern(`{"p":{"$or":${alternatives(77, "a")}},"q":{"$or":${alternatives(13, "a")}}}`)).toMatchObject(
      { kind: "invalid", rule: "F-58" },
    );
  });

  test("F-58: $or upon $or is refused before it is multiplied out", () => {
    const nested = (depth: number): string =>
      depth === 0 ? '{"a":["x"]}' : `{"k":{"$or":[{"l":["x"]},{"m":["y"]}]},"n":${nested(depth - 1)}}`;

    expect(compilePattern(nested(300))).toMatchObject({ kind: "invalid", rule: "F-58" });
  });

  test("F-56: a reserved word is refused at every depth of a branch, and taken outside", () => {
    expect(compilePattern('{"$or":[{"a":{"b":{"numeric":["x"]}}},{"c":["y"]}]}')).toMatchObject({
      kind: "invalid",
      rule: "F-56",
    });
    expect(compilePattern('{"numeric":["x"],"$or":[{"a":["x"]},{"c":["y"]}]}').kind).toBe("pattern");
  });
});

describe("places", () => {
  test.each([
    ["", "F-17", 1, 1],
    ['{\n  "a": [\n    "x",\n  ]\n}', "F-17", 4, 3],
    ['{"a": ["x"]} trailing', "F-17", 1, 14],
    ['{"a": 5}', "F-12", 1, 7],
    ['{\r\n "a": {}}', "F-13", 2, 7],
    ['{"a": ["x", {"Prefix": "y"}]}', "F-15", 1, 14],
    ['{"a": [{"prefix": "y", "prefix": "z"}]}', "F-15", 1, 24],
    ['{"a": [{"numeric": [">", 5, "<", 5]}]}', "F-48", 1, 34],
    ['{"a": [{"wildcard": "x**"}]}', "F-54", 1, 21],
    ['{"a": [{"anything-but": ["x", 1]}]}', "F-42", 1, 31],
    ['[{"a": ["x"]}]', "F-11", 1, 1],
  ])("F-64: %j is invalid by %s at %i:%i", (text, rule, line, column) => {
    expect(compilePattern(text)).toMatchObject({ kind: "invalid", rule, line, column });
  });
});
