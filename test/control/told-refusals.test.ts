// What AWS would take and this version does not: the client's answer has AWS's form and nothing more; the journal says it for the
// terminal, with a place in the documents that is there.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { memberNames } from "../../src/control/mapping/mapping-table.ts";
import { aHouse, minimal, textOf } from "./doubles/house.ts";

const EventSourceArn = "arn:aws:kafka:us-east-1:123456789012:cluster/c/1";
const refused = (entries: readonly { readonly kind: string }[]) => entries.filter(({ kind }) => kind === "refused");

test("what is not built is told in the journal; other refusals are not", async () => {
  const { control, entries } = await aHouse();
  const created = await control.createMapping({
    EventSourceArn,
    FunctionName: "handle",
    Topics: ["topic"],
    ProvisionedPollerConfig: { MinimumPollers: 1 },
    AmazonManagedKafkaEventSourceConfig: {
      SchemaRegistryConfig: {
        SchemaRegistryURI: "arn:aws:glue:us-east-1:123456789012:registry/r",
        EventRecordFormat: "JSON",
        SchemaValidationConfigs: [{ Attribute: "VALUE" }],
      },
    },
  });
  expect(Object.keys(created)).toEqual(["status", "errorType", "body"]);
  expect(refused(entries)).toMatchObject([
    {
      operation: "CreateEventSourceMapping",
      answer: textOf(created, "message"),
      what: "a Glue schema registry",
      page: "docs/honoured.md#amazonmanagedkafkaeventsourceconfig",
    },
  ]);
  await control.createMapping({ ...minimal, BatchSize: 0 });
  expect(refused(entries)).toHaveLength(1);
});

test("every member has its place in docs/honoured.md", () => {
  const page = readFileSync(new URL("../../docs/honoured.md", import.meta.url), "utf8");
  for (const member of memberNames) expect(page).toContain(`<a id="${member.toLowerCase()}"></a>`);
});
