// The report file's bytes: whole in themselves, the same for the same report, and small for a large sweep.

import { expect, test } from "vitest";
import { reportHtml } from "../../src/dashboard/report-file.ts";
import type { LoadReport } from "../../src/load/report.ts";
import { aLoadReport } from "../page/support/load-report.ts";

test("the same report makes the same bytes", async () => {
  expect(await reportHtml(aLoadReport())).toBe(await reportHtml(structuredClone(aLoadReport())));
});

test("nothing is loaded from elsewhere, and no other script than the file's own may run", async () => {
  const html = await reportHtml(aLoadReport());
  expect(html).not.toMatch(/\s(?:src|srcset|href)="(?!data:)/);
  expect(html).not.toMatch(/@import|url\((?!["']?data:)/);
  expect(html).toMatch(/content="default-src 'none'; script-src 'sha256-[\w+/]+=*'; style-src 'unsafe-inline'/);
});

test("no text of a report ends the element that it stands in", async () => {
  const report = aLoadReport({ isSweep: false });
  const [run] = report.runs;
  if (run === undefined) throw new Error("the report has no run");
  const hostile = `</script></title><img src="x" onerror="throw 1"><!--`;
  const html = await reportHtml({ ...report, version: hostile, runs: [{ ...run, source: hostile }] });
  expect(html).not.toContain("<img");
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(html.match(/<\/title>/g)).toHaveLength(1);
  const data = /<script type="application\/json" id="report">(.*)<\/script>/.exec(html)?.[1] ?? "";
  const held: { readonly report: LoadReport } = JSON.parse(data);
  expect(held.report.runs[0]?.source).toBe(hostile);
});

test("twelve settings with 300 entries of time each stay below 3 MB", async () => {
  const report = aLoadReport();
  const runs = report.runs.map((run) => {
    const [second] = run.seconds.slice(60);
    if (second === undefined) throw new Error("the run has no minute");
    const seconds = Array.from({ length: 300 }, (_, index) => ({ ...second, second: index, oldestMs: index / 3 }));
    return { ...run, seconds };
  });
  expect((await reportHtml({ ...report, runs })).length).toBeLessThan(3_000_000);
});
