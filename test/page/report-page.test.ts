// The load report as people open it: a file on disk, without a server or network, in a real Chromium.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Locator, Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { reportHtml } from "../../src/dashboard/report-file.ts";
import type { ComparedReport } from "../../src/load/compared-report.ts";
import type { LoadReport, LoadRun } from "../../src/load/report.ts";
import { aPage, barriers, isTooWide, type PageOptions, picture, WIDTHS } from "./support/browser.ts";
import { aLoadReport } from "./support/load-report.ts";
import { aSimulatedReport } from "./support/simulated-report.ts";

/** `hash`: what the address holds: `#run=6`. */
async function opened(
  report: LoadReport,
  { hash = "", compared = [], ...options }: PageOptions & { hash?: string; compared?: readonly ComparedReport[] } = {},
): Promise<Page> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-report-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "load.html");
  writeFileSync(file, await reportHtml(report, compared));
  const page = await aPage(options);
  await page.goto(pathToFileURL(file).href + hash);
  await page.locator("main.report").waitFor();
  return page;
}

const SHOWN = 5;

function shownRun({ runs }: LoadReport): LoadRun {
  const run = runs[SHOWN];
  if (run === undefined) throw new Error("the report has no such run");
  return run;
}

const chart = (page: Page, title: string): Locator =>
  page.locator("figure.chart").filter({ has: page.getByRole("heading", { name: title, exact: true }) });

/** The cells of a chart's table, whole: a row a list. */
async function tableOf(page: Page, title: string): Promise<readonly (readonly string[])[]> {
  const figure = chart(page, title);
  await figure.getByText("Table", { exact: true }).click();
  await figure.locator("table").waitFor();
  const more = figure.getByRole("button", { name: /^Show/ });
  if ((await more.count()) > 0) await more.click();
  return (await figure.locator("tbody tr").allInnerTexts()).map((row) => row.split("\t").map((cell) => cell.trim()));
}

/** How many of a canvas's pixels are drawn in each chart. */
const drawnPixels = (page: Page): Promise<readonly number[]> =>
  page.evaluate(`[...document.querySelectorAll("figure.chart canvas")].map((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let drawn = 0;
    for (let index = 3; index < data.length; index += 4) if (data[index] > 0) drawn += 1;
    return drawn;
  })`);

const count = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 2 });

test.for([
  { width: 1280, scheme: "light" },
  { width: 400, scheme: "light" },
  { width: 1280, scheme: "dark" },
] as const)(
  "at $width pixels in $scheme every chart is drawn, nothing is cut off and axe finds nothing",
  async (options) => {
    const page = await opened(aLoadReport(), { ...options, hash: `#run=${SHOWN + 1}` });
    expect(await page.locator("figure.chart").count()).toBe(9);
    const drawn = await drawnPixels(page);
    expect(drawn).toHaveLength(9);
    expect(Math.min(...drawn)).toBeGreaterThan(1_500);
    expect(await isTooWide(page)).toBe(false);
    await tableOf(page, "How full");
    expect(await barriers(page)).toEqual([]);
  },
);

test("the report of a simulated sweep, at both widths", async () => {
  const report = await aSimulatedReport();
  const run = shownRun(report);
  for (const width of WIDTHS) {
    const page = await opened(report, { width, hash: `#run=${SHOWN + 1}` });
    expect(await page.locator(".expectations li").count()).toBe(2);
    expect(await page.locator(".findings > li > p:first-child").allInnerTexts()).toEqual(
      run.findings.map(({ text }) => text),
    );
    expect(Math.min(...(await drawnPixels(page)))).toBeGreaterThan(1_000);
    expect(await isTooWide(page)).toBe(false);
    await picture(page, "load-report");
    for (const name of ["Latency", "Failures", "Sweep"]) {
      await page.evaluate(
        `[...document.querySelectorAll("h2")].find((each) => each.textContent === "${name}").scrollIntoView()`,
      );
      await picture(page, `load-report-${name.toLowerCase()}`);
    }
  }
});

test("the table behind each chart holds the report's own figures", async () => {
  const report = aLoadReport();
  const run = shownRun(report);
  const page = await opened(report, { hash: `#run=${SHOWN + 1}` });
  const { reasons, sizeBoundsBytes } = run.batches;

  const fill = await tableOf(page, "How full");
  expect(fill.map(([, ...cells]) => cells)).toEqual(
    Array.from({ length: 20 }, (_, bin) => reasons.map(({ fillBins }) => count(fillBins[bin] ?? 0))),
  );
  expect(fill[19]?.[0]).toBe("95 to 100 %");

  const sizes = await tableOf(page, "Size of the event");
  for (const [name, ...cells] of sizes) {
    const bin = sizeBoundsBytes.findIndex((bound) => `up to ${count(bound)} B` === name);
    expect(cells).toEqual(reasons.map(({ sizeBins }) => count(sizeBins[bin] ?? 0)));
  }
  expect(sizes.at(-1)?.[0]).toBe("up to 6,291,456 B");

  const rates = await tableOf(page, "How many a second");
  expect(rates.map(([, ...cells]) => cells)).toEqual(
    run.seconds.map((_, second) => reasons.map(({ perSecond }) => count(perSecond[second] ?? 0))),
  );

  const percentiles = await tableOf(page, "By percentile");
  expect(percentiles.map(([name]) => name)).toEqual(run.latency.toDone.curve.map(({ percentile }) => `p${percentile}`));
  expect(percentiles.find(([name]) => name === "p50")?.slice(1)).toEqual(["500 ms", "526 ms", "400 ms"]);

  const sent = await tableOf(page, "Records a second");
  expect(sent.map(([, ...cells]) => cells)).toEqual(
    run.seconds.map(({ planned, sent: taken, done }) => [planned, taken, done].map(count)),
  );
  const running = await tableOf(page, "Running, at each second's end");
  expect(running.map(([, cell]) => cell)).toEqual(run.seconds.map((second) => count(second.running)));
  const attempts = await tableOf(page, "Attempts of an identity");
  expect(attempts.map(([, cell]) => cell)).toEqual(run.failures.attempts.map(count));
  expect((await tableOf(page, "Age")).length).toBe(run.seconds.length);
  expect((await tableOf(page, "To start, over time"))[60]).toEqual(["1:00", "500 ms", "1.87 s"]);
});

test("verdict, findings, settings, lanes, trees and cost are said in words and figures", async () => {
  const page = await opened(aLoadReport(), { hash: `#run=${SHOWN + 1}` });
  const text = async (name: string): Promise<string> => page.getByRole("region", { name, exact: true }).innerText();
  expect(await text("Verdict")).toContain("✓ All 2 expectations hold");
  expect(await text("Verdict")).toContain("97 % of batches closed by the window at 51 of 100 records");
  expect(await text("Verdict")).toContain("by B-1, B-3, B-4");
  expect(await text("Run")).toContain("3 in bold are not the default");
  expect(await page.locator(".settings .is-changed").allInnerTexts()).toEqual([
    "MaximumBatchingWindowInSeconds 1",
    "MaximumRetryAttempts 2",
    "BisectBatchOnFunctionError true",
  ]);
  expect(await page.locator(".lanes tbody tr").count()).toBe(4);
  expect(await text("Failures")).toContain("1–10✗ 1–5✓ 6–10✗ 6–7✗ 6✓ 7✗✗■ 8–10✓");
  expect(await text("Cost")).toContain("set your own in the plan's `prices`");
  // A text that would end the script it stands in is a text.
  await page.getByText("The plan, defaults filled in").click();
  expect(await text("Method")).toContain("</script><script>throw 1</script><!--");
});

test("by keyboard: a chart's values are read out one after another, and a cell of the heat map shows its run", async () => {
  const page = await opened(aLoadReport());
  const plot = page.getByRole("slider", { name: "How full: records, % of 10" });
  await plot.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  expect(await plot.getAttribute("aria-valuetext")).toContain("5 to under 10 %: caught up ");
  await page.keyboard.press("End");
  expect(await plot.getAttribute("aria-valuetext")).toContain("95 to 100 %: ");
  expect(await chart(page, "How full").locator(".where").innerText()).toBe("95 to 100 %");

  const cells = page.locator(".heat button");
  expect(await cells.count()).toBe(12);
  await cells.first().focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  expect(new URL(page.url()).hash).toBe("#run=10");
  expect(await page.locator("#run option:checked").innerText()).toBe("size 1000, window 1 s");
  expect(await page.locator('.heat [aria-pressed="true"]').getAttribute("aria-label")).toContain(
    "size 1000, window 1 s",
  );
});

test("the heat map is coloured by any figure, outlines the best of it, and the address holds the choice", async () => {
  const report = aLoadReport();
  const page = await opened(report);
  const best = (): Promise<readonly string[]> =>
    page.evaluate(`[...document.querySelectorAll(".heat .is-best")].map((cell) => cell.getAttribute("aria-label"))`);
  // Without a window all three sizes close a batch as soon as a record comes: equal, so all are the best.
  expect(await best()).toEqual([10, 100, 1_000].map((size) => `size ${size}, window 0 s: 14.8 ms, best`));
  await page.locator("#figure").selectOption("invocations");
  expect(await best()).toEqual([expect.stringContaining("size 1000, window 5 s: ")]);
  expect(await page.locator(".heat button").count()).toBe(12);
  await page.locator("#figure").selectOption("concurrency.most");
  expect(await best()).toEqual([]);
  await page.reload();
  expect(await page.locator("#figure option:checked").innerText()).toBe("running, most");
});

test("a loader that was the limit is said above all else, its latencies are drawn pale and nothing counts as met", async () => {
  const page = await opened(aLoadReport({ mode: "live", isSweep: false, isLoaderLimit: true }));
  expect(await page.getByRole("note").innerText()).toContain(
    "It sent 21,600 of 24,000 planned records, at 97 % of its own ceiling",
  );
  expect(await page.locator(".chart.is-greyed").count()).toBe(2);
  expect(await page.locator(".expectations").innerText()).toContain("■ missed");
  expect(await barriers(page)).toEqual([]);
  expect(await page.getByRole("region", { name: "Comparison", exact: true }).innerText()).toContain(
    "--compare before.json",
  );
});

test("live reports of five runs: what differs by more than their spread is marked, the rest is not", async () => {
  const live = { mode: "live", isSweep: false, repetitions: 5 } as const;
  const page = await opened(aLoadReport(live), {
    compared: [
      { name: "before.json", report: aLoadReport({ ...live, slower: 1.5 }) },
      { name: "near.json", report: aLoadReport({ ...live, slower: 1.001 }) },
    ],
  });
  const line = async (name: string): Promise<readonly string[]> => {
    const row = page
      .locator(".comparison tbody tr")
      .filter({ has: page.getByRole("rowheader", { name, exact: true }) });
    return (await row.innerText()).split("\t");
  };
  // Against what was before; beside it this run and the other file.
  expect(await page.locator("#base option:checked").innerText()).toBe("before.json: as planned");
  const cost = await line("cost of a million records");
  expect(cost).toHaveLength(4);
  expect(cost[2]).toMatch(/✓ better\s*− 20 %/);
  expect((await line("running, mean"))[2]).toMatch(/less\s*− 3\d %/);
  expect((await line("given up")).slice(2)).toEqual([
    expect.stringContaining("the same"),
    expect.stringContaining("the same"),
  ]);
  await page.locator("#base").selectOption("0");
  await page.getByLabel("before.json: as planned").check();
  const [, , before, near] = await line("running, mean");
  expect(before).toMatch(/more\s*\+ 4\d %/);
  expect(near).toContain("within the spread");
  expect((await line("cost of a million records"))[2]).toMatch(/✗ worse\s*\+ 2\d %/);
  await page.getByLabel("near.json: as planned").uncheck();
  expect(await line("running, mean")).toHaveLength(3);
  expect(await barriers(page)).toEqual([]);
});

test("of live runs that are fewer than five a side no difference is marked", async () => {
  const live = { mode: "live", isSweep: false, repetitions: 4 } as const;
  const page = await opened(aLoadReport(live), {
    compared: [{ name: "before.json", report: aLoadReport({ ...live, slower: 1.5 }) }],
  });
  const text = await page.locator(".comparison").innerText();
  expect(text).toContain("too few runs to tell");
  expect(text).not.toMatch(/better|worse/);
});

test("in print all tables are open, charts fit the paper and are drawn for light", async () => {
  const page = await opened(aLoadReport(), { scheme: "dark" });
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 720, height: 1_000 });
  await page.locator("details.figures[open]").nth(8).waitFor();
  expect(await page.locator("details:not([open])").count()).toBe(0);
  const widths: readonly number[] = await page.evaluate(
    `[...document.querySelectorAll("figure.chart canvas")].map((canvas) => canvas.getBoundingClientRect().right)`,
  );
  expect(Math.max(...widths)).toBeLessThanOrEqual(720);
  expect(await isTooWide(page)).toBe(false);
  expect(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")).toBe("rgb(255, 255, 255)");
  await page.emulateMedia({ media: "screen" });
  await page.locator("details.figures:not([open])").nth(8).waitFor();

  // What a browser prints is what was drawn when it said that it will.
  await page.evaluate(`{
    globalThis.onPaper = [];
    addEventListener("beforeprint", () => Promise.resolve().then(() => Promise.resolve()).then(() => {
      const canvas = document.querySelector("figure.chart canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let light = 0;
      let dark = 0;
      for (let index = 0; index < data.length; index += 4) {
        const colour = [data[index], data[index + 1], data[index + 2]].join();
        if (colour === "232,236,239") light += 1;
        if (colour === "35,42,49") dark += 1;
      }
      globalThis.onPaper.push(light > 500, dark > 500, document.querySelectorAll("details:not([open])").length);
    }));
  }`);
  const pages = (await page.pdf({ format: "A4" })).toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  expect(pages).toBeGreaterThan(2);
  expect(await page.evaluate("onPaper")).toEqual([true, false, 0]);
});
