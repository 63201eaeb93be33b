// Our own cap on running functions, as pollers of a queue meet it (P-25, Q-21): receives that wait are ended when it is reached, and what
// was received all the same waits for a thread only while its messages stay hidden for long enough.

import { expect, test } from "vitest";
import type { CallRoom } from "../../../src/ports/call-room.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Invoker } from "../../../src/ports/invoker.ts";
import { aToldQueue, fine } from "./told-queue.ts";

/** One thread that others take and give back; calls wait for it as those of function threads do. */
function oneThread() {
  const frees = new Set<() => void>();
  const fulls = new Set<() => void>();
  const queue = new Set<() => void>();
  let isFree = true;
  const tell = (wakes: Set<() => void>): void => {
    const due = [...wakes];
    wakes.clear();
    for (const wake of due) wake();
  };
  const room: CallRoom = {
    freeCount: () => (isFree ? 1 : 0),
    runningCount: () => (isFree ? 0 : 1),
    onFree(wake) {
      frees.add(wake);
      return () => frees.delete(wake);
    },
    onFull(wake) {
      fulls.add(wake);
      return () => fulls.delete(wake);
    },
  };
  return {
    room,
    take(): void {
      isFree = false;
      tell(fulls);
    },
    /** The last thread is taken, and the mapping has not heard of it yet. */
    takeUnseen(): void {
      isFree = false;
    },
    giveBack(): void {
      isFree = true;
      tell(queue);
      tell(frees);
    },
    calls: (invoker: Invoker, clock: Clock): Invoker => ({
      async invoke(call, signal) {
        if (!isFree) {
          const isLate = await new Promise<boolean>((resolve) => {
            queue.add(() => resolve(false));
            if (call.startByMs !== undefined) clock.wakeAt(call.startByMs, () => resolve(true));
          });
          if (isLate) return { kind: "refused", reason: "notStarted", message: "no thread" };
        }
        return await invoker.invoke(call, signal);
      },
    }),
  };
}

const redrive = (deadLetterQueue: string) => ({ deadLetterQueue, maxReceiveCount: 1 });

test.each([false, true])(
  "P-25: a receive that waits when the last thread is taken is ended, and burns no receive count (FIFO: %s)",
  async (isFifo) => {
    const thread = oneThread();
    const mapping = await aToldQueue(() => fine, {
      isFifo,
      settings: { visibilityMs: 3_000, redrive: redrive(isFifo ? "dead.fifo" : "dead") },
      queue: { functionTimeoutMs: 2_000 },
      callRoom: thread.room,
      aroundCalls: thread.calls,
    });
    await mapping.pass(2);
    thread.take();
    await mapping.pass(0);
    await mapping.send("a1", "a2");
    await mapping.pass(10);
    expect(await mapping.left()).toEqual({ visible: 2, hidden: 0 });
    thread.giveBack();
    await mapping.pass(1);
    expect(mapping.calls().join(" ")).toContain("a1");
    await mapping.pass(20);
    expect(mapping.seen().flatMap(({ bodies }) => bodies)).toEqual(["a1", "a2"]);
    expect(mapping.facts("dead-letter")).toEqual([]);
    expect(mapping.facts("returned")).toEqual([]);
  },
);

test("P-25: with a window open, nothing more is received while no call could start, and it goes on once one could", async () => {
  const thread = oneThread();
  const mapping = await aToldQueue(() => fine, {
    lane: { windowMs: 20_000 },
    settings: { visibilityMs: 60_000 },
    callRoom: thread.room,
    aroundCalls: thread.calls,
    first: ["a"],
  });
  await mapping.pass(1);
  thread.take();
  await mapping.pass(0);
  await mapping.send("b");
  await mapping.pass(5);
  expect(await mapping.left()).toEqual({ visible: 1, hidden: 1 });
  thread.giveBack();
  await mapping.pass(20);
  expect(mapping.calls()).toEqual(["20 a b"]);
});

test.each([false, true])(
  "Q-21: a batch that waits for a thread is let go while its messages are hidden for the function's time, and is never called late (FIFO: %s)",
  async (isFifo) => {
    const thread = oneThread();
    const mapping = await aToldQueue(() => fine, {
      isFifo,
      lane: { batchSize: 2 },
      settings: { visibilityMs: 6_000 },
      queue: { functionTimeoutMs: 2_000 },
      callRoom: thread.room,
      aroundCalls: thread.calls,
    });
    await mapping.pass(1);
    thread.takeUnseen();
    await mapping.send("a1", "a2", "a3");
    await mapping.pass(3.5);
    expect(mapping.facts("returned")).toEqual([]);
    await mapping.pass(1);
    expect(mapping.facts("returned").at(0)).toMatchObject({ why: "no thread", visibleAgainAtMs: 1_790_000_007_000 });
    expect(mapping.facts("decided").at(0)).toMatchObject({ outcome: "not started", verdict: "return" });
    await mapping.pass(10);
    expect(mapping.calls()).toEqual([]);
    thread.giveBack();
    await mapping.pass(10);
    const bodies = mapping.seen().flatMap((call) => call.bodies);
    // In order where the queue keeps one.
    expect(isFifo ? bodies : bodies.toSorted()).toEqual(["a1", "a2", "a3"]);
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 0 });
    expect(mapping.facts("deleted").every(({ missedCount }) => missedCount === 0)).toBe(true);
  },
);

test("P-25: a wait that ended before its second was over is not told", async () => {
  const thread = oneThread();
  const mapping = await aToldQueue(() => fine, { callRoom: thread.room, aroundCalls: thread.calls });
  await mapping.pass(1);
  thread.take();
  await mapping.pass(0.5);
  thread.giveBack();
  await mapping.pass(5);
  expect(mapping.facts("no-thread")).toEqual([]);
  thread.take();
  await mapping.pass(1);
  expect(mapping.facts("no-thread")).toMatchObject([{ runningCount: 1 }]);
});
