// The contract of the Queues port for dead letters and moves back. What a store under test is: queues-contract.ts.

import { describe, expect, test } from "vitest";
import { aText, eachStory, type QueuesUnderTest, type QueueStory } from "./queues-contract.ts";

const DAY_MS = 86_400_000;

export function describeDeadLettersContract(name: string, makeStore: () => Promise<QueuesUnderTest>): void {
  describe(`dead letters on ${name}`, () => {
    const stories = eachStory(makeStore);

    async function aStory(maxReceiveCount: number, suffix = ""): Promise<QueueStory> {
      const story = stories.now();
      const isFifo = suffix !== "";
      await story.create(`dead${suffix}`, { isFifo, visibilityMs: 0 });
      const redrive = { deadLetterQueue: `dead${suffix}`, maxReceiveCount };
      await story.create(`q${suffix}`, { isFifo, visibilityMs: 1_000, redrive });
      return story;
    }

    /** Received this often, and visible again. */
    async function fail(story: QueueStory, queue: string, times: number): Promise<void> {
      for (let count = 0; count < times; count += 1) {
        await story.take(queue, { visibilityMs: 1_000 });
        await story.pass(1_000);
      }
    }

    test("Q-12, Q-40: received as often as allowed, a message goes to the dead letters by the receive that would have had it again", async () => {
      const story = await aStory(2);
      await story.queues.send("q", aText("poison", { attributes: "{}", traceHeader: "Root=1" }));
      const sentAtMs = story.nowMs();
      const [first] = await story.take("q", { visibilityMs: 1_000 });
      await story.pass(1_000);
      await fail(story, "q", 1);
      expect(await story.takeTexts("dead")).toEqual([]);
      await story.send("q", "good");
      const messageId = first?.messageId ?? "";
      const received = await story.queues.receive("q", { max: 10, visibilityMs: null });
      expect(received?.messages.map(({ body }) => body)).toEqual(["good"]);
      expect(received?.deadLetters).toEqual([{ messageId, receiveCount: 2, deadLetterQueue: "dead" }]);
      expect(await story.take("dead")).toMatchObject([
        {
          messageId,
          body: "poison",
          attributes: "{}",
          traceHeader: "Root=1",
          sentAtMs,
          firstReceivedAtMs: first?.firstReceivedAtMs,
          receiveCount: 3,
          deadLetterSource: "q",
        },
      ]);
      expect(await story.queues.listQueues()).toEqual([
        { name: "dead", messageCount: 1 },
        { name: "q", messageCount: 1 },
      ]);
    });

    test("Q-40: dead letters of dead letters count the receives in their own queue", async () => {
      const story = await aStory(2);
      await story.create("last");
      await story.queues.changeQueue("dead", {
        settings: { redrive: { deadLetterQueue: "last", maxReceiveCount: 2 } },
      });
      await story.send("q", "poison");
      await fail(story, "q", 3);
      expect((await story.take("dead", { visibilityMs: 0 })).map(({ receiveCount }) => receiveCount)).toEqual([3]);
      expect((await story.take("dead", { visibilityMs: 0 })).map(({ receiveCount }) => receiveCount)).toEqual([4]);
      expect(await story.takeTexts("dead")).toEqual([]);
      expect(await story.take("last")).toMatchObject([{ body: "poison", receiveCount: 5, deadLetterSource: "dead" }]);
    });

    test("Q-42: a queue for dead letters that is not there, or of the other kind, takes nothing, and nothing is lost", async () => {
      const story = await aStory(1);
      await story.send("q", "poison");
      await story.queues.deleteQueue("dead");
      await fail(story, "q", 3);
      await story.create("dead.fifo", { isFifo: true });
      const redrive = { deadLetterQueue: "dead.fifo", maxReceiveCount: 1 };
      await story.queues.changeQueue("q", { settings: { redrive } });
      expect(await story.take("q", { visibilityMs: 0 })).toMatchObject([{ body: "poison", receiveCount: 4 }]);
      await story.create("dead");
      await story.queues.changeQueue("q", { settings: { redrive: { ...redrive, deadLetterQueue: "dead" } } });
      expect(await story.takeTexts("q")).toEqual([]);
      expect(await story.takeTexts("dead")).toEqual(["poison"]);
    });

    test("Q-41: a standard queue's dead letter is as old as its message, and goes when that is too old there", async () => {
      const story = await aStory(1);
      await story.send("q", "poison");
      await story.pass(DAY_MS);
      await fail(story, "q", 2);
      await story.pass(3 * DAY_MS - 2_000);
      expect(await story.takeTexts("dead")).toEqual(["poison"]);
      await story.pass(1);
      expect(await story.takeTexts("dead")).toEqual([]);
    });

    test("Q-41: a FIFO queue's keeps its group and its order, has a new time and number, and its message id as deduplication id", async () => {
      const story = await aStory(1, ".fifo");
      const sendOf = (...bodies: readonly string[]) =>
        story.queues.sendMany(
          "q.fifo",
          bodies.map((body) => aText(body, { groupId: body.slice(0, 1), deduplicationId: body })),
        );
      await sendOf("A1", "A2", "B1");
      const first = await story.take("q.fifo", { visibilityMs: 1_000 });
      await sendOf("A3");
      await story.pass(1_000);
      // What lies behind the dead letters of its group goes out at once.
      expect(await story.takeTexts("q.fifo")).toEqual(["A3"]);
      const dead = await story.take("dead.fifo", { visibilityMs: 1_000 });
      expect(dead.map(({ body }) => body)).toEqual(["A1", "A2", "B1"]);
      expect(dead[1]).toMatchObject({
        messageId: first[1]?.messageId,
        deduplicationId: first[1]?.messageId,
        groupId: "A",
        sentAtMs: story.nowMs(),
        receiveCount: 2,
        deadLetterSource: "q.fifo",
      });
      expect((dead[1]?.sequenceNumber ?? "") > (dead[0]?.sequenceNumber ?? "")).toBe(true);
      await story.pass(1_000 + 3 * DAY_MS);
      expect((await story.takeTexts("dead.fifo")).length).toBe(3);
    });

    test("P-33: a group whose first message is a dead letter in flight no more is not held by it", async () => {
      const story = await aStory(1, ".fifo");
      const send = (body: string) => story.queues.send("q.fifo", aText(body, { groupId: "A", deduplicationId: body }));
      await send("A1");
      await send("A2");
      await story.take("q.fifo", { max: 1, visibilityMs: 1_000 });
      await story.pass(1_000);
      const [second] = await story.take("q.fifo", { max: 1 });
      expect(second?.body).toBe("A2");
      await story.queues.delete("q.fifo", second?.receiptHandle ?? "");
      expect(await story.queues.countMessages("q.fifo")).toMatchObject({ visibleCount: 0, hiddenCount: 0 });
    });

    test("Q-43: a move back gives each to the queue that it came from, as a new message; what came from nowhere stays", async () => {
      const story = await aStory(1);
      const redrive = { deadLetterQueue: "dead", maxReceiveCount: 1 };
      await story.create("other", { redrive });
      await story.send("q", "a", "b");
      await story.send("other", "c");
      const before = await story.take("q", { visibilityMs: 1_000 });
      await story.take("other", { visibilityMs: 1_000 });
      await story.pass(1_000);
      await story.take("q");
      await story.take("other");
      await story.send("dead", "own");
      expect(await story.queues.move("dead", { max: 1, to: null })).toMatchObject({ movedCount: 1 });
      expect(await story.queues.move("dead", { max: 10, to: null })).toEqual({ movedCount: 2, unmovableCount: 1 });
      expect(await story.queues.move("dead", { max: 10, to: null })).toEqual({ movedCount: 0, unmovableCount: 1 });
      expect(await story.takeTexts("dead")).toEqual(["own"]);
      const back = await story.take("q");
      expect(back).toMatchObject([
        {
          body: "a",
          receiveCount: 1,
          sentAtMs: story.nowMs(),
          firstReceivedAtMs: story.nowMs(),
          deadLetterSource: null,
        },
        { body: "b", receiveCount: 1 },
      ]);
      expect(back[0]?.messageId).not.toBe(before[0]?.messageId);
      expect(await story.takeTexts("other")).toEqual(["c"]);
    });

    test("Q-43: a move to a queue takes visible ones alone, oldest first, and nothing to one that is not there", async () => {
      const story = stories.now();
      await story.create("from");
      await story.create("to");
      await story.send("from", "hidden", "a", "b", "c");
      await story.take("from", { max: 1 });
      expect(await story.queues.move("from", { max: 10, to: "nix" })).toEqual({ movedCount: 0, unmovableCount: 3 });
      expect(await story.queues.move("from", { max: 10, to: "from" })).toEqual({ movedCount: 0, unmovableCount: 3 });
      expect(await story.queues.move("from", { max: 2, to: "to" })).toMatchObject({ movedCount: 2 });
      expect(await story.takeTexts("to")).toEqual(["a", "b"]);
      expect(await story.queues.countMessages("from")).toMatchObject({ visibleCount: 1, hiddenCount: 1 });
    });

    test("Q-43: FIFO messages keep group and order over a move", async () => {
      const story = stories.now();
      await story.create("from.fifo", { isFifo: true });
      await story.create("to.fifo", { isFifo: true });
      const bodies = ["A1", "A2", "A3"];
      await story.queues.sendMany(
        "from.fifo",
        bodies.map((body) => aText(body, { groupId: "A", deduplicationId: body })),
      );
      expect(await story.queues.move("from.fifo", { max: 2, to: "to.fifo" })).toMatchObject({ movedCount: 2 });
      expect(await story.queues.move("from.fifo", { max: 2, to: "to.fifo" })).toMatchObject({ movedCount: 1 });
      expect(await story.takeTexts("to.fifo")).toEqual(bodies);
      expect(await story.takeTexts("from.fifo")).toEqual([]);
    });
  });
}
