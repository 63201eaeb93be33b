// Queues in a Redis that refuses, dies or loses a thread's connection: nothing that was answered is lost, and whoever asks hears what is
// wrong by a code.

import { expect, test } from "vitest";
import { MillraceError } from "../../src/errors.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createRedisQueues } from "../../workers/redis/queues/redis-queues.ts";
import { anOwnRedis } from "./support/redis-house.ts";
import { aMessage, aQueueHouse, bodiesOf, now } from "./support/redis-queues.ts";
import { rightsOf } from "./support/rights.ts";

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "answered",
    (error: unknown) => (error instanceof MillraceError ? error.code : String(error)),
  );

test("the documented rights are enough for queues", async () => {
  const broker = await anOwnRedis({
    acl: {
      user: "mill",
      password: "secret",
      keys: ["millrace:*", "bull:*"],
      commands: `${rightsOf("docs/redis-layout.md")} +ping`,
    },
  });
  const address = { url: broker.url, keyPrefix: "millrace:", queuePrefix: "bull", caPem: null };
  const queues = createRedisQueues({ address, clock: createSystemClock() });
  await queues.createQueue("dead.fifo", { settings: { isFifo: true } });
  await queues.createQueue("orders", { tags: { a: "b" } });
  await queues.createQueue("dead");
  const redrive = { deadLetterQueue: "dead.fifo", maxReceiveCount: 1 };
  await queues.createQueue("orders.fifo", { settings: { isFifo: true, isDeduplicatedByContent: true, redrive } });
  await queues.changeQueue("orders", { settings: { redrive: { deadLetterQueue: "dead", maxReceiveCount: 1 } } });
  await queues.changeQueue("orders.fifo", { settings: { delayMs: 1_000 } });
  await queues.changeQueue("orders.fifo", { settings: { delayMs: 0 } });
  for (const name of ["orders", "orders.fifo"]) {
    const dead = name === "orders" ? "dead" : "dead.fifo";
    const members = name === "orders" ? {} : { groupId: "g" };
    await queues.sendMany(name, [aMessage("a", members), aMessage("b", members)]);
    const first = await queues.receive(name, { ...now, max: 1 });
    const receipt = first?.messages[0]?.receiptHandle ?? "";
    expect(await queues.changeVisibility(name, receipt, 0)).toBe("changed");
    expect(bodiesOf(await queues.receive(name, now))).toEqual(["b"]);
    await queues.send(name, aMessage("c", { ...members, delayMs: 10 }));
    expect(await queues.move(dead, { max: 10, to: null })).toEqual({ movedCount: 1, unmovableCount: 0 });
    expect(await queues.receive("dead", { ...now, waitMs: 20 })).toEqual({ messages: [], deadLetters: [] });
    expect(await queues.countMessages(name)).not.toBeNull();
    expect(await queues.peek(name, 10)).toHaveLength(3);
    expect(await queues.purge(name)).toBe(true);
  }
  expect(await queues.listQueues()).toHaveLength(4);
  expect(await queues.deleteQueue("orders")).toBe(true);
  await queues.close();
});

test("a Redis that is not there is source-unreachable, and no other error", async () => {
  const address = { url: "redis://127.0.0.1:1", keyPrefix: "", queuePrefix: "bull", caPem: null };
  const queues = createRedisQueues({ address, clock: createSystemClock(), answerWithinMs: 200 });
  expect(await codeOf(queues.send("orders", aMessage("a")))).toBe("source-unreachable");
  expect(await codeOf(queues.receive("orders", { ...now, waitMs: 1_000 }))).toBe("source-unreachable");
  await queues.close();
});

test("Redis is killed while messages are sent, received and deleted: what was answered holds, nothing is lost", async () => {
  const broker = await anOwnRedis();
  const { queues } = aQueueHouse({ broker });
  await queues.createQueue("orders");
  const sent: string[] = [];
  const seen = new Map<string, number>();
  const deleted = new Set<string>();
  const refusals = new Set<string>();
  let isKilling = true;
  let number = 0;

  async function produce(): Promise<void> {
    while (isKilling) {
      const bodies = Array.from({ length: 50 }, () => String(number++));
      const code = await codeOf(
        queues.sendMany(
          "orders",
          bodies.map((body) => aMessage(body)),
        ),
      );
      if (code === "answered") sent.push(...bodies);
      else refusals.add(code);
    }
  }
  async function consume(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      try {
        const received = await queues.receive("orders", { max: 30, visibilityMs: 1_500, waitMs: 200 });
        const messages = received?.messages ?? [];
        for (const { body } of messages) seen.set(body, (seen.get(body) ?? 0) + 1);
        const answers = await queues.deleteMany(
          "orders",
          messages.map(({ receiptHandle }) => receiptHandle),
        );
        answers.forEach((isDeleted, index) => isDeleted && deleted.add(messages[index]?.body ?? ""));
      } catch (error) {
        refusals.add(await codeOf(Promise.reject(error as Error)));
      }
    }
  }

  const consuming = consume(() => !isKilling && sent.every((body) => seen.has(body)));
  const producing = produce();
  for (const count of [500, 1_500, 2_500]) {
    await expect.poll(() => sent.length, { timeout: 20_000 }).toBeGreaterThan(count);
    await broker.kill();
    await broker.restart();
  }
  isKilling = false;
  await Promise.all([producing, consuming]);

  expect([...refusals]).toEqual(["source-unreachable"]);
  expect(sent.filter((body) => !seen.has(body))).toEqual([]);
  // What was deleted is not there again, and the queue comes to its end.
  await consume(() => [...seen.keys()].every((body) => deleted.has(body)));
  expect(await queues.countMessages("orders")).toMatchObject({ visibleCount: 0, delayedCount: 0 });
}, 60_000);

test("scripts that Redis has forgotten are told it anew, and a wait goes on over a restart", async () => {
  const broker = await anOwnRedis();
  const { queues, client } = aQueueHouse({ broker, blockMs: 200 });
  await queues.createQueue("orders");
  const waiting = queues.receive("orders", { ...now, waitMs: 20_000 });
  await client.script("FLUSH");
  await queues.send("orders", aMessage("one"));
  expect(bodiesOf(await waiting)).toEqual(["one"]);
});

test("a large receive whose second step fails hands out what its first has taken (Q-17)", async () => {
  const house = aQueueHouse();
  let stepCount = 0;
  const failing = createRedisQueues({
    address: house.address,
    clock: createSystemClock(),
    sweepEveryMs: null,
    nowMs() {
      stepCount += 1;
      if (stepCount === 2) throw new MillraceError("source-unreachable", "lost between two steps");
      return Date.now();
    },
  });
  await house.queues.createQueue("orders");
  const bodies = Array.from({ length: 1_500 }, (_, index) => String(index));
  await house.queues.sendMany(
    "orders",
    bodies.map((body) => aMessage(body)),
  );
  const received = await failing.receive("orders", { ...now, max: 1_500 });
  expect(bodiesOf(received)).toEqual(bodies.slice(0, 1_000));
  expect(await house.queues.countMessages("orders")).toMatchObject({ visibleCount: 500, hiddenCount: 1_000 });
  await failing.close();
});
