// Every case of the two files and of patterns.json, each through the same code that `millrace filter --cases` runs. Cases marked
// `quirk` show the reference engine's own ways; they are counted apart, with the number that has to agree.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type CaseResult, isAgreed, runCases } from "../../../src/cli/filter-cases.ts";
import { compilePattern } from "../../../src/core/filter/compile-pattern.ts";
import { matchesEvent, matchesEventText } from "../../../src/core/filter/match-event.ts";

const OPTIONS = { source: null, dialect: "eventbridge" } as const;

function casesOf(name: string): string {
  return readFileSync(new URL(`../../cases/${name}`, import.meta.url), "utf8");
}

function isQuirk(line: string): boolean {
  return (JSON.parse(line) as { quirk?: boolean }).quirk === true;
}

function resultsOf(name: string, isWanted: (line: string) => boolean): readonly CaseResult[] {
  const lines = casesOf(name)
    .split("\n")
    .filter((line) => line !== "");
  return lines.flatMap((line) => (isWanted(line) ? [...runCases(name, line, OPTIONS)] : []));
}

describe("the cases", () => {
  test("F-11 to F-78: every case of filter-cases.jsonl that is no quirk has the verdict that the file expects", () => {
    const results = resultsOf("filter-cases.jsonl", (line) => !isQuirk(line));

    expect(results).toHaveLength(837);
    expect(results.filter((result) => !isAgreed(result))).toEqual([]);
  });

  test("F-26, F-29, F-40, F-51, F-56, F-59: all 20 quirks of the reference engine are met too", () => {
    const results = resultsOf("filter-cases.jsonl", isQuirk);

    expect(results.filter(isAgreed)).toHaveLength(20);
    expect(results).toHaveLength(20);
  });

  test("F-65 to F-79: every record of filter-record-cases.jsonl is delivered, dropped or refused as the file expects", () => {
    const results = resultsOf("filter-record-cases.jsonl", () => true);

    expect(results).toHaveLength(100);
    expect(results.filter((result) => !isAgreed(result))).toEqual([]);
  });

  test("the recorded patterns have the recorded verdicts", () => {
    const { cases } = JSON.parse(casesOf("patterns.json")) as {
      cases: { id: string; pattern?: unknown; pattern_text?: string; record: unknown; verdict: string }[];
    };

    const verdicts = cases.map(({ id, pattern, pattern_text, record }) => {
      const compiled = compilePattern(pattern_text ?? JSON.stringify(pattern));
      const isMatch = compiled.kind === "pattern" && matchesEventText(compiled.pattern, JSON.stringify(record));
      return [id, compiled.kind === "invalid" ? "invalid" : isMatch ? "match" : "no-match"];
    });

    expect(verdicts).toEqual(cases.map(({ id, verdict }) => [id, verdict]));
    expect(cases).toHaveLength(78);
  });

  test("a parsed event gives the verdict of its text, wherever parsing loses nothing", () => {
    const cases = casesOf("filter-cases.jsonl")
      .split("\n")
      .filter((line) => line !== "" && !line.includes('"eventText"'))
      .map((line) => JSON.parse(line) as { pattern: unknown; patternText?: string; event: unknown; match: unknown });

    const differing = cases.filter((one) => {
      const compiled = compilePattern(one.patternText ?? JSON.stringify(one.pattern));
      return compiled.kind === "pattern" && matchesEvent(compiled.pattern, one.event) !== one.match;
    });

    expect(differing).toEqual([]);
  });
});
