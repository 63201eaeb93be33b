// The last line of `npm test` is read by others: it must not say "0 failed" of a run that went wrong.

import { describe, expect, test } from "vitest";
import { countTests, skippedLines } from "../../scripts/test-counts.ts";

const file = (status: string, ...statuses: readonly string[]) => ({
  name: "a.test.ts",
  status,
  assertionResults: statuses.map((each, index) => ({ fullName: `test ${index}`, status: each })),
});
const report = (...testResults: readonly ReturnType<typeof file>[]) => JSON.stringify({ testResults });

describe("counting tests", () => {
  test("passed and failed tests are counted over all files", () => {
    const text = report(file("passed", "passed", "passed"), file("failed", "failed", "passed"));
    expect(countTests(text, 1)).toEqual({ passedCount: 3, failedCount: 1, skippedNames: [] });
  });

  test("a file that could not be loaded is a failure", () => {
    expect(countTests(report(file("passed", "passed"), file("failed")), 1)).toMatchObject({
      passedCount: 1,
      failedCount: 1,
    });
  });

  test("a run that ends badly though each test passed is a failure", () => {
    expect(countTests(report(file("passed", "passed")), 1)).toMatchObject({ passedCount: 1, failedCount: 1 });
  });

  test("a run without a report is a failure", () => {
    expect(countTests(null, 0)).toMatchObject({ passedCount: 0, failedCount: 1 });
  });

  test("a test that did not run is named", () => {
    expect(countTests(report(file("passed", "passed", "skipped")), 0).skippedNames).toEqual(["test 1"]);
  });

  test("tests that need a real server are counted with why there was none, and named", () => {
    const standIn = { called: "a stand-in", realMark: "on a real MongoDB" };
    const names = ["on a real MongoDB: it elects", "another", "on a real MongoDB: it rolls over"];
    expect(skippedLines(names, [{ standIn, why: "the tests need mongodb: no mongod on the PATH" }])).toEqual([
      "did not run: 2 tests on a real MongoDB, in whose place there was a stand-in, as the tests need mongodb: no mongod on the PATH",
      ...names.map((name) => `did not run: ${name}`),
    ]);
    expect(skippedLines(["another"], [])).toEqual(["did not run: another"]);
  });
});
