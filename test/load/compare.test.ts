// Settings held against each other: what counts as a difference, which cells are best, and which saved reports are read.

import { expect, test } from "vitest";
import { MillraceError } from "../../src/errors.ts";
import { createLook } from "../../src/cli/live/look.ts";
import { comparisonRows } from "../../src/cli/load/comparison-text.ts";
import { comparison } from "../../src/load/compare/comparison.ts";
import { readSavedReport } from "../../src/load/compare/saved-report.ts";
import { differenceOf, settingsOf, spreadOf } from "../../src/load/compare/spread.ts";
import { type Metric, metricNamed } from "../../src/load/expect/metrics.ts";
import { loadRun } from "../../src/load/figures/load-run.ts";
import { loadReport } from "../../src/load/load-report.ts";
import type { LoadReport, LoadRun } from "../../src/load/report.ts";
import { journal, observed, prices, sentAt } from "./support/hand-made.ts";

/** One record that waits so long for its call. */
function runOf(waitMs: number, more: Partial<Pick<LoadRun, "name" | "mode" | "swept" | "repetition">> = {}): LoadRun {
  const told = journal();
  told.batch(waitMs, "1", 0, 1, 10);
  return loadRun(observed({ sent: [sentAt(0, 0)], entries: told.entries, totalMs: 10_000, ...more }), prices);
}

function reportOf(runs: readonly LoadRun[], swept: LoadReport["swept"] = []): LoadReport {
  return loadReport({ version: "0.1.0", plan: {}, swept, prices, thresholds: [], runs });
}

function metric(name: string): Metric {
  const found = metricNamed(name);
  if (found === null) throw new Error(`no ${name}`);
  return found;
}

const toStart = metric("toStart.p50");

function difference(before: readonly number[], after: readonly number[], mode: LoadRun["mode"]) {
  const runs = [
    ...before.map((waitMs) => runOf(waitMs, { name: "before", mode })),
    ...after.map((waitMs) => runOf(waitMs, { name: "after", mode })),
  ];
  const [base, other] = settingsOf(reportOf(runs)).map((setting) => spreadOf(setting, toStart));
  if (base === undefined || base === null || other === undefined || other === null) throw new Error("no figures");
  return { base, other, difference: differenceOf(base, other, toStart) };
}

test("a live difference counts above the larger spread of five runs a side, and of fewer not at all", () => {
  const near = difference([100, 110, 120, 130, 140], [110, 120, 130, 140, 150], "live");
  expect(near.base).toEqual({ median: 120, interquartile: 20, count: 5, isSimulated: false });
  expect(near.difference).toBe("within the spread");
  expect(difference([100, 110, 120, 130, 140], [120, 130, 140, 150, 160], "live").difference).toBe("within the spread");
  expect(difference([100, 110, 120, 130, 140], [121, 131, 141, 151, 161], "live").difference).toBe("worse");
  expect(difference([121, 131, 141, 151, 161], [100, 110, 120, 130, 140], "live").difference).toBe("better");
  expect(difference([100, 110, 120, 130], [500, 510, 520, 530], "live").difference).toBe("too few runs to tell");
});

test("any difference of simulated runs counts, and none is none", () => {
  expect(difference([100], [101], "simulated").difference).toBe("worse");
  expect(difference([100], [100], "simulated").difference).toBe("the same");
});

test("side by side: what both have is compared, what one has is shown, what neither has is left out", () => {
  const [base, other] = settingsOf(reportOf([runOf(100, { name: "before" }), runOf(50, { name: "after" })]));
  if (base === undefined || other === undefined) throw new Error("no settings");
  const lines = comparison(base, other);
  expect(lines.find(({ metric: { name } }) => name === "toStart.p99")).toMatchObject({
    base: { median: 100 },
    other: { median: 50 },
    difference: "better",
  });
  expect(lines.some(({ metric: { name } }) => name.startsWith("queueAge."))).toBe(false);
});

test("in the terminal settings of one name, or the only ones, are put side by side", () => {
  const look = createLook({ isUnicode: true, isColoured: false });
  const texts = (now: readonly LoadRun[], before: readonly LoadRun[]): readonly string[] =>
    comparisonRows(reportOf(now), { name: "before.json", report: reportOf(before) }, look).map((row) =>
      row
        .map(({ text }) => text)
        .join("")
        .trimEnd(),
    );
  const lines = texts([runOf(50, { name: "BatchSize=5" })], [runOf(100, { name: "BatchSize=10" })]);
  expect(lines[0]).toMatch(/^BatchSize=5 +before\.json +this run$/);
  expect(lines[1]).toMatch(/^toStart\.p99 +0\.10 s +0\.05 s +better$/);
  const two = [runOf(50, { name: "BatchSize=5" }), runOf(60, { name: "BatchSize=6" })];
  expect(texts(two, [runOf(60, { name: "BatchSize=6" })])[1]).toMatch(/0\.06 s +0\.06 s +the same$/);
  expect(texts(two, [runOf(60, { name: "BatchSize=7" })])).toEqual([
    "compare before.json has no setting of this run's",
  ]);
});

test("a saved report is read back; another format, another file and a damaged one are refused", () => {
  const report = reportOf([runOf(100)]);
  expect(readSavedReport(JSON.stringify(report), "before.json")).toEqual(report);
  const refusal = (text: string): string => {
    try {
      readSavedReport(text, "before.json");
      return "taken";
    } catch (error) {
      if (error instanceof MillraceError) return `${error.code}: ${error.message}`;
      throw error;
    }
  };
  expect(refusal(JSON.stringify({ ...report, format: 2, version: "0.9.0" }))).toBe(
    "bad-argument: before.json is a load report of format 2, written by millrace 0.9.0; this version reads format 1",
  );
  expect(refusal("{")).toContain("before.json is no saved load report: ");
  expect(refusal("[]")).toContain("it has no `format`");
  expect(refusal("7")).toContain("it is no JSON object");
  expect(refusal(JSON.stringify({ ...report, runs: [] }))).toContain("it has no `runs`");
  const damaged = { ...report, runs: [{ ...report.runs[0], latency: {} }] };
  expect(refusal(JSON.stringify(damaged))).toContain("it has no `runs`, or not all that belongs to them");
});
