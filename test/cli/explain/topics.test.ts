// Stories of mappings on topics: a record by partition and offset, what was committed of each partition, and a group that others have.

import { expect, test } from "vitest";
import { explain } from "../../../src/cli/explain/explain.ts";
import type { Entry, Fact } from "../../../src/ports/journal.ts";

const UUID = "5e1f09c2-7f3a-4a6b-9d2e-000000000001";
const settings = {
  EventSourceArn: "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-1",
  FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:process",
  Topics: ["orders"],
  AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: "mine" },
  BatchSize: 10,
};

type Told = readonly (readonly [place: string, fact: Fact])[];

const begun: Told = [
  ["", { kind: "mapping-state", from: "", to: "Enabled", reason: "" }],
  ["", { kind: "settings", settings }],
  ["", { kind: "scaled", from: 0, to: 1, why: "started" }],
];
const opened: Told = [
  ["p0", { kind: "share", partitionCount: 2, units: ["orders-0", "orders-2"] }],
  ["orders-0", { kind: "unit-opened", after: null, startedFrom: "trimHorizon" }],
  ["orders-2", { kind: "unit-opened", after: "9", startedFrom: "trimHorizon" }],
];
const readOf = (first: string, last: string, recordCount: number, filteredCount = 0): Fact => ({
  kind: "read",
  recordCount,
  filteredCount,
  first,
  last,
  isCaughtUp: true,
});
const call = { batch: "1", requestId: "3f9c21d0-0000-0000-0000-000000000001", attempt: 1, recordCount: 4 };
const done: Told = [
  ["orders-0", readOf("0", "1", 2)],
  ["orders-2", readOf("10", "12", 3, 1)],
  [
    "p0/1",
    {
      kind: "batch-closed",
      batch: "1",
      closedBy: "window",
      recordCount: 4,
      payloadBytes: 900,
      windowMs: 500,
      first: "0",
      last: "12",
      oldestArrivedAtMs: null,
      partitions: [
        { unit: "orders-0", first: "0", last: "1", recordCount: 2 },
        { unit: "orders-2", first: "10", last: "12", recordCount: 2 },
      ],
    },
  ],
  ["p0/1", { kind: "invoked", ...call }],
  [
    "p0/1",
    {
      kind: "decided",
      ...call,
      outcome: "ok",
      verdict: "done",
      payloadBytes: 900,
      failedCount: 0,
      tookMs: 2,
      iteratorAgeMs: null,
      executedVersion: "$LATEST",
      error: null,
      retryAfterMs: null,
      next: [],
    },
  ],
  ["orders-0", { kind: "checkpoint", after: "1" }],
];

async function told(question: string, ...facts: readonly Told[]): Promise<string> {
  const entries = facts.flat().map(([place, fact], index): Entry => {
    const lane = place === "" ? UUID : `${UUID}/${place}`;
    return { ...fact, atMs: 43_471_207 + index, mapping: UUID, lane, seq: index };
  });
  const options = { isServerRunning: true, records: null, isFull: false, command: "millrace" };
  const screen = { columns: 80, isUnicode: true };
  return (await explain(question, { ...options, entries: () => entries, screen })).text;
}

test("M-105: a record is named by partition and offset; its place is counted over the partitions before it", async () => {
  const text = await told("orders-2:12", begun, opened, done);
  expect(text).toMatch(/^record orders-2:12 {2}kafka:shop\/orders, poller 0 +OK\n/);
  expect(text).toContain("batch     1, place 4 of 4");
  expect(text).toContain("offsets   orders-0 0–1, orders-2 10–12");
  expect(text).toContain("committed   orders-0 behind 1; orders-2 not yet, before it behind 9");
  expect(text).not.toMatch(/checkpoint|record --batch/);
  expect(await told("0:1", begun, opened, done)).toContain("record orders-0:1");
  // Between the ends offsets are missing, and which of them have no record nobody says.
  expect(await told("kafka:shop/orders-2:11", begun, opened, done)).toContain("one of 4 records");
});

test("a record that is in no batch: not read yet, before the place of the group, or lost", async () => {
  expect(await told("orders-2:13", begun, opened, done)).toContain(
    "it has not been read: its partition is read up to 12",
  );
  expect(await told("orders-2:9", begun, opened, done)).toContain("it is before 10, where reading begins");
  const lost: Told = [["orders-0", { kind: "lost", after: "1", before: "7", count: 5 }]];
  expect(await told("orders-0:4", begun, opened, done, lost)).toContain("left the topic before it was read, one of 5");
});

test("a mapping's partitions, and no record that waits once its batch has ended", async () => {
  const text = await told("orders", begun, opened, done);
  expect(text).toMatch(/^mapping 5e1f09c2 {2}kafka:shop\/orders -> process +ENABLED\n/);
  expect(text).toContain("with 2 partitions");
  expect(text).toContain("orders-2  read up to 12");
  expect(text).toMatch(/\nwhy +the last batch, 1, succeeded/);
});

test("M-202: where other members of the group have all partitions, that is why nothing arrives", async () => {
  const text = await told("process", begun, [["p0", { kind: "share", partitionCount: 0, units: [] }]]);
  expect(text.replace(/\s+/g, " ")).toContain("other members of its group mine have all partitions of orders");
});

test("M-821: where the group has not let the poller in yet, a former member is why; it no more is once there is a share", async () => {
  const awaited: Told = [["p0", { kind: "group-awaited", sinceMs: 43_471_207 }]];
  const text = (await told("process", begun, opened, done, begun, awaited)).replace(/\s+/g, " ");
  expect(text).toContain("its group mine has not let it in since");
  expect(text).toContain("a member that was killed counts until its session is over");
  expect(await told("process", begun, awaited, opened, done)).toMatch(/\nwhy +the last batch, 1, succeeded/);
});
