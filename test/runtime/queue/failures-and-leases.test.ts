// What follows a call of a queue's batch: deletes, messages that come back, leases that are kept, and stops.

import { describe, expect, test } from "vitest";
import type { Queues } from "../../../src/ports/queues.ts";
import { MillraceError } from "../../../src/errors.ts";
import { aToldQueue, fine, reporting, type SeenCall, throwing } from "./told-queue.ts";

const visible60 = { visibilityMs: 60_000 };
const reportingLane = { isReporting: true };
const deadAfter = (maxReceiveCount: number, deadLetterQueue = "dead") => ({
  redrive: { deadLetterQueue, maxReceiveCount },
});

describe("success and failure", () => {
  test("T-120, M-8: what is answered well is deleted; deleted, invoked and polled are the same", async () => {
    const mapping = await aToldQueue(() => fine, { first: ["a", "b"] });
    await mapping.pass(1);
    expect(mapping.calls()).toEqual(["0 a b"]);
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 0 });
    expect(mapping.runner.summary().counters).toMatchObject({ polled: 2, invoked: 2, deleted: 2, failedInvoke: 0 });
  });

  test("T-121, Q-11: what failed comes back a visibility timeout after its receive, with the same id and another receipt", async () => {
    const mapping = await aToldQueue(({ index }) => (index === 0 ? throwing(2) : fine), {
      settings: visible60,
      first: ["a"],
    });
    await mapping.pass(59);
    expect(mapping.calls()).toEqual(["0 a !"]);
    expect(mapping.facts("returned")).toMatchObject([
      { recordCount: 1, why: "failed", visibleAgainAtMs: 1_790_000_060_000 },
    ]);
    await mapping.pass(2);
    expect(mapping.calls()).toEqual(["0 a !", "60 a:2"]);
    const [first, second] = mapping.seen().map(({ messages }) => messages[0]);
    expect(second?.messageId).toBe(first?.messageId);
    expect(second?.receiptHandle).not.toBe(first?.receiptHandle);
    expect(second?.attributes["ApproximateFirstReceiveTimestamp"]).toBe(
      first?.attributes["ApproximateFirstReceiveTimestamp"],
    );
  });

  test("T-122, Q-12: after two receives a message that always fails is a dead letter, and the journal says so", async () => {
    const mapping = await aToldQueue(() => throwing(), {
      settings: { visibilityMs: 5_000, ...deadAfter(2) },
      first: ["a"],
    });
    await mapping.pass(30);
    expect(mapping.calls()).toEqual(["0 a !", "5 a:2 !"]);
    expect(await mapping.left("dead")).toMatchObject({ visible: 1 });
    expect(mapping.facts("dead-letter")).toMatchObject([{ receiveCount: 2, queue: "dead" }]);
    expect(mapping.runner.summary().counters.deadLetters).toBe(1);
  });

  test("T-123, Q-14: a FIFO group comes back from its first listed message on, and what fails again is a dead letter", async () => {
    const report = (call: SeenCall) => (call.index === 0 ? reporting(call, "g2", "g3", "g4") : reporting(call, "g4"));
    const mapping = await aToldQueue(report, {
      isFifo: true,
      lane: reportingLane,
      settings: { visibilityMs: 10_000, ...deadAfter(2, "dead.fifo") },
      first: ["g1", "g2", "g3", "g4"],
    });
    await mapping.pass(35);
    expect(mapping.calls()).toEqual(["0 g1 g2 g3 g4", "10 g2:2 g3:2 g4:2"]);
    expect(await mapping.left("dead.fifo")).toMatchObject({ visible: 1 });
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 0 });
  });

  test("T-124, M-5: of four messages the one that is listed comes back, and only it counts as failed", async () => {
    const mapping = await aToldQueue((call) => (call.index === 0 ? reporting(call, "c") : fine), {
      lane: reportingLane,
      settings: { visibilityMs: 10_000 },
      first: ["a", "b", "c", "d"],
    });
    await mapping.pass(1);
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 1 });
    expect(mapping.facts("decided")).toMatchObject([{ outcome: "partial", verdict: "return", failedCount: 1 }]);
    await mapping.pass(20);
    expect(mapping.calls()).toEqual(["0 a b c d", "10 c:2"]);
    expect(mapping.runner.summary().counters).toMatchObject({ polled: 5, failedInvoke: 1, deleted: 4 });
  });

  test("T-125, S-1: without ReportBatchItemFailures a list of failures is not read", async () => {
    const mapping = await aToldQueue((call) => reporting(call, "a"), { first: ["a", "b"] });
    await mapping.pass(1);
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 0 });
  });

  test.each([
    ["E-43", { batchItemFailures: [{ itemIdentifier: "" }] }],
    ["E-44", { batchItemFailures: [{ itemIdentifier: null }] }],
    ["E-45", { batchItemFailures: [{ itemIdentifier: 123 }] }],
    ["E-46", { batchItemFailures: [{ itemIdentifier: "unknown" }] }],
    ["E-47", { batchItemFailures: [{ foo: "notvalid" }] }],
    ["E-49", { batchItemFailures: "text" }],
  ])("T-126, %s: such an answer fails the whole batch", async (_row, answer) => {
    const mapping = await aToldQueue(({ index }) => (index === 0 ? { answer } : fine), {
      lane: reportingLane,
      settings: { visibilityMs: 10_000 },
      first: ["a", "b"],
    });
    await mapping.pass(1);
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 2 });
    await mapping.pass(20);
    expect(mapping.calls()).toEqual(["0 a b", "10 a:2 b:2"]);
  });

  test.each([
    ["T-127, E-48", { batchItemFailures: [{}] }],
    ["T-128, E-32", {}],
  ])("%s: such an answer deletes all", async (_row, answer) => {
    const mapping = await aToldQueue(() => ({ answer }), { lane: reportingLane, first: ["a", "b"] });
    await mapping.pass(60);
    expect(mapping.calls()).toEqual(["0 a b"]);
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 0 });
  });

  test("T-129, Q-13: where the handler throws, the good message is a dead letter, too", async () => {
    const mapping = await aToldQueue(() => throwing(), {
      lane: reportingLane,
      settings: { visibilityMs: 5_000, ...deadAfter(2) },
      first: ["good", "bad"],
    });
    await mapping.pass(30);
    expect(mapping.calls()).toEqual(["0 good bad !", "5 good:2 bad:2 !"]);
    expect(await mapping.left("dead")).toMatchObject({ visible: 2 });
  });

  test("T-130, Q-18: what the filter passes over is deleted at once, a body that is no JSON too", async () => {
    const mapping = await aToldQueue(() => fine, {
      filterPatterns: ['{"body":{"kind":["order"]}}'],
      first: ['{"kind":"order"}', '{"kind":"refund"}', "no JSON"],
    });
    await mapping.pass(1);
    expect(mapping.seen().map(({ bodies }) => bodies)).toEqual([['{"kind":"order"}']]);
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 0 });
    expect(mapping.runner.summary().counters).toMatchObject({ polled: 3, filtered: 2, invoked: 1, deleted: 3 });
    expect(mapping.facts("deleted")[0]).toMatchObject({ batch: null, requestId: null, recordCount: 2 });
  });

  test("B-12: a message whose event is over the limit alone is not called with, and comes back by its visibility", async () => {
    const mapping = await aToldQueue(() => fine, {
      lane: { eventLimitBytes: 900 },
      settings: { visibilityMs: 5_000, ...deadAfter(1) },
      first: ["x".repeat(1_000)],
    });
    await mapping.pass(10);
    expect(mapping.calls()).toEqual([]);
    expect(mapping.facts("decided")).toMatchObject([{ outcome: "too large", verdict: "return" }]);
    expect(await mapping.left("dead")).toMatchObject({ visible: 1 });
  });
});

describe("leases", () => {
  test("T-131, Q-20, P-29: a throttled batch is called again within its visibility, and its receive count stays", async () => {
    const mapping = await aToldQueue(() => fine, {
      settings: { visibilityMs: 120_000 },
      isThrottled: (atSeconds) => atSeconds < 0.5,
      first: ["a"],
    });
    await mapping.pass(10);
    expect(mapping.calls()).toEqual(["0.6 a"]);
    expect(mapping.runner.summary().counters).toMatchObject({ polled: 1, invoked: 3, failedInvoke: 2, deleted: 1 });
    expect(mapping.facts("decided").map(({ verdict }) => verdict)).toEqual(["retry", "retry", "done"]);
  });

  test("T-132, Q-21: throttled for longer, it is let go while its messages are hidden for less than the function's time", async () => {
    const mapping = await aToldQueue(() => fine, {
      settings: visible60,
      isThrottled: (atSeconds) => atSeconds < 60,
      first: ["a"],
    });
    await mapping.pass(70);
    expect(mapping.calls()).toEqual(["60 a:2"]);
    expect(mapping.facts("returned")).toMatchObject([
      { batch: "1", recordCount: 1, why: "throttled too long", visibleAgainAtMs: 1_790_000_060_000 },
    ]);
    const tries = mapping.facts("invoked").map(({ atMs }) => (atMs - 1_790_000_000_000) / 1_000);
    expect(tries).toEqual([0, 0.2, 0.6, 1.4, 3, 6.2, 12.6, 25.4, 51, 60]);
  });

  test("Q-21: with a visibility as long as the function's time a throttled batch is let go at once", async () => {
    const mapping = await aToldQueue(() => fine, {
      settings: { visibilityMs: 5_000 },
      isThrottled: (atSeconds) => atSeconds < 5,
      first: ["a"],
    });
    await mapping.pass(6);
    expect(mapping.calls()).toEqual(["5 a:2"]);
  });

  test("T-143, Q-24: a handler that outlives visibility sees its message again while it runs", async () => {
    const mapping = await aToldQueue(() => ({ answer: null, seconds: 8 }), {
      settings: { visibilityMs: 5_000 },
      first: ["a"],
    });
    await mapping.pass(20);
    expect(mapping.calls()[0]).toBe("0 a");
    expect(mapping.calls()[1]).toBe("5 a:2");
    expect(mapping.mostAtOnce()).toBe(2);
    expect(mapping.facts("deleted")[0]).toMatchObject({ recordCount: 0, missedCount: 1 });
  });

  test("T-144, Q-19: a queue that is purged while a call runs is no trouble, and the mapping goes on", async () => {
    const mapping = await aToldQueue(() => ({ answer: null, seconds: 3 }), { first: ["a"] });
    await mapping.pass(1);
    await mapping.queues.purge(mapping.name);
    await mapping.pass(5);
    await mapping.send("b");
    await mapping.pass(5);
    expect(mapping.calls()).toEqual(["0 a", "6 b"]);
    expect(mapping.facts("deleted")).toMatchObject([
      { recordCount: 0, missedCount: 1 },
      { recordCount: 1, missedCount: 0 },
    ]);
    expect(mapping.facts("source-problem")).toEqual([]);
  });

  test("Q-19: deletes that fail are asked again while the messages are ours, and then counted as missed", async () => {
    let failing = 3;
    const flaky = (queues: Queues): Queues => ({
      ...queues,
      deleteMany: (name, receipts) =>
        failing-- > 0
          ? Promise.reject(new MillraceError("source-unreachable", "gone for now"))
          : queues.deleteMany(name, receipts),
    });
    const mapping = await aToldQueue(() => fine, { first: ["a"], around: flaky });
    await mapping.pass(10);
    expect(mapping.facts("deleted")).toMatchObject([{ recordCount: 1, missedCount: 0 }]);
    failing = 1_000;
    await mapping.send("b");
    await mapping.pass(20);
    expect(mapping.facts("deleted")).toHaveLength(1);
    await mapping.pass(20);
    expect(mapping.facts("deleted")[1]).toMatchObject({ recordCount: 0, missedCount: 1 });
  });
});

describe("stops and pauses", () => {
  test("T-148, H-7: a call that is out ends and its messages are deleted; nothing more is received", async () => {
    const mapping = await aToldQueue(() => ({ answer: null, seconds: 5 }), { first: ["a"] });
    await mapping.pass(1);
    mapping.runner.stop({ isDelete: false, graceMs: 900_000 });
    await mapping.send("b");
    await mapping.pass(2);
    expect(mapping.hasStopped()).toBe(false);
    await mapping.pass(3);
    expect(mapping.hasStopped()).toBe(true);
    expect(mapping.calls()).toEqual(["0 a"]);
    expect(await mapping.left()).toEqual({ visible: 1, hidden: 0 });
    expect(mapping.facts("deleted")).toMatchObject([{ recordCount: 1 }]);
  });

  test("H-7: what waits in an open batch, or for a throttled call's turn, is given back at once by a stop", async () => {
    const mapping = await aToldQueue(() => fine, { lane: { windowMs: 30_000 }, first: ["a"] });
    await mapping.pass(1);
    mapping.runner.stop({ isDelete: false, graceMs: 900_000 });
    await mapping.pass(0);
    expect(mapping.hasStopped()).toBe(true);
    expect(await mapping.left()).toEqual({ visible: 1, hidden: 0 });
    expect(mapping.facts("returned")).toMatchObject([{ recordCount: 1, why: "stopped" }]);

    const held = await aToldQueue(() => fine, {
      settings: { visibilityMs: 60_000 },
      isThrottled: () => true,
      first: ["a"],
    });
    await held.pass(1);
    held.runner.stop({ isDelete: false, graceMs: 900_000 });
    await held.pass(0);
    expect(held.hasStopped()).toBe(true);
    expect(await held.left()).toEqual({ visible: 1, hidden: 0 });
  });

  test("a stop whose grace is over ends calls by force, and their messages come back by their visibility", async () => {
    const mapping = await aToldQueue(() => ({ answer: null, seconds: 500 }), { first: ["a"] });
    await mapping.pass(1);
    mapping.runner.stop({ isDelete: false, graceMs: 1_000 });
    await mapping.pass(2);
    expect(mapping.hasStopped()).toBe(true);
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 1 });
  });

  test("a pause receives nothing, a step lets one call through, and resuming goes on", async () => {
    const mapping = await aToldQueue(() => fine, { lane: { batchSize: 1 } });
    mapping.runner.steer("pause");
    await mapping.send("a", "b", "c");
    await mapping.pass(60);
    expect(mapping.calls()).toEqual([]);
    expect(await mapping.left()).toEqual({ visible: 3, hidden: 0 });
    mapping.runner.steer("step");
    await mapping.pass(1);
    expect(mapping.calls()).toEqual(["60 a"]);
    expect(await mapping.left()).toEqual({ visible: 2, hidden: 0 });
    mapping.runner.steer("resume");
    await mapping.pass(1);
    expect(mapping.seen().map(({ bodies }) => bodies[0])).toEqual(["a", "b", "c"]);
  });

  test("Q-21: a batch that a pause holds for too long is let go, and is called after the resume that finds it again", async () => {
    const mapping = await aToldQueue(() => fine, {
      lane: { windowMs: 2_000 },
      settings: { visibilityMs: 20_000 },
      first: ["a"],
    });
    await mapping.pass(1);
    mapping.runner.steer("pause");
    await mapping.pass(30);
    expect(mapping.calls()).toEqual([]);
    expect(mapping.facts("returned")).toMatchObject([{ recordCount: 1, why: "paused too long" }]);
    mapping.runner.steer("resume");
    await mapping.pass(5);
    expect(mapping.calls()).toEqual(["33 a:2"]);
  });
});

describe("trouble with the queue", () => {
  test("P-13: a queue that is gone is a problem that is said once; made anew it is read again", async () => {
    const mapping = await aToldQueue(() => fine, {});
    await mapping.queues.deleteQueue(mapping.name);
    await mapping.pass(30);
    expect(mapping.facts("source-problem")).toMatchObject([{ code: "missing" }]);
    await mapping.queues.createQueue(mapping.name);
    await mapping.send("a");
    await mapping.pass(10);
    expect(mapping.seen().map(({ bodies }) => bodies)).toEqual([["a"]]);
    expect(mapping.facts("source-recovered")).toHaveLength(1);
  });

  test("P-13: a store that does not answer is asked after a growing delay, by one poller", async () => {
    const asked: number[] = [];
    let isDown = false;
    const flaky = (queues: Queues): Queues => ({
      ...queues,
      receive(name, options, signal) {
        if (!isDown) return queues.receive(name, options, signal);
        asked.push(options.max);
        return Promise.reject(new MillraceError("source-unreachable", "Redis is not there"));
      },
    });
    const mapping = await aToldQueue(() => fine, { around: flaky });
    isDown = true;
    await mapping.pass(21);
    const before = asked.length;
    await mapping.pass(60);
    expect(asked.length - before).toBeLessThanOrEqual(20);
    expect(mapping.facts("source-problem")).toMatchObject([{ code: "unreachable", detail: "Redis is not there" }]);
    isDown = false;
    await mapping.send("a");
    await mapping.pass(6);
    expect(mapping.seen().map(({ bodies }) => bodies)).toEqual([["a"]]);
  });
});
