// The contract of the Queues port for FIFO queues: groups, order, deduplication. What a store under test is: queues-contract.ts.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { QueueSettings, SendAnswer } from "../../src/ports/queues.ts";
import { aText, eachStory, type QueuesUnderTest, type QueueStory } from "./queues-contract.ts";

const NAME = "q.fifo";
const MINUTES_MS = 60_000;

export function describeFifoQueuesContract(name: string, makeStore: () => Promise<QueuesUnderTest>): void {
  describe(`FIFO queues on ${name}`, () => {
    const stories = eachStory(makeStore);

    async function aStory(settings: Partial<QueueSettings> = {}): Promise<QueueStory> {
      const story = stories.now();
      await story.create(NAME, { isFifo: true, visibilityMs: 30_000, ...settings });
      return story;
    }

    /** `A1` is a message of group A. */
    const send = (story: QueueStory, ...bodies: readonly string[]): Promise<readonly SendAnswer[]> =>
      story.queues.sendMany(
        NAME,
        bodies.map((body) => aText(body, { groupId: body.slice(0, 1), deduplicationId: body })),
      );

    test("P-30: sequence numbers have 20 digits and ascend; id, group and number come back with the message", async () => {
      const story = await aStory();
      const answers = await send(story, "A1", "B1", "A2");
      const numbers = answers.map((answer) => (answer.kind === "sent" ? (answer.sequenceNumber ?? "") : ""));
      expect(numbers.every((number) => /^[0-9]{20}$/.test(number))).toBe(true);
      expect(numbers.toSorted()).toEqual(numbers);
      expect(new Set(numbers).size).toBe(3);
      const received = await story.take(NAME);
      expect(received.find(({ body }) => body === "A2")).toMatchObject({
        sequenceNumber: numbers[2],
        groupId: "A",
        deduplicationId: "A2",
      });
    });

    test("P-33: a group with a message in flight is held, and others go on", async () => {
      const story = await aStory();
      await send(story, "A1", "A2", "B1");
      expect(await story.takeTexts(NAME, { max: 1 })).toEqual(["A1"]);
      expect(await story.takeTexts(NAME)).toEqual(["B1"]);
      await send(story, "A3", "B2");
      expect(await story.takeTexts(NAME)).toEqual([]);
      await story.pass(29_999);
      expect(await story.takeTexts(NAME)).toEqual([]);
      await story.pass(1);
      expect((await story.takeTexts(NAME)).toSorted()).toEqual(["A1", "A2", "A3", "B1", "B2"]);
    });

    test("P-33: the group goes on once what was in flight is deleted", async () => {
      const story = await aStory();
      await send(story, "A1", "A2", "A3");
      const [first, second] = await story.take(NAME, { max: 2 });
      expect(await story.queues.delete(NAME, first?.receiptHandle ?? "")).toBe(true);
      expect(await story.takeTexts(NAME)).toEqual([]);
      expect(await story.queues.delete(NAME, second?.receiptHandle ?? "")).toBe(true);
      expect(await story.takeTexts(NAME)).toEqual(["A3"]);
    });

    test("Q-45: it is held as a whole, also while a later one is in flight", async () => {
      const story = await aStory();
      await send(story, "A1", "A2", "A3");
      const [first, second] = await story.take(NAME, { max: 2 });
      await story.queues.changeVisibility(NAME, first?.receiptHandle ?? "", 0);
      expect(await story.takeTexts(NAME)).toEqual([]);
      await story.queues.changeVisibility(NAME, second?.receiptHandle ?? "", 0);
      expect(await story.takeTexts(NAME)).toEqual(["A1", "A2", "A3"]);
    });

    test("Q-14: what a batch deletes is gone, what it leaves comes again in order", async () => {
      const story = await aStory();
      await send(story, "A1", "A2", "A3", "A4");
      const batch = await story.take(NAME, { visibilityMs: 5_000 });
      await story.queues.deleteMany(NAME, [batch[0]?.receiptHandle ?? "", batch[2]?.receiptHandle ?? ""]);
      await story.pass(5_000);
      const again = await story.take(NAME);
      expect(again.map(({ body, receiveCount }) => [body, receiveCount])).toEqual([
        ["A2", 2],
        ["A4", 2],
      ]);
    });

    test("Q-45: a receive brings as many of one group as there are, then of others, or of one group alone", async () => {
      const story = await aStory();
      await send(story, "A1", "B1", "A2", "B2", "A3", "C1");
      expect(await story.takeTexts(NAME, { max: 4, visibilityMs: 1_000 })).toEqual(["A1", "A2", "A3", "B1"]);
      await story.pass(1_000);
      const groups: string[] = [];
      for (let count = 0; count < 4; count += 1) {
        const received = await story.queues.receive(NAME, { max: 10, visibilityMs: 1_000, isOneGroup: true });
        groups.push(received?.messages.map(({ body }) => body).join(" ") ?? "");
      }
      expect(groups.toSorted()).toEqual(["", "A1 A2 A3", "B1 B2", "C1"]);
    });

    test("Q-47: a receipt whose visibility is over deletes nothing", async () => {
      const story = await aStory();
      await send(story, "A1");
      const [message] = await story.take(NAME, { visibilityMs: 1_000 });
      const receipt = message?.receiptHandle ?? "";
      await story.pass(1_000);
      expect(await story.queues.delete(NAME, receipt)).toBe(false);
      expect(await story.queues.changeVisibility(NAME, receipt, 1_000)).toBe("visible");
      expect(await story.takeTexts(NAME)).toEqual(["A1"]);
    });

    test("Q-44: what repeats an id within five minutes answers as the first, which may be gone, and is not sent", async () => {
      const story = await aStory();
      const [first] = await send(story, "A1");
      const [taken] = await story.take(NAME);
      await story.queues.delete(NAME, taken?.receiptHandle ?? "");
      await story.pass(5 * MINUTES_MS - 1);
      expect(await story.queues.send(NAME, aText("other", { groupId: "B", deduplicationId: "A1" }))).toEqual(first);
      expect(await story.takeTexts(NAME)).toEqual([]);
      await story.pass(1);
      const [later] = await send(story, "A1");
      expect(later).toMatchObject({ kind: "sent" });
      expect(later).not.toEqual(first);
      expect(await story.takeTexts(NAME)).toEqual(["A1"]);
    });

    test("Q-44: repeats within one call, and a purge forgets no id", async () => {
      const story = await aStory();
      const [first, second, third] = await send(story, "A1", "A1", "A2");
      expect(second).toEqual(first);
      expect(third).not.toEqual(first);
      await story.queues.purge(NAME);
      expect(await send(story, "A1")).toEqual([first]);
      expect(await story.takeTexts(NAME)).toEqual([]);
    });

    test("Q-44: within a group, where that is the scope", async () => {
      const story = await aStory({ deduplicationScope: "messageGroup", fifoThroughputLimit: "perMessageGroupId" });
      const inGroup = (groupId: string) =>
        story.queues.send(NAME, aText(groupId, { groupId, deduplicationId: "same" }));
      const [a, b] = [await inGroup("A"), await inGroup("B")];
      expect(a).not.toEqual(b);
      expect(await inGroup("A")).toEqual(a);
      expect((await story.takeTexts(NAME)).toSorted()).toEqual(["A", "B"]);
    });

    test("Q-44: without an id the content is one, where the queue says so; else nothing of the call is sent", async () => {
      const story = await aStory({ isDeduplicatedByContent: true });
      const byContent = (body: string) => story.queues.send(NAME, aText(body, { groupId: "A" }));
      const first = await byContent("same");
      expect(await byContent("same")).toEqual(first);
      await byContent("else");
      const received = await story.take(NAME);
      expect(received.map(({ body, deduplicationId }) => [body, deduplicationId])).toEqual(
        ["same", "else"].map((body) => [body, createHash("sha256").update(body).digest("hex")]),
      );
      await story.create("strict.fifo", { isFifo: true });
      const good = aText("good", { groupId: "A", deduplicationId: "1" });
      await expect(story.queues.sendMany("strict.fifo", [good, aText("x", { groupId: "A" })])).rejects.toThrow(/id/);
      await expect(story.queues.send("strict.fifo", aText("x", { deduplicationId: "1" }))).rejects.toThrow(/group/);
      expect(await story.takeTexts("strict.fifo")).toEqual([]);
    });

    test("Q-46: the queue's delay holds for all, a message has none of its own, and a changed one holds for what waits", async () => {
      const story = await aStory({ delayMs: 10_000 });
      await story.queues.send(NAME, aText("A1", { groupId: "A", deduplicationId: "A1", delayMs: 0 }));
      await story.pass(4_000);
      expect(await story.takeTexts(NAME)).toEqual([]);
      expect(await story.queues.countMessages(NAME)).toEqual({ visibleCount: 0, hiddenCount: 0, delayedCount: 1 });
      await story.queues.changeQueue(NAME, { settings: { delayMs: 5_000 } });
      await send(story, "A2");
      await story.pass(999);
      expect(await story.takeTexts(NAME)).toEqual([]);
      await story.pass(1);
      expect(await story.takeTexts(NAME, { visibilityMs: 0 })).toEqual(["A1"]);
      await story.pass(4_000);
      expect(await story.takeTexts(NAME)).toEqual(["A1", "A2"]);
    });

    test("what retention ends holds no group back", async () => {
      const story = await aStory({ retentionMs: MINUTES_MS });
      await send(story, "A1");
      await story.pass(30_000);
      await send(story, "A2");
      expect(await story.takeTexts(NAME, { max: 1, visibilityMs: 10 * MINUTES_MS })).toEqual(["A1"]);
      await story.pass(30_001);
      expect(await story.takeTexts(NAME)).toEqual(["A2"]);
    });

    test("P-31: of a hundred groups each is in flight once, and all come", async () => {
      const story = await aStory();
      const texts = Array.from({ length: 300 }, (_, index) => `${index % 100}:${Math.trunc(index / 100)}`);
      await story.queues.sendMany(
        NAME,
        texts.map((body) => aText(body, { groupId: body.split(":")[0] ?? "", deduplicationId: body })),
      );
      const seen: (readonly string[])[] = [];
      for (let round = 0; round < 100; round += 1) {
        const received = await story.queues.receive(NAME, { max: 10, visibilityMs: null, isOneGroup: true });
        seen.push(received?.messages.map(({ body }) => body) ?? []);
      }
      expect(seen.every((bodies) => bodies.map((body) => body.split(":")[1]).join() === "0,1,2")).toBe(true);
      expect(seen.flat().toSorted()).toEqual(texts.toSorted());
    });
  });
}
