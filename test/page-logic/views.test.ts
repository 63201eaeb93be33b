// Charts over time, the scrubber's marks, the journal's lines and what a document says: the pure parts of the views.

import { expect, test } from "vitest";
import type { BatchRow, FrameOrigin, JournalMark, SecondPoint } from "../../src/dashboard/frame.ts";
import { chartsOf } from "../../src/page/dashboard/charts/series.ts";
import { factsOf } from "../../src/page/dashboard/destinations/document-facts.ts";
import { entryKinds, entryText, fits } from "../../src/page/dashboard/journal/entry-text.ts";
import { markBefore, markBehind, shownMarks, stopCommand } from "../../src/page/dashboard/journal/marks.ts";
import type { Entry } from "../../src/ports/journal.ts";

const point = (second: number, more: Partial<SecondPoint> = {}): SecondPoint => ({
  second,
  mapping: null,
  records: 120,
  batches: 12,
  invocations: 12,
  failed: 0,
  fill: 0.5,
  tookP50Ms: 10,
  tookP99Ms: 40,
  iteratorAgeMs: 1_000,
  running: 2,
  ...more,
});

test("a minute's counts are drawn as rates a second, a second's as they are", () => {
  const throughput = (step: number) => chartsOf([point(60)], step).find(({ title }) => title === "Throughput");
  expect(throughput(60)?.series[0]?.values).toEqual([2]);
  expect(throughput(1)?.series[0]?.values).toEqual([120]);
});

test("a time without points is a gap in each line, not a slope across it", () => {
  for (const { x, series } of chartsOf([point(1), point(2), point(300)], 1)) {
    expect(x.values).toEqual([1, 2, 3, 300]);
    for (const { values } of series) expect(values[2]).toBe(null);
  }
});

const marks: readonly JournalMark[] = [
  { atMs: 100, kind: "failed", text: "a" },
  { atMs: 100, kind: "failed", text: "b" },
  { atMs: 200, kind: "gave-up", text: "c" },
];

test("the keys walk from mark to mark, and stop at both ends", () => {
  expect(markBefore(marks, 200)?.text).toBe("b");
  expect(markBehind(marks, 100)?.text).toBe("c");
  expect([markBefore(marks, 100), markBehind(marks, 200)]).toEqual([null, null]);
});

test("marks at one place are drawn once a kind, and lie between the ends", () => {
  const shown = shownMarks(marks, { fromMs: 100, toMs: 200 });
  expect(shown).toEqual([
    { place: 0, kind: "failed" },
    { place: 996, kind: "gave-up" },
  ]);
  expect(shownMarks(marks.slice(0, 1), { fromMs: 100, toMs: 100 })).toEqual([{ place: 0, kind: "failed" }]);
});

test("a recording is replayed until the call of the moment, any other journal is explained", () => {
  const row = { mapping: "5e1f09c2-x", batch: "29.2", closedAtMs: 90, requestId: "aabbccdd-1122" } as BatchRow;
  const later = { ...row, closedAtMs: 500, requestId: "ffffffff" };
  const origin = (name: string): FrameOrigin => ({
    kind: "file",
    version: "1",
    name,
    fromMs: 0,
    toMs: 600,
    isReadOnly: true,
  });
  expect(stopCommand(origin("a b.mrec"), [row, later], 100).map(({ command }) => command)).toEqual([
    "millrace replay 'a b.mrec' --until aabbccdd",
    "millrace replay 'a b.mrec' --until aabbccdd --event event.json",
  ]);
  expect(stopCommand(origin("j.jsonl"), [row], 100).map(({ command }) => command)).toEqual([
    "millrace explain 5e1f09c2/29.2 --journal j.jsonl",
  ]);
  expect(stopCommand(origin("j.jsonl"), [row], 10)).toEqual([]);
});

const entry: Entry = {
  kind: "gave-up",
  atMs: 1,
  mapping: "m",
  lane: "m/shardId-000000000000/0",
  seq: 1,
  batch: "3.1",
  requestId: "r",
  condition: "RetryAttemptsExhausted",
  recordCount: 1,
  attempts: 3,
  first: null,
  last: null,
  destination: null,
};

test("an entry is a line, and fits a filter by its kind and by any text in it", () => {
  expect(entryText(entry)).toBe("3.1: RetryAttemptsExhausted, 1 record, to nowhere");
  expect(fits(entry, { kind: "gave-up", text: "SHARDID" })).toBe(true);
  expect(fits(entry, { kind: "read", text: "" })).toBe(false);
  expect(fits(entry, { kind: "", text: "basket" })).toBe(false);
  expect(entryKinds([entry, entry], "log")).toEqual(["gave-up", "log"]);
  expect(entryText({ ...entry, kind: "unit-ended" } as Entry)).toContain("batch 3.1");
});

test("a document says its condition, its records and its attempts; other texts say nothing", () => {
  const body = {
    requestContext: {
      requestId: "abc",
      functionArn: "arn:aws:lambda:us-east-1:0:function:f",
      condition: "RecordAgeExceeded",
      approximateInvokeCount: 1,
    },
    KinesisBatchInfo: { batchSize: 2 },
  };
  expect(factsOf(JSON.stringify(body))).toEqual({
    condition: "RecordAgeExceeded",
    requestId: "abc",
    what: "2 records, 1 attempt of f",
  });
  for (const text of ["", "hello", "[]", "null", '{"a":1}']) expect(factsOf(text)).toBe(null);
});

test("what the filter passed over is told in words, and not by members", () => {
  const entry: Entry = {
    atMs: 1,
    mapping: "m",
    lane: "m/shard",
    seq: 1,
    kind: "filtered",
    filteredCount: 1,
    position: "42",
    why: "kind is not order",
  };
  expect(entryText(entry)).toBe("1 record passed over by the filter, the last at 42: kind is not order");
});
