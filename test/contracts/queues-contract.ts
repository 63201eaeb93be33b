// The contract of the Queues port, run over every adapter: the embedded store and BullMQ on Redis. This file: what a store under test is,
// and what holds for all queues. FIFO: queues-fifo-contract.ts. Dead letters and moves: dead-letters-contract.ts. Any sequence of calls
// against a model: queues-model.ts. Receives that wait, in real time: queue-waits-contract.ts.
//
// To run it for another store, call each of the five functions with a name and a factory, as test/stores/embedded-queues.test.ts does. A store is
// made anew for each test and holds no queues. Its clock is moved by hand, as a story may be days long: whatever stamps messages must take
// its time from a clock that was handed in, scripts inside a broker from their caller.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NewMessage, QueueMessage, QueueSettings, Queues } from "../../src/ports/queues.ts";

export interface QueuesUnderTest {
  readonly queues: Queues;
  nowMs(): number;
  /** Lets this time pass. */
  pass(ms: number): Promise<void>;
  /** Gives back everything: processes, threads, sockets, files. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

export const aText = (body: string, more: Partial<NewMessage> = {}): NewMessage => ({
  body,
  attributes: null,
  sizeBytes: Buffer.byteLength(body),
  delayMs: null,
  ...more,
});

/** The story's queues: a store, and what every test of it says. */
export interface QueueStory extends QueuesUnderTest {
  create(name: string, settings?: Partial<QueueSettings>): Promise<void>;
  send(name: string, ...bodies: readonly string[]): Promise<void>;
  take(
    name: string,
    options?: { readonly max?: number; readonly visibilityMs?: number },
  ): Promise<readonly QueueMessage[]>;
  takeTexts(
    name: string,
    options?: { readonly max?: number; readonly visibilityMs?: number },
  ): Promise<readonly string[]>;
}

export function queueStory(store: QueuesUnderTest): QueueStory {
  const take: QueueStory["take"] = async (name, { max = 10, visibilityMs } = {}) => {
    const received = await store.queues.receive(name, { max, visibilityMs: visibilityMs ?? null });
    if (received === null) throw new Error(`there is no queue ${name}`);
    return received.messages;
  };
  return {
    ...store,
    async create(name, settings = {}) {
      expect(await store.queues.createQueue(name, { settings })).toBe("created");
    },
    async send(name, ...bodies) {
      const answers = await store.queues.sendMany(
        name,
        bodies.map((body) => aText(body)),
      );
      expect(answers.filter(({ kind }) => kind !== "sent")).toEqual([]);
    },
    take,
    takeTexts: async (name, options) => (await take(name, options)).map(({ body }) => body),
  };
}

/** Beginning and end of a suite: one story a test. */
export function eachStory(makeStore: () => Promise<QueuesUnderTest>): { readonly now: () => QueueStory } {
  let story: QueueStory | null = null;
  beforeEach(async () => {
    story = queueStory(await makeStore());
  });
  afterEach(() => story?.close());
  return {
    now() {
      if (story === null) throw new Error("no store");
      return story;
    },
  };
}

export function describeQueuesContract(name: string, makeStore: () => Promise<QueuesUnderTest>): void {
  describe(`queues on ${name}`, () => {
    const stories = eachStory(makeStore);

    test("Q-8: a message that comes again keeps id and first receive, has a new receipt and a count one higher", async () => {
      const story = stories.now();
      await story.create("q");
      await story.send("q", "one");
      const sentAtMs = story.nowMs();
      await story.pass(1_000);
      const [first] = await story.take("q", { visibilityMs: 30_000 });
      expect(first).toMatchObject({ body: "one", sentAtMs, firstReceivedAtMs: sentAtMs + 1_000, receiveCount: 1 });
      expect(first).toMatchObject({ sequenceNumber: null, groupId: null, deadLetterSource: null });
      await story.pass(30_000);
      const [second] = await story.take("q");
      expect(second).toMatchObject({ ...first, receiptHandle: second?.receiptHandle, receiveCount: 2 });
      expect(second?.receiptHandle).not.toBe(first?.receiptHandle);
    });

    test("Q-11: it is hidden until its visibility is over, to the millisecond", async () => {
      const story = stories.now();
      await story.create("q", { visibilityMs: 40_000 });
      await story.send("q", "one");
      expect(await story.takeTexts("q")).toEqual(["one"]);
      await story.pass(39_999);
      expect(await story.takeTexts("q")).toEqual([]);
      await story.pass(1);
      expect(await story.takeTexts("q", { visibilityMs: 10 })).toEqual(["one"]);
      await story.pass(10);
      expect(await story.takeTexts("q")).toEqual(["one"]);
    });

    test("Q-10: the last receipt deletes, an older one and a stranger do not; many in one step answer each for itself", async () => {
      const story = stories.now();
      await story.create("q");
      await story.send("q", "a", "b", "c");
      const first = await story.take("q", { visibilityMs: 1_000 });
      await story.pass(1_000);
      const again = await story.take("q", { visibilityMs: 1_000 });
      const old = first[0]?.receiptHandle ?? "";
      const receipts = again.map(({ receiptHandle }) => receiptHandle);
      expect(await story.queues.delete("q", old)).toBe(false);
      expect(await story.queues.deleteMany("q", [receipts[0] ?? "", old, "no receipt", receipts[1] ?? ""])).toEqual([
        true,
        false,
        false,
        true,
      ]);
      // a standard queue takes a receipt also when its visibility is over.
      await story.pass(1_000);
      expect(await story.queues.delete("q", receipts[2] ?? "")).toBe(true);
      expect(await story.queues.delete("q", receipts[2] ?? "")).toBe(false);
      expect(await story.takeTexts("q")).toEqual([]);
      expect(await story.queues.listQueues()).toEqual([{ name: "q", messageCount: 0 }]);
    });

    test("a receipt of one queue does nothing in another", async () => {
      const story = stories.now();
      await story.create("q");
      await story.create("other");
      await story.send("q", "one");
      const [message] = await story.take("q");
      const receipt = message?.receiptHandle ?? "";
      expect(await story.queues.delete("other", receipt)).toBe(false);
      expect(await story.queues.changeVisibility("other", receipt, 0)).toBe("gone");
      expect(await story.queues.delete("q", receipt)).toBe(true);
    });

    test("messages come in the order sent, at most as many and as large as asked for", async () => {
      const story = stories.now();
      await story.create("q");
      await story.send("q", "aaaa", "bbbb", "cccc", "dddd");
      expect(await story.takeTexts("q", { max: 1 })).toEqual(["aaaa"]);
      const bounded = await story.queues.receive("q", { max: 10, visibilityMs: null, maxBytes: 9 });
      expect(bounded?.messages.map(({ body }) => body)).toEqual(["bbbb", "cccc"]);
      const tooSmall = await story.queues.receive("q", { max: 10, visibilityMs: null, maxBytes: 1 });
      expect(tooSmall?.messages.map(({ body }) => body)).toEqual(["dddd"]);
    });

    test("P-26, ours: ten thousand come in one receive and go in one step", async () => {
      const story = stories.now();
      await story.create("q");
      const bodies = Array.from({ length: 10_000 }, (_, index) => `${index}`);
      await story.send("q", ...bodies);
      const received = await story.take("q", { max: 10_000 });
      expect(received.map(({ body }) => body)).toEqual(bodies);
      const receipts = received.map(({ receiptHandle }) => receiptHandle);
      expect(new Set(receipts).size).toBe(10_000);
      expect((await story.queues.deleteMany("q", receipts)).every(Boolean)).toBe(true);
      expect(await story.queues.listQueues()).toEqual([{ name: "q", messageCount: 0 }]);
    });

    test("Q-25: a message waits for its own delay, or else for the queue's as it was then", async () => {
      const story = stories.now();
      await story.create("q", { delayMs: 5_000 });
      await story.send("q", "late");
      await story.queues.send("q", aText("soon", { delayMs: 0 }));
      expect(await story.queues.countMessages("q")).toEqual({ visibleCount: 1, hiddenCount: 0, delayedCount: 1 });
      expect(await story.takeTexts("q")).toEqual(["soon"]);
      await story.queues.changeQueue("q", { settings: { delayMs: 0 } });
      await story.pass(4_999);
      expect(await story.takeTexts("q")).toEqual([]);
      await story.pass(1);
      expect(await story.takeTexts("q")).toEqual(["late"]);
      expect(await story.queues.countMessages("q")).toEqual({ visibleCount: 0, hiddenCount: 2, delayedCount: 0 });
    });

    test("a visibility that is changed counts from now, and only while the message is hidden", async () => {
      const story = stories.now();
      await story.create("q");
      await story.send("q", "one");
      const [message] = await story.take("q", { visibilityMs: 10_000 });
      const receipt = message?.receiptHandle ?? "";
      await story.pass(9_000);
      expect(await story.queues.changeVisibility("q", receipt, 20_000)).toBe("changed");
      await story.pass(19_999);
      expect(await story.takeTexts("q")).toEqual([]);
      await story.pass(1);
      expect(await story.queues.changeVisibility("q", receipt, 1_000)).toBe("visible");
      const [again] = await story.take("q");
      expect(again?.receiveCount).toBe(2);
      expect(await story.queues.changeVisibility("q", receipt, 1_000)).toBe("gone");
      expect(await story.queues.changeVisibility("q", again?.receiptHandle ?? "", 0)).toBe("changed");
      expect(await story.takeTexts("q")).toEqual(["one"]);
    });

    test("many visibilities are changed at once, each for its own time, with an answer each", async () => {
      const story = stories.now();
      await story.create("q");
      await story.send("q", "over", "longer", "now", "gone");
      const [over] = await story.take("q", { max: 1, visibilityMs: 1_000 });
      const [longer, now, gone] = await story.take("q", { visibilityMs: 10_000 });
      const receiptOf = (message: QueueMessage | undefined): string => message?.receiptHandle ?? "";
      await story.pass(1_000);
      await story.queues.delete("q", receiptOf(gone));
      const changes = [
        { receiptHandle: receiptOf(longer), visibilityMs: 30_000 },
        { receiptHandle: receiptOf(gone), visibilityMs: 30_000 },
        { receiptHandle: receiptOf(over), visibilityMs: 30_000 },
        { receiptHandle: "no receipt", visibilityMs: 30_000 },
        { receiptHandle: receiptOf(now), visibilityMs: 0 },
      ];
      const answers = await story.queues.changeVisibilityMany("q", changes);
      expect(answers).toEqual(["changed", "gone", "visible", "gone", "changed"]);
      expect([...(await story.takeTexts("q", { visibilityMs: 60_000 }))].sort()).toEqual(["now", "over"]);
      await story.pass(29_999);
      expect(await story.takeTexts("q")).toEqual([]);
      await story.pass(1);
      expect(await story.takeTexts("q")).toEqual(["longer"]);
      expect(await story.queues.changeVisibilityMany("nix", changes)).toEqual(changes.map(() => "gone"));
      expect(await story.queues.changeVisibilityMany("q", [])).toEqual([]);
    });

    test("more visibilities than go in one step are changed, in order", async () => {
      const story = stories.now();
      await story.create("q");
      const bodies = Array.from({ length: 2_500 }, (_, index) => String(index));
      await story.send("q", ...bodies);
      const taken = await story.take("q", { max: bodies.length, visibilityMs: 10_000 });
      expect(taken).toHaveLength(bodies.length);
      const changes = taken.map(({ receiptHandle }, index) => ({
        receiptHandle,
        visibilityMs: index % 2 === 0 ? 0 : 60_000,
      }));
      expect(new Set(await story.queues.changeVisibilityMany("q", changes))).toEqual(new Set(["changed"]));
      const shown = await story.takeTexts("q", { max: bodies.length });
      expect([...shown].sort()).toEqual(taken.flatMap(({ body }, index) => (index % 2 === 0 ? [body] : [])).sort());
    });

    test("retention: a message is handed out up to it and not after, also when it becomes shorter", async () => {
      const story = stories.now();
      await story.create("q");
      await story.send("q", "old");
      await story.pass(4 * DAY_MS);
      expect(await story.takeTexts("q", { visibilityMs: 0 })).toEqual(["old"]);
      await story.pass(1);
      await story.send("q", "new");
      expect(await story.takeTexts("q", { visibilityMs: 0 })).toEqual(["new"]);
      await story.queues.changeQueue("q", { settings: { retentionMs: 60_000 } });
      await story.pass(60_001);
      expect(await story.takeTexts("q")).toEqual([]);
    });

    test("a body that is too long is refused by its bytes, and the others of its call are sent", async () => {
      const story = stories.now();
      await story.create("q", { maxMessageBytes: 1_024 });
      const bodies = ["x".repeat(1_024), "é".repeat(513), "z"];
      const answers = await story.queues.sendMany(
        "q",
        bodies.map((body) => aText(body)),
      );
      expect(answers.map(({ kind }) => kind)).toEqual(["sent", "tooLong", "sent"]);
      expect(answers[1]).toEqual({ kind: "tooLong", maxMessageBytes: 1_024 });
      expect(await story.takeTexts("q")).toEqual([bodies[0], bodies[2]]);
    });

    test("attributes, trace header and a standard queue's group come back as they were given", async () => {
      const story = stories.now();
      await story.create("q");
      const given = { attributes: '{"x":"é"}', traceHeader: "Root=1-2-3", groupId: "g" };
      await story.queues.send("q", aText("one", given));
      await story.send("q", "plain");
      expect(await story.take("q")).toMatchObject([
        { body: "one", ...given, sequenceNumber: null },
        { body: "plain", attributes: null, traceHeader: null, groupId: null, deduplicationId: null },
      ]);
    });

    test("a peek shows the oldest, hidden ones too, and takes nothing", async () => {
      const story = stories.now();
      await story.create("q");
      await story.send("q", "a", "b", "c");
      const [taken] = await story.take("q", { max: 1 });
      expect(await story.queues.peek("q", 2)).toEqual([
        { messageId: taken?.messageId, body: "a", sentAtMs: taken?.sentAtMs, receiveCount: 1 },
        expect.objectContaining({ body: "b", receiveCount: 0 }),
      ]);
      expect(await story.takeTexts("q")).toEqual(["b", "c"]);
    });

    test("a purge takes all, hidden and delayed ones too; a queue made again is empty", async () => {
      const story = stories.now();
      await story.create("q");
      await story.send("q", "a", "b");
      await story.queues.send("q", aText("c", { delayMs: 1_000 }));
      const [taken] = await story.take("q", { max: 1, visibilityMs: 1_000 });
      expect(await story.queues.purge("q")).toBe(true);
      expect(await story.queues.delete("q", taken?.receiptHandle ?? "")).toBe(false);
      await story.pass(1_000);
      expect(await story.takeTexts("q")).toEqual([]);
      await story.send("q", "d");
      expect(await story.queues.deleteQueue("q")).toBe(true);
      await story.create("q");
      expect(await story.takeTexts("q")).toEqual([]);
    });

    test("settings and tags are kept, changed one by one, and a queue that is there stays as it is", async () => {
      const story = stories.now();
      const createdAtMs = story.nowMs();
      await story.queues.createQueue("q", {
        settings: { visibilityMs: 10_000, delayMs: 1 },
        tags: { team: "a", x: "y" },
      });
      await story.pass(1_000);
      expect(await story.queues.createQueue("q", { settings: { delayMs: 9 } })).toBe("exists");
      await story.queues.changeQueue("q", { tags: { team: "b", x: null } });
      expect(await story.queues.describeQueue("q")).toMatchObject({ createdAtMs, modifiedAtMs: createdAtMs });
      await story.queues.changeQueue("q", { settings: { delayMs: 7, keptAttributes: { Policy: "{}" } } });
      expect(await story.queues.describeQueue("q")).toEqual({
        name: "q",
        settings: {
          delayMs: 7,
          maxMessageBytes: 1_048_576,
          retentionMs: 345_600_000,
          receiveWaitMs: 0,
          visibilityMs: 10_000,
          isFifo: false,
          isDeduplicatedByContent: false,
          deduplicationScope: "queue",
          fifoThroughputLimit: "perQueue",
          redrive: null,
          redriveSources: null,
          keptAttributes: { Policy: "{}" },
        },
        tags: { team: "b" },
        createdAtMs,
        modifiedAtMs: createdAtMs + 1_000,
      });
    });

    test("queues are listed by name, with how many messages lie in each", async () => {
      const { queues } = stories.now();
      for (const name of ["q-2", "Q", "q_1", "q-10"]) await queues.createQueue(name);
      await queues.send("q-10", aText("one"));
      const names = (await queues.listQueues()).filter(({ name }) => name !== "q");
      expect(names.map(({ name, messageCount }) => `${name} ${messageCount}`)).toEqual([
        "Q 0",
        "q-10 1",
        "q-2 0",
        "q_1 0",
      ]);
    });

    test("what is not there is said", async () => {
      const { queues } = stories.now();
      expect(await queues.sendMany("nix", [aText("a"), aText("b")])).toEqual([
        { kind: "missing" },
        { kind: "missing" },
      ]);
      expect(await queues.describeQueue("nix")).toBeNull();
      expect(await queues.countMessages("nix")).toBeNull();
      expect(await queues.peek("nix", 1)).toBeNull();
      expect(await queues.changeQueue("nix", {})).toBe(false);
      expect(await queues.deleteQueue("nix")).toBe(false);
      expect(await queues.changeVisibility("nix", "r", 0)).toBe("gone");
      expect(await queues.receive("nix", { max: 1, visibilityMs: 0 })).toBeNull();
      expect(await queues.deleteMany("nix", ["r", "s"])).toEqual([false, false]);
      expect(await queues.move("nix", { max: 1, to: null })).toBeNull();
      expect(await queues.purge("nix")).toBe(false);
    });
  });
}
