// The load report as one file that opens from disk: the page's script and style and the report's figures within it, nothing from elsewhere.
//
// R1  The same report makes the same bytes.
// R2  Whatever a report says, it cannot end the element that it stands in; the browser asks nobody for anything and runs our script alone.

import { createHash } from "node:crypto";
import type { ComparedReport } from "../load/compared-report.ts";
import type { LoadReport } from "../load/report.ts";
import { pageFiles } from "./page-files.ts";

/**
 * The whole file. `compared`: reports of other runs, each with the name that it is shown by; default none. Rejects where the page's own
 * source does not compile.
 */
export async function reportHtml(report: LoadReport, compared: readonly ComparedReport[] = []): Promise<string> {
  const { script, style } = await pageFiles("report");
  const hash = createHash("sha256").update(script).digest("base64");
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Millrace ${escaped(report.version)}">
<title>${escaped(titleOf(report))}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="app"><noscript>This report is drawn by a script that is in the file; nothing is loaded from elsewhere. Let it run to read it.</noscript></div>
<script type="application/json" id="report">${embedded({ report, compared })}</script>
<script>${script}</script>
</body>
</html>
`;
}

function titleOf({ runs }: LoadReport): string {
  const [first] = runs;
  return first === undefined ? "Load report" : `Load report: ${first.source}, ${first.functionName}`;
}

/** JSON that no HTML parser takes for markup: `<` and what follows it cannot begin a tag or a comment. */
const embedded = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);
