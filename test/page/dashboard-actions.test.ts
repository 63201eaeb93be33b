// What is done by the dashboard's page, in a real Chromium, and its effect as AWS's API tells it.

import {
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  type EventSourceMappingConfiguration,
} from "@aws-sdk/client-lambda";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { lambdaAt } from "../live/support/aws-clients.ts";
import { inTime, queueArn } from "../live/support/live-server.ts";
import { aPage, barriers } from "./support/browser.ts";
import { aRunningExample } from "./support/running-example.ts";

interface Opened {
  readonly page: Page;
  readonly url: string;
  /** The mapping of a function, by AWS's API. */
  readonly mapping: (name: string) => Promise<EventSourceMappingConfiguration | undefined>;
}

async function opened(view = "mappings"): Promise<Opened> {
  const { url } = await aRunningExample();
  const lambda = lambdaAt(url);
  const page = await aPage({ mayBeRefused: true });
  await page.goto(`${url}/_millrace/#${view}`);
  await page.locator(".mapping, .view-head").first().waitFor();
  return {
    page,
    url,
    async mapping(name) {
      const { EventSourceMappings: all = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
      const found = all.find(({ FunctionArn: arn = "" }) => arn.endsWith(`:${name}`));
      return found === undefined ? found : lambda.send(new GetEventSourceMappingCommand({ UUID: found.UUID }));
    },
  };
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const dialog = (page: Page) => page.getByRole("dialog");
const rowCount = (page: Page): Promise<number> => page.locator('section[aria-label="Newest batches"] tbody tr').count();

test("a record is sent; paused, its batch waits; a step lets it through; then the mapping goes on", async () => {
  const { page, url } = await opened();
  const isPaused = async (): Promise<unknown> => {
    const { mappings } = (await (await fetch(`${url}/_millrace/mappings`)).json()) as {
      readonly mappings: readonly { readonly functionName?: string; readonly isPaused: boolean }[];
    };
    return mappings.some((each) => each.isPaused);
  };
  expect(await button(page, "Step").isDisabled()).toBe(true);
  await page.keyboard.press("p");
  await button(page, "Resume").waitFor();
  expect(await isPaused()).toBe(true);
  await page.getByText("Enabled, paused").first().waitFor();

  await page.keyboard.press("t");
  await dialog(page).getByLabel("Data").fill('{"type":"order","id":"o-1","payment":{"method":"card","total":1}}');
  await dialog(page).getByLabel("Key").fill("customer-7");
  await dialog(page).getByLabel("Count").fill("10");
  expect(await barriers(page)).toEqual([]);
  await dialog(page).getByRole("button", { name: "Send" }).click();
  await dialog(page).getByText("10 records sent").waitFor();
  await page.keyboard.press("Escape");
  await expect
    .poll(() => page.locator(".mapping .lanes").textContent(), inTime)
    .toContain("paused before its next batch");
  await page.keyboard.press("s");
  await expect.poll(() => page.locator('section[aria-label="Newest batches"]').textContent(), inTime).toContain("ok");
  expect(await rowCount(page)).toBe(1);
  expect(await isPaused()).toBe(true);
  await button(page, "Resume").click();
  await button(page, "Pause").waitFor();
  expect(await isPaused()).toBe(false);
});

test("settings show what AWS's API has, and change it; what it refuses is told at the button in its words", async () => {
  const { page, mapping } = await opened();
  await button(page, "Settings").click();
  const size = dialog(page).getByLabel("BatchSize");
  await expect.poll(() => size.inputValue()).toBe("10");
  expect(await dialog(page).getByLabel("FilterCriteria").inputValue()).toContain('"type"');
  expect(await dialog(page).getByLabel("DestinationConfig").inputValue()).toBe(queueArn("orders-failed"));
  expect(await barriers(page)).toEqual([]);
  await size.fill("20000");
  await button(page, "Save").click();
  const alert = dialog(page).getByRole("alert");
  await expect.poll(() => alert.textContent()).toContain("Member must have value less than or equal to 10000");
  expect((await mapping("orders-process"))?.BatchSize).toBe(10);
  await size.fill("25");
  await dialog(page).getByLabel("DestinationConfig").fill("");
  await button(page, "Save").click();
  await expect.poll(() => dialog(page).count()).toBe(0);
  const after = await mapping("orders-process");
  expect(after?.BatchSize).toBe(25);
  expect(after?.DestinationConfig).toEqual({ OnFailure: {} });
  expect(after?.MaximumRetryAttempts).toBe(2);
  await expect.poll(() => page.locator(".mapping .settings").first().textContent()).toContain("BatchSize25");
});

test("a mapping is disabled and enabled behind one more button", async () => {
  const { page, mapping } = await opened();
  const stateOf = async () => (await mapping("orders-process"))?.State;
  await page.getByLabel("More actions").click();
  await button(page, "Disable").click();
  await expect.poll(stateOf, inTime).toBe("Disabled");
  await page.getByText("Disabled: nothing is read.").waitFor();
  await button(page, "Enable").click();
  await expect.poll(stateOf, inTime).toBe("Enabled");
  await button(page, "Disable").waitFor();
});

test("a mapping is created, after a refusal in AWS's words, and deleted once it was confirmed", async () => {
  const { page, mapping } = await opened();
  const queueMapping = async () => {
    const found = await mapping("orders-audit");
    return found?.EventSourceArn === queueArn("orders-failed") ? found : undefined;
  };
  // So that the function's own mapping is not found first.
  await page.locator('main a[href*="mapping="]', { hasText: "orders-audit" }).click();
  await page.getByLabel("More actions").click();
  await button(page, "Delete").click();
  await dialog(page).getByText("with its checkpoints").waitFor();
  await button(page, "Cancel").click();
  expect(await mapping("orders-audit")).toBeDefined();
  await button(page, "Delete").click();
  await dialog(page).getByRole("button", { name: "Delete" }).click();
  await expect.poll(() => mapping("orders-audit"), inTime).toBeUndefined();
  // Its address chooses no other one, which a key would act on.
  await page.getByText("choose one above").waitFor();
  expect(await button(page, "Pause").count()).toBe(0);

  await button(page, "Create mapping").click();
  await dialog(page).getByLabel("Kind of source").selectOption({ label: "SQS queue" });
  await dialog(page).getByLabel("EventSourceArn").fill(queueArn("orders-failed"));
  await button(page, "Create").click();
  await expect.poll(() => dialog(page).getByRole("alert").textContent()).toContain("FunctionName is needed.");
  await dialog(page).getByLabel("FunctionName").fill("nobody");
  await button(page, "Create").click();
  await expect
    .poll(() => dialog(page).getByRole("alert").textContent())
    .toMatch(/InvalidParameterValueException|ResourceNotFound/);
  expect(await barriers(page)).toEqual([]);
  await dialog(page).getByLabel("FunctionName").fill("orders-audit");
  await dialog(page).getByLabel("BatchSize").fill("5");
  await button(page, "Create").click();
  await expect.poll(async () => (await queueMapping())?.State, inTime).toBe("Enabled");
  expect((await queueMapping())?.BatchSize).toBe(5);
  await expect.poll(() => page.locator(".mapping h2").textContent(), inTime).toContain("orders-audit");
  await page.getByText("In the queue:").waitFor();
});
