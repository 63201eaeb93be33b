// How many tests passed and failed, from vitest's JSON report. What went wrong outside a test counts as a failure too: a
// file that could not be loaded, an error that nobody caught, a run that wrote no report.

export interface TestCounts {
  readonly passedCount: number;
  readonly failedCount: number;
  /** Full names of tests that did not run; none is passed over in silence. */
  readonly skippedNames: readonly string[];
}

/** The part of the report that is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** A line for each test that did not run; those that only a real server can pass are counted first, with why there is none. */
export function skippedLines(
  names: readonly string[],
  stoodIn: readonly {
    readonly standIn: { readonly called: string; readonly realMark: string };
    readonly why: string;
  }[],
): readonly string[] {
  const counts = stoodIn.map(({ standIn: { called, realMark }, why }) => {
    const count = names.filter((name) => name.includes(realMark)).length;
    return `did not run: ${count} ${count === 1 ? "test" : "tests"} ${realMark}, in whose place there was ${called}, as ${why}`;
  });
  return [...counts, ...names.map((name) => `did not run: ${name}`)];
}

/** `reportText` is null if there is no report; `exitCode` is vitest's. */
export function countTests(reportText: string | null, exitCode: number): TestCounts {
  if (reportText === null) return { passedCount: 0, failedCount: 1, skippedNames: [] };
  const report = JSON.parse(reportText) as Report;
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const count = (status: string) => tests.filter((test) => test.status === status).length;
  const brokenFileCount = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const failedCount = count("failed") + brokenFileCount;
  const hasUnseenFailure = exitCode !== 0 && failedCount === 0;
  return {
    passedCount: count("passed"),
    failedCount: hasUnseenFailure ? 1 : failedCount,
    skippedNames: tests
      .filter((test) => test.status !== "passed" && test.status !== "failed")
      .map((test) => test.fullName),
  };
}
