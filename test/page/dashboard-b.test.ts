// The views Find, Functions, Destinations, Charts and Journal in a real Chromium, on the running example with an order that cannot be booked.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { aPage, barriers, type PageOptions, picture } from "./support/browser.ts";
import { aRunningExample, type RunningExample } from "./support/running-example.ts";

const inTime = { timeout: 30_000, interval: 100 } as const;
const LONG = { timeout: 180_000 } as const;

/** The example, once a poison record has been given up. */
async function aFailedExample(): Promise<RunningExample> {
  const example = await aRunningExample();
  const producer = example.produce();
  producer.poison();
  await expect.poll(() => failedCount(example.url), inTime).toBeGreaterThan(0);
  return example;
}

async function failedCount(url: string): Promise<number> {
  const answer = await fetch(`${url}/_millrace/queues/orders-failed/messages`);
  const { messages } = JSON.parse(await answer.text()) as { readonly messages: readonly object[] };
  return messages.length;
}

async function opened(url: string, hash: string, options: PageOptions = {}): Promise<Page> {
  const page = await aPage(options);
  await page.goto(`${url}/_millrace/#${hash}`);
  await page.locator("main h1").waitFor();
  return page;
}

async function firstDocument(url: string): Promise<{ readonly requestId: string; readonly position: string }> {
  const answer = await fetch(`${url}/_millrace/queues/orders-failed/messages`);
  const { messages } = JSON.parse(await answer.text()) as { readonly messages: readonly { readonly body: string }[] };
  const document = JSON.parse(messages[0]?.body ?? "{}");
  return {
    requestId: document.requestContext.requestId,
    position: document.KinesisBatchInfo.startSequenceNumber,
  };
}

test("each view tells of the record that was given up, and what is done there has its effect", LONG, async () => {
  const example = await aFailedExample();
  const { position, requestId } = await firstDocument(example.url);

  const page = await opened(example.url, "destinations");
  await page.getByText("RetryAttemptsExhausted").first().waitFor();
  await picture(page, "dashboard-destinations");
  expect(await barriers(page)).toEqual([]);
  await page.getByRole("button", { name: "Resend" }).first().click();
  await page.getByText("✓ 1 record sent to kinesis:orders").waitFor();
  await expect.poll(() => failedCount(example.url), inTime).toBeGreaterThan(1);

  await page.locator("#find-box").fill(position);
  await page.keyboard.press("Enter");
  await page.getByText(/given up: RetryAttemptsExhausted/).waitFor();
  await page.getByText(/put into kinesis:orders/).waitFor();
  await picture(page, "dashboard-find");
  expect(await barriers(page)).toEqual([]);
  await page.getByText("The event of this record alone").click();
  expect(await page.locator(".event pre").textContent()).toContain(`"sequenceNumber": "${position}"`);

  await page.goto(`${example.url}/_millrace/#functions`);
  await page.getByRole("heading", { name: "orders-process" }).waitFor();
  await page.locator(".threads").getByText("idle").first().waitFor();
  await picture(page, "dashboard-functions");
  expect(await barriers(page)).toEqual([]);
  await page.goto(`${example.url}/_millrace/#find?what=${requestId.slice(0, 8)}`);
  await page.getByText(/given up: RetryAttemptsExhausted/).waitFor();

  await page.goto(`${example.url}/_millrace/#charts`);
  await page.locator(".chart canvas").nth(4).waitFor();
  await picture(page, "dashboard-charts");
  expect(await barriers(page)).toEqual([]);

  await page.goto(`${example.url}/_millrace/#journal?kind=gave-up`);
  await page
    .getByText(/RetryAttemptsExhausted, 1 record, to arn:aws:sqs/)
    .first()
    .waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Go on" }).waitFor();
  await page.goto(`${example.url}/_millrace/#journal`);
  await page.getByText("batch-closed").first().waitFor();
  await picture(page, "dashboard-journal");
  expect(await barriers(page)).toEqual([]);
});
