// A real Chromium for the tests of the pages, headless, with a profile of its own; one a test file.

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, expect, onTestFinished } from "vitest";
import { chromiumFile } from "../../../scripts/browser/chromium.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The widths at which every view is looked at. */
export const WIDTHS = [1280, 400] as const;

let browser: Promise<Browser> | null = null;

afterAll(async () => {
  await (await browser)?.close();
  browser = null;
});

export interface PageOptions {
  readonly width?: (typeof WIDTHS)[number];
  readonly scheme?: "light" | "dark";
  /** Requests that the server refuses (4xx), which a browser tells as errors, are what the test is about. */
  readonly mayBeRefused?: boolean;
}

/** An empty page. It fails its test by whatever the page throws or writes as an error, and by each request beyond this machine. */
export async function aPage({ width = 1280, scheme = "light", mayBeRefused = false }: PageOptions = {}): Promise<Page> {
  browser ??= launched();
  const context: BrowserContext = await (await browser).newContext({
    viewport: { width, height: width === 400 ? 860 : 800 },
    colorScheme: scheme,
    reducedMotion: "reduce",
    hasTouch: width === 400,
  });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => {
    const isRefusal = mayBeRefused && /the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === "error" && !isRefusal) troubles.push(message.text());
  });
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const isOurs = protocol === "file:" || protocol === "data:" || hostname === "127.0.0.1" || hostname === "localhost";
    if (!isOurs) troubles.push(`asked for ${request.url()}`);
  });
  onTestFinished(async () => {
    await context.close();
    expect(troubles).toEqual([]);
  });
  return page;
}

const launched = async (): Promise<Browser> =>
  chromium.launch({ executablePath: await chromiumFile(say), headless: true, args: FLAGS });

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** What axe finds, one line a finding; nothing is the right answer. */
export async function barriers(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help}: ${target.join(" ")}`));
}

/** Whether something of the page is reached only by scrolling sideways. */
export const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");

/**
 * A picture for `docs/pictures/NAME-WIDTH.png`, written where MILLRACE_PICTURES is set: `npm run pictures`. Else nothing is written, so that
 * a run of the tests leaves the checkout as it was.
 */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env["MILLRACE_PICTURES"] === undefined) return;
  const width = page.viewportSize()?.width ?? 0;
  const path = join(import.meta.dirname, "..", "..", "..", "docs", "pictures", `${name}-${width}.png`);
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path });
}
