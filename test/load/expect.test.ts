// Thresholds: how they are read, and what they are held against.

import { expect, test } from "vitest";
import { MillraceError } from "../../src/errors.ts";
import { expectation, parseExpectation } from "../../src/load/expect/expectation.ts";
import { metrics } from "../../src/load/expect/metrics.ts";
import { loadRun } from "../../src/load/figures/load-run.ts";
import type { LoadObservation } from "../../src/load/observation.ts";
import { journal, observed, prices, sentAt } from "./support/hand-made.ts";

function refusal(text: string): { readonly message: string; readonly help: string | null } {
  try {
    parseExpectation(text);
  } catch (error) {
    if (error instanceof MillraceError) return { message: `${error.code}: ${error.message}`, help: error.help };
    throw error;
  }
  throw new Error(`${text} was taken`);
}

/** Two records, sent at 0 and 10 ms, one batch at 100 ms that takes 40 ms. */
function twoRecords(more: Partial<LoadObservation> = {}) {
  const told = journal();
  told.closed(100, "1", 0, 2, { closedBy: "size" });
  told.invoked(100, "1", 2);
  told.decided(140, "1", 2, { tookMs: 40, iteratorAgeMs: 130 });
  const { mapping: _mapping, ...rest } = more;
  return loadRun(
    observed({ sent: [sentAt(0, 0), sentAt(1, 10)], entries: told.entries, totalMs: 1_000, ...rest }),
    prices,
  );
}

test.each([
  ["iteratorAge.p99 < 2s", { metric: "iteratorAge.p99", operator: "<", limit: 2_000, unit: "s" }],
  ["toStart.p50<=40ms", { metric: "toStart.p50", operator: "<=", limit: 40, unit: "ms" }],
  [" batches.fill >= 93 % ", { metric: "batches.fill", operator: ">=", limit: 0.93, unit: "%" }],
  ["batches.fill > 0.5", { metric: "batches.fill", operator: ">", limit: 0.5, unit: "" }],
  ["gaveUp == 0", { metric: "gaveUp", operator: "==", limit: 0, unit: "" }],
  ["invocations < 1,000", { metric: "invocations", operator: "<", limit: 1_000, unit: "" }],
  ["cost.perMillionRecords < $0.35", { metric: "cost.perMillionRecords", operator: "<", limit: 0.35, unit: "" }],
  ["duration < 2min", { metric: "duration", operator: "<", limit: 120_000, unit: "min" }],
])("%s is read", (text, read) => {
  expect(parseExpectation(text)).toEqual({ text: text.trim(), ...read });
});

test("what is no expectation is refused, with one that can be pasted", () => {
  expect(refusal("iteratorAge.p99")).toEqual({
    message: "bad-argument: `iteratorAge.p99` is no expectation: it takes a figure, < <= > >= == and a value",
    help: "--expect 'iteratorAge.p99 < 2s'",
  });
  expect(refusal("itratorAge.p99 < 2s").help).toBe("--expect 'iteratorAge.p99 < 2s'");
  expect(refusal("toStart < 2s").help).toBe("--expect 'toStart.p99 < 2s'");
  expect(refusal("itratorAge.p99 < 2s").message).toContain("iteratorAge.p50|p90|p95|p99|p999|max|mean");
  expect(refusal("toStart.p99 < 2").help).toBe("--expect 'toStart.p99 < 2s'");
  expect(refusal("toStart.p99 < 2").message).toBe(
    "bad-argument: `toStart.p99 < 2`: a value without a unit where ms, s, min, h belongs",
  );
  // A comma is of thousands: one and a half seconds are 1.5s.
  for (const text of ["toStart.p99 < 1,5s", "invocations < 10,00", "invocations < ,500"])
    expect(refusal(text).message).toContain("is no expectation");
  expect(parseExpectation("invocations < 1,234,567.5").limit).toBe(1_234_567.5);
  expect(refusal("retries < 2 ms").help).toBe("--expect 'retries < 2'");
});

test("a threshold is told in its own unit and judged exactly", () => {
  const run = twoRecords();
  const judged = (text: string) => expectation(parseExpectation(text), [run]);
  expect(judged("iteratorAge.p99 < 0.13s")).toEqual({
    text: "iteratorAge.p99 < 0.13s",
    results: [{ value: 0.13, shown: "0.13 s", isMet: false }],
    isMet: false,
  });
  expect(judged("iteratorAge.p99 <= 0.13s").isMet).toBe(true);
  expect(judged("batches.fill == 20%").results).toEqual([{ value: 20, shown: "20 %", isMet: true }]);
  expect(judged("toDone.max == 140ms").isMet).toBe(true);
  expect(judged("donePerSecond == 2/s").isMet).toBe(true);
  expect(judged("invocationsPerRecord == 1").isMet).toBe(true);
});

test("a value that the run does not have does not meet its threshold, and says why", () => {
  const run = twoRecords();
  expect(expectation(parseExpectation("queueAge.p99 < 1h"), [run])).toMatchObject({
    results: [
      {
        value: null,
        isMet: false,
        shown: "no value: no call was made, or the source is no queue: iteratorAge is its figure",
      },
    ],
    isMet: false,
  });
  const empty = loadRun(observed({ sent: [], entries: [], totalMs: 1_000 }), prices);
  expect(expectation(parseExpectation("toStart.p99 < 1h"), [empty]).isMet).toBe(false);
  expect(expectation(parseExpectation("toStart.p99 < 1h"), []).isMet).toBe(false);
});

test("nothing is met where the loader was the limit, and all runs have to meet it", () => {
  const limited = twoRecords({ plannedCount: 100 });
  expect(limited.loader.isLimit).toBe(true);
  const judged = expectation(parseExpectation("toStart.p99 < 2s"), [twoRecords(), limited]);
  expect(judged.results.map(({ isMet }) => isMet)).toEqual([true, false]);
  expect(judged.results[1]?.shown).toBe("0.1 s, but the loader was the limit");
  expect(judged.isMet).toBe(false);
});

test("each figure of the list is one of a run that has all of them", () => {
  const run = twoRecords();
  const missing = metrics.filter((metric) => metric.of(run) === null).map(({ name }) => name);
  expect(missing.every((name) => name.startsWith("queueAge."))).toBe(true);
  expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
});
