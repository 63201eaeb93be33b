// V3, Q3, W1: receives that wait, in the real store thread: who is woken, by what, and who is not.

import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";
import type { Queues } from "../../src/ports/queues.ts";
import { createStoreClient } from "../../src/stores/store-client.ts";
import { openStoreDatabase } from "../../src/stores/store-database.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { createStoreService } from "../../src/stores/store-service.ts";
import { ACCOUNT_ID, aMessage, bodies, REGION, startThreadAside, type ThreadAside } from "./aside.ts";

const LONG_MS = 600_000;

let aside: ThreadAside;
let queues: Queues;
beforeEach(async () => {
  aside = await startThreadAside();
  queues = createQueues(aside.client);
  await queues.createQueue("q");
});
afterEach(() => aside.close());

test("a message wakes the receive that has waited longest, and leaves the others waiting", async () => {
  const options = { max: 10, visibilityMs: 30_000, waitMs: LONG_MS };
  const first = queues.receive("q", options);
  const second = queues.receive("q", options);
  await queues.send("q", aMessage("one"));
  expect(bodies(await first)).toEqual(["one"]);
  await queues.send("q", aMessage("two"));
  expect(bodies(await second)).toEqual(["two"]);
});

test("a message that comes back, or whose delay is over, wakes by itself", async () => {
  await queues.send("q", aMessage("one", { delayMs: 60 }));
  const delayed = await queues.receive("q", { max: 1, visibilityMs: 80, waitMs: LONG_MS });
  expect(delayed).toMatchObject({ messages: [{ body: "one", receiveCount: 1 }] });
  const back = await queues.receive("q", { max: 1, visibilityMs: LONG_MS, waitMs: LONG_MS });
  expect(back).toMatchObject({ messages: [{ body: "one", receiveCount: 2 }] });
  const shown = queues.receive("q", { max: 1, visibilityMs: 0, waitMs: LONG_MS });
  await queues.changeVisibility("q", back?.messages[0]?.receiptHandle ?? "", 0);
  expect(await shown).toMatchObject({ messages: [{ body: "one", receiveCount: 3 }] });
});

test("a wait ends with nothing when its time is over, as the call or else the queue says, and when it is cancelled", async () => {
  expect((await queues.receive("q", { max: 1, visibilityMs: 0, waitMs: 20 }))?.messages).toEqual([]);
  await queues.changeQueue("q", { settings: { receiveWaitMs: 20 } });
  expect((await queues.receive("q", { max: 1, visibilityMs: 0, waitMs: null }))?.messages).toEqual([]);
  const cancelled = new AbortController();
  const waiting = queues.receive("q", { max: 1, visibilityMs: 30_000, waitMs: LONG_MS }, cancelled.signal);
  cancelled.abort();
  expect((await waiting)?.messages).toEqual([]);
  // What comes later is not taken by the wait that is gone.
  await queues.send("q", aMessage("one"));
  expect(bodies(await queues.receive("q", { max: 1, visibilityMs: 0 }))).toEqual(["one"]);
});

test("a wait ends with its queue", async () => {
  const last = queues.receive("q", { max: 1, visibilityMs: 0, waitMs: LONG_MS });
  await queues.deleteQueue("q");
  expect(await last).toBeNull();
});

/** The service in this very thread, so that a port's end and a commit's failure are at hand. */
function aServiceHere() {
  const database = openStoreDatabase(":memory:");
  /** `lookCount`: how often it was looked for what can be received. */
  const given = { isFull: false, lookCount: 0 };
  const commit = (): void => {
    if (given.isFull) throw new Error("the disk is full");
    database.commit();
  };
  const prepare: typeof database.prepare = (sql) => {
    const statement = database.prepare(sql);
    if (!/SELECT \* FROM messages\b.*\bvisible_ms <=/.test(sql)) return statement;
    return {
      ...statement,
      iterate: (...values) => {
        given.lookCount += 1;
        return statement.iterate(...values);
      },
    };
  };
  const service = createStoreService(
    { ...database, commit, prepare },
    {
      clock: createSystemClock(),
      random: createSystemRandom(),
      region: REGION,
      accountId: ACCOUNT_ID,
      maxShardBytes: null,
      onProblem: () => undefined,
    },
  );
  onTestFinished(() => service.close());
  const connect = () => {
    const { port1, port2 } = new MessageChannel();
    service.connect(port1);
    const client = createStoreClient(port2);
    onTestFinished(() => client.close());
    return { client, ended: once(port1, "close") };
  };
  return { given, connect };
}

test("V3: a client that goes takes its waits along, and no message", async () => {
  const { connect } = aServiceHere();
  const [one, other] = [connect(), connect()];
  const left = createQueues(one.client);
  await left.createQueue("q");
  const forgotten = createQueues(other.client).receive("q", { max: 1, visibilityMs: LONG_MS, waitMs: LONG_MS });
  const waiting = left.receive("q", { max: 1, visibilityMs: 0, waitMs: LONG_MS });
  await left.listQueues();
  other.client.close();
  await expect(forgotten).rejects.toMatchObject({ code: "thread-failed" });
  await other.ended;
  await left.send("q", aMessage("one"));
  expect(bodies(await waiting)).toEqual(["one"]);
});

test("a message is looked for by those who may get it, not by all who wait", async () => {
  const { given, connect } = aServiceHere();
  const many = createQueues(connect().client);
  await many.createQueue("q");
  const waits = Array.from({ length: 50 }, () => many.receive("q", { max: 1, visibilityMs: LONG_MS, waitMs: LONG_MS }));
  await many.listQueues();
  given.lookCount = 0;
  await many.send("q", aMessage("one"));
  expect(bodies((await waits[0]) ?? null)).toEqual(["one"]);
  expect(given.lookCount).toBe(2);
  await many.deleteQueue("q");
  expect((await Promise.all(waits.slice(1))).every((answer) => answer === null)).toBe(true);
});

test("W2: after a transaction that failed who waited first still receives first, and a wait still ends", async () => {
  const { given, connect } = aServiceHere();
  const full = createQueues(connect().client);
  await full.createQueue("q");
  const served = full.receive("q", { max: 1, visibilityMs: LONG_MS, waitMs: LONG_MS });
  const ending = full.receive("q", { max: 1, visibilityMs: LONG_MS, waitMs: 300 });
  await full.listQueues();
  given.isFull = true;
  await expect(full.send("q", aMessage("lost"))).rejects.toMatchObject({ message: "the disk is full" });
  given.isFull = false;
  await full.send("q", aMessage("one"));
  expect(bodies(await served)).toEqual(["one"]);
  expect((await ending)?.messages).toEqual([]);
  expect(await full.countMessages("q")).toEqual({ visibleCount: 0, hiddenCount: 1, delayedCount: 0 });
});
