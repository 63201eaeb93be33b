// Small receives that go to Redis together: who gets what, and who goes alone.

import { expect, test } from "vitest";
import type { QueueMessage, ReceiveOptions } from "../../src/ports/queues.ts";
import { type Found, gatherReceives } from "../../workers/redis/queues/gathered-receives.ts";

const small: ReceiveOptions = { max: 2, visibilityMs: null, maxBytes: 500, isShared: true };

function messageOf(id: string): QueueMessage {
  return {
    messageId: id,
    receiptHandle: id,
    body: id,
    attributes: null,
    sentAtMs: 1,
    firstReceivedAtMs: 2,
    receiveCount: 1,
    sequenceNumber: null,
    groupId: null,
    deduplicationId: null,
    traceHeader: null,
    deadLetterSource: null,
  };
}

/** A queue of these messages, whose receives are answered when told to. */
function queueOf(ids: readonly string[]) {
  const left = ids.map(messageOf);
  const asked: ReceiveOptions[] = [];
  const answers: (() => void)[] = [];
  const deadLetters = [{ messageId: "dead", receiveCount: 3, deadLetterQueue: "dlq" }];
  const receive = gatherReceives(
    (_queue, options) =>
      new Promise<Found>((resolve, reject) => {
        asked.push(options);
        answers.push(() => {
          if (options.visibilityMs === 13) return reject(new Error("away"));
          if (options.visibilityMs === 14) return resolve({ answer: null, isFound: true, dueInMs: null, waitMs: 0 });
          const messages = left.splice(0, options.max);
          const answer = { messages, deadLetters: asked.length === 1 ? deadLetters : [] };
          resolve({ answer, isFound: messages.length > 0, dueInMs: null, waitMs: 0 });
        });
      }),
  );
  const idsOf = async (found: Promise<Found>) => (await found).answer?.messages.map(({ messageId }) => messageId);
  return { receive, asked, answers, idsOf };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("receives of one turn are one, which fits into each, dealt out in the order in which they came", async () => {
  const { receive, asked, answers, idsOf } = queueOf(["a", "b", "c"]);
  const found = [receive("q", small), receive("q", { ...small, maxBytes: 300 }), receive("q", small)];
  await turn();
  expect(asked).toEqual([{ max: 6, visibilityMs: null, maxBytes: 300 }]);
  answers[0]?.();
  expect(await Promise.all(found.map(idsOf))).toEqual([["a", "b"], ["c"], []]);
  expect((await Promise.all(found)).map(({ isFound }) => isFound)).toEqual([true, true, false]);
  const dead = (await Promise.all(found)).map(({ answer }) => answer?.deadLetters.length);
  expect(dead).toEqual([1, 0, 0]);
});

test("what comes while one is under way goes with the next, ten at most", async () => {
  const { receive, asked, answers, idsOf } = queueOf(["a", "b", "c", "d"]);
  const first = receive("q", small);
  await turn();
  const others = Array.from({ length: 11 }, () => receive("q", { ...small, max: 1 }));
  await turn();
  expect(asked.map(({ max }) => max)).toEqual([2]);
  answers[0]?.();
  expect(await idsOf(first)).toEqual(["a", "b"]);
  await turn();
  answers[1]?.();
  await turn();
  answers[2]?.();
  expect((await Promise.all(others.map(idsOf))).flat()).toEqual(["c", "d"]);
  expect(asked.map(({ max }) => max)).toEqual([2, 10, 1]);
});

test("other queues, other visibilities, large receives and who does not share go by themselves", async () => {
  const { receive, asked } = queueOf([]);
  const { isShared: _isShared, ...alone } = small;
  void receive("q", small);
  void receive("p", small);
  void receive("q", { ...small, visibilityMs: 5 });
  void receive("q", { ...small, max: 11 });
  void receive("q", alone);
  await turn();
  expect(asked.map(({ max }) => max).toSorted((one, other) => one - other)).toEqual([2, 2, 2, 2, 11]);
});

test("a missing queue and trouble are told to all", async () => {
  const { receive, answers } = queueOf([]);
  const missing = [14, 14].map((visibilityMs) => receive("q", { ...small, visibilityMs }));
  const away = [13, 13].map((visibilityMs) => receive("q", { ...small, visibilityMs }));
  const told = Promise.allSettled(away);
  await turn();
  for (const answer of answers) answer();
  expect((await Promise.all(missing)).map(({ answer }) => answer)).toEqual([null, null]);
  expect((await told).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

test("who gives up before Redis is asked receives nothing, and burns no receive (P-25)", async () => {
  const { receive, asked, answers, idsOf } = queueOf(["a", "b", "c", "d"]);
  const first = receive("q", small);
  await turn();
  const own = new AbortController();
  const second = receive("q", small, own.signal);
  const third = receive("q", small);
  own.abort();
  answers[0]?.();
  expect(await idsOf(first)).toEqual(["a", "b"]);
  expect(await idsOf(second)).toEqual([]);
  await turn();
  answers[1]?.();
  expect(await idsOf(third)).toEqual(["c", "d"]);
  expect(asked.map(({ max }) => max)).toEqual([2, 2]);
});
