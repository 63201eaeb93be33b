// Which batches are listed, and how names and settings read.

import { expect, test } from "vitest";
import { choicesOf, filteredBatches, filterOf, groupOf } from "../../src/page/dashboard/batches/batch-filter.ts";
import { outcomeOf } from "../../src/page/dashboard/batches/outcome.ts";
import { placeText, settingText } from "../../src/page/dashboard/parts/names.ts";
import { aBatch } from "./support/frames.ts";

const rows = [
  aBatch({ id: 1 }),
  aBatch({ id: 2, closedBy: "window", outcome: "threw", verdict: "bisect", label: "shard 10" }),
  aBatch({ id: 3, closedBy: "window", outcome: "threw", verdict: "give up", label: "shard 2" }),
  aBatch({ id: 4, outcome: "throttled", verdict: "retry" }),
  aBatch({ id: 5, outcome: null, verdict: null, mapping: "other" }),
  aBatch({ id: 6, outcome: null, verdict: null, unheard: "outcome not heard (sample)" }),
];
const idsOf = (params: Readonly<Record<string, string>>): readonly number[] =>
  filteredBatches(rows, filterOf(params)).map(({ id }) => id);

test("batches are listed newest first, by reason, lane, outcome and mapping", () => {
  expect(idsOf({})).toEqual([6, 5, 4, 3, 2, 1]);
  expect(idsOf({ reason: "window" })).toEqual([3, 2]);
  expect(idsOf({ lane: "shard 10" })).toEqual([2]);
  expect(idsOf({ outcome: "failed" })).toEqual([2]);
  expect(idsOf({ mapping: "other" })).toEqual([5]);
  expect(idsOf({ reason: "window", outcome: "given up" })).toEqual([3]);
});

test("each outcome is in one group", () => {
  expect(rows.map(groupOf)).toEqual(["ok", "failed", "given up", "throttled", "running", "not heard"]);
});

test("a batch whose outcome was not heard does not say that it runs", () => {
  expect(rows.slice(4).map((row) => outcomeOf(row).text)).toEqual(["running", "outcome not heard (sample)"]);
});

test("lanes are offered in a person's order", () => {
  expect(choicesOf(rows, ({ label }) => label)).toEqual(["shard 0", "shard 2", "shard 10"]);
});

test("a setting reads as a person would say it", () => {
  const destination = '{"OnFailure":{"Destination":"arn:aws:sqs:us-east-1:000000000000:orders-failed"}}';
  expect(settingText("DestinationConfig", destination)).toBe("sqs:orders-failed");
  expect(settingText("FilterCriteria", '{"Filters":[{"Pattern":"{\\"a\\":[1]}"}]}')).toBe('{"a":[1]}');
  expect(settingText("FunctionResponseTypes", '["ReportBatchItemFailures"]')).toBe("ReportBatchItemFailures");
  expect(settingText("BatchSize", "10")).toBe("10");
});

test("of a sequence number the digits are shown that tell it from others", () => {
  expect(placeText("018405")).toBe("018405");
  expect(placeText("a-position-that-is-long")).toBe("…s-long");
});
