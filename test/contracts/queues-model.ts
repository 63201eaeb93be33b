// Any sequence of calls on a queue and its dead letters, held against a model that knows only what was asked and answered: nothing is lost,
// nothing comes while it is hidden, a group's messages come in order and one receive at a time, counts and dead letters are right (Q-8, Q-12,
// P-33). What a store under test is: queues-contract.ts.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QueueMessage, Received } from "../../src/ports/queues.ts";
import { aText, type QueuesUnderTest } from "./queues-contract.ts";

const RETENTION_MS = 600_000;
const REMEMBERED_MS = 300_000;
const MAX_RECEIVES = 2;

interface Known {
  messageId: string;
  readonly body: string;
  readonly groupId: string | null;
  queue: string;
  /** Of its coming to the queue in which it is. */
  order: number;
  sentAtMs: number;
  visibleAtMs: number;
  receiveCount: number;
  ownReceiveCount: number;
  firstReceivedAtMs: number | null;
  receipt: string | null;
}

type Step =
  | { readonly kind: "send"; readonly group: string; readonly id: number; readonly delayMs: number | null }
  | {
      readonly kind: "receive";
      readonly from: number;
      readonly max: number;
      readonly visibilityMs: number;
      readonly isOneGroup: boolean;
    }
  | { readonly kind: "delete" | "show"; readonly receipt: number; readonly ms: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "moveBack"; readonly max: number };

const aMoment = fc.constantFrom(0, 1, 999, 1_000, 5_000);
const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      group: fc.constantFrom("A", "B", "C"),
      id: fc.nat(30),
      delayMs: fc.option(aMoment),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("receive" as const),
      from: fc.constantFrom(0, 0, 0, 1),
      max: fc.integer({ min: 1, max: 6 }),
      visibilityMs: aMoment,
      isOneGroup: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("delete" as const, "show" as const),
      receipt: fc.nat(40),
      ms: aMoment,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.oneof(aMoment, fc.constantFrom(30_000, 299_999, 300_000, 400_000)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("moveBack" as const), max: fc.integer({ min: 1, max: 3 }) }) },
);

/** What the model takes a store to hold; `now` in each call, as the store's clock is the story's. */
function createModel(isFifo: boolean, queueDelayMs: number, [main, dead]: readonly [string, string]) {
  let known: Known[] = [];
  let lastOrder = 0;
  const remembered = new Map<string, { readonly messageId: string; readonly atMs: number }>();

  const expire = (nowMs: number): void => {
    known = known.filter(({ sentAtMs }) => sentAtMs >= nowMs - RETENTION_MS);
  };
  const find = (messageId: string): Known => {
    const found = known.find((each) => each.messageId === messageId);
    if (found === undefined) throw new Error(`${messageId} was never sent, or has gone`);
    return found;
  };
  const isDead = (each: Known): boolean => each.queue === main && each.ownReceiveCount >= MAX_RECEIVES;
  const inQueue = (queue: string): Known[] =>
    known.filter((each) => each.queue === queue).toSorted((a, b) => a.order - b.order);

  /** A list a group that may go on, of those in front that are visible; a standard queue's messages are a list each. */
  function free(queue: string, nowMs: number): readonly (readonly Known[])[] {
    const all = inQueue(queue);
    if (!isFifo) return all.filter(({ visibleAtMs }) => visibleAtMs <= nowMs).map((each) => [each]);
    return [...Map.groupBy(all, ({ groupId }) => groupId).values()].map((group) => {
      if (group.some(({ receipt, visibleAtMs }) => receipt !== null && visibleAtMs > nowMs)) return [];
      const hidden = group.findIndex(({ visibleAtMs }) => visibleAtMs > nowMs);
      return hidden === -1 ? group : group.slice(0, hidden);
    });
  }

  function toDead(each: Known, nowMs: number): void {
    each.queue = dead;
    each.order = ++lastOrder;
    each.ownReceiveCount = 0;
    each.visibleAtMs = nowMs;
    each.receipt = null;
    if (isFifo) each.sentAtMs = nowMs;
  }

  return {
    expire,
    find,
    sent(nowMs: number, { group, id, delayMs }: Step & { kind: "send" }, messageId: string): void {
      const before = remembered.get(`${id}`);
      const isRepeated = isFifo && before !== undefined && nowMs - before.atMs < REMEMBERED_MS;
      if (isRepeated) return expect(messageId).toBe(before.messageId);
      expect(known.some((each) => each.messageId === messageId)).toBe(false);
      remembered.set(`${id}`, { messageId, atMs: nowMs });
      known.push({
        messageId,
        body: `${group}${id}`,
        groupId: isFifo ? group : null,
        queue: main,
        order: ++lastOrder,
        sentAtMs: nowMs,
        visibleAtMs: nowMs + (isFifo ? queueDelayMs : (delayMs ?? queueDelayMs)),
        receiveCount: 0,
        ownReceiveCount: 0,
        firstReceivedAtMs: null,
        receipt: null,
      });
    },
    received(
      nowMs: number,
      step: Step & { kind: "receive" },
      queue: string,
      { messages, deadLetters }: Received,
    ): void {
      const lists = free(queue, nowMs);
      const alive = lists.map((list) => list.filter((each) => !isDead(each))).filter((list) => list.length > 0);
      const room = alive.reduce((sum, list) => sum + list.length, 0);
      const takenGroups = Map.groupBy(messages, ({ groupId }) => groupId);
      const isOneGroup = isFifo && step.isOneGroup;
      if (isOneGroup) {
        expect(takenGroups.size).toBe(Math.min(1, alive.length));
        const list = alive.find(([first]) => first?.groupId === messages[0]?.groupId) ?? [];
        expect(messages.length).toBe(Math.min(step.max, list.length));
      } else expect(messages.length).toBe(Math.min(step.max, room));
      if (isFifo) judgeGroups(messages, alive, takenGroups);
      for (const { messageId, receiveCount, deadLetterQueue } of deadLetters) {
        const letter = find(messageId);
        expect(lists.flat().includes(letter) && isDead(letter)).toBe(true);
        expect([receiveCount, deadLetterQueue]).toEqual([letter.receiveCount, dead]);
        toDead(letter, nowMs);
      }
      if (!isOneGroup && messages.length < step.max) expect(lists.flat().filter(isDead)).toEqual([]);
      for (const message of messages) {
        const each = find(message.messageId);
        expect(alive.flat().includes(each)).toBe(true);
        each.receiveCount += 1;
        each.ownReceiveCount += 1;
        each.firstReceivedAtMs ??= nowMs;
        each.receipt = message.receiptHandle;
        each.visibleAtMs = nowMs + step.visibilityMs;
        const { body, groupId, receiveCount, firstReceivedAtMs, sentAtMs } = each;
        expect(message).toMatchObject({ body, groupId, receiveCount, firstReceivedAtMs, sentAtMs });
      }
      expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(messages.length);
    },
    deleted(nowMs: number, receipt: string, queue: string, isDeleted: boolean): void {
      const found = known.find((each) => each.receipt === receipt && each.queue === queue);
      expect(isDeleted).toBe(found !== undefined && !(isFifo && found.visibleAtMs <= nowMs));
      if (isDeleted) known = known.filter((each) => each !== found);
    },
    shown(nowMs: number, receipt: string, queue: string, ms: number, answer: string): void {
      const found = known.find((each) => each.receipt === receipt && each.queue === queue);
      const isHidden = found !== undefined && found.visibleAtMs > nowMs;
      expect(answer).toBe(found === undefined ? "gone" : isHidden ? "changed" : "visible");
      if (isHidden) found.visibleAtMs = nowMs + ms;
    },
    counts(nowMs: number, queue: string) {
      const all = inQueue(queue);
      const isVisible = ({ visibleAtMs }: Known): boolean => visibleAtMs <= nowMs;
      return {
        visibleCount: all.filter(isVisible).length,
        hiddenCount: all.filter((each) => !isVisible(each) && each.receiveCount > 0).length,
        delayedCount: all.filter((each) => !isVisible(each) && each.receiveCount === 0).length,
      };
    },
    movable: (nowMs: number): readonly Known[] => free(dead, nowMs).flat(),
    movedBack(nowMs: number, each: Known, messageId: string): void {
      Object.assign(each, { messageId, queue: main, order: ++lastOrder, sentAtMs: nowMs, visibleAtMs: nowMs });
      Object.assign(each, { receiveCount: 0, ownReceiveCount: 0, firstReceivedAtMs: null, receipt: null });
    },
    left: (): readonly Known[] => known,
  };
}

/** As many of one group as there are, in order, then of the next. */
function judgeGroups(
  messages: readonly QueueMessage[],
  alive: readonly (readonly Known[])[],
  takenGroups: ReadonlyMap<string | null, readonly QueueMessage[]>,
): void {
  const inRuns = [...takenGroups.values()].flat();
  expect(messages.map(({ messageId }) => messageId)).toEqual(inRuns.map(({ messageId }) => messageId));
  for (const [groupId, taken] of takenGroups) {
    const list = alive.find(([first]) => first?.groupId === groupId) ?? [];
    const isLast = taken.at(-1) === messages.at(-1);
    const expected = isLast ? list.slice(0, taken.length) : list;
    expect(taken.map(({ messageId }) => messageId)).toEqual(expected.map(({ messageId }) => messageId));
  }
}

export function describeQueuesModel(
  name: string,
  makeStore: () => Promise<QueuesUnderTest>,
  { runCount }: { readonly runCount: number },
): void {
  describe(`any sequence of calls on ${name}`, () => {
    for (const isFifo of [false, true]) {
      test(`${isFifo ? "FIFO" : "standard"}: is answered as the model says, and nothing is lost`, async () => {
        const aStory = fc.record({ steps: fc.array(aStep, { maxLength: 60 }), delayMs: fc.constantFrom(0, 0, 1_000) });
        await fc.assert(
          fc.asyncProperty(aStory, async ({ steps, delayMs }) => {
            const store = await makeStore();
            try {
              expect(await runStory(store, { steps, delayMs, isFifo })).toEqual([]);
            } finally {
              await store.close();
            }
          }),
          { numRuns: runCount },
        );
      });
    }
  });
}

interface Story {
  readonly steps: readonly Step[];
  readonly delayMs: number;
  readonly isFifo: boolean;
}

/** What the model still holds once all has been received and deleted. */
async function runStory(store: QueuesUnderTest, { steps, delayMs, isFifo }: Story): Promise<readonly Known[]> {
  const { queues } = store;
  const names = isFifo ? (["q.fifo", "dead.fifo"] as const) : (["q", "dead"] as const);
  const [main, dead] = names;
  const redrive = { deadLetterQueue: dead, maxReceiveCount: MAX_RECEIVES };
  await queues.createQueue(dead, { settings: { isFifo, retentionMs: RETENTION_MS } });
  await queues.createQueue(main, { settings: { isFifo, retentionMs: RETENTION_MS, delayMs, redrive } });
  const model = createModel(isFifo, delayMs, names);
  const receipts: { readonly receipt: string; readonly queue: string }[] = [];

  async function receive(step: Step & { kind: "receive" }): Promise<number> {
    const queue = names[step.from] ?? main;
    const received = await queues.receive(queue, step);
    if (received === null) throw new Error("the queue has gone");
    model.received(store.nowMs(), step, queue, received);
    for (const { receiptHandle } of received.messages) receipts.push({ receipt: receiptHandle, queue });
    return received.messages.length + received.deadLetters.length;
  }

  async function moveBack(max: number): Promise<void> {
    const before = await queues.peek(main, 1e6);
    const movable = model.movable(store.nowMs());
    const moved = await queues.move(dead, { max, to: null });
    expect(moved?.movedCount).toBe(Math.min(max, movable.length));
    const ids = new Set(before?.map(({ messageId }) => messageId));
    const fresh = (await queues.peek(main, 1e6))?.filter(({ messageId }) => !ids.has(messageId)) ?? [];
    const left = [...movable];
    for (const { messageId, body } of fresh) {
      const each = left.splice(
        left.findIndex((one) => one.body === body),
        1,
      )[0];
      if (each === undefined) throw new Error(`${body} was not there to be moved`);
      model.movedBack(store.nowMs(), each, messageId);
    }
    expect(fresh.length).toBe(moved?.movedCount);
  }

  async function take(step: Step): Promise<void> {
    switch (step.kind) {
      case "send": {
        const { group, id } = step;
        const ids = isFifo ? { groupId: group, deduplicationId: `${id}` } : {};
        const answer = await queues.send(main, aText(`${group}${id}`, { delayMs: step.delayMs, ...ids }));
        return model.sent(store.nowMs(), step, answer.kind === "sent" ? answer.messageId : answer.kind);
      }
      case "receive":
        return void (await receive(step));
      case "delete": {
        const { receipt, queue } = receipts[step.receipt] ?? { receipt: "none", queue: main };
        return model.deleted(store.nowMs(), receipt, queue, await queues.delete(queue, receipt));
      }
      case "show": {
        const { receipt, queue } = receipts[step.receipt] ?? { receipt: "none", queue: main };
        return model.shown(
          store.nowMs(),
          receipt,
          queue,
          step.ms,
          await queues.changeVisibility(queue, receipt, step.ms),
        );
      }
      case "pass":
        return store.pass(step.ms);
      case "moveBack":
        return moveBack(step.max);
    }
  }

  for (const step of steps) {
    model.expire(store.nowMs());
    await take(step);
    model.expire(store.nowMs());
    for (const queue of names) expect(await queues.countMessages(queue)).toEqual(model.counts(store.nowMs(), queue));
  }
  // All is visible then; what both queues still hold is all that the model knows of.
  await store.pass(5_000);
  model.expire(store.nowMs());
  for (const from of [0, 1]) {
    const queue = names[from] ?? main;
    for (let isMore = true; isMore; ) {
      const taken = receipts.length;
      isMore = (await receive({ kind: "receive", from, max: 4, visibilityMs: 1_000, isOneGroup: false })) > 0;
      for (const { receipt } of receipts.slice(taken)) {
        const isDeleted = await queues.delete(queue, receipt);
        expect(isDeleted).toBe(true);
        model.deleted(store.nowMs(), receipt, queue, isDeleted);
      }
    }
  }
  return model.left();
}
