// Input that is made to hurt: deep nesting, stars that invite going back, large arrays (F-22, F-24, F-54). Held by counting
// steps or by the stack that would overflow, never by time.

import { describe, expect, test } from "vitest";
import { compilePattern, type Pattern } from "../../../src/core/filter/compile-pattern.ts";
import { explainEvent } from "../../../src/core/filter/explain.ts";
import { matchesEvent, matchesEventText } from "../../../src/core/filter/match-event.ts";
import { matchesWildcard, parseWildcard, type Wildcard } from "../../../src/core/filter/wildcard.ts";
import { readJson } from "../../../src/core/json/read-json.ts";

const DEEP = 100_000;

function patternOf(text: string): Pattern {
  const compiled = compilePattern(text);
  if (compiled.kind === "invalid") {
    throw new Error(compiled.reason);
  }
  return compiled.pattern;
}

function wildcardOf(source: string): Wildcard {
  const wildcard = parseWildcard(source);
  if (typeof wildcard === "string") {
    throw new Error(wildcard);
  }
  return wildcard;
}

describe("deep nesting", () => {
  test("F-17: a pattern of 100,000 nested objects or lists is invalid and overflows nothing", () => {
    const objects = compilePattern(`${'{"a":'.repeat(DEEP)}["x"]${"}".repeat(DEEP)}`);
    const lists = compilePattern(`{"a":${"[".repeat(DEEP)}${"]".repeat(DEEP)}}`);

    expect([objects.kind, lists.kind]).toEqual(["invalid", "invalid"]);
    expect(objects.kind === "invalid" ? objects.reason : "").toContain("nested deeper than 1000 levels");
  });

  test("F-22: an event of 100,000 nested arrays matches nothing and overflows nothing, whether a pattern looks at it or not", () => {
    const event = `{"a":${"[".repeat(DEEP)}"x"${"]".repeat(DEEP)},"b":"y"}`;

    expect(matchesEventText(patternOf('{"a":["x"]}'), event)).toBe(false);
    expect(matchesEventText(patternOf('{"b":["y"]}'), event)).toBe(false);
    expect(explainEvent([patternOf('{"a":["x"]}')], event).isMatch).toBe(false);
  });

  test("F-22: 999 nested arrays below the root are read, 1,000 are too many", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth)}"x"${"]".repeat(depth)}}`;

    expect(matchesEventText(patternOf('{"a":["x"]}'), nested(999))).toBe(true);
    expect(matchesEventText(patternOf('{"a":["x"]}'), nested(1_000))).toBe(false);
  });

  test("F-22: a parsed event that nests 100,000 deep is looked at down to the limit and no further", () => {
    let deep: unknown = "x";
    for (let level = 0; level < DEEP; level += 1) {
      deep = [deep];
    }

    expect(matchesEvent(patternOf('{"a":["x"]}'), { a: deep })).toBe(false);
    expect(matchesEvent(patternOf('{"a":["x"]}'), { a: [[["x"]]] })).toBe(true);
  });

  test("F-17: the reader refuses 1,001 levels and takes 1,000", () => {
    expect(readJson(`${"[".repeat(1_000)}${"]".repeat(1_000)}`).kind).toBe("value");
    expect(readJson(`${"[".repeat(1_001)}${"]".repeat(1_001)}`).kind).toBe("broken");
  });
});

describe("wildcards", () => {
  test("F-54: five stars against a value that nearly fits everywhere take steps in proportion to its length", () => {
    const steps = [10_000, 20_000, 40_000].map((length) => {
      const count = { steps: 0 };
      expect(matchesWildcard(wildcardOf("*aaaaab*aaaaab*aaaaab*aaaaab*"), "a".repeat(length), count)).toBe(false);
      return count.steps / length;
    });

    expect(Math.max(...steps)).toBeLessThanOrEqual(2);
  });

  test("F-54: a star's piece that is found late is looked for once", () => {
    const count = { steps: 0 };
    const value = `${"ab".repeat(5_000)}c${"ab".repeat(5_000)}d`;

    expect(matchesWildcard(wildcardOf("*abc*abd*"), value, count)).toBe(true);
    expect(count.steps).toBeLessThanOrEqual(2 * value.length);
  });

  test("F-54: five stars are taken, six are too complex, and stars written with a backslash do not count", () => {
    expect(typeof parseWildcard("a*b*c*d*e*f")).toBe("object");
    expect(parseWildcard("a*b*c*d*e*f*g")).toContain("too complex");
    expect(typeof parseWildcard("\\*\\*\\*\\*\\*\\*\\*")).toBe("object");
  });
});

describe("large arrays", () => {
  test("F-24: 20,000 elements whose fields are never together end in no match", () => {
    const elements = Array.from({ length: 20_000 }, (_, index) => (index % 2 === 0 ? { a: 1 } : { b: 2 }));

    expect(matchesEventText(patternOf('{"r":{"a":[1],"b":[2]}}'), JSON.stringify({ r: elements }))).toBe(false);
    expect(
      matchesEventText(patternOf('{"r":{"a":[1],"b":[2]}}'), JSON.stringify({ r: [...elements, { a: 1, b: 2 }] })),
    ).toBe(true);
  });

  test("F-24: independent arrays do not multiply their elements", () => {
    const many = (member: string) => Array.from({ length: 1_000 }, () => ({ [member]: 1 }));
    const event = JSON.stringify({
      a: many("v"),
      b: many("v"),
      c: many("v"),
      d: many("v"),
      e: [{ v: 1, w: 0 }, { w: 1 }],
    });
    const pattern = '{"a":{"v":[1]},"b":{"v":[1]},"c":{"v":[1]},"d":{"v":[1]},"e":{"v":[1],"w":[1]}}';

    expect(matchesEventText(patternOf(pattern), event)).toBe(false);
  });
});
