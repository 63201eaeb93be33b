// Which mapping stands in the way of another, as a pure function: most kinds cannot be stored yet.

import { expect, test } from "vitest";
import { findClash, type Tie } from "../../src/control/mapping/duplicates.ts";
import { createdSettings } from "../../src/control/mapping/mapping-settings.ts";
import type { SourceKind } from "../../src/control/mapping/source-kinds.ts";
import { functionArn } from "./doubles/house.ts";
import { created, createOf, recordOf, uuid } from "./doubles/settings.ts";

const other = "00000000-0000-4000-8000-000000000002";

const tie = (kind: SourceKind, raw: object, changes: Partial<Tie> = {}): Tie => ({
  uuid: other,
  kind,
  settings: createdSettings(kind, createOf(raw), other),
  functionName: "handle",
  functionArn,
  ...changes,
});
const servers = (...list: readonly string[]): object => ({
  SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: list } },
  Topics: ["topic"],
});
const advice = `already exists. Please update or delete the existing mapping with UUID ${uuid}`;

// Q-31 and section 4.4.
test.each<readonly [SourceKind, object, object, string]>([
  [
    "sqs",
    { EventSourceArn: "arn:q" },
    {},
    `An event source mapping with SQS arn (" arn:q ") and function (" handle ") ${advice}`,
  ],
  [
    "kinesis",
    { EventSourceArn: "arn:s" },
    {},
    `The event source arn (" arn:s ") and function (" handle ") provided mapping ${advice}`,
  ],
  [
    "dynamodb",
    { EventSourceArn: "arn:s" },
    {},
    `The event source arn (" arn:s ") and function (" handle ") provided mapping ${advice}`,
  ],
  [
    "selfManagedKafka",
    servers("kafka:1000"),
    servers("kafka:2000", "kafka:1000"),
    `An event source mapping with event source ("kafka:1000,kafka:2000"), function ("${functionArn}"), topics ("topic") ${advice}`,
  ],
  [
    "msk",
    { EventSourceArn: "arn:c", Topics: ["t"] },
    {},
    `An event source mapping with event source arn ("arn:c"), function ("${functionArn}") and topics ("t") ${advice}`,
  ],
  [
    "rabbitMq",
    { EventSourceArn: "arn:b", Queues: ["q"] },
    {},
    `An event source mapping with event source arn ("arn:b"), function ("${functionArn}") and queues ("q") ${advice}`,
  ],
  [
    "documentDb",
    { EventSourceArn: "arn:d", DocumentDBEventSourceConfig: { DatabaseName: "d", CollectionName: "c" } },
    {},
    `An event source mapping with event source arn ("arn:d"), function ("${functionArn}") and collection ("d.c") ${advice}`,
  ],
])("TM-53, section 4.4: a second mapping on %s", (kind, first, second, text) => {
  const records = [recordOf(kind, created(kind, first))];
  const wanted = tie(kind, { ...first, ...second });
  expect(findClash(records, wanted)?.text).toBe(text);
  expect(findClash(records, { ...wanted, functionArn: `${functionArn}:1` })).toBe(null);
  expect(findClash(records, { ...wanted, uuid })).toBe(null);
});

test("section 4.4, M-604: another topic is another mapping, unless the group is the same", () => {
  const mine = { SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: "mine" } };
  const records = [recordOf("selfManagedKafka", created("selfManagedKafka", { ...servers("k:1"), ...mine }))];
  expect(findClash(records, tie("selfManagedKafka", { ...servers("k:1"), Topics: ["another"] }))).toBe(null);
  expect(findClash(records, tie("selfManagedKafka", { ...servers("k:2"), ...mine }))).toBe(null);
  const clash = findClash(records, tie("selfManagedKafka", { ...servers("k:1"), Topics: ["another"], ...mine }));
  expect(clash?.text).toBe(`An event source mapping with event source ("k:1") and consumer group ("mine") ${advice}`);
});
