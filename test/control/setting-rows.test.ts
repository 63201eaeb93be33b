// Which settings of a mapping are told as changed: against the defaults that AWS shows for its kind of source.

import { expect, test } from "vitest";
import { settingRows } from "../../src/control/mapping/setting-rows.ts";

const changedOf = (settings: Readonly<Record<string, unknown>>): readonly string[] =>
  settingRows(settings)
    .filter(({ isChanged }) => isChanged)
    .map(({ member }) => member);

test("B-8: what AWS shows where nothing is set is no change, and differs by the kind of source", () => {
  const EventSourceArn = "arn:aws:sqs:us-east-1:000000000000:jobs";
  expect(changedOf({ EventSourceArn, BatchSize: 10, FunctionResponseTypes: [] })).toEqual([]);
  expect(changedOf({ EventSourceArn, BatchSize: 100 })).toEqual(["BatchSize"]);
  const stream = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
  expect(changedOf({ EventSourceArn: stream, BatchSize: 100, MaximumRetryAttempts: -1 })).toEqual([]);
  expect(changedOf({ EventSourceArn: stream, BatchSize: 10, MaximumRetryAttempts: 2 })).toEqual([
    "BatchSize",
    "MaximumRetryAttempts",
  ]);
});

test("where a mapping begins and what it reads have to be said, and are shown as no change; what sets nothing is not shown", () => {
  const rows = settingRows({
    SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["far:9092"] } },
    Topics: ["orders"],
    StartingPosition: "LATEST",
    DestinationConfig: { OnFailure: {} },
    UUID: "u",
  });
  expect(rows.map(({ member, isChanged }) => [member, isChanged])).toEqual([
    ["SelfManagedEventSource", false],
    ["Topics", false],
    ["StartingPosition", false],
  ]);
});
