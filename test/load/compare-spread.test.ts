// Whether a difference counts: held against the spread of each side's runs, answers worked out by hand.

import { expect, test } from "vitest";
import { createLook } from "../../src/cli/live/look.ts";
import { gridRows } from "../../src/cli/load/sweep-text.ts";
import { bestOf, differenceOf, type Setting, settingsOf, spreadOf } from "../../src/load/compare/spread.ts";
import type { Metric } from "../../src/load/expect/metrics.ts";
import type { LoadReport, LoadRun } from "../../src/load/report.ts";
import { aLoadReport } from "../page/support/load-report.ts";

const [sample] = aLoadReport({ isSweep: false }).runs;
if (sample === undefined) throw new Error("the report has no run");
const aRun: LoadRun = sample;

const setting = (name: string, totals: readonly number[], mode: LoadRun["mode"] = "live"): Setting => ({
  name,
  first: 0,
  swept: {},
  runs: totals.map((totalMs) => ({ ...aRun, name, mode, totalMs })),
});
const total: Metric = {
  name: "duration",
  unit: "ms",
  better: "less",
  families: null,
  of: ({ totalMs }) => totalMs,
  why: "",
};
const neutral: Metric = { ...total, better: null };

function difference(base: Setting, other: Setting, metric = total): string {
  const [left, right] = [spreadOf(base, metric), spreadOf(other, metric)];
  if (left === null || right === null) throw new Error("a side has no value");
  return differenceOf(left, right, metric);
}

test("median and interquartile range, quartiles between two values interpolated", () => {
  expect(spreadOf(setting("five", [5, 1, 3, 2, 4]), total)).toMatchObject({ median: 3, interquartile: 2, count: 5 });
  expect(spreadOf(setting("four", [1, 2, 3, 4]), total)).toMatchObject({ median: 2.5, interquartile: 1.5 });
  expect(spreadOf(setting("one", [7]), total)).toMatchObject({ median: 7, interquartile: 0, count: 1 });
  expect(spreadOf(setting("none", [1, 2]), { ...total, of: () => null })).toBeNull();
});

test("live runs: marked above the larger range of both sides only, from five runs a side", () => {
  const base = setting("base", [98, 99, 100, 101, 102]);
  expect(difference(base, setting("as far", [100, 101, 102, 103, 104]))).toBe("within the spread");
  expect(difference(base, setting("further", [100.1, 101.1, 102.1, 103.1, 104.1]))).toBe("worse");
  expect(difference(base, setting("better", [88, 89, 90, 91, 92]))).toBe("better");
  expect(difference(base, setting("wide", [80, 85, 90, 100, 120]))).toBe("within the spread");
  expect(difference(base, setting("four", [50, 50, 50, 50]))).toBe("too few runs to tell");
  expect(difference(base, setting("same", [100, 100, 100]))).toBe("the same");
  expect(difference(base, setting("more", [200, 200, 200, 200, 200]), neutral)).toBe("more");
});

test("simulated runs repeat: one a side is enough; a live side still needs five", () => {
  const base = setting("base", [100], "simulated");
  expect(difference(base, setting("other", [100.001], "simulated"))).toBe("worse");
  expect(difference(base, setting("live", [50]))).toBe("too few runs to tell");
});

test("the best setting and all within its spread; none where neither way is better", () => {
  const best = setting("best", [98, 99, 100, 101, 102]);
  const near = setting("near", [101, 101, 101, 101, 101]);
  const far = setting("far", [110, 110, 110, 110, 110]);
  expect([...bestOf([far, near, best], total)].map(({ name }) => name)).toEqual(["near", "best"]);
  expect([...bestOf([far, near, best], { ...total, better: "more" })]).toEqual([far]);
  expect(bestOf([far, near], neutral).size).toBe(0);
});

test("a run that stalled, was cut short or was its loader's is never the best", () => {
  const whole = setting("whole", [100], "simulated");
  const quick = setting("quick", [1], "simulated");
  const changed = (more: Partial<LoadRun>): Setting => ({
    ...quick,
    runs: quick.runs.map((run) => ({ ...run, ...more })),
  });
  expect([...bestOf([whole, quick], total)]).toEqual([quick]);
  for (const more of [
    { endedBy: "stalled" },
    { endedBy: "interrupted" },
    { loader: { ...aRun.loader, isLimit: true } },
  ] as const) {
    expect([...bestOf([whole, changed(more)], total)]).toEqual([whole]);
    const runs = [...whole.runs, ...changed(more).runs].map((run, index) => ({
      ...run,
      cost: { ...run.cost, perMillionRecordsUsd: 2 - index },
      latency: { ...run.latency, toDone: { ...run.latency.toDone, count: 1, p99: 200 - 100 * index } },
    }));
    const rows = gridRows({ runs, plan: {} }, createLook({ isUnicode: true, isColoured: false }));
    const good = rows.map((row) => row.filter(({ tone }) => tone === "good").length);
    expect(good).toEqual([0, 2, 0]);
  }
});

test("settings keep the order of their first runs, repetitions together", () => {
  const report: LoadReport = aLoadReport({ repetitions: 2 });
  const settings = settingsOf(report);
  expect(settings).toHaveLength(12);
  expect(settings.map(({ first }) => first)).toEqual(Array.from({ length: 12 }, (_, index) => index * 2));
  expect(settings[5]?.swept).toEqual({ BatchSize: 100, MaximumBatchingWindowInSeconds: 1 });
  expect(settings[5]?.runs.map(({ repetition }) => repetition)).toEqual([1, 2]);
});
