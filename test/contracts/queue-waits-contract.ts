// The contract of the Queues port for receives that wait, in real time: who is woken, by what, and who is not. Nothing here sleeps: every wait
// is for an answer, and its time is either far longer than a test may take, or short and all that ends it.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Queues, Received } from "../../src/ports/queues.ts";
import { aText } from "./queues-contract.ts";

export interface WaitingQueuesUnderTest {
  readonly queues: Queues;
  /** Of the same store, by a connection of its own. */
  readonly others: Queues;
  close(): Promise<void>;
}

const LONG_MS = 600_000;
const bodiesOf = (received: Received | null): readonly string[] | null =>
  received?.messages.map(({ body }) => body) ?? null;

export function describeQueueWaitsContract(name: string, makeStore: () => Promise<WaitingQueuesUnderTest>): void {
  describe(`receives that wait on ${name}`, () => {
    let store: WaitingQueuesUnderTest;
    beforeEach(async () => {
      store = await makeStore();
    });
    afterEach(() => store.close());

    const wait = (queue: string, visibilityMs = LONG_MS, signal?: AbortSignal): Promise<Received | null> =>
      store.queues.receive(queue, { max: 10, visibilityMs, waitMs: LONG_MS }, signal);
    /** The store has taken in what was asked before. */
    const settled = (): Promise<unknown> => store.queues.listQueues();

    test("a message of another connection wakes the receive that has waited longest, and leaves the others waiting", async () => {
      await store.queues.createQueue("q");
      const [first, second] = [wait("q"), wait("q")];
      await settled();
      await store.others.send("q", aText("one"));
      expect(bodiesOf(await first)).toEqual(["one"]);
      await store.others.send("q", aText("two"));
      expect(bodiesOf(await second)).toEqual(["two"]);
    });

    test("a message that comes back, or whose delay is over, wakes by itself; one that is shown wakes at once", async () => {
      await store.queues.createQueue("q");
      await store.others.send("q", aText("one", { delayMs: 60 }));
      expect(await wait("q", 80)).toMatchObject({ messages: [{ body: "one", receiveCount: 1 }] });
      const back = await wait("q");
      expect(back).toMatchObject({ messages: [{ body: "one", receiveCount: 2 }] });
      const shown = wait("q");
      await settled();
      await store.others.changeVisibility("q", back?.messages[0]?.receiptHandle ?? "", 0);
      expect(await shown).toMatchObject({ messages: [{ body: "one", receiveCount: 3 }] });
    });

    test("a wait ends with nothing when its time is over, as the call or else the queue says", async () => {
      await store.queues.createQueue("q", { settings: { receiveWaitMs: 20 } });
      const receive = (waitMs: number | null) => store.queues.receive("q", { max: 1, visibilityMs: 0, waitMs });
      expect(await receive(20)).toEqual({ messages: [], deadLetters: [] });
      expect(await receive(null)).toEqual({ messages: [], deadLetters: [] });
    });

    test("a wait that is cancelled takes nothing that comes later, nor one that was cancelled before it began", async () => {
      await store.queues.createQueue("q");
      const cancelled = new AbortController();
      const waiting = wait("q", LONG_MS, cancelled.signal);
      await settled();
      cancelled.abort();
      expect(bodiesOf(await waiting)).toEqual([]);
      expect(bodiesOf(await wait("q", LONG_MS, AbortSignal.abort()))).toEqual([]);
      await store.others.send("q", aText("one"));
      expect(bodiesOf(await wait("q"))).toEqual(["one"]);
    });

    test("a wait ends with its queue", async () => {
      await store.queues.createQueue("q");
      const waiting = wait("q");
      await settled();
      await store.others.deleteQueue("q");
      expect(await waiting).toBeNull();
    });

    test("P-33: the next of a group wakes when the one before it is deleted, or comes back", async () => {
      await store.queues.createQueue("q.fifo", { settings: { isFifo: true } });
      const send = (body: string) => store.others.send("q.fifo", aText(body, { groupId: "A", deduplicationId: body }));
      await send("A1");
      const first = await wait("q.fifo");
      const next = wait("q.fifo", 60);
      await settled();
      await send("A2");
      await settled();
      await store.others.delete("q.fifo", first?.messages[0]?.receiptHandle ?? "");
      expect(bodiesOf(await next)).toEqual(["A2"]);
      await send("A3");
      expect(bodiesOf(await wait("q.fifo"))).toEqual(["A2", "A3"]);
    });

    test("Q-40: a dead letter ends the wait that moves it, and wakes who waits for dead letters", async () => {
      await store.queues.createQueue("dead");
      const redrive = { deadLetterQueue: "dead", maxReceiveCount: 1 };
      await store.queues.createQueue("q", { settings: { redrive } });
      const dead = store.others.receive("dead", { max: 1, visibilityMs: LONG_MS, waitMs: LONG_MS });
      await store.others.listQueues();
      await store.others.send("q", aText("poison"));
      const [message] = (await wait("q", 40))?.messages ?? [];
      const moved = { messageId: message?.messageId, receiveCount: 1, deadLetterQueue: "dead" };
      expect(await wait("q")).toEqual({ messages: [], deadLetters: [moved] });
      expect(bodiesOf(await dead)).toEqual(["poison"]);
    });

    test("what is moved wakes where it goes to", async () => {
      await store.queues.createQueue("from");
      await store.queues.createQueue("to");
      const waiting = wait("to");
      await settled();
      await store.others.send("from", aText("one"));
      await store.others.move("from", { max: 1, to: "to" });
      expect(bodiesOf(await waiting)).toEqual(["one"]);
    });
  });
}
