// What the model refuses of a mapping's members before the service sees them, in AWS's words.

import { expect, test } from "vitest";
import { aHouse, minimal, streamArn } from "./doubles/house.ts";

const rule = (name: string, text: string) =>
  `1 validation error detected: Value ${name} failed to satisfy constraint: ${text}`;

/** Refused by the model layer. */
const model: readonly (readonly [string, object, string])[] = [
  [
    "V6",
    { ...minimal, StartingPosition: "invalid" },
    rule("'invalid' at 'startingPosition'", "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"),
  ],
  ["no function name", { EventSourceArn: streamArn }, rule("null at 'functionName'", "Member must not be null")],
  [
    "BatchSize 0",
    { ...minimal, BatchSize: 0 },
    rule("'0' at 'batchSize'", "Member must have value greater than or equal to 1"),
  ],
  [
    "BatchSize 10,001",
    { ...minimal, BatchSize: 10_001 },
    rule("'10001' at 'batchSize'", "Member must have value less than or equal to 10000"),
  ],
  [
    "ParallelizationFactor 11",
    { ...minimal, ParallelizationFactor: 11 },
    rule("'11' at 'parallelizationFactor'", "Member must have value less than or equal to 10"),
  ],
  [
    "a window of 301",
    { ...minimal, MaximumBatchingWindowInSeconds: 301 },
    rule("'301' at 'maximumBatchingWindowInSeconds'", "Member must have value less than or equal to 300"),
  ],
  [
    "a tumbling window of 901",
    { ...minimal, TumblingWindowInSeconds: 901 },
    rule("'901' at 'tumblingWindowInSeconds'", "Member must have value less than or equal to 900"),
  ],
  [
    "E-10: retries -2",
    { ...minimal, MaximumRetryAttempts: -2 },
    rule("'-2' at 'maximumRetryAttempts'", "Member must have value greater than or equal to -1"),
  ],
  [
    "E-10: retries 10,001",
    { ...minimal, MaximumRetryAttempts: 10_001 },
    rule("'10001' at 'maximumRetryAttempts'", "Member must have value less than or equal to 10000"),
  ],
  [
    "E-11: age 604,801",
    { ...minimal, MaximumRecordAgeInSeconds: 604_801 },
    rule("'604801' at 'maximumRecordAgeInSeconds'", "Member must have value less than or equal to 604800"),
  ],
  [
    "a nested member",
    { ...minimal, ScalingConfig: { MaximumConcurrency: 1 } },
    rule("'1' at 'scalingConfig.maximumConcurrency'", "Member must have value greater than or equal to 2"),
  ],
  [
    "a bad response type",
    { ...minimal, FunctionResponseTypes: ["Bad"] },
    rule(
      "'[Bad]' at 'functionResponseTypes'",
      "Member must satisfy constraint: [Member must satisfy enum value set: [ReportBatchItemFailures], Member must not be null]",
    ),
  ],
  [
    "two topics",
    { ...minimal, Topics: ["one", "two"] },
    rule("'[one, two]' at 'topics'", "Member must have length less than or equal to 1"),
  ],
  [
    "a bad topic",
    { ...minimal, Topics: ["bad/topic"] },
    rule(
      "'[bad/topic]' at 'topics'",
      "Member must satisfy constraint: [Member must have length less than or equal to 249, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [^.]([a-zA-Z0-9\\-_.]+), Member must not be null]",
    ),
  ],
  [
    "two faults at once",
    { ...minimal, BatchSize: 0, ParallelizationFactor: 11 },
    "2 validation errors detected: Value '0' at 'batchSize' failed to satisfy constraint: Member must have value greater than or equal to 1; Value '11' at 'parallelizationFactor' failed to satisfy constraint: Member must have value less than or equal to 10",
  ],
];

test.each(model)(
  "the model layer refuses %s with a ValidationException that has no Type",
  async (_name, request, text) => {
    const { control, tables } = await aHouse();
    const answer = await control.createMapping(request);
    expect(answer).toEqual({ status: 400, errorType: "ValidationException", body: { message: text } });
    expect(await tables.list("mappings")).toEqual([]);
  },
);

test.each([
  ["a text for a number", { ...minimal, BatchSize: "10" }, "STRING_VALUE can not be converted to an Integer"],
  ["a number for a text", { ...minimal, FunctionName: 1 }, "NUMBER_VALUE can not be converted to a String"],
  ["a text for a truth", { ...minimal, Enabled: "true" }, "STRING_VALUE can not be converted to a Boolean"],
  ["a list for a structure", { ...minimal, DestinationConfig: [] }, "Start of list found where not expected"],
  ["a structure for a text", { ...minimal, FunctionName: {} }, "Start of structure or map found where not expected."],
  [
    "a date as text",
    { ...minimal, StartingPositionTimestamp: "2025-01-01" },
    "STRING_VALUE can not be converted to milliseconds since epoch",
  ],
  [
    "a time beyond all dates",
    { ...minimal, StartingPositionTimestamp: -1e300 },
    "NUMBER_VALUE can not be converted to milliseconds since epoch",
  ],
  ["a fraction for a whole number", { ...minimal, BatchSize: 1.5 }, "DECIMAL_VALUE can not be converted to an Integer"],
])("%s is a SerializationException", async (_name, request, text) => {
  const { control } = await aHouse();
  const answer = await control.createMapping(request);
  expect(answer).toEqual({ status: 400, errorType: "SerializationException", body: { Message: text } });
});
