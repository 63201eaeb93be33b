// What takes several steps of Redis, so that nobody is held up by one: large receives, moves, purges; and what is looked after by itself.

import { expect, test } from "vitest";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createRedisQueues } from "../../workers/redis/queues/redis-queues.ts";
import { aMessage, aQueueHouse, bodiesOf, now } from "./support/redis-queues.ts";

const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(index));

test("a receive of thousands comes in order and has one receipt a message; deleting them empties the queue", async () => {
  const { queues, bull } = aQueueHouse();
  await queues.createQueue("orders");
  await queues.sendMany(
    "orders",
    numbered(2_600).map((body) => aMessage(body)),
  );
  const received = await queues.receive("orders", { ...now, max: 2_500 });
  expect(bodiesOf(received)).toEqual(numbered(2_500));
  const receipts = received?.messages.map(({ receiptHandle }) => receiptHandle) ?? [];
  expect(new Set(receipts).size).toBe(2_500);
  expect(await bull("orders").getJobCounts()).toMatchObject({ active: 2_500, waiting: 100 });
  expect((await queues.deleteMany("orders", receipts)).every((isDeleted) => isDeleted)).toBe(true);
  expect(await bull("orders").getJobCounts()).toMatchObject({ active: 0, waiting: 100 });
});

test("bytes bound a receive over its steps: the rest stays in its order", async () => {
  const { queues } = aQueueHouse();
  await queues.createQueue("orders");
  await queues.sendMany(
    "orders",
    numbered(1_500).map((body) => aMessage(body, { sizeBytes: 10 })),
  );
  expect(bodiesOf(await queues.receive("orders", { ...now, max: 10_000, maxBytes: 12_345 }))).toEqual(numbered(1_234));
  expect(bodiesOf(await queues.receive("orders", { ...now, max: 10_000 }))).toEqual(numbered(1_500).slice(1_234));
});

test("FIFO: a group that does not fit goes on where it was cut off", async () => {
  const { queues } = aQueueHouse();
  await queues.createQueue("q.fifo", { settings: { isFifo: true } });
  await queues.sendMany(
    "q.fifo",
    numbered(6).map((body) => aMessage(body, { groupId: "a", deduplicationId: body, sizeBytes: 10 })),
  );
  const first = await queues.receive("q.fifo", { ...now, maxBytes: 35 });
  expect(bodiesOf(first)).toEqual(["0", "1", "2"]);
  await queues.deleteMany("q.fifo", first?.messages.map(({ receiptHandle }) => receiptHandle) ?? []);
  expect(bodiesOf(await queues.receive("q.fifo", now))).toEqual(["3", "4", "5"]);
});

test.for(["standard", "FIFO"])("a purge takes more than one step, and leaves no job behind: %s", async (form) => {
  const { queues, client, key } = aQueueHouse();
  const name = form === "FIFO" ? "q.fifo" : "q";
  await queues.createQueue(name, { settings: { isFifo: form === "FIFO" } });
  await queues.sendMany(
    name,
    numbered(6_000).map((body) => aMessage(body, { groupId: `g${body.slice(-1)}`, deduplicationId: body })),
  );
  await queues.receive(name, { ...now, max: 500 });
  expect(await queues.purge(name)).toBe(true);
  expect(await queues.countMessages(name)).toEqual({ visibleCount: 0, hiddenCount: 0, delayedCount: 0 });
  const left = (await client.keys(key(name, "*"))).filter((each) => !each.includes(":sqs:sent:"));
  const kept = ["marker", "meta", "sqs:queue", "sqs:sequence"].map((part) => key(name, part));
  expect(left.filter((each) => !kept.includes(each))).toEqual([]);
  await queues.send(name, aMessage("after", { groupId: "g1", deduplicationId: "after" }));
  expect(bodiesOf(await queues.receive(name, now))).toEqual(["after"]);
});

test("a deleted queue leaves nothing but what expires by itself", async () => {
  const { queues, client, key } = aQueueHouse();
  await queues.createQueue("q.fifo", { settings: { isFifo: true } });
  await queues.sendMany("q.fifo", [aMessage("a", { groupId: "g", deduplicationId: "a" })]);
  expect(await queues.deleteQueue("q.fifo")).toBe(true);
  for (const left of await client.keys(key("q.fifo", "*"))) expect(await client.pttl(left)).toBeGreaterThan(0);
  expect(await queues.describeQueue("q.fifo")).toBeNull();
});

test("Q-43: a move of thousands", async () => {
  const { queues } = aQueueHouse();
  await queues.createQueue("from");
  await queues.createQueue("to");
  await queues.sendMany(
    "from",
    numbered(2_500).map((body) => aMessage(body)),
  );
  expect(await queues.move("from", { max: 2_200, to: "to" })).toEqual({ movedCount: 2_200, unmovableCount: 0 });
  expect(bodiesOf(await queues.receive("to", { ...now, max: 10_000 }))).toEqual(numbered(2_200));
  expect(bodiesOf(await queues.receive("from", { ...now, max: 10_000 }))).toEqual(numbered(2_500).slice(2_200));
});

test("retention is looked after though nobody receives", async () => {
  const { queues, client, key, address } = aQueueHouse();
  await queues.createQueue("q", { settings: { retentionMs: 50 } });
  const sent = await queues.send("q", aMessage("old"));
  const keeper = createRedisQueues({ address, clock: createSystemClock(), sweepEveryMs: 20 });
  const jobKey = key("q", sent.kind === "sent" ? sent.messageId : "");
  await expect.poll(() => client.exists(jobKey), { timeout: 10_000 }).toBe(0);
  await keeper.close();
  expect(await client.llen(key("q", "wait"))).toBe(0);
});

test("two who change a queue at once: neither change is lost", async () => {
  const { queues, another } = aQueueHouse();
  await queues.createQueue("q");
  const other = another();
  await Promise.all([
    ...numbered(10).map((tag) => queues.changeQueue("q", { tags: { [`a${tag}`]: "1" } })),
    ...numbered(10).map((tag) => other.changeQueue("q", { tags: { [`b${tag}`]: "1" } })),
    other.changeQueue("q", { settings: { visibilityMs: 7_000 } }),
  ]);
  const view = await queues.describeQueue("q");
  expect(Object.keys(view?.tags ?? {})).toHaveLength(20);
  expect(view?.settings.visibilityMs).toBe(7_000);
});

test("deletes that come while one is under way go together, and each hears of its own receipts", async () => {
  const { queues } = aQueueHouse();
  await queues.createQueue("q");
  await queues.sendMany(
    "q",
    numbered(10).map((body) => aMessage(body)),
  );
  const receipts = (await queues.receive("q", now))?.messages.map(({ receiptHandle }) => receiptHandle) ?? [];
  const calls = [
    ["never.there"],
    ...receipts.slice(0, 8).map((receipt) => [receipt]),
    [receipts[8] ?? "", "x", receipts[9] ?? ""],
  ];
  const answers = await Promise.all(calls.map((call) => queues.deleteMany("q", call)));
  expect(answers).toEqual([[false], ...Array.from({ length: 8 }, () => [true]), [true, false, true]]);
  expect(await Promise.all(receipts.map((receipt) => queues.delete("q", receipt)))).not.toContain(true);
});
