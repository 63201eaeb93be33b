// The long run on a queue: very many messages in through SQS's API, calls that fail now and then, and a poller that dies on the way. The
// handler keeps a ledger of every message of every call, and the ledger and the journal are what is judged.

import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { grouped, inSoakElse } from "../in-soak.ts";
import { countIn, lambdaAt, mapped, queueAt, sendAll, sqsAt } from "./support/aws-clients.ts";
import { aFolder, aServer, inTime, queueArn } from "./support/live-server.ts";
import { doneOf, groupDisorder, queueLedgerOf } from "./support/queue-lines.ts";

const MESSAGE_COUNT = inSoakElse(50_000, 10_000);
const FIFO_COUNT = inSoakElse(10_000, 4_000);
const BATCH_SIZE = 100;
const POISON_COUNT = 10;
/** Batches that a dying poller may have in hand. */
const MOST_IN_HAND = 16;
/** More often than a good message meets a failing call. */
const MAX_RECEIVES = 6;

/** Of main, in order: the store, then the pollers. */
function startedThreads(): readonly Worker[] {
  const threads: Worker[] = [];
  const onThread = (worker: Worker): void => void threads.push(worker);
  process.on("worker", onThread);
  onTestFinished(() => void process.off("worker", onThread));
  return threads;
}

const repeatsIn = (bodies: readonly string[]): number => bodies.length - new Set(bodies).size;

test(`Q-10 to Q-14, Q-19: of ${grouped(MESSAGE_COUNT)} messages each is done at least once or a dead letter, over failing calls and a dead poller`, async () => {
  const threads = startedThreads();
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(
    {
      pollers: 1,
      functions: {
        booking: { Handler: "queue-ledger.book", Timeout: 4, Environment: { Variables: { LEDGER: ledger } } },
      },
    },
    { folder },
  );
  const [lambda, sqs] = [lambdaAt(server.url), sqsAt(server.url)];
  const dead = await queueAt(sqs, "dead");
  const orders = await queueAt(sqs, "orders", {
    VisibilityTimeout: "4",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn("dead"), maxReceiveCount: MAX_RECEIVES }),
  });
  await mapped(server, lambda, {
    EventSourceArn: queueArn("orders"),
    FunctionName: "booking",
    BatchSize: BATCH_SIZE,
    MaximumBatchingWindowInSeconds: 1,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    ScalingConfig: { MaximumConcurrency: MOST_IN_HAND },
  });
  const bodies = Array.from({ length: MESSAGE_COUNT }, (_, index) =>
    index % (MESSAGE_COUNT / POISON_COUNT) === 0 ? `${index} poison` : `${index} order`,
  );
  const half = MESSAGE_COUNT / 2;
  const texts = bodies.map((body) => ({ body }));
  const first = await sendAll(sqs, orders, texts.slice(0, half));
  const killed = threads.at(-1)?.terminate();
  const second = sendAll(sqs, orders, texts.slice(half));
  await killed;
  const linesAtDeath = queueLedgerOf(ledger).length;
  const ids = [...first, ...(await second)];
  await expect.poll(() => countIn(sqs, orders), { ...inTime, timeout: 90_000, interval: 250 }).toBe(0);
  expect(await server.stop()).toEqual([]);

  expect(new Set(ids).size).toBe(MESSAGE_COUNT);
  const lines = queueLedgerOf(ledger);
  const done = doneOf(lines);
  const doneBodies = new Set(done.map(({ body }) => body));
  const isPoison = (body: string): boolean => body.endsWith("poison");
  expect(bodies.filter((body) => !isPoison(body) && !doneBodies.has(body))).toEqual([]);
  expect([...doneBodies].filter(isPoison)).toEqual([]);
  expect(new Set(lines.map(({ messageId }) => messageId)).size).toBe(MESSAGE_COUNT);

  const { entries } = server.log;
  const letters = entries.flatMap((entry) => (entry.kind === "dead-letter" ? [entry] : []));
  const poisonIds = ids.filter((_, index) => isPoison(bodies[index] ?? ""));
  expect(letters.map(({ messageId }) => messageId).toSorted()).toEqual(poisonIds.toSorted());
  expect(letters.every(({ receiveCount, queue }) => receiveCount === MAX_RECEIVES && queue === "dead")).toBe(true);
  expect(dead).toMatch(/dead$/);

  // Done twice is what a call had done when its poller died, and otherwise only what the journal says could not be deleted in time.
  const missedCount = entries.reduce((sum, entry) => sum + (entry.kind === "deleted" ? entry.missedCount : 0), 0);
  const before = doneOf(lines.slice(0, linesAtDeath)).map(({ body }) => body);
  const after = doneOf(lines.slice(linesAtDeath)).map(({ body }) => body);
  const doneBefore = new Set(before);
  const afterAlone = after.filter((body) => !doneBefore.has(body));
  expect(repeatsIn(before) + repeatsIn(afterAlone)).toBeLessThanOrEqual(missedCount);
  expect(after.length - afterAlone.length).toBeLessThanOrEqual(MOST_IN_HAND * BATCH_SIZE + missedCount);
  const deletedCount = entries.reduce((sum, entry) => sum + (entry.kind === "deleted" ? entry.recordCount : 0), 0);
  expect(deletedCount).toBeLessThanOrEqual(MESSAGE_COUNT - POISON_COUNT);
  // What a poller has noted last goes with it: all that was done by the next one is there.
  expect(deletedCount).toBeGreaterThanOrEqual(new Set(afterAlone).size);
  // The run was what it says: calls failed, messages came again, and the poller died.
  expect(lines.some(({ receiveCount }) => receiveCount > 1)).toBe(true);
  expect(entries.some((entry) => entry.kind === "returned" && entry.why === "failed")).toBe(true);
  expect(entries.some((entry) => entry.kind === "returned" && entry.why === "reported")).toBe(true);
  expect(threads.length).toBe(3);
});

test(`P-30, P-33, Q-44: ${grouped(FIFO_COUNT)} FIFO messages in 500 groups, each done in its group's order, over failing calls and a dead poller`, async () => {
  const threads = startedThreads();
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(
    {
      pollers: 1,
      functions: {
        booking: { Handler: "queue-ledger.inOrder", Timeout: 3, Environment: { Variables: { LEDGER: ledger } } },
      },
    },
    { folder },
  );
  const [lambda, sqs] = [lambdaAt(server.url), sqsAt(server.url)];
  const orders = await queueAt(sqs, "orders.fifo", { FifoQueue: "true", VisibilityTimeout: "3" });
  await mapped(server, lambda, {
    EventSourceArn: queueArn("orders.fifo"),
    FunctionName: "booking",
    BatchSize: 10,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
  });
  const messages = Array.from({ length: FIFO_COUNT }, (_, index) => ({ body: `${index}`, group: `g${index % 500}` }));
  const first = await sendAll(sqs, orders, messages.slice(0, FIFO_COUNT / 2), { isInOrder: true });
  const killed = threads.at(-1)?.terminate();
  // Half of the first part once more: each is the message that it repeats.
  expect(await sendAll(sqs, orders, messages.slice(0, FIFO_COUNT / 4), { isInOrder: true })).toEqual(
    first.slice(0, FIFO_COUNT / 4),
  );
  await sendAll(sqs, orders, messages.slice(FIFO_COUNT / 2), { isInOrder: true });
  await killed;
  await expect.poll(() => countIn(sqs, orders), { ...inTime, timeout: 90_000, interval: 250 }).toBe(0);
  expect(await server.stop()).toEqual([]);

  const lines = queueLedgerOf(ledger);
  const done = doneOf(lines);
  expect(new Set(lines.map(({ messageId }) => messageId)).size).toBe(FIFO_COUNT);
  expect(new Set(done.map(({ body }) => body)).size).toBe(FIFO_COUNT);
  expect([groupDisorder(lines), groupDisorder(done)]).toEqual([[], []]);
  expect(lines.some(({ verdict }) => verdict === "failed")).toBe(true);
  expect(threads.length).toBe(3);
});
