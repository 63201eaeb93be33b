// The plain lines of mappings on topics and on change streams: which partition or poller, offsets as they are, places by the cluster's
// clock, and no word that such a source does not have.

import { expect, test } from "vitest";
import { noColour } from "../../src/cli/entry-output.ts";
import { createLineState, learn } from "../../src/cli/line-state.ts";
import { partitionsText } from "../../src/cli/partitions-text.ts";
import { lineText, linesOf } from "../../src/cli/plain-lines.ts";
import { settingsText } from "../../src/cli/settings-text.ts";
import { localTime, shortPosition, shownSource } from "../../src/cli/shown-forms.ts";
import type { Fact } from "../../src/ports/journal.ts";

const UUID = "5e1f09c2-7f3a-4a6b-9d2e-000000000001";
const AT_MS = 43_471_207;
const topicSettings = {
  EventSourceArn: "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-1",
  FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:process",
  Topics: ["orders"],
  BatchSize: 10,
};
const changeSettings = {
  EventSourceArn: "arn:aws:rds:us-east-1:000000000000:cluster:docs",
  BatchSize: 100,
  DocumentDBEventSourceConfig: { DatabaseName: "shop", CollectionName: "orders" },
};

/** Lines without their time, one entry after the other. */
function told(settings: Readonly<Record<string, unknown>>, ...facts: readonly (readonly [string, Fact])[]) {
  const state = createLineState();
  learn(state, { kind: "settings", settings, atMs: 0, mapping: UUID, lane: UUID, seq: 0 });
  return facts.flatMap(([place, fact], seq) => {
    const entry = { ...fact, atMs: AT_MS, mapping: UUID, lane: `${UUID}/${place}`, seq };
    const lines = linesOf(entry, state).map((line) => lineText(line, noColour));
    learn(state, entry);
    return lines;
  });
}

const partitions = [
  { unit: "orders-0", first: "15", last: "17", recordCount: 3 },
  { unit: "orders-2", first: "9007199254740993", last: "9007199254740993", recordCount: 1 },
];

test("a batch of a topic names its partitions and offsets, and so does what is given up", () => {
  const closed: Fact = {
    kind: "batch-closed",
    batch: "29",
    closedBy: "window",
    recordCount: 4,
    payloadBytes: 900,
    windowMs: 500,
    first: "15",
    last: "9007199254740993",
    oldestArrivedAtMs: 0,
    partitions,
  };
  const gaveUp: Fact = {
    kind: "gave-up",
    batch: "29",
    requestId: "r",
    condition: "RetryAttemptsExhausted",
    recordCount: 4,
    attempts: 3,
    first: "15",
    last: "9007199254740993",
    destination: null,
    partitions,
  };
  expect(told(topicSettings, ["p0/1", closed], ["p0/1", gaveUp])).toEqual([
    "batch    5e1f09c2 poller 0 batch 29 closed by window: 4 of 10 records, 900 B, window 0.5 s, of orders-0 15-17, orders-2 9007199254740993",
    "gave-up  batch 29, orders-0 15-17, orders-2 9007199254740993, after 3 attempts: RetryAttemptsExhausted -> dropped, as there is no destination",
  ]);
  const many = Array.from({ length: 5 }, (_, index) => ({ unit: `t-${index}`, first: "1", last: "2", recordCount: 2 }));
  expect(partitionsText(many)).toBe("t-0 1-2, t-1 1-2, t-2 1-2 and 2 more partitions");
});

test("M-411: of a rest no place is told, as it may lie anywhere in its batch", () => {
  const closed: Fact = {
    kind: "batch-closed",
    batch: "29",
    closedBy: "size",
    recordCount: 7,
    payloadBytes: 900,
    windowMs: 0,
    first: "0",
    last: "6",
    oldestArrivedAtMs: 0,
    partitions: [{ unit: "orders-0", first: "0", last: "6", recordCount: 7 }],
  };
  const left = [{ unit: "orders-0", first: "1", last: "1", recordCount: 1 }];
  const decided: Fact = {
    kind: "decided",
    batch: "29",
    requestId: "r",
    attempt: 1,
    outcome: "partial",
    verdict: "rest",
    recordCount: 7,
    payloadBytes: 900,
    failedCount: 1,
    tookMs: 9,
    iteratorAgeMs: 20,
    executedVersion: "$LATEST",
    error: null,
    retryAfterMs: null,
    next: [{ batch: "29+", recordCount: 1, first: "1", last: "1", partitions: left }],
  };
  expect(told(topicSettings, ["p0/1", closed], ["p0/1", decided]).at(-1)).toBe(
    "partial  batch 29 (1-7) -> 29+, at once: 1 of 7 records failed",
  );
});

test("M-504, M-808: where a partition is read from, and what goes back with it", () => {
  expect(
    told(
      topicSettings,
      ["orders-0", { kind: "unit-opened", after: null, startedFrom: "latest" }],
      ["orders-1", { kind: "unit-opened", after: "41", startedFrom: "latest" }],
      ["orders-1", { kind: "given-back", recordCount: 2, why: "revoked" }],
      ["orders-1", { kind: "lost", after: "41", before: "50", count: 8 }],
    ),
  ).toEqual([
    "reads    5e1f09c2 orders-0 from its first record on",
    "reads    5e1f09c2 orders-1 on behind 41",
    "back     5e1f09c2 orders-1: 2 records to be read again (another member has the partition now)",
    "lost     5e1f09c2 orders-1: 8 records after 41 before 50 left the topic unread",
  ]);
});

test("a cluster that cannot be reached is told once for all pollers, and so is its end", () => {
  const problem: Fact = {
    kind: "source-problem",
    code: "unreachable",
    text: "P",
    detail: "No broker.",
    nextTryMs: null,
  };
  expect(
    told(
      topicSettings,
      ["p0", problem],
      ["p1", problem],
      ["p0", { kind: "source-recovered" }],
      ["p1", { kind: "source-recovered" }],
    ),
  ).toEqual([
    "problem  warning[source-unreachable]: No broker",
    "problem  mapping 5e1f09c2 stays Enabled and goes on from what its group has committed; no retry is used up; tried again until it can",
    "source   mapping 5e1f09c2 can be read again",
  ]);
});

test("X-405: a place in a change stream is shown by its cluster's clock", () => {
  const clock = localTime(1_796_012_241_000).slice(0, 8);
  expect(shortPosition("016b0cf8d10000000201")).toBe(`${clock}#2`);
  expect(shortPosition('resume:1796012241.2:{"_data":"82"}')).toBe(`${clock}#2`);
  expect(shortPosition("time:1796012241.1")).toBe(`${clock}#1`);
  expect(shortPosition('idle:{"_data":"82"}')).toBe("an idle moment");
  expect(
    told(changeSettings, ["changes", { kind: "unit-opened", after: "016b0cf8d10000000201", startedFrom: "latest" }]),
  ).toEqual([`reads    5e1f09c2 change stream on behind ${clock}#2`]);
});

test("M-002: settings in one line: half a second where no window was set, and no word that the source does not have", () => {
  expect(settingsText(topicSettings)).toBe("size 10, window 0.5 s, bisect off, report off");
  expect(settingsText(changeSettings)).toBe("size 100, window 0.5 s");
  expect(shownSource(changeSettings)).toBe("documentdb:docs/shop/orders");
});
