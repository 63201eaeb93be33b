// The script and the style of a page for a browser. In a checkout they are bundled from the sources, once a process, when they are first
// asked for; the published form brings them along (scripts/build.ts). Nothing is loaded from elsewhere.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { pagePlace, type PageName } from "../threads/entries.ts";

export interface PageFiles {
  readonly script: string;
  readonly style: string;
}

const known = new Map<PageName, Promise<PageFiles>>();

/** Rejects where a page's own source does not compile. */
export function pageFiles(name: PageName): Promise<PageFiles> {
  const found = known.get(name) ?? filesOf(name);
  known.set(name, found);
  return found;
}

async function filesOf(name: PageName): Promise<PageFiles> {
  const place = pagePlace(name);
  if (place.kind === "source") return bundledPage(fileURLToPath(place.entry));
  const [script, style] = await Promise.all([readFile(place.script, "utf8"), readFile(place.style, "utf8")]);
  return { script, style };
}

/** One script that runs as it stands and one style. `entry`: the page's main file. The same sources make the same bytes. */
export async function bundledPage(entry: string): Promise<PageFiles> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    outdir: "page",
    format: "iife",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    charset: "utf8",
    legalComments: "inline",
    logLevel: "silent",
  });
  const textOf = (extension: string): string => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? "";
  return { script: textOf(".js"), style: textOf(".css") };
}
