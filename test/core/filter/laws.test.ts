// What has to hold of the filter language whatever is fed to it (F-16 to F-24, F-51, F-54, F-55).

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePattern, type Pattern } from "../../../src/core/filter/compile-pattern.ts";
import { explainEvent } from "../../../src/core/filter/explain.ts";
import { matchesEvent, matchesEventText } from "../../../src/core/filter/match-event.ts";
import { matchesWildcard, parseWildcard } from "../../../src/core/filter/wildcard.ts";
import { naiveMatch } from "./naive-match.ts";

function patternOf(value: unknown): Pattern {
  const compiled = compilePattern(typeof value === "string" ? value : JSON.stringify(value));
  if (compiled.kind === "invalid") {
    throw new Error(`invalid: ${compiled.reason}`);
  }
  return compiled.pattern;
}

const name = fc.constantFrom("a", "b", "c", "a.b");
const scalar = fc.constantFrom<unknown>("x", "y", "", 1, 2, true, null);
const alternative = fc.oneof(
  scalar,
  fc.constantFrom<unknown>(
    { exists: true },
    { exists: false },
    { prefix: "x" },
    { "anything-but": "x" },
    { "anything-but": [1, 2] },
    { numeric: [">", 1] },
  ),
);
const { pattern } = fc.letrec<{ pattern: unknown; member: unknown }>((tie) => ({
  pattern: fc.dictionary(name, tie("member"), { minKeys: 1, maxKeys: 3 }),
  member: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    fc.array(alternative, { minLength: 1, maxLength: 2 }),
    tie("pattern"),
  ),
}));
const { event, value } = fc.letrec<{ event: unknown; value: unknown }>((tie) => ({
  event: fc.dictionary(name, tie("value"), { maxKeys: 3 }),
  value: fc.oneof({ maxDepth: 4, depthSize: "small" }, scalar, fc.array(tie("value"), { maxLength: 3 }), tie("event")),
}));
const branches = fc.record({ base: pattern, one: pattern, other: pattern });

describe("laws", () => {
  test("F-6: compiling never throws and gives a place inside the text, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.json(),
          fc.string({ unit: fc.constantFrom(...'{}[]",:\\$or1e-. \n'.split("")) }),
        ),
        (text) => {
          const compiled = compilePattern(text);
          expect(compiled.kind === "pattern" || compiled.line <= text.split("\n").length).toBe(true);
          expect(compiled.kind === "pattern" || compiled.column >= 1).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("F-16 to F-24, F-50, F-51: the search agrees with a naive matcher that tries everything", () => {
    let matchCount = 0;
    fc.assert(
      fc.property(pattern, event, (onePattern, oneEvent) => {
        const expected = naiveMatch(onePattern, oneEvent);
        matchCount += expected ? 1 : 0;
        expect(matchesEventText(patternOf(onePattern), JSON.stringify(oneEvent))).toBe(expected);
        expect(matchesEvent(patternOf(onePattern), oneEvent)).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
    expect(matchCount).toBeGreaterThan(100);
  });

  test("F-24: the search agrees with the naive matcher where arrays are everywhere", () => {
    const element = fc.record(
      {
        a: fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })),
        b: scalar,
        c: fc.array(fc.record({ a: scalar, b: scalar }), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    );
    const arrays = fc.record(
      {
        a: fc.array(fc.oneof(element, scalar, fc.array(element, { maxLength: 2 })), { maxLength: 4 }),
        b: fc.array(element, { maxLength: 3 }),
      },
      { requiredKeys: [] },
    );
    const list = fc.array(fc.constantFrom<unknown>("x", "y", 1, { exists: true }, { exists: false }), {
      minLength: 1,
      maxLength: 2,
    });
    const inner = fc.dictionary(fc.constantFrom("a", "b"), list, { minKeys: 1, maxKeys: 2 });
    const outer = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.oneof(list, inner), { minKeys: 1, maxKeys: 3 });
    const deep = fc.dictionary(fc.constantFrom("a", "b"), fc.oneof(outer, list), { minKeys: 1, maxKeys: 2 });
    fc.assert(
      fc.property(deep, arrays, (onePattern, oneEvent) => {
        expect(matchesEventText(patternOf(onePattern), JSON.stringify(oneEvent))).toBe(
          naiveMatch(onePattern, oneEvent),
        );
      }),
      { numRuns: 3_000 },
    );
  });

  test("F-55: a pattern with $or matches exactly when one of its branches does together with the rest", () => {
    fc.assert(
      fc.property(branches, event, ({ base, one, other }, oneEvent) => {
        const text = JSON.stringify(oneEvent);
        const joined = (branch: unknown) => `{"p":${JSON.stringify(base)},"q":${JSON.stringify(branch)}}`;
        const wrapped = `{"p":${text},"q":${text}}`;
        const withOr = patternOf(
          `{"p":${JSON.stringify(base)},"q":{"$or":[${JSON.stringify(one)},${JSON.stringify(other)}]}}`,
        );
        const apart = [one, other].some((branch) => matchesEventText(patternOf(joined(branch)), wrapped));
        expect(matchesEventText(withOr, wrapped)).toBe(apart);
      }),
      { numRuns: 500 },
    );
  });

  test("F-2: an explanation says match exactly when the matcher does, and a match has no failing member", () => {
    fc.assert(
      fc.property(pattern, event, (onePattern, oneEvent) => {
        const text = JSON.stringify(oneEvent);
        const explanation = explainEvent([patternOf(onePattern)], text);
        const failing = explanation.members.filter(({ verdict }) => verdict === "fails").length;
        expect(explanation.isMatch).toBe(matchesEventText(patternOf(onePattern), text));
        expect(explanation.isMatch ? failing : 1).toBe(explanation.isMatch ? 0 : 1);
      }),
      { numRuns: 1_000 },
    );
  });

  test("F-24, F-50: what is absent only in the element that the other members chose is explained as a match", () => {
    const onePattern = { a: [{ exists: true }], "a.b": [{ exists: false }] };
    const text = JSON.stringify({ a: [["x"], { b: "x" }] });
    expect(matchesEventText(patternOf(onePattern), text)).toBe(true);
    const { isMatch, members } = explainEvent([patternOf(onePattern)], text);
    expect([isMatch, members.map(({ verdict }) => verdict)]).toEqual([true, ["fits", "fits"]]);
  });

  test("F-27: any value, whatever it is, can be asked about without an error", () => {
    fc.assert(
      fc.property(pattern, fc.oneof(value, fc.anything()), (onePattern, anything) => {
        expect(typeof matchesEvent(patternOf(onePattern), anything)).toBe("boolean");
      }),
      { numRuns: 300 },
    );
  });

  test("F-53: the wildcard agrees with the obvious regular expression on short texts", () => {
    const unit = fc.constantFrom("a", "b", "\n");
    const source = fc
      .array(fc.string({ unit, maxLength: 2 }), { minLength: 1, maxLength: 5 })
      .map((pieces) => pieces.join("*").replaceAll("**", "*a*"));
    fc.assert(
      fc.property(source, fc.string({ unit, maxLength: 12 }), (text, candidate) => {
        const wildcard = parseWildcard(text.replaceAll("**", "*"));
        const expression = new RegExp(`^${text.replaceAll("**", "*").replaceAll("*", "[^]*")}$`);
        expect(typeof wildcard !== "string" && matchesWildcard(wildcard, candidate)).toBe(expression.test(candidate));
      }),
      { numRuns: 2_000 },
    );
  });
});
