// Every rule of streams is carried out, with a test that cites it, or is told in docs/honoured.md with the reason.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { streamRulesLeftOut } from "../../src/control/mapping/stream-rules-left-out.ts";

/** Of these families some rules are about queues alone. */
const families = "P B K D S E O W H M".split(" ");
const aboutQueues = new Set(["B-14", "B-15", "M-8", "M-10"]);
const isOfQueues = (rule: string): boolean => aboutQueues.has(rule) || /^P-[23]\d/.test(rule);

const text = readFileSync("docs/rules/streams-and-queues.md", "utf8");
const rules = [...new Set([...text.matchAll(/\*\*([A-Z]-\d+[a-z]?)\*\*/g)].map(([, rule = ""]) => rule))].filter(
  (rule) => families.includes(rule[0] ?? "") && !isOfQueues(rule),
);

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

test("each rule of streams has a test that cites it, or its reason in docs/honoured.md", () => {
  expect(rules.length).toBeGreaterThan(100);
  expect(rules.filter((rule) => !isCited(rule) && !Object.hasOwn(streamRulesLeftOut, rule))).toEqual([]);
});

test("what is left out is a rule, and no test says otherwise", () => {
  const left = Object.keys(streamRulesLeftOut);
  expect(left.filter((rule) => !rules.includes(rule))).toEqual([]);
});
