// The view Mappings for each family of sources, embedded: where each part of a source stands, and the batch that is being assembled from it.

import type { CreateEventSourceMappingCommandInput } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { lambdaAt, mapped } from "../live/support/aws-clients.ts";
import { aServer } from "../live/support/live-server.ts";
import { aPage, barriers, isTooWide } from "./support/browser.ts";

const place = "us-east-1:000000000000";
const rabbitArn = `arn:aws:mq:${place}:broker:shop:b-1`;
const activeArn = `arn:aws:mq:${place}:broker:desk:b-2`;
const kafkaArn = `arn:aws:kafka:${place}:cluster/line/f3bb8a1e-1`;
const docsArn = `arn:aws:rds:${place}:cluster:docs`;
const login = { Type: "BASIC_AUTH" as const, URI: `arn:aws:secretsmanager:${place}:secret:login-abcdef` };
const StartingPosition = "TRIM_HORIZON" as const;
/** Longer than the test looks: what is read is being assembled. */
const MaximumBatchingWindowInSeconds = 300;

type Members = Omit<CreateEventSourceMappingCommandInput, "FunctionName">;

/** What each is called, what it is made with, and the row that assembles. */
const families: readonly (readonly [name: string, Members, RegExp])[] = [
  ["a stream", { EventSourceArn: `arn:aws:kinesis:${place}:stream/orders`, StartingPosition }, /shard 0/],
  ["a queue", { EventSourceArn: `arn:aws:sqs:${place}:jobs` }, /poller \d/],
  ["RabbitMQ", { EventSourceArn: rabbitArn, Queues: ["orders"], SourceAccessConfigurations: [login] }, /consumer \d/],
  ["ActiveMQ", { EventSourceArn: activeArn, Queues: ["orders"], SourceAccessConfigurations: [login] }, /consumer \d/],
  ["a topic", { EventSourceArn: kafkaArn, Topics: ["orders"], StartingPosition }, /poller \d/],
  [
    "a change stream",
    {
      EventSourceArn: docsArn,
      StartingPosition: "LATEST",
      DocumentDBEventSourceConfig: { DatabaseName: "store", CollectionName: "orders" },
      SourceAccessConfigurations: [login],
    },
    /change stream/,
  ],
];

test("each family's lanes say where they stand, and what closes the batch that is being assembled first (B-1)", async () => {
  const server = await aServer({
    secrets: { login: { username: "u", password: "p" } },
    sources: {
      [rabbitArn]: { engine: "RABBITMQ" },
      [activeArn]: { engine: "ACTIVEMQ" },
      [kafkaArn]: { engine: "KAFKA" },
      [docsArn]: { engine: "DOCDB" },
    },
    streams: { orders: {} },
    queues: [{ name: "jobs", VisibilityTimeout: 43_200 }],
    functions: { f: { Handler: "event-ledger.book", Environment: { Variables: { LEDGER: "/dev/null" } } } },
  });
  const lambda = lambdaAt(server.url);
  const page = await aPage();
  for (const [name, members, lane] of families) {
    const uuid = await mapped(server, lambda, {
      FunctionName: "f",
      BatchSize: 100,
      MaximumBatchingWindowInSeconds,
      ...members,
    });
    await page.goto(`${server.url}/_millrace/#mappings?mapping=${uuid}`);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    const count = page.getByRole("dialog").getByLabel("Count");
    await count.fill("3");
    await page.getByRole("dialog").getByRole("button", { name: "Send", exact: true }).click();
    await page.keyboard.press("Escape");
    const row = page.locator("main tr", { hasText: lane }).filter({ hasText: "3 of 100" });
    await row.first().waitFor({ timeout: 30_000 });
    expect([name, await row.first().textContent()]).toEqual([name, expect.stringContaining("window")]);
  }
  // Of a topic the pollers assemble, and each partition says where it stands.
  await page.getByText("kafka:line/orders").first().click();
  await page
    .locator("main tr", { hasText: /orders-0/ })
    .filter({ hasText: "3 records wait" })
    .first()
    .waitFor();
  expect(await barriers(page)).toEqual([]);
  expect(await isTooWide(page)).toBe(false);
});
