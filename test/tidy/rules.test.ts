// Every rule of sources is carried out, with a test that cites it, or is told in docs/honoured.md with the reason; and each scenario of Kafka
// and DocumentDB has a test.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rulesLeftOut } from "../../src/control/mapping/rules-left-out.ts";

const documents = ["streams-and-queues.md", "brokers.md", "kafka.md", "documentdb.md"];
const texts = documents.map((name) => readFileSync(`docs/rules/${name}`, "utf8"));
const boldIn = (form: string): readonly string[] =>
  texts.flatMap((text) => [
    ...new Set([...text.matchAll(new RegExp(`\\*\\*(${form})\\*\\*`, "g"))].map(([, rule = ""]) => rule)),
  ]);
/** X with three digits is DocumentDB; with fewer it is a list of scenarios. */
const ofSources = boldIn("[A-Z]-\\d+[a-z]?").filter((rule) => /^(?:[PBKDSEOWHMQR]-|X-\d{3})/.test(rule));
const scenarios = boldIn("T[MX]-\\d+");

const tests = execFileSync("git", ["ls-files", "--", "test/**/*.ts"], { encoding: "utf8" })
  .split("\n")
  .filter((path) => path.endsWith(".test.ts") || path.includes("contract"))
  .map((path) => readFileSync(path, "utf8"))
  .join("\n");

/** By itself, or as part of a list or a range: `E-40 to E-46`. */
function isCited(rule: string): boolean {
  if (new RegExp(`(?<![\\w-])${rule}(?![\\w])`).test(tests)) return true;
  const [family = "", digits = ""] = rule.split("-");
  const number = Number.parseInt(digits, 10);
  return [...tests.matchAll(/([A-Z]{1,2})-(\d+)[a-z]? (?:to|–|-) (?:[A-Z]{1,2}-)?(\d+)/g)].some(
    ([, cited, from, to]) => cited === family && Number(from) <= number && number <= Number(to),
  );
}

test("each rule of streams, queues, brokers, Kafka and DocumentDB has a test that cites it, or its reason in docs/honoured.md", () => {
  expect(ofSources.length).toBeGreaterThan(380);
  expect(ofSources.filter((rule) => !isCited(rule) && !Object.hasOwn(rulesLeftOut, rule))).toEqual([]);
});

test("each scenario of Kafka and DocumentDB has a test that cites it", () => {
  expect(scenarios.length).toBe(82);
  expect(scenarios.filter((scenario) => !isCited(scenario))).toEqual([]);
});

test("what is left out is a rule, and no test says otherwise", () => {
  const left = Object.keys(rulesLeftOut);
  expect(left.filter((rule) => !ofSources.includes(rule))).toEqual([]);
});
