// What a poller holds while something else happens: messages behind a batch, and an open batch while the queue is in trouble.

import { expect, test } from "vitest";
import { MillraceError } from "../../../src/errors.ts";
import type { Queues } from "../../../src/ports/queues.ts";
import { aToldQueue, fine } from "./told-queue.ts";

/** Of one group: a receive brings six, an event holds five, so that `a5` lies behind the first batch. */
const big = ["a0", "a1", "a2", "a3", "a4", "a5", "a6"].map((each) => each.padEnd(1_048_000, "x"));

test("H-7: a stop gives back what lies behind a batch whose call is refused while the mapping stops", async () => {
  const mapping = await aToldQueue(() => fine, {
    isFifo: true,
    settings: { visibilityMs: 600_000 },
    first: big,
    isThrottled: () => true,
    aroundCalls: (invoker, clock) => ({
      ...invoker,
      invoke: (...asked) =>
        new Promise((resolve) => {
          clock.wakeAt(clock.nowMs() + 2_000, () => void invoker.invoke(...asked).then(resolve));
        }),
    }),
  });
  await mapping.pass(1);
  mapping.runner.stop({ isDelete: false, graceMs: 900_000 });
  await mapping.pass(2);
  expect(mapping.hasStopped()).toBe(true);
  expect(await mapping.left()).toEqual({ visible: big.length, hidden: 0 });
  expect(mapping.facts("returned").reduce((sum, { recordCount }) => sum + recordCount, 0)).toBe(6);
});

test("P-30, Q-24: what lies behind a batch whose call outlives visibility is left to whoever receives it next", async () => {
  const mapping = await aToldQueue((call) => ({ answer: null, seconds: call.index === 0 ? 25 : 1 }), {
    isFifo: true,
    settings: { visibilityMs: 20_000 },
    first: big,
  });
  await mapping.pass(60);
  const calls = mapping.seen().flatMap(({ messages }) => messages.filter(({ body }) => body.startsWith("a5")));
  expect(calls.map(({ attributes }) => attributes["ApproximateReceiveCount"])).toEqual(["2"]);
  expect(await mapping.left()).toEqual({ visible: 0, hidden: 0 });
});

test.for([[1], [2]])(
  "P-13, B-4: a queue is asked again while a window is open, and goes on once it answers, pollers: %i",
  async ([most]) => {
    let isDown = false;
    let asked = 0;
    const flaky = (queues: Queues): Queues => ({
      ...queues,
      receive(name, options, signal) {
        if (!isDown) return queues.receive(name, options, signal);
        asked += 1;
        return Promise.reject(new MillraceError("source-unreachable", "Redis is not there"));
      },
    });
    const mapping = await aToldQueue(() => fine, {
      around: flaky,
      lane: { windowMs: 300_000, batchSize: 3 },
      queue: { maximumConcurrency: most ?? null },
      settings: { visibilityMs: 900_000 },
      first: ["a"],
    });
    isDown = true;
    await mapping.pass(30);
    expect(mapping.facts("source-problem")).toHaveLength(1);
    expect(asked).toBeLessThanOrEqual(12);
    isDown = false;
    await mapping.send("b", "c", "d", "e");
    await mapping.pass(6);
    expect(mapping.facts("source-recovered")).toHaveLength(1);
    // Every poller reads again.
    expect(await mapping.left()).toMatchObject({ visible: 0 });
  },
);

test("Q-21: what did not fit a batch is for the next one, also where visibility is no longer than the function's time", async () => {
  const mapping = await aToldQueue(() => ({ answer: null, seconds: 1 }), {
    settings: { visibilityMs: 5_000 },
    queue: { maximumConcurrency: 1, functionTimeoutMs: 5_000 },
    first: big.map((body) => body.padEnd(1_048_400, "x")),
  });
  await mapping.pass(20);
  const counts = mapping.seen().flatMap(({ messages }) => messages.map(({ attributes }) => attributes));
  expect(counts.map((attributes) => attributes["ApproximateReceiveCount"])).toEqual(big.map(() => "1"));
  expect(mapping.facts("returned")).toEqual([]);
});

test("H-7: a stop ends while the queue does not answer, however many messages are held", async () => {
  let askedCount = 0;
  const mapping = await aToldQueue(() => fine, {
    lane: { windowMs: 60_000, batchSize: 100 },
    first: Array.from({ length: 30 }, (_, index) => String(index)),
    around: (queues) => ({
      ...queues,
      changeVisibilityMany() {
        askedCount += 1;
        return Promise.reject(new MillraceError("source-unreachable", "Redis is not there"));
      },
    }),
  });
  await mapping.pass(1);
  mapping.runner.stop({ isDelete: false, graceMs: 900_000 });
  await mapping.pass(0);
  expect(mapping.hasStopped()).toBe(true);
  expect(askedCount).toBeGreaterThan(0);
  // Once a poller, not once a message.
  expect(askedCount).toBeLessThanOrEqual(5);
});
