// Which record a batch had, by source: places of a shard, partitions of a topic, messages of a queue, or order alone.

import { expect, test } from "vitest";
import { loadRun } from "../../src/load/figures/load-run.ts";
import type { LoadObservation } from "../../src/load/observation.ts";
import { BEGIN_MS, journal, observed, placeOf, prices, sentAt } from "./support/hand-made.ts";

const figuresOf = (given: Parameters<typeof observed>[0]) => loadRun(observed(given), prices);

/** As the sender has them of a queue. */
const message = (n: number, atMs: number) => sentAt(n, atMs, { unit: "", id: `m-${n}`, key: null });

const received = (...ids: readonly string[]) => ({ receives: [{ receivedAtMs: BEGIN_MS, receiveCount: 1, ids }] });

test("a rest leaves behind what has succeeded; what is too old goes without a call of its own (E-13)", () => {
  const told = journal();
  told.closed(100, "1", 0, 4, { closedBy: "size" });
  told.invoked(100, "1", 4);
  const rest = { batch: "1+", first: placeOf(1), last: placeOf(3), recordCount: 3 };
  told.decided(140, "1", 4, { outcome: "partial", verdict: "rest", next: [rest], tookMs: 40 });
  told.invoked(140, "1+", 3);
  told.decided(180, "1+", 3, { outcome: "threw", verdict: "retry", retryAfterMs: 200, tookMs: 40 });
  told.gaveUp(380, "1+", 1, 1, { condition: "RecordAgeExceeded", attempts: 1 });
  told.invoked(380, "1+2", 2);
  told.decided(400, "1+2", 2, { tookMs: 20 });
  told.gaveUp(500, "2", 4, 1, { condition: "RecordAgeExceeded", attempts: 0 });
  const run = figuresOf({ sent: [0, 1, 2, 3, 4].map((n) => sentAt(n, n * 10)), entries: told.entries, totalMs: 1_000 });
  expect(run.counts).toMatchObject({
    done: 3,
    gaveUp: 2,
    open: 0,
    rests: 1,
    retries: 0,
    deliveries: 9,
    firstBatches: 1,
  });
  // The fifth was never called: four starts at 100 ms, five ends.
  expect(run.latency.toStart).toMatchObject({ count: 4, p50: 80, max: 100 });
  expect(run.latency.toDone).toMatchObject({ count: 5, p50: 370, max: 460 });
  expect(run.failures.trees[0]).toMatchObject({
    batch: "1",
    invocations: 3,
    gaveUp: 1,
    heldMs: 300,
    story: "1–4✗ 2–4✗ 2■ 3–4✓",
  });
  expect(run.lanes[0]).toMatchObject({ running: 0.1, held: 0.2 });
  expect(run.failures.attempts).toEqual([2]);
});

test("a retried batch, and one that is delivered again after a crash: the first start and the first end count", () => {
  const told = journal();
  told.closed(100, "1", 0, 2);
  told.invoked(100, "1", 2);
  told.decided(110, "1", 2, { outcome: "threw", verdict: "retry", retryAfterMs: 200, tookMs: 10 });
  told.invoked(310, "1", 2, 2);
  told.decided(320, "1", 2, { attempt: 2, tookMs: 10 });
  told.batch(500, "1", 0, 2, 10);
  told.batch(600, "2", 2, 1, 10);
  const run = figuresOf({ sent: [0, 1, 2].map((n) => sentAt(n, 0)), entries: told.entries, totalMs: 1_000 });
  expect(run.counts).toMatchObject({ done: 3, open: 0, retries: 1, deliveries: 7, firstBatches: 3 });
  expect(run.failures.invocationsPerRecord).toBe(2.333);
  expect(run.failures.attempts).toEqual([2, 1]);
  expect(run.latency.toStart).toMatchObject({ p50: 100, max: 600 });
  expect(run.latency.toDone).toMatchObject({ p50: 320, max: 610 });
});

test("records that the filter passes over are in no batch and nothing waits for them", () => {
  const sent = [0, 1, 2, 3].map((n) => sentAt(n, 0, { isMatching: n % 2 === 1 }));
  const told = journal();
  told.closed(100, "1", 1, 2, { first: placeOf(1), last: placeOf(3) });
  told.invoked(100, "1", 2);
  told.decided(110, "1", 2);
  const run = figuresOf({ sent, entries: told.entries, totalMs: 1_000, mapping: { hasFilter: true } });
  expect(run.counts).toMatchObject({ sent: 4, matched: 2, done: 2, open: 0 });
  expect(run.seconds[0]).toMatchObject({ sent: 4, done: 2, waiting: 0, oldestMs: 0 });
});

test("senders at once: what the source has put in another order is found by its place", () => {
  const sent = [2, 0, 1, 3].map((n, at) => sentAt(n, at * 10));
  const told = journal();
  told.batch(100, "1", 0, 2, 10);
  told.batch(200, "2", 2, 2, 10);
  const run = figuresOf({ sent, entries: told.entries, totalMs: 1_000 });
  // 0 and 1 were sent at 10 and 20 ms, 2 and 3 at 0 and 30.
  expect(run.latency.toStart).toMatchObject({ count: 4, p50: 90, p99: 200 });
  expect(run.latency.sampled).toBeNull();
});

test("where the sender knows no places its records are told apart by their order, and that is said", () => {
  const told = journal("changes");
  told.batch(100, "1", 0, 2, 10, { first: "82aa", last: "82ab" });
  told.batch(200, "2", 2, 1, 10, { first: "82ac", last: "82ac" });
  const sent = [0, 1, 2].map((n) => sentAt(n, n * 10, { unit: "", id: "", key: null }));
  const run = figuresOf({ sent, entries: told.entries, totalMs: 1_000, family: "changes" });
  expect(run.latency.toStart).toMatchObject({ count: 3, p50: 100, max: 180 });
  expect(run.latency.sampled).toContain("told apart by their order");
});

test("a topic's batch has a run of each partition; a rest keeps what failed of each (M-411)", () => {
  const [a, b] = ["orders-0", "orders-1"];
  const sent = [0, 1, 2].flatMap((n) => [a, b].map((unit) => sentAt(n, n * 10, { unit, id: String(n + 9) })));
  const run = (unit: string, first: number, recordCount: number) => {
    return { unit, first: String(first), last: String(first + recordCount - 1), recordCount };
  };
  const told = journal("p0", 1);
  told.closed(100, "1", 0, 6, { first: "9", last: "11", partitions: [run(a, 9, 3), run(b, 9, 3)] });
  told.invoked(100, "1", 6);
  const ends = { first: "9", last: "11", recordCount: 2 };
  const kept = { ...run(a, 9, 3), recordCount: 2, runs: [run(a, 9, 1), run(a, 11, 1)] };
  told.decided(140, "1", 6, {
    outcome: "partial",
    verdict: "rest",
    next: [{ batch: "1+", ...ends, partitions: [kept] }],
  });
  told.invoked(140, "1+", 2);
  told.decided(300, "1+", 2);
  const figures = figuresOf({ sent, entries: told.entries, totalMs: 1_000, family: "topic" });
  expect(figures.counts).toMatchObject({ done: 6, open: 0, rests: 1, deliveries: 8 });
  expect(figures.latency.toDone).toMatchObject({ count: 6, p50: 130, p90: 300, max: 300 });
  expect(figures.lanes[0]?.lane).toBe("poller 0 call 1");
});

test("a queue's messages: what is let go comes again, what comes too often is a dead letter (Q-11, Q-12)", () => {
  const told = journal("orders", 0);
  told.closed(100, "1", 0, 3, { ...received("m-0", "m-1", "m-2"), oldestArrivedAtMs: BEGIN_MS });
  told.invoked(100, "1", 3);
  told.decided(120, "1", 3, { outcome: "partial", verdict: "return", failedCount: 2 });
  const back = { why: "reported", visibleAgainAtMs: BEGIN_MS + 400 } as const;
  told.note(120, { kind: "returned", batch: "1", recordCount: 2, ...back, messages: ["m-1", "m-2"] });
  told.note(121, { kind: "deleted", batch: "1", requestId: "r-1", recordCount: 1, missedCount: 0 });
  told.note(400, { kind: "dead-letter", messageId: "m-2", receiveCount: 2, queue: "orders-dlq" });
  told.closed(400, "2", 0, 1, { ...received("m-1"), oldestArrivedAtMs: BEGIN_MS + 10 });
  told.invoked(400, "2", 1);
  told.decided(420, "2", 1, { attempt: 1 });
  told.note(421, { kind: "deleted", batch: "2", requestId: "r-2", recordCount: 1, missedCount: 1, missed: ["m-1"] });
  const sent = [0, 1, 2].map((n) => message(n, n * 10));
  const queue = { family: "queue", mapping: { visibilityMs: 30_000 } } as const;
  const run = figuresOf({ sent, entries: told.entries, totalMs: 1_000, ...queue });
  expect(run.counts).toMatchObject({
    done: 2,
    gaveUp: 1,
    open: 0,
    deadLetters: 1,
    deliveries: 4,
    failedInvocations: 1,
  });
  expect(run.latency.toDone).toMatchObject({ count: 3, p50: 380, max: 410 });
  expect(run.lanes[0]?.lane).toBe("poller 0");
  // The age of the oldest message at each call.
  expect(run.failures.iteratorAge).toMatchObject({ count: 2, p50: 100, max: 390 });
  expect(run.findings.map(({ text }) => text)).toContain("1 message became dead letters, after 1 call that failed");
});

test("of a batch with more messages than are named the others are told by their order", () => {
  const sent = Array.from({ length: 30 }, (_, n) => message(n, n));
  const told = journal("orders", 0);
  const names = Array.from({ length: 10 }, (_, n) => `m-${n}`);
  told.closed(100, "1", 0, 25, received(...names));
  told.invoked(100, "1", 25);
  told.decided(110, "1", 25);
  told.note(111, { kind: "deleted", batch: "1", requestId: "r-1", recordCount: 25, missedCount: 0 });
  told.closed(200, "2", 0, 5, received("m-25", "m-26", "m-27", "m-28", "m-29"));
  told.invoked(200, "2", 5);
  told.decided(210, "2", 5);
  told.note(211, { kind: "deleted", batch: "2", requestId: "r-2", recordCount: 5, missedCount: 0 });
  const run = figuresOf({ sent, entries: told.entries, totalMs: 1_000, family: "queue" });
  expect(run.counts).toMatchObject({ sent: 30, done: 30, open: 0 });
  expect(run.latency.toStart).toMatchObject({ count: 30, p50: 90, max: 175 });
  expect(run.latency.sampled).toContain("beyond the first 1,000 of a batch");
  expect(run.seconds.at(-1)).toMatchObject({ waiting: 0, oldestMs: 0 });
});

test("what is open when a run is given up is counted, and still waits in its last second", () => {
  const told = journal();
  told.batch(100, "1", 0, 1, 10);
  told.closed(1_500, "2", 1, 1, { oldestArrivedAtMs: BEGIN_MS + 400 });
  told.invoked(1_500, "2", 1);
  const sent = [sentAt(0, 0), sentAt(1, 400), sentAt(2, 600)];
  const run = figuresOf({ sent, entries: told.entries, totalMs: 2_000, endedBy: "stalled" });
  expect(run.counts).toMatchObject({ done: 1, open: 2, invocations: 2, deliveries: 2 });
  expect(run.latency.toStart.count).toBe(2);
  expect(run.seconds.map(({ waiting, oldestMs, running }) => ({ waiting, oldestMs, running }))).toEqual([
    { waiting: 2, oldestMs: 600, running: 0 },
    { waiting: 2, oldestMs: 1_600, running: 0 },
  ]);
  expect(run.concurrency).toEqual({ mean: 0.255, most: 1 });
  expect(run.lanes[0]).toMatchObject({ running: 0.255, held: 0, assembling: 0.55, idle: 0.195 });
});

test("a long run's series are cut to at most 300 entries, and nothing of them is lost", () => {
  const sent = Array.from({ length: 1_000 }, (_, n) => sentAt(n, n * 1_000));
  const told = journal();
  for (let n = 0; n < 1_000; n += 1) told.batch(n * 1_000 + 5, String(n + 1), n, 1, 10, { closedBy: "caught up" });
  const run = figuresOf({ sent, entries: told.entries, totalMs: 1_000_000 });
  expect(run.binSeconds).toBe(5);
  expect(run.seconds).toHaveLength(200);
  expect(run.seconds[1]).toMatchObject({ second: 5, planned: 5, sent: 5, done: 5, invocations: 5, toStartP50Ms: 5 });
  expect(run.batches.reasons[0]?.perSecond).toEqual(new Array<number>(200).fill(5));
});

test("what the loader sent late counts from when it was planned (coordinated omission)", () => {
  const sent = [0, 1].map((n) => sentAt(n, n * 10, { sentAtMs: BEGIN_MS + 500 }));
  const told = journal();
  told.batch(520, "1", 0, 2, 10);
  const run = figuresOf({ sent, entries: told.entries, totalMs: 1_000 });
  expect(run.latency.toStart).toMatchObject({ p50: 510, max: 520 });
  expect(run.latency.fromSendToStart).toMatchObject({ p50: 20, max: 20 });
  expect(run.loader).toMatchObject({ lateP99Ms: 500, isLimit: false });
  const given: Partial<LoadObservation> = { plannedCount: 3 };
  expect(figuresOf({ sent, entries: told.entries, totalMs: 1_000, ...given }).loader.isLimit).toBe(true);
});

test("fill and size: bins of 5 % up to full, and bounds a factor of two apart up to the event's limit (B-11)", () => {
  const told = journal();
  told.batch(10, "1", 0, 1, 1, { payloadBytes: 192 });
  told.batch(20, "2", 1, 20, 1, { payloadBytes: 193 });
  told.batch(30, "3", 21, 19, 1, { payloadBytes: 6_291_456 });
  const sent = Array.from({ length: 40 }, (_, n) => sentAt(n, 0));
  const { batches } = figuresOf({ sent, entries: told.entries, totalMs: 1_000, batchSize: 20 });
  const [reason] = batches.reasons;
  expect(reason?.fillBins).toEqual([1, ...new Array<number>(17).fill(0), 1, 1]);
  expect(reason?.sizeBins).toEqual([1, 1, ...new Array<number>(13).fill(0), 1]);
  expect(batches.sizeBoundsBytes.slice(0, 2)).toEqual([192, 384]);
  expect(batches).toMatchObject({ eventLimitBytes: 6_291_456, largestBytes: 6_291_456, medianRecords: 19 });
});

test("cost: each begun ms is billed, at the prices that are given", () => {
  const told = journal();
  told.closed(10, "1", 0, 1);
  told.invoked(10, "1", 1);
  told.decided(20, "1", 1, { tookMs: 9.2 });
  const { cost } = figuresOf({ sent: [sentAt(0, 0)], entries: told.entries, totalMs: 1_000 });
  // 10 ms of 1 GB: 0.01 GB-s, and a request.
  expect(cost).toMatchObject({ requests: 1, gbSeconds: 0.01 });
  expect(cost.totalUsd).toBeCloseTo(0.2 / 1e6 + 0.01 * 0.0000166667, 15);
  expect(cost.perMillionRecordsUsd).toBeCloseTo(1e6 * cost.totalUsd, 9);
  expect(cost.perHourUsd).toBeCloseTo(3_600 * cost.totalUsd, 12);
});
