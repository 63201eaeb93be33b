// How a queue's messages become batches, and how many of them are out at once.

import { describe, expect, test } from "vitest";
import type { CallRoom } from "../../../src/ports/call-room.ts";
import { aToldQueue, fine, reporting, throwing } from "./told-queue.ts";

const numbered = (count: number, prefix = ""): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const sizes = (calls: readonly { readonly bodies: readonly string[] }[]): readonly number[] =>
  calls.map(({ bodies }) => bodies.length);

const sum = (counts: readonly number[]): number => counts.reduce((all, each) => all + each, 0);

describe("batches", () => {
  test("P-23: three messages under size 3 and a window of one second come as two and one", async () => {
    const mapping = await aToldQueue(() => fine, { lane: { batchSize: 3, windowMs: 1_000 }, first: ["a", "b", "c"] });
    await mapping.pass(5);
    expect(mapping.calls()).toEqual(["1 a b", "1 c"]);
  });

  test("P-23: four messages under size 2 and no window come as two and two", async () => {
    const mapping = await aToldQueue(() => fine, { lane: { batchSize: 2 }, first: ["a", "b", "c", "d"] });
    await mapping.pass(5);
    expect(mapping.calls()).toEqual(["0 a b", "0 c d"]);
  });

  test("T-133, P-24: thirty messages under size 20, a window, and two pollers are exactly two calls", async () => {
    const mapping = await aToldQueue(() => fine, {
      lane: { batchSize: 20, windowMs: 1_000 },
      queue: { maximumConcurrency: 2 },
      reserved: 2,
      first: numbered(30),
    });
    await mapping.pass(10);
    expect(sizes(mapping.seen())).toHaveLength(2);
    expect(sum(sizes(mapping.seen()))).toBe(30);
    expect(mapping.facts("decided").map(({ outcome }) => outcome)).toEqual(["ok", "ok"]);
  });

  test("P-26, B-9: a large batch is joined of few receives, and a full one does not wait for its window", async () => {
    const mapping = await aToldQueue(() => fine, {
      lane: { batchSize: 1_000, windowMs: 300_000 },
      queue: { maximumConcurrency: 2 },
      first: numbered(2_000),
    });
    await mapping.pass(0);
    expect(sizes(mapping.seen())).toEqual([1_000, 1_000]);
    expect(mapping.facts("read").map(({ recordCount }) => recordCount)).toEqual([10, 10, 990, 990]);
    expect(mapping.facts("batch-closed").map(({ closedBy }) => closedBy)).toEqual(["size", "size"]);
  });

  test("B-1, B-4: an open batch takes what comes within its window, which an invocation's end begins", async () => {
    const mapping = await aToldQueue(() => fine, {
      lane: { windowMs: 5_000 },
      pace: { idlePollerCount: 1 },
      queue: { maximumConcurrency: 2 },
      first: ["a"],
    });
    await mapping.pass(2);
    await mapping.send("b");
    await mapping.pass(3);
    expect(mapping.calls()).toEqual(["5 a b"]);
    await mapping.pass(4);
    await mapping.send("c"); // In the window that began at 5: one second is left of it.
    await mapping.pass(1);
    expect(mapping.calls()).toEqual(["5 a b", "10 c"]);
    await mapping.pass(20);
    await mapping.send("d"); // The window has lapsed with nothing in it: another one begins with the message.
    await mapping.pass(4);
    expect(mapping.calls()).toHaveLength(2);
    await mapping.pass(1);
    expect(mapping.calls()[2]).toBe("35 d");
  });

  test("B-15: with a window the visibility clock runs from the receive; with the setting it is hidden for longer", async () => {
    const plain = await aToldQueue(() => throwing(), {
      lane: { windowMs: 20_000 },
      settings: { visibilityMs: 22_000 },
      first: ["a"],
    });
    await plain.pass(43);
    expect(plain.calls()).toEqual(["20 a !", "42 a:2 !"]);
    const longer = await aToldQueue(() => throwing(), {
      lane: { windowMs: 20_000 },
      settings: { visibilityMs: 22_000 },
      pace: { isHidingLonger: true },
      first: ["a"],
    });
    await longer.pass(54);
    expect(longer.calls()).toEqual(["20 a !"]);
    expect(longer.facts("returned")).toMatchObject([{ visibleAgainAtMs: 1_790_000_055_000 }]);
    await longer.pass(22);
    expect(longer.calls()).toEqual(["20 a !", "75 a:2 !"]);
  });

  test("T-147, B-13: no event is over 6,291,456 bytes, and what does not fit is in another batch", async () => {
    const mapping = await aToldQueue(() => fine, {
      lane: { windowMs: 5_000 },
      first: numbered(7).map((each) => each.padEnd(1_048_576, "x")),
    });
    await mapping.pass(10);
    const bytes = mapping.facts("batch-closed").map(({ payloadBytes }) => payloadBytes);
    expect(bytes.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(6_291_456);
    expect(
      mapping
        .seen()
        .flatMap(({ bodies }) => bodies.map((body) => body.charAt(0)))
        .sort(),
    ).toEqual(numbered(7));
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 0 });
  });

  test("H-10: a smaller batch size holds for what is being assembled", async () => {
    const mapping = await aToldQueue(() => fine, {
      lane: { batchSize: 20, windowMs: 30_000 },
      queue: { maximumConcurrency: 2 },
      pace: { idlePollerCount: 1 },
      settings: { visibilityMs: 120_000 },
      first: numbered(6),
    });
    await mapping.pass(1);
    mapping.update({ batchSize: 4 });
    await mapping.pass(31);
    expect(Math.max(...sizes(mapping.seen()))).toBeLessThanOrEqual(4);
    expect(sum(sizes(mapping.seen()))).toBe(6);
  });

  test("T-140, Q-6: without attributes their MD5 is absent with window 0, and null with one", async () => {
    const without = await aToldQueue(() => fine, { first: ["a"] });
    const withWindow = await aToldQueue(() => fine, { lane: { windowMs: 1_000 }, first: ["a"] });
    await without.pass(2);
    await withWindow.pass(2);
    expect(without.seen()[0]?.messages[0]).not.toHaveProperty("md5OfMessageAttributes");
    expect(withWindow.seen()[0]?.messages[0]).toHaveProperty("md5OfMessageAttributes", null);
  });
});

describe("pollers", () => {
  test("T-134, P-25: never more than MaximumConcurrency at once, and the rest stays visible, never received", async () => {
    const mapping = await aToldQueue(() => ({ answer: null, seconds: 5 }), {
      lane: { batchSize: 1 },
      queue: { maximumConcurrency: 2 },
      first: numbered(100),
    });
    await mapping.pass(61);
    expect(mapping.mostAtOnce()).toBe(2);
    const peeked = await mapping.queues.peek(mapping.name, 100);
    expect(peeked?.filter(({ receiveCount }) => receiveCount === 0).length).toBe((await mapping.left()).visible);
    expect((await mapping.left()).visible).toBe(100 - mapping.seen().length);
  });

  test("P-20, P-21: five at first; while all are at work, so many more a minute, up to the most", async () => {
    const mapping = await aToldQueue(() => ({ answer: null, seconds: 10 }), {
      lane: { batchSize: 1 },
      settings: { visibilityMs: 600_000 },
      pace: { growthPerMinute: 60, mostPollerCount: 30 },
      first: numbered(2_000),
    });
    expect(mapping.mostAtOnce()).toBe(5);
    await mapping.pass(10.5);
    expect(mapping.mostAtOnce()).toBeGreaterThanOrEqual(14);
    expect(mapping.mostAtOnce()).toBeLessThanOrEqual(16);
    await mapping.pass(60);
    expect(mapping.mostAtOnce()).toBe(30);
    expect(mapping.runner.summary().counters.pollers).toBe(30);
  });

  test("P-22: with nothing left to do they go back to five", async () => {
    const mapping = await aToldQueue(() => ({ answer: null, seconds: 2 }), {
      lane: { batchSize: 1 },
      pace: { growthPerMinute: 600, mostPollerCount: 40 },
      first: numbered(400),
    });
    await mapping.pass(60);
    expect(mapping.mostAtOnce()).toBeGreaterThan(20);
    await mapping.pass(600);
    expect(mapping.runner.summary().counters.pollers).toBe(5);
    expect(mapping.facts("scaled").at(-1)).toMatchObject({ to: 5, why: "idle" });
  });

  test("T-149, P-27: function errors lower the pollers to the least and space their receives; reported failures do not", async () => {
    const poison = { lane: { batchSize: 1 }, settings: { visibilityMs: 600_000 }, pace: { growthPerMinute: 3_000 } };
    const failing = await aToldQueue(({ atSeconds }) => (atSeconds < 5 ? { answer: null, seconds: 1 } : throwing(1)), {
      ...poison,
      first: numbered(3_000),
    });
    await failing.pass(5);
    const before = failing.runner.summary().counters.pollers;
    expect(before).toBeGreaterThan(50);
    await failing.pass(30);
    expect(failing.runner.summary().counters.pollers).toBe(5);
    const calls = failing.seen().length;
    await failing.pass(20);
    expect(failing.seen().length - calls).toBeLessThanOrEqual(15);

    const reported = await aToldQueue((call) => ({ ...reporting(call, ...call.bodies), seconds: 1 }), {
      ...poison,
      lane: { batchSize: 1, isReporting: true },
      first: numbered(3_000),
    });
    await reported.pass(10);
    expect(reported.runner.summary().counters.pollers).toBeGreaterThan(50);
    expect(reported.facts("scaled").filter(({ why }) => why === "errors")).toEqual([]);
  });

  test("P-28, M-10: a provisioned poller makes ten calls at a time, and there are never fewer or more than asked for", async () => {
    const mapping = await aToldQueue(() => ({ answer: null, seconds: 5 }), {
      lane: { batchSize: 1 },
      settings: { visibilityMs: 600_000 },
      queue: { provisioned: { leastCount: 2, mostCount: 4 } },
      first: numbered(1_000),
    });
    await mapping.pass(1);
    expect(mapping.facts("scaled")[0]).toMatchObject({ from: 0, to: 2, why: "started" });
    expect(mapping.mostAtOnce()).toBeGreaterThanOrEqual(20);
    await mapping.pass(60);
    expect(mapping.mostAtOnce()).toBe(40);
    expect(mapping.runner.summary().counters.pollers).toBe(4);
  });

  test("our own cap on threads: nothing is received that could not start, no receive count is burnt, and it is said", async () => {
    let freeCount = 1;
    const wakes = new Set<() => void>();
    const callRoom: CallRoom = {
      freeCount: () => freeCount,
      runningCount: () => 1 - freeCount,
      onFree(wake) {
        wakes.add(wake);
        return () => wakes.delete(wake);
      },
      onFull: () => () => undefined,
    };
    const mapping = await aToldQueue(
      () => {
        freeCount = 0;
        return { answer: null, seconds: 60 };
      },
      { lane: { batchSize: 1 }, settings: { visibilityMs: 120_000 }, callRoom, first: numbered(10) },
    );
    await mapping.pass(30);
    expect(mapping.seen()).toHaveLength(1);
    expect(await mapping.left()).toEqual({ visible: 9, hidden: 1 });
    expect(mapping.facts("no-thread")).toMatchObject([{ requestId: "", runningCount: 1 }]);
    freeCount = 1;
    for (const wake of wakes) wake();
    await mapping.pass(1);
    expect(mapping.seen()).toHaveLength(2);
    expect(mapping.seen()[1]?.messages[0]?.attributes["ApproximateReceiveCount"]).toBe("1");
  });
});

describe("FIFO", () => {
  test("T-135, P-30: messages of one group go strictly one after another", async () => {
    const mapping = await aToldQueue(() => ({ answer: null, seconds: 5 }), {
      isFifo: true,
      lane: { batchSize: 1 },
      settings: { visibilityMs: 60_000 },
      first: ["a0", "a1", "a2", "a3", "a4"],
    });
    await mapping.pass(30);
    expect(mapping.calls()).toEqual(["0 a0", "5 a1", "10 a2", "15 a3", "20 a4"]);
    expect(mapping.mostAtOnce()).toBe(1);
  });

  test("T-136, P-31, P-32: two groups go side by side, each in order, and no batch has both", async () => {
    const mapping = await aToldQueue(() => ({ answer: null, seconds: 1 }), {
      isFifo: true,
      lane: { batchSize: 2 },
      settings: { visibilityMs: 60_000 },
      first: ["a0", "a1", "a2", "b3", "b4", "b5"],
    });
    await mapping.pass(10);
    expect(mapping.calls()).toEqual(["0 a0 a1", "0 b3 b4", "1 a2", "1 b5"]);
    expect(mapping.mostAtOnce()).toBe(2);
    const roomy = await aToldQueue(() => fine, { isFifo: true, first: ["a0", "b1", "a2", "b3"] });
    await roomy.pass(1);
    expect(roomy.calls()).toEqual(["0 a0 a2", "0 b1 b3"]);
  });

  test("P-32, Q-16: with the setting a batch is what one receive brought, and a failure of one group holds no other", async () => {
    const mapping = await aToldQueue((call) => (call.index === 0 ? reporting(call, "a0") : fine), {
      isFifo: true,
      lane: { isReporting: true },
      pace: { isMixingGroups: true },
      settings: { visibilityMs: 10_000 },
      first: ["a0", "b1", "c2"],
    });
    await mapping.send("a3", "b4");
    await mapping.pass(1);
    expect(mapping.seen()[0]?.bodies).toEqual(["a0", "b1", "c2"]);
    expect(mapping.seen().flatMap(({ bodies }) => bodies)).toContain("b4");
    expect(mapping.seen().flatMap(({ bodies }) => bodies)).not.toContain("a3");
    await mapping.pass(15);
    expect(mapping.seen().at(-1)?.bodies).toEqual(["a0", "a3"]);
  });

  test("T-137, P-33, Q-16: a failed group is held until its visibility ends, then goes on in order; others are not held", async () => {
    const mapping = await aToldQueue((call) => (call.index === 0 ? throwing() : fine), {
      isFifo: true,
      lane: { batchSize: 1 },
      settings: { visibilityMs: 10_000 },
      first: ["a0", "a1", "b0", "b1"],
    });
    await mapping.pass(1);
    expect(mapping.seen().map(({ bodies }) => bodies[0])).toEqual(["a0", "b0", "b1"]);
    await mapping.pass(10);
    expect(mapping.calls().slice(3)).toEqual(["10 a0:2", "10 a1"]);
  });

  test("T-138, Q-15: a later message of a group may be deleted before an earlier one: that is not prevented", async () => {
    const mapping = await aToldQueue((call) => (call.index === 0 ? reporting(call, "a1") : fine), {
      isFifo: true,
      lane: { isReporting: true },
      settings: { visibilityMs: 10_000 },
      first: ["a1", "a2"],
    });
    await mapping.pass(1);
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 1 });
    await mapping.pass(15);
    expect(mapping.calls()).toEqual(["0 a1 a2", "10 a1:2"]);
  });

  test("P-30, B-13: what does not fit a group's batch follows it, and comes back with it where it fails", async () => {
    const big = ["a0", "a1", "a2", "a3", "a4", "a5", "a6"].map((each) => each.padEnd(1_048_000, "x"));
    const options = { isFifo: true, settings: { visibilityMs: 20_000 }, first: big } as const;
    const well = await aToldQueue(() => ({ answer: null, seconds: 1 }), options);
    await well.pass(10);
    expect(well.seen().flatMap(({ bodies }) => bodies.map((body) => body.slice(0, 2)))).toEqual(
      big.map((body) => body.slice(0, 2)),
    );
    expect(well.mostAtOnce()).toBe(1);
    const failing = await aToldQueue((call) => (call.index === 0 ? throwing() : fine), options);
    await failing.pass(19);
    expect(failing.seen()).toHaveLength(1);
    await failing.pass(10);
    expect(
      failing
        .seen()
        .slice(1)
        .flatMap(({ bodies }) => bodies.map((body) => body.slice(0, 2))),
    ).toEqual(big.map((body) => body.slice(0, 2)));
  });

  test("H-7: a stop gives an open group back, and the next receive finds it in order", async () => {
    const mapping = await aToldQueue(() => fine, {
      isFifo: true,
      isThrottled: () => true,
      settings: { visibilityMs: 600_000 },
      first: ["a0", "a1", "a2"],
    });
    await mapping.pass(1);
    mapping.runner.stop({ isDelete: false, graceMs: 900_000 });
    await mapping.pass(1);
    const received = await mapping.queues.receive(mapping.name, { max: 10, visibilityMs: null });
    expect(received?.messages.map(({ body }) => body)).toEqual(["a0", "a1", "a2"]);
  });
});
