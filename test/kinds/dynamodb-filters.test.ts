import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileFilters, MOST_FILTER_LIMIT } from "../../src/core/filter/compile-filters.ts";
import { createPassingFilter } from "../../src/core/filter/passing-filter.ts";
import { createDynamodbKind } from "../../src/kinds/dynamodb/dynamodb-kind.ts";
import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";

interface Case {
  readonly source: string;
  readonly filters: readonly unknown[];
  readonly record: Readonly<Record<string, unknown>>;
  readonly outcome: "deliver" | "drop" | "invalid";
  readonly why: string;
}

const file = join(import.meta.dirname, "../cases/filter-record-cases.jsonl");
const cases = readFileSync(file, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line): Case => JSON.parse(line))
  .filter(({ source }) => source === "dynamodb");
const kind = createDynamodbKind({
  eventSourceArn: "arn:aws:dynamodb:us-east-1:0:table/t/stream/l",
  region: "us-east-1",
});

function storedRecord(record: Case["record"]): KinesisRecord {
  const data = kind.admitted(Buffer.from(JSON.stringify(record)), "1700000000000-0");
  const partitionKey = new Uint8Array();
  return { ordinal: 0, arrivedAtMs: 1_700_000_000_000, sizeBytes: 0, entryId: "1700000000000-0", partitionKey, data };
}

function outcomeOf({ filters, record }: Case): Case["outcome"] {
  const compiled = compileFilters(
    filters.map((each) => JSON.stringify(each)),
    "dynamodb",
    { limit: MOST_FILTER_LIMIT },
  );
  if (compiled.kind !== "filters") return "invalid";
  return createPassingFilter(compiled).passes(kind.filterView(storedRecord(record))) ? "deliver" : "drop";
}

test("F-36, F-49, F-50, F-68, F-74: every DynamoDB case has its outcome over records as the pipeline carries them", () => {
  expect(cases).toHaveLength(15);
  expect(cases.map((each) => [each.why, outcomeOf(each)])).toEqual(cases.map(({ why, outcome }) => [why, outcome]));
});

test("F-68: a value of the event that the stream's record lacks, its ARN, can be no condition", () => {
  const compiled = compileFilters(['{"eventSourceARN":[{"exists":true}]}'], "dynamodb", { limit: MOST_FILTER_LIMIT });
  const record = storedRecord(cases[0]?.record ?? {});
  expect(compiled.kind === "filters" && createPassingFilter(compiled).passes(kind.filterView(record))).toBe(false);
});
