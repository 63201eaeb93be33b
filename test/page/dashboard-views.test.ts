// The views Mappings, Batches and Failing as they are read: on the running example while a record fails, and on a simulated journal at an
// instant in the middle of it; at both widths, in light and dark.

import { UpdateEventSourceMappingCommand, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { lambdaAt } from "../live/support/aws-clients.ts";
import { inTime } from "../live/support/live-server.ts";
import { aPage, barriers, isTooWide, picture, WIDTHS } from "./support/browser.ts";
import { aRecordedDashboard, poisonScenario } from "./support/recorded-dashboard.ts";
import { aRunningExample, type RunningExample } from "./support/running-example.ts";

const LONG = { timeout: 240_000 } as const;
const VIEWS = ["mappings", "batches", "failing"] as const;

/** The example with a poison record that is tried so often that it fails for as long as a test looks. */
async function aFailingExample(): Promise<RunningExample> {
  const example = await aRunningExample();
  const lambda = lambdaAt(example.url);
  const { EventSourceMappings: mappings = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: "orders-process" }),
  );
  // It is still being created at first.
  const update = () =>
    lambda.send(new UpdateEventSourceMappingCommand({ UUID: mappings[0]?.UUID, MaximumRetryAttempts: 12 }));
  await expect.poll(async () => (await update()).MaximumRetryAttempts, inTime).toBe(12);
  example.produce().poison();
  return example;
}

async function show(page: Page, url: string, hash: string): Promise<void> {
  await page.goto(`${url}/_millrace/#${hash}`);
  await page.locator("main h1").waitFor();
}

const tree = (page: Page) => page.getByRole("tree").first();

test("a failing batch's tree grows as it is tried, and each view is readable at both widths", LONG, async () => {
  const example = await aFailingExample();
  const page = await aPage();
  await show(page, example.url, "failing");
  await expect.poll(() => tree(page).textContent(), inTime).toMatch(/attempt [5-9] of 13 in/);
  const counting = /in ([\d.]+) s/;
  const left = async (): Promise<number> => Number(counting.exec((await tree(page).textContent()) ?? "")?.[1] ?? 0);
  await expect.poll(left, inTime).toBeGreaterThan(1);
  const before = await left();
  await expect.poll(left, { ...inTime, interval: 100 }).toBeLessThan(before);
  expect(await tree(page).getByRole("treeitem").first().getAttribute("aria-level")).toBe("1");
  for (const width of WIDTHS) {
    for (const scheme of ["light", "dark"] as const) {
      const other = await aPage({ width, scheme });
      for (const view of VIEWS) {
        await show(other, example.url, view);
        await other.locator("main tbody tr, main [role=tree]").first().waitFor();
        await picture(other, scheme === "light" ? `dashboard-${view}` : `dashboard-${view}-dark`);
        expect([view, width, scheme, ...(await barriers(other))]).toEqual([view, width, scheme]);
        expect(await isTooWide(other)).toBe(false);
      }
    }
  }
});

test("an assembling batch counts on between two frames, and says which limit closes it first (B-1)", LONG, async () => {
  const example = await aRunningExample();
  const page = await aPage();
  await show(page, example.url, "mappings");
  await page.locator('main a[href*="mapping="]', { hasText: "orders-audit" }).click();
  example.produce();
  const gauge = page.getByRole("meter", { name: "window" }).first();
  await expect.poll(() => gauge.getAttribute("aria-valuetext"), inTime).toMatch(/^[\d.]+ of 5 s of the window$/);
  const texts = new Set<string | null>();
  const values = page.getByRole("meter", { name: "records" }).first();
  await expect
    .poll(async () => {
      texts.add(await values.getAttribute("aria-valuetext"));
      return (
        [...texts].some((text) => /^\d+ of 100 records, window closes in [\d.]+ s$/.test(text ?? "")) && texts.size > 3
      );
    }, inTime)
    .toBe(true);
  await expect.poll(() => page.locator(".lanes").textContent(), inTime).toMatch(/window, (in|now)/);
});

test(
  "batches are filtered by what closed them, opened by a key, and the address shows the same again",
  LONG,
  async () => {
    const example = await aRunningExample();
    const page = await aPage();
    example.produce().poison();
    await show(page, example.url, "batches");
    await page.getByRole("table", { name: "Batches" }).getByText("threw").first().waitFor();
    await page.getByLabel("Outcome").selectOption("failed");
    await expect.poll(() => page.locator("main tbody .is-done").count()).toBe(0);
    expect(page.url()).toContain("outcome=failed");
    await page.keyboard.press("Escape");
    await page.getByLabel("Outcome").selectOption("failed");
    await page.locator("main h1").click();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    const opened = page.locator(".chosen");
    await opened.waitFor();
    expect(await opened.textContent()).toContain("of 10");
    expect(await barriers(page)).toEqual([]);
    const again = await aPage();
    await again.goto(page.url());
    await expect.poll(() => again.locator(".chosen h2").textContent()).toBe(await opened.locator("h2").textContent());
    expect(await again.getByLabel("Outcome").inputValue()).toBe("failed");
    const command = await page.locator(".bottom code").textContent();
    expect(command).toMatch(/^\$ millrace explain [0-9a-f]{8}\/\d/);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.locator(".bottom button").click();
    expect(`$ ${String(await page.evaluate("navigator.clipboard.readText()"))}`).toBe(command);
    await page.keyboard.press("e");
    await expect.poll(() => page.locator("main h1").textContent()).toContain("Find");
  },
);

test("of a simulated journal each view shows the instant, and nothing to act on (E-10, E-15, E-18)", LONG, async () => {
  const { url, journal } = await aRecordedDashboard(poisonScenario);
  const failedAtMs = journal.marks.find(({ kind }) => kind === "failed")?.atMs ?? 0;
  const page = await aPage();
  await show(page, url, `failing?at=${failedAtMs + 300}`);
  const rows = tree(page).getByRole("treeitem");
  await expect
    .poll(() => rows.allTextContents())
    .toEqual([
      expect.stringContaining("split 5 + 5"),
      expect.stringContaining("checkpoint"),
      expect.stringContaining("split 2 + 3"),
      expect.stringContaining("split 1 + 1"),
      expect.stringContaining("checkpoint"),
      expect.stringContaining("attempt 3 of 3 in 0.31 s"),
      expect.stringContaining("waits for record 7"),
    ]);
  // By keyboard: down to a part, which is closed, opened again, and chosen.
  await rows.first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowLeft");
  await expect.poll(() => rows.count()).toBe(3);
  expect(await page.evaluate("document.activeElement.getAttribute('aria-expanded')")).toBe("false");
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => rows.count()).toBe(7);
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator('[aria-selected="true"]').textContent()).toContain("1.2.2");
  expect(page.url()).toMatch(/part=[0-9a-f]{8}%2F1.2.2/);
  for (const view of VIEWS) {
    await show(page, url, `${view}?at=${failedAtMs + 300}`);
    await page.locator("main tbody tr, main [role=tree]").first().waitFor();
    expect(await barriers(page)).toEqual([]);
    for (const name of ["Pause", "Send", "Settings", "Create mapping", "save as test"])
      expect(await page.getByRole("button", { name }).count()).toBe(0);
    expect(await page.locator(".status").textContent()).toMatch(/recorded at .*, read-only/);
  }
  await show(page, url, `failing?at=${journal.toMs}`);
  await expect.poll(() => page.locator(".ended").textContent()).toContain("given up after 3 of 3");
  await page.goBack();
  await expect.poll(() => tree(page).textContent()).toContain("attempt 3 of 3 in 0.31 s");
});

test("at twice the size of the type nothing is reached by scrolling sideways alone", LONG, async () => {
  const { url, journal } = await aRecordedDashboard(poisonScenario);
  const page = await aPage();
  // A page at 200 % has half as many pixels.
  await page.setViewportSize({ width: 640, height: 400 });
  for (const view of VIEWS) {
    await show(page, url, `${view}?at=${(journal.fromMs + journal.toMs) / 2}`);
    await page.locator("main tbody tr, main [role=tree]").first().waitFor();
    expect(await isTooWide(page)).toBe(false);
  }
  const narrow = await aPage({ width: 400 });
  await show(narrow, url, "mappings");
  await narrow.locator(".lanes").waitFor();
  const low: unknown = await narrow.evaluate(
    `[...document.querySelectorAll("button, nav a, select, summary, input, .rows tr.opens, .family-links a")]
      .filter((element) => element.offsetParent !== null && element.getBoundingClientRect().height < 43.5)
      .map((element) => element.textContent + " " + element.className)`,
  );
  expect(low).toEqual([]);
});
