// The frame of the dashboard's page in a real Chromium on a running server: views by keys, address, legend, freeze, and what is shown while
// nothing comes.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { aFrame, aMapping } from "../page-logic/support/frames.ts";
import { aPage, barriers } from "./support/browser.ts";
import { aRunningExample } from "./support/running-example.ts";

const heading = (page: Page) => page.locator("main h1");
const status = (page: Page) => page.locator(".status");

test("by keyboard alone: views by number, rows by j and k, Enter opens, Esc leads back, ? is the legend", async () => {
  const example = await aRunningExample();
  const page = await aPage();
  await page.goto(`${example.url}/_millrace/`);
  await expect.poll(() => heading(page).textContent()).toBe("Mappings");
  const titles = ["Mappings", "Batches", "Failing", "Find", "Functions", "Destinations", "Charts", "Journal"];
  for (const [index, title] of titles.entries()) {
    await page.keyboard.press(String(index + 1));
    await expect.poll(() => heading(page).textContent()).toBe(title);
    await expect.poll(() => page.title()).toContain(title);
  }
  await page.keyboard.press("1");
  await page.locator('main a[href*="mapping="]').nth(1).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("orders-audit");
  await page.keyboard.press("k");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("orders-process");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator(".mapping h2").textContent()).toContain("orders-audit");
  expect(page.url()).toMatch(/#mappings\?mapping=[0-9a-f-]{36}$/);
  await page.keyboard.press("?");
  await expect.poll(() => page.getByRole("dialog").textContent()).toContain("given up");
  expect(await barriers(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  await page.keyboard.press("3");
  await page.keyboard.press("Escape");
  await expect.poll(() => heading(page).textContent()).toBe("Mappings");
});

test("what is typed is no key, and what is looked for is in the address", async () => {
  const example = await aRunningExample();
  const page = await aPage();
  await page.goto(`${example.url}/_millrace/`);
  await heading(page).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("order-7? 3");
  expect(await heading(page).textContent()).toBe("Mappings");
  await page.keyboard.press("Enter");
  await expect.poll(() => heading(page).textContent()).toContain("Find");
  expect(new URL(page.url()).hash).toContain("what=order-7%3F+3");
});

test("frozen, the picture stays while the server goes on; then it is the newest again", async () => {
  const example = await aRunningExample();
  const page = await aPage();
  await page.goto(`${example.url}/_millrace/#batches`);
  await page.getByText("No batch has closed yet").waitFor();
  await page.keyboard.press("f");
  await expect.poll(() => status(page).textContent()).toContain("frozen");
  example.produce();
  await expect
    .poll(
      async () =>
        (await (await fetch(`${example.url}/_millrace/journal?follow=false`)).text()).includes("batch-closed"),
      {
        timeout: 20_000,
      },
    )
    .toBe(true);
  expect(await page.getByText("No batch has closed yet").count()).toBe(1);
  await page.keyboard.press("f");
  await expect.poll(() => page.locator("main tbody tr").count(), { timeout: 10_000 }).toBeGreaterThan(0);
});

const eventOf = (frame: unknown): string => `event: frame\ndata: ${JSON.stringify(frame)}\n\n`;

test("a connection that is lost leaves the last picture, greyed, says since when, and is tried again", async () => {
  const example = await aRunningExample();
  const page = await aPage();
  // A stream that ends after its first frame.
  await page.route("**/_millrace/frames", (route) =>
    route.fulfill({ contentType: "text/event-stream", body: eventOf(aFrame({ mappings: [aMapping()] })) }),
  );
  await page.goto(`${example.url}/_millrace/`);
  await expect
    .poll(() => status(page).textContent())
    .toMatch(/not connected since \d\d:\d\d:\d\d, next try in [012] s/);
  expect(await page.locator(".page.is-stale .mapping h2").textContent()).toContain("orders-process");
  expect(await barriers(page)).toEqual([]);
  await page.unroute("**/_millrace/frames");
  await expect.poll(() => status(page).textContent(), { timeout: 10_000 }).toContain("live");
  await expect.poll(() => page.locator('main a[href*="mapping="]').count()).toBeGreaterThan(1);
});

test("what was refused beside a button while the server was away goes when the connection is back", async () => {
  const example = await aRunningExample();
  const page = await aPage({ mayBeRefused: true });
  let isAway = false;
  const first = eventOf(aFrame({ mappings: [aMapping()] }));
  await page.route("**/_millrace/frames", (route) =>
    route.fulfill({ contentType: "text/event-stream", body: isAway ? "" : first }),
  );
  await page.route("**/pause", (route) =>
    route.fulfill({ status: 409, contentType: "application/json", body: '{"code":"away","message":"Going down."}' }),
  );
  await page.goto(`${example.url}/_millrace/`);
  await expect.poll(() => status(page).textContent()).toContain("not connected");
  isAway = true;
  await page.getByRole("button", { name: /pause/i }).first().click();
  const refusal = page.locator(".refusal b");
  await expect.poll(() => refusal.count()).toBe(1);
  isAway = false;
  await expect.poll(() => refusal.count(), { timeout: 10_000 }).toBe(0);
});

test("a frame that is missed is asked for again, whole", async () => {
  const example = await aRunningExample();
  const page = await aPage();
  const asked: string[] = [];
  await page.route("**/_millrace/frames", (route) => {
    asked.push(route.request().url());
    const first = aFrame({ mappings: [aMapping({ functionName: "before" })] });
    const gap = { ...first, number: 3, isWhole: false };
    return asked.length === 1
      ? route.fulfill({ contentType: "text/event-stream", body: eventOf(first) + eventOf(gap) })
      : route.continue();
  });
  await page.goto(`${example.url}/_millrace/`);
  await expect.poll(() => page.locator(".mapping h2").textContent(), { timeout: 10_000 }).toContain("orders-process");
  expect(asked.length).toBeGreaterThan(1);
});

test("a hidden tab has no connection; seen again, it has one", async () => {
  const example = await aRunningExample();
  const page = await aPage();
  await page.goto(`${example.url}/_millrace/`);
  await expect.poll(() => status(page).textContent()).toContain("live");
  const show = (state: string) =>
    page.evaluate(
      `Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
       document.dispatchEvent(new Event("visibilitychange"));`,
    );
  const ended = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/frames"));
  await show("hidden");
  await ended;
  await expect.poll(() => status(page).textContent()).toContain("stopped while hidden");
  await show("visible");
  await expect.poll(() => status(page).textContent()).toContain("live");
});

test("a sample says so, over 50 lanes fold, and of 2,000 batches some dozens are in the page", async () => {
  const page = await aPage();
  const example = await aRunningExample();
  const mapping = aMapping({ moreLanes: 950 });
  const lanes = Array.from({ length: 50 }, (_, index) => ({
    lane: `u/s/${index}`,
    label: `shard ${index}`,
    checkpoint: null,
    lagCount: 50 - index,
    oldestAtMs: null,
    assembling: null,
    heldBy: null,
    tumbling: null,
  }));
  const batches = Array.from({ length: 2_000 }, (_, index) => ({
    id: index + 1,
    mapping: mapping.uuid,
    lane: "u/s/0",
    label: "shard 0",
    batch: String(index + 1),
    closedAtMs: 1_000_000 + index,
    closedBy: "size",
    recordCount: 10,
    payloadBytes: 9_333,
    windowMs: null,
    requestId: null,
    attempt: 1,
    tookMs: 1,
    outcome: "ok",
    verdict: "done",
    next: "",
  }));
  const body = eventOf({ ...aFrame(), mappings: [{ ...mapping, lanes }], batches, shownOf: 50 });
  await page.route("**/_millrace/frames", (route) => route.fulfill({ contentType: "text/event-stream", body }));
  await page.goto(`${example.url}/_millrace/`);
  await page.getByText("worst 10 + 990 more").waitFor();
  await page.keyboard.press("2");
  await page.getByText("1 of 50 shown; counts and failures are complete").first().waitFor();
  await expect.poll(() => page.locator("main tbody tr").count()).toBeGreaterThan(20);
  expect(await page.locator("main tbody tr").count()).toBeLessThan(100);
  await page.evaluate("document.querySelector('main .rows').scrollTo(0, 1e9)");
  await page.getByRole("link", { name: "1", exact: true }).waitFor();
  expect(await page.locator("main tbody tr").count()).toBeLessThan(100);
  // Keys walk on where the page has no row yet.
  await page.getByRole("link", { name: "1", exact: true }).focus();
  for (let step = 0; step < 60; step++) await page.keyboard.press("k");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("61");
});

test("what is announced comes together, one in five seconds", async () => {
  const example = await aRunningExample();
  const page = await aPage();
  const whole = aFrame({ mappings: [aMapping()], news: ["orders-process: Enabled"] });
  const next = (number: number, text: string) => ({ ...whole, number, isWhole: false, news: [text] });
  const body = [whole, next(2, "batch 29: given up"), next(3, "batch 30: given up")].map(eventOf).join("");
  let count = 0;
  await page.route("**/_millrace/frames", (route) =>
    ++count === 1 ? route.fulfill({ contentType: "text/event-stream", body }) : route.abort("aborted"),
  );
  await page.goto(`${example.url}/_millrace/`);
  const said = page.locator(".spoken[role=status]");
  await expect.poll(() => said.textContent()).toBe("orders-process: Enabled");
  await expect.poll(() => said.textContent(), { timeout: 15_000 }).toBe("batch 29: given up; batch 30: given up");
});
