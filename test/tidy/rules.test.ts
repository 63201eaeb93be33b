// Every rule of streams, queues and brokers is carried out, with a test that cites it, or is told in docs/honoured.md with the reason.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rulesLeftOut } from "../../src/control/mapping/rules-left-out.ts";

const rules = ["docs/rules/streams-and-queues.md", "docs/rules/brokers.md"].flatMap((path) => [
  ...new Set([...readFileSync(path, "utf8").matchAll(/\*\*([A-Z]-\d+[a-z]?)\*\*/g)].map(([, rule = ""]) => rule)),
]);
const ofSources = rules.filter((rule) => "PBKDSEOWHMQR".includes(rule[0] ?? ""));

const tests = execFileSync("git", ["ls-files", "--", "test/**/*.ts"], { encoding: "utf8" })
  .split("\n")
  .filter((path) => path.endsWith(".test.ts") || path.includes("contract"))
  .map((path) => readFileSync(path, "utf8"))
  .join("\n");

/** By itself, or as part of a list or a range: `E-40 to E-46`. */
function isCited(rule: string): boolean {
  if (new RegExp(`(?<![\\w-])${rule}(?![\\w])`).test(tests)) return true;
  const number = Number.parseInt(rule.slice(2), 10);
  return [...tests.matchAll(/([A-Z])-(\d+)[a-z]? (?:to|–|-) (?:([A-Z])-)?(\d+)/g)].some(
    ([, family, from, , to]) => family === rule[0] && Number(from) <= number && number <= Number(to),
  );
}

test("each rule of streams, queues and brokers has a test that cites it, or its reason in docs/honoured.md", () => {
  expect(ofSources.length).toBeGreaterThan(250);
  expect(ofSources.filter((rule) => !isCited(rule) && !Object.hasOwn(rulesLeftOut, rule))).toEqual([]);
});

test("what is left out is a rule, and no test says otherwise", () => {
  const left = Object.keys(rulesLeftOut);
  expect(left.filter((rule) => !ofSources.includes(rule))).toEqual([]);
});
