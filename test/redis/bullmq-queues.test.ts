// Queues in Redis are BullMQ's: BullMQ's own classes, of the version whose layout is ours, see what we do and are seen by us. What any
// store of queues does is the contract's (test/contracts).

import { expect, test } from "vitest";
import { storedAttributes } from "../../src/kinds/sqs/stored-attributes.ts";
import { BULLMQ_LAYOUT } from "../../workers/redis/queues/queue-layout.ts";
import { aMessage, aQueueHouse, bodiesOf, now } from "./support/redis-queues.ts";

test("the layout is that of the BullMQ that is installed", async () => {
  const orders = aQueueHouse().bull("orders");
  await orders.waitUntilReady();
  expect(await orders.getVersion()).toBe(BULLMQ_LAYOUT);
});

test("a message that we send is a job of BullMQ, waiting, then active, then gone", async () => {
  const { queues, bull } = aQueueHouse();
  await queues.createQueue("orders");
  const orders = bull("orders");

  await queues.send("orders", aMessage("one"));
  const [waiting] = await orders.getJobs(["waiting"]);
  expect(waiting).toMatchObject({ name: "message", data: { body: "one" }, attemptsStarted: 0, delay: 0 });
  expect(await waiting?.getState()).toBe("waiting");

  const received = await queues.receive("orders", now);
  expect(received?.messages.map(({ messageId }) => messageId)).toEqual([waiting?.id]);
  expect(await orders.getJobCounts()).toMatchObject({ waiting: 0, active: 1, delayed: 0, completed: 0 });
  const [active] = await orders.getActive();
  expect(active).toMatchObject({ id: waiting?.id, attemptsStarted: 1 });
  expect(await active?.getState()).toBe("active");

  await queues.deleteMany("orders", received?.messages.map(({ receiptHandle }) => receiptHandle) ?? []);
  expect(await orders.getJobCounts()).toMatchObject({ waiting: 0, active: 0, delayed: 0, completed: 0 });
  expect(await orders.getJob(String(waiting?.id))).toBeUndefined();
});

test("a delayed message is a delayed job, at its instant", async () => {
  const { queues, bull } = aQueueHouse();
  await queues.createQueue("orders");
  const orders = bull("orders");
  await queues.send("orders", aMessage("late", { delayMs: 600_000 }));
  const [job] = await orders.getDelayed();
  expect(job?.data).toEqual({ body: "late" });
  expect(await orders.getJobCounts()).toMatchObject({ waiting: 0, delayed: 1 });
  await job?.promote();
  expect(bodiesOf(await queues.receive("orders", now))).toEqual(["late"]);
});

test("BullMQ's delays, order and priorities lead to the same jobs as by BullMQ's own worker", async () => {
  const { queues, bull } = aQueueHouse();
  await queues.createQueue("orders");
  const orders = bull("orders");
  await orders.add("job", { n: "third" }, { priority: 2 });
  await orders.add("job", { n: "second" }, { priority: 1 });
  await orders.add("job", { n: "first" });
  await orders.add("job", { n: "next" }, { lifo: true });
  await orders.add("job", { n: "later" }, { delay: 600_000 });
  expect(bodiesOf(await queues.receive("orders", now))).toEqual(
    ["next", "first", "second", "third"].map((n) => JSON.stringify({ n })),
  );
  expect(await queues.countMessages("orders")).toEqual({ visibleCount: 0, hiddenCount: 4, delayedCount: 1 });
});

test("a job of an app's own is a message, by the documented members of its data", async () => {
  const { queues, bull } = aQueueHouse();
  await queues.createQueue("orders");
  const orders = bull("orders");
  const attributes = { Author: { DataType: "String", StringValue: "A" }, Size: 12, Kind: "big" };
  await orders.add("job", { body: "text", attributes, groupId: "g", traceHeader: "Root=1" }, { jobId: "order 1" });
  const received = await queues.receive("orders", now);
  const [message] = received?.messages ?? [];
  expect(message).toMatchObject({
    messageId: "order 1",
    body: "text",
    groupId: "g",
    traceHeader: "Root=1",
    receiveCount: 1,
  });
  expect(message?.receiptHandle).not.toContain(" ");
  expect(storedAttributes(message?.attributes ?? null)).toEqual([
    { name: "Author", type: "String", isBinary: false, value: "A" },
    { name: "Kind", type: "String", isBinary: false, value: "big" },
    { name: "Size", type: "Number", isBinary: false, value: "12" },
  ]);
  expect(await queues.delete("orders", message?.receiptHandle ?? "")).toBe(true);
});

test("a job that BullMQ added wakes a receive that waits, in whichever thread it is", async () => {
  const house = aQueueHouse({ blockMs: 60_000 });
  const other = house.another({ blockMs: 60_000 });
  await house.queues.createQueue("orders");
  const orders = house.bull("orders");
  const waiting = [house.queues, other].map((queues) => queues.receive("orders", { ...now, max: 1, waitMs: 20_000 }));
  await orders.add("job", { n: 1 });
  await orders.add("job", { n: 2 });
  const bodies = (await Promise.all(waiting)).flatMap(bodiesOf);
  expect(bodies.toSorted()).toEqual(['{"n":1}', '{"n":2}']);
});

test("whoever waits for a job by BullMQ hears that it has completed once its message is deleted", async () => {
  const { queues, bull, client, key } = aQueueHouse();
  await queues.createQueue("orders");
  const orders = bull("orders");
  const job = await orders.add("job", { n: 1 });
  const received = await queues.receive("orders", now);
  await queues.deleteMany("orders", received?.messages.map(({ receiptHandle }) => receiptHandle) ?? []);
  const [entry] = await client.xrevrange(key("orders", "events"), "+", "-", "COUNT", 1);
  expect(entry?.[1]).toEqual(["event", "completed", "jobId", job.id, "returnvalue", "null", "prev", "active"]);
});

test("BullMQ's own deduplication ends with its job", async () => {
  const { queues, bull } = aQueueHouse();
  await queues.createQueue("orders");
  const orders = bull("orders");
  const deduplication = { id: "once" };
  await orders.add("job", { n: 1 }, { deduplication });
  await orders.add("job", { n: 2 }, { deduplication });
  const received = await queues.receive("orders", now);
  expect(bodiesOf(received)).toEqual(['{"n":1}']);
  await queues.deleteMany("orders", received?.messages.map(({ receiptHandle }) => receiptHandle) ?? []);
  await orders.add("job", { n: 3 }, { deduplication });
  expect(bodiesOf(await queues.receive("orders", now))).toEqual(['{"n":3}']);
});

test("a queue that is paused by BullMQ hands nothing out until it is resumed", async () => {
  const { queues, bull } = aQueueHouse();
  await queues.createQueue("orders");
  const orders = bull("orders");
  await orders.pause();
  await queues.send("orders", aMessage("one"));
  expect(bodiesOf(await queues.receive("orders", now))).toEqual([]);
  const waiting = queues.receive("orders", { ...now, waitMs: 20_000 });
  await orders.resume();
  expect(bodiesOf(await waiting)).toEqual(["one"]);
});

test("a worker of the app's own is another consumer of the same queue, and leaves alone what we handed out", async () => {
  const { queues, bull, worker } = aQueueHouse();
  await queues.createQueue("orders");
  await queues.sendMany("orders", [aMessage("ours"), aMessage("its")]);
  const received = await queues.receive("orders", { ...now, max: 1 });
  expect(bodiesOf(received)).toEqual(["ours"]);
  const taken = await new Promise((resolve) => {
    worker("orders", (job) => Promise.resolve(resolve(job.data)));
  });
  expect(taken).toEqual({ body: "its" });
  expect(await queues.deleteMany("orders", received?.messages.map(({ receiptHandle }) => receiptHandle) ?? [])).toEqual(
    [true],
  );
  expect(await bull("orders").getJobCounts()).toMatchObject({ waiting: 0, active: 0 });
});

test("a worker's checks for stalled jobs pass over what we handed out, as long as somebody receives", async () => {
  const { queues, bull, worker, client, key } = aQueueHouse();
  await queues.createQueue("orders");
  await queues.send("orders", aMessage("ours"));
  expect(bodiesOf(await queues.receive("orders", { ...now, visibilityMs: 600_000 }))).toEqual(["ours"]);
  const taken: unknown[] = [];
  worker("orders", (job) => Promise.resolve(taken.push(job.data)), 200);
  const checks = new Set<string>();
  while (checks.size < 4) {
    await queues.receive("orders", { ...now, waitMs: 20 });
    const check = await client.get(key("orders", "stalled-check"));
    if (check !== null) checks.add(check);
  }
  expect(taken).toEqual([]);
  expect(await bull("orders").getJobCounts()).toMatchObject({ active: 1, waiting: 0, failed: 0 });
});

test("jobs on a FIFO queue are in groups by their data, and repeated ids are one message (Q-44)", async () => {
  const { queues, bull } = aQueueHouse();
  await queues.createQueue("orders.fifo", { settings: { isFifo: true } });
  const orders = bull("orders.fifo");
  await orders.add("job", { body: "a1", groupId: "a", deduplicationId: "1" });
  await orders.add("job", { body: "a1 again", groupId: "a", deduplicationId: "1" });
  await orders.add("job", { body: "b1", groupId: "b" });
  await orders.add("job", { body: "a2", groupId: "a" });
  const received = await queues.receive("orders.fifo", now);
  expect(bodiesOf(received)).toEqual(["a1", "a2", "b1"]);
  expect(received?.messages.map(({ groupId }) => groupId)).toEqual(["a", "a", "b"]);
});

test("a FIFO job in flight that somebody removes by BullMQ frees its group when its visibility would have been over (Q-45)", async () => {
  const { queues, bull } = aQueueHouse();
  await queues.createQueue("orders.fifo", { settings: { isFifo: true } });
  const orders = bull("orders.fifo");
  const job = await orders.add("job", { body: "first", groupId: "a" });
  await orders.add("job", { body: "second", groupId: "a" });
  expect(bodiesOf(await queues.receive("orders.fifo", { ...now, max: 1, visibilityMs: 300 }))).toEqual(["first"]);
  await job.remove();
  expect(bodiesOf(await queues.receive("orders.fifo", { ...now, waitMs: 20_000 }))).toEqual(["second"]);
});
