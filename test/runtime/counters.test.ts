// What the fold of facts says where several shards meet trouble (P-13, H-12); the sums are told in batches-and-errors.test.ts.

import { expect, test } from "vitest";
import type { Fact } from "../../src/ports/journal.ts";
import { foldCounters, newCounters, resultTextsOf } from "../../src/runtime/counters.ts";

const away: Fact = { kind: "source-problem", code: "unreachable", text: "PROBLEM: away", detail: "", nextTryMs: 200 };
const denied: Fact = { ...away, code: "denied", text: "PROBLEM: denied" };
const recovered: Fact = { kind: "source-recovered" };

function problemAfter(...facts: readonly (readonly [lane: string, fact: Fact])[]): string | null {
  const folded = facts.reduce((counters, [lane, fact]) => foldCounters(counters, lane, fact, "arn"), newCounters);
  return resultTextsOf(folded).problemText;
}

test("P-13: a shard that can be read again does not hide another's trouble", () => {
  expect(problemAfter(["m/0", away], ["m/1", denied], ["m/0", recovered])).toBe("PROBLEM: denied");
  expect(problemAfter(["m/0", away], ["m/1", denied], ["m/1", recovered])).toBe("PROBLEM: away");
});

test("P-13: trouble is shown until the shard that met it can be read, or is opened anew", () => {
  const opened: Fact = { kind: "unit-opened", after: null, startedFrom: "trimHorizon" };
  expect(problemAfter(["m/0", away])).toBe("PROBLEM: away");
  expect(problemAfter(["m/0", away], ["m/0", recovered])).toBe(null);
  expect(problemAfter(["m/0", away], ["m/0", opened])).toBe(null);
});

test("what changes nothing leaves the counters the very same, which tells that nothing is new", () => {
  expect(foldCounters(newCounters, "m/0", recovered, "arn")).toBe(newCounters);
});

test("M-210: trouble with a schema registry is no trouble with the topic", () => {
  const ofRegistry: Fact = { ...away, isOfRegistry: true };
  const folded = [away, ofRegistry, ofRegistry].reduce(
    (counters, fact) => foldCounters(counters, "m/p0", fact, "arn"),
    newCounters,
  );
  expect([folded.pollingErrors, folded.registryErrors]).toEqual([1, 2]);
});
