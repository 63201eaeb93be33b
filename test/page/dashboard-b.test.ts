// The views Find, Functions, Destinations, Charts and Journal in a real Chromium, on the running example with an order that cannot be booked.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { sqsAt } from "../live/support/aws-clients.ts";
import { aServer, queueArn } from "../live/support/live-server.ts";
import { aPage, barriers, isTooWide, type PageOptions, picture } from "./support/browser.ts";
import { aRecordedDashboard, poisonScenario } from "./support/recorded-dashboard.ts";
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

async function givenUpRequest(url: string): Promise<string> {
  const answer = await fetch(`${url}/_millrace/queues/orders-failed/messages`);
  const { messages } = JSON.parse(await answer.text()) as { readonly messages: readonly { readonly body: string }[] };
  return JSON.parse(messages[0]?.body ?? "{}").requestContext.requestId;
}

test("each view tells of the record that was given up, and what is done there has its effect", LONG, async () => {
  const example = await aFailedExample();
  const requestId = await givenUpRequest(example.url);

  const page = await opened(example.url, "destinations");
  await page.getByText("RetryAttemptsExhausted").first().waitFor();
  await picture(page, "dashboard-destinations");
  expect(await barriers(page)).toEqual([]);
  await page.getByRole("button", { name: "Resend" }).first().click();
  await page.getByText("✓ 1 record sent to kinesis:orders").waitFor();
  await expect.poll(() => failedCount(example.url), inTime).toBeGreaterThan(1);

  await page.locator("#find-box").fill(requestId);
  await page.keyboard.press("Enter");
  await page.getByText(/given up: RetryAttemptsExhausted/).waitFor();
  expect(await barriers(page)).toEqual([]);

  await page.goto(`${example.url}/_millrace/#functions`);
  await page.getByRole("heading", { name: "orders-process" }).waitFor();
  await page.locator(".threads").getByText("idle").first().waitFor();
  await picture(page, "dashboard-functions");
  expect(await barriers(page)).toEqual([]);
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
  await page.locator("main .rows").getByText("batch-closed").first().waitFor();
  await picture(page, "dashboard-journal");
  expect(await barriers(page)).toEqual([]);
});

const names = ["find", "functions", "destinations", "charts", "journal"] as const;

test("each view is whole at 400 pixels, in the dark, and by axe", LONG, async () => {
  const example = await aFailedExample();
  const requestId = await givenUpRequest(example.url);
  const page = await opened(example.url, "functions", { width: 400, scheme: "dark" });
  for (const name of names) {
    await page.goto(`${example.url}/_millrace/#${name}${name === "find" ? `?what=${requestId}` : ""}`);
    await shown(page, name);
    await picture(page, `dashboard-${name}`);
    expect(await isTooWide(page), name).toBe(false);
    expect(await barriers(page), name).toEqual([]);
  }
});

/** Once the view has what it is about. */
async function shown(page: Page, name: (typeof names)[number]): Promise<void> {
  const signs: Readonly<Record<(typeof names)[number], string>> = {
    find: ".timeline",
    functions: ".threads",
    destinations: ".document-head",
    charts: ".chart canvas >> nth=4",
    journal: "main .rows td >> nth=0",
  };
  await page.locator(signs[name]).first().waitFor();
}

test("by keyboard alone: to a document, to its record, to the log of a call, and back", LONG, async () => {
  const example = await aFailedExample();
  const page = await opened(example.url, "mappings");
  await page.keyboard.press("6");
  await page
    .getByRole("link", { name: /^[0-9a-f]{8}$/ })
    .first()
    .focus();
  await page.keyboard.press("Enter");
  await page.getByText(/given up: RetryAttemptsExhausted/).waitFor();
  await page
    .getByRole("link", { name: /^log of/ })
    .first()
    .focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "orders-process" }).waitFor();
  await page
    .getByRole("button", { name: /^Of request [0-9a-f]{8}: show all$/ })
    .first()
    .focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url(), inTime).not.toContain("request=");
  await page.keyboard.press("8");
  await page.getByRole("heading", { name: "Journal" }).waitFor();
});

test(
  "a question that fits several is answered with what to choose from, one that fits none says so",
  LONG,
  async () => {
    const example = await aFailedExample();
    // Both mappings have a batch 1, once they have closed it.
    await expect
      .poll(async () => (await (await fetch(`${example.url}/_millrace/find?what=1`)).json()) as object, inTime)
      .toMatchObject({ kind: "several" });
    const page = await opened(example.url, "find?what=1");
    const { message } = await notFound(example.url, "no-such-key");
    expect(message).toContain("nothing in the journal is called `no-such-key`");
    await page.getByText("2 to choose from").waitFor();
    await page.locator(".choices a").first().click();
    await page.locator(".timeline").waitFor();
  },
);

async function notFound(url: string, what: string): Promise<{ readonly message: string }> {
  const answer = await fetch(`${url}/_millrace/find?what=${what}`);
  expect(answer.status).toBe(404);
  return JSON.parse(await answer.text()) as { readonly message: string };
}

test("dead letters are redriven and purged, the latter only when it was said twice", LONG, async () => {
  const server = await aServer({
    queues: ["dead", { name: "jobs", RedrivePolicy: { deadLetterTargetArn: queueArn("dead"), maxReceiveCount: 1 } }],
    functions: { f: { Handler: "invoked.handle" } },
    mappings: [{ EventSourceArn: "sqs:jobs", FunctionName: "f", Enabled: false }],
  });
  const sqs = sqsAt(server.url);
  const send = (queue: string, MessageBody: string) =>
    sqs.send(new SendMessageCommand({ QueueUrl: `${server.url}/000000000000/${queue}`, MessageBody }));
  await send("jobs", "one");
  const receive = new ReceiveMessageCommand({ QueueUrl: `${server.url}/000000000000/jobs`, VisibilityTimeout: 0 });
  await expect
    .poll(async () => {
      await sqs.send(receive);
      return server.messages("dead");
    }, inTime)
    .toEqual(["one"]);

  const page = await opened(server.url, "destinations");
  await page.getByText("dead letters of jobs").waitFor();
  await page.getByText("a dead letter: redrive moves it back").waitFor();
  await page.getByRole("button", { name: "Redrive" }).click();
  await page.getByText("Redrive has begun: messages go back to jobs").waitFor();
  await expect.poll(() => server.messages("jobs"), inTime).toEqual(["one"]);
  await send("dead", "two");
  await page.getByRole("button", { name: "Purge …" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await server.messages("dead")).toEqual(["two"]);
  await page.getByRole("button", { name: "Purge …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Purge" }).click();
  await expect.poll(() => server.messages("dead"), inTime).toEqual([]);
});

test(
  "a recorded journal is scrubbed by keys and by hand, every view shows what was then, and nothing acts",
  LONG,
  async () => {
    const address = `${(await aRecordedDashboard(poisonScenario)).url}/_millrace/`;
    const page = await aPage();
    await page.goto(`${address}#journal`);
    const slider = page.getByRole("slider", { name: "Instant" });
    await slider.waitFor();
    const atEnd = await page.locator("output").textContent();
    await page.keyboard.press("[");
    await expect.poll(() => page.locator("output").textContent(), inTime).not.toBe(atEnd);
    await page.locator(".near-marks li").first().waitFor();
    await picture(page, "dashboard-scrubber");
    expect(await barriers(page)).toEqual([]);
    const countAtMark = await page.locator("main [aria-label='Entries'] > p").textContent();
    await slider.focus();
    await page.keyboard.press("Home");
    await expect
      .poll(() => page.locator("main [aria-label='Entries'] > p").textContent(), inTime)
      .not.toBe(countAtMark);
    await page.keyboard.press("2");
    await page.getByText("No batch has closed yet").waitFor();
    await page.keyboard.press("8");
    await page.keyboard.press("]");
    await page.keyboard.press("6");
    expect(await page.getByRole("button", { name: /Resend|Purge|Redrive/ }).count()).toBe(0);
    // What had not happened then is not found; the whole journal is one press away.
    await page.keyboard.press("/");
    await page.keyboard.type("bad");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Look through all of it" }).click();
    await page.getByText("put into kinesis:").waitFor();
    await page.getByText(/given up: RetryAttemptsExhausted/).waitFor();
    await picture(page, "dashboard-find");
    expect(await barriers(page)).toEqual([]);
    await page.getByText("The event of this record alone").click();
    expect(await page.locator(".event pre").textContent()).toContain('"partitionKey": "customer-2"');
    await page.locator(".timeline button").last().click();
    await expect.poll(() => page.url(), inTime).toContain("at=");
  },
);
