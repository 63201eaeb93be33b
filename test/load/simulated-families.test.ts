// Simulated load runs of brokers, topics and change streams: how full batches are, what closes them and how long records wait, each as
// reckoned by hand.

import { join } from "node:path";
import { expect, test } from "vitest";
import { MillraceError } from "../../src/errors.ts";
import { loadRun } from "../../src/load/figures/load-run.ts";
import type { LoadObservation } from "../../src/load/observation.ts";
import { plannedRuns } from "../../src/load/plan/planned-runs.ts";
import type { Entry } from "../../src/ports/journal.ts";
import { planOf } from "../../src/wiring/load/plan-file.ts";
import { simulateLoad } from "../../src/wiring/load/simulate-load.ts";
import { folderWith } from "../config/folder.ts";

type Members = Readonly<Record<string, unknown>>;

/** 50 records a second for 10 s, and a function that takes 40 ms. */
const usual = { phases: [{ rate: 50, for: "10s" }], size: 1_000 };

async function observed(source: unknown, members: Members = {}): Promise<LoadObservation> {
  const value = { source, function: { took: "40ms" }, send: usual, ...members };
  const [run] = plannedRuns(planOf({ value, flagOf: () => null }, "/"));
  if (run === undefined) throw new Error("a plan has a run");
  return simulateLoad(run);
}

async function simulated(source: unknown, members: Members = {}) {
  const observation = await observed(source, members);
  const prices = { perMillionRequests: 0, perGbSecond: 0, memoryMb: 128, note: "" };
  return { ...loadRun(observation, prices), closed: closedIn(observation) };
}

const isClosed = (entry: Entry): entry is Extract<Entry, { kind: "batch-closed" }> => entry.kind === "batch-closed";

/** `AT REASON COUNT` each, times since the run began. */
const closedIn = ({ entries, startedAtMs }: LoadObservation): readonly string[] =>
  [...entries].filter(isClosed).map((each) => `${each.atMs - startedAtMs} ${each.closedBy} ${each.recordCount}`);

test("RabbitMQ: half a second from the first message on, whatever runs (M-302)", async () => {
  const run = await simulated("rabbitmq:shop/work");
  // Messages at 0, 20, … 480 are in the first batch; the one at 500 begins the next.
  expect(run.closed).toEqual(Array.from({ length: 20 }, (_, index) => `${500 * (index + 1)} window 25`));
  expect(run).toMatchObject({
    family: "broker",
    endedBy: "plan",
    counts: { sent: 500, done: 500, open: 0, invocations: 20 },
    latency: { toStart: { p50: 260, max: 500 }, toDone: { p50: 300, max: 540 }, sampled: null },
    concurrency: { most: 1 },
  });
});

test("RabbitMQ: a full batch does not wait (M-301)", async () => {
  const run = await simulated("rabbitmq:shop/work", {
    mapping: { BatchSize: 10 },
    send: { phases: [{ rate: 50, for: "1s" }] },
  });
  expect(run.closed).toEqual(["180 size 10", "380 size 10", "580 size 10", "780 size 10", "980 size 10"]);
});

test("RabbitMQ: a poisoned message is tried again without an end, and the run is given up (R-401)", async () => {
  const send = { phases: [{ burst: 1 }], poisonShare: 1 };
  const run = await simulated("rabbitmq:shop/work", { send, wait: "30s", mapping: { BatchSize: 1 } });
  expect(run).toMatchObject({ endedBy: "stalled", totalMs: 30_000, counts: { done: 0, gaveUp: 0, open: 1 } });
  // Calls of 40 ms behind pauses of 0.2, 0.4, … 12.8 s, which are 25.4 s together: the next is due at 51.32 s (E-20).
  expect(run.counts.invocations).toBe(8);
});

test("RabbitMQ: what the filter passes over is acknowledged and counts as ended (R-306)", async () => {
  const mapping = {
    BatchSize: 10,
    FilterCriteria: { Filters: [{ Pattern: { data: { n: [{ numeric: ["<=", 50] }] } } }] },
  };
  const run = await simulated("rabbitmq:shop/work", { mapping, send: { phases: [{ rate: 50, for: "2s" }] } });
  expect(run).toMatchObject({ endedBy: "plan", counts: { sent: 100, matched: 50, done: 50, open: 0, invocations: 5 } });
});

test("ActiveMQ: five consumers take turns, each with a batch of its own (R-202)", async () => {
  const run = await simulated("activemq:shop/work");
  // A consumer has every fifth message: at 0, 100, … 400, and its window ends at 500.
  expect(run.closed).toHaveLength(100);
  expect(run.closed.slice(0, 6)).toEqual([
    "500 window 5",
    "520 window 5",
    "540 window 5",
    "560 window 5",
    "580 window 5",
    "1000 window 5",
  ]);
  expect(run).toMatchObject({
    counts: { done: 500, invocations: 100 },
    latency: { toStart: { p50: 300, max: 500 }, toDone: { p50: 340, max: 540 }, sampled: null },
    // At 520 and each 20 ms later a call begins as the one before the last ends: two of 40 ms at once.
    concurrency: { most: 2 },
  });
});

test("ActiveMQ: after seven calls a poisoned message is a dead letter (R-403)", async () => {
  const send = { phases: [{ burst: 1 }], poisonShare: 1 };
  const run = await simulated("activemq:shop/work", { send });
  expect(run.counts).toMatchObject({ gaveUp: 1, done: 0, open: 0, invocations: 7 });
  // The window, seven calls of 40 ms and six pauses of a second.
  expect(run.totalMs).toBe(500 + 7 * 40 + 6 * 1_000);
});

test("Kafka: half a second from the end of the call before (M-302)", async () => {
  const run = await simulated("kafka:shop/orders");
  // 25 by 500; then from 540 until 1,040, when those from 500 to 1,020 are there: 27. Of 500 the last batch has 16.
  const starts = Array.from({ length: 17 }, (_, index) => `${1_040 + 540 * index} window 27`);
  expect(run.closed).toEqual(["500 window 25", ...starts, "10220 window 16"]);
  expect(run).toMatchObject({
    family: "topic",
    endedBy: "plan",
    counts: { done: 500, invocations: 19 },
    latency: { toStart: { max: 540 }, toDone: { max: 580 }, sampled: null },
  });
});

test("Kafka: 6 MB hold 78 records of 60,000 bytes (M-303)", async () => {
  // 80,000 of base64 and some 150 around them: 78 are 6,251,700, and 79 would be over 6,291,456.
  const send = { phases: [{ burst: 200 }], size: 60_000 };
  const run = await simulated("kafka:shop/orders", { mapping: { BatchSize: 10_000 }, send });
  expect(run.closed.map((text) => text.replace(/^\d+ /, ""))).toEqual(["payload 78", "payload 78", "window 44"]);
  expect(run.batches.largestBytes).toBeLessThanOrEqual(6_291_456);
  expect(run.batches.largestBytes).toBeGreaterThan(6_240_000);
});

test("Kafka: pollers of their own read partitions side by side; a poisoned record is halved out and given up (M-001)", async () => {
  const mapping = {
    BatchSize: 10,
    MaximumRetryAttempts: 2,
    BisectBatchOnFunctionError: true,
    ProvisionedPollerConfig: { MinimumPollers: 3 },
  };
  const send = { phases: [{ rate: 50, for: "2s" }], perShard: true, poisonShare: 0.02 };
  const run = await simulated({ name: "kafka:shop/orders", partitions: 3 }, { mapping, send });
  expect(run.closed).toHaveLength(30);
  expect(run.closed.slice(0, 3)).toEqual(["180 size 10", "180 size 10", "180 size 10"]);
  const { sent, done, gaveUp, open } = run.counts;
  expect({ sent, ended: done + gaveUp, open, most: run.concurrency.most }).toEqual({
    sent: 300,
    ended: 300,
    open: 0,
    most: 3,
  });
  // No other record is given up along with it.
  expect(gaveUp).toBe((await poisonedIn({ name: "kafka:shop/orders", partitions: 3 }, { mapping, send })).length);
});

async function poisonedIn(source: unknown, members: Members) {
  return (await observed(source, members)).sent.filter(({ isPoison }) => isPoison);
}

test("Kafka: records without keys take the partitions in turn", async () => {
  const send = { phases: [{ rate: 10, for: "1s" }], keys: "none" };
  const { sent } = await observed({ name: "kafka:shop/orders", partitions: 2 }, { send });
  expect(sent.map(({ unit, id, key }) => `${unit} ${id} ${key}`).slice(0, 4)).toEqual([
    "orders-0 0 null",
    "orders-1 0 null",
    "orders-0 1 null",
    "orders-1 1 null",
  ]);
});

test("Kafka: a schema registry is refused, with what to do instead", async () => {
  const config = { SchemaRegistryConfig: { SchemaRegistryURI: "https://registry", EventRecordFormat: "JSON" } };
  const asked = observed("kafka:shop/orders", { mapping: { AmazonManagedKafkaEventSourceConfig: config } });
  await expect(asked).rejects.toThrow(MillraceError);
  await expect(asked).rejects.toMatchObject({ code: "bad-argument", help: "millrace load PLAN --live" });
});

test("DocumentDB: one batch at a time, half a second from the first change on (X-201, M-302)", async () => {
  const run = await simulated("documentdb:docs/shop/orders");
  expect(run.closed).toEqual(Array.from({ length: 20 }, (_, index) => `${500 * (index + 1)} window 25`));
  expect(run).toMatchObject({
    family: "changes",
    allowedConcurrency: 1,
    counts: { sent: 500, done: 500, invocations: 20 },
    latency: { toStart: { p50: 260, max: 500 }, toDone: { p50: 300, max: 540 }, sampled: null },
    concurrency: { most: 1 },
  });
});

test("DocumentDB: a slow function is behind, and its batches are full", async () => {
  const members = { function: { took: "1s" }, mapping: { BatchSize: 10 }, send: { phases: [{ burst: 40 }] } };
  const run = await simulated("documentdb:docs/shop/orders", members);
  expect(run.closed).toEqual(["0 size 10", "1000 size 10", "2000 size 10", "3000 size 10"]);
  expect(run.latency).toMatchObject({ toStart: { p50: 1_000, max: 3_000 }, toDone: { max: 4_000 } });
});

test("DocumentDB: a second document of an `_id` is refused", async () => {
  const { sent, refusedCount } = await observed("documentdb:docs/shop/orders", {
    send: { phases: [{ burst: 3 }], data: { _id: 7, n: "${n}" } },
  });
  expect({ sent: sent.length, refusedCount }).toEqual({ sent: 1, refusedCount: 2 });
});

test.each([
  ["rabbitmq:shop/work", "event.rmqMessagesByQueue['work::/']"],
  ["activemq:shop/work", "event.messages"],
  ["kafka:shop/orders", "event.records['orders-0']"],
  ["documentdb:docs/shop/orders", "event.events"],
])("%s: the user's own handler gets the records as they were planned", async (source, list) => {
  const folder = folderWith({
    "work.mjs": `export const process = async (event) => {
      const list = ${list};
      const values = list.map((each) => each.event?.fullDocument ?? JSON.parse(Buffer.from(each.value ?? each.data, "base64")));
      if (values.some(({ n, text }, index) => n !== index + 1 || text !== "ä")) throw new Error(JSON.stringify(values));
    };`,
  });
  const members = {
    function: { handler: join(folder, "work.process"), bundle: false },
    send: { phases: [{ burst: 3 }], data: { n: "${n}", text: "ä" } },
  };
  const run = await simulated(source, { ...members, wait: "5s", mapping: { BatchSize: 3 } });
  expect(run.counts).toMatchObject({ failedInvocations: 0, done: 3 });
});

test.each(["rabbitmq:shop/work", "kafka:shop/orders", "documentdb:docs/shop/orders"])(
  "%s: the same plan and seed leave the same observation",
  async (source) => {
    const send = { phases: [{ rate: 30, for: "2s" }], arrivals: "poisson" };
    const members = { send, function: { took: { mean: "40ms", deviation: "20ms" }, errorShare: 0.2 } };
    const [one, other] = [await observed(source, members), await observed(source, members)];
    expect(JSON.stringify([...one.entries])).toBe(JSON.stringify([...other.entries]));
    expect(JSON.stringify(one.sent)).toBe(JSON.stringify(other.sent));
  },
);
