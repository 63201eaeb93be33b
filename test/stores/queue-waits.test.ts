// V3, Q3: receives that wait, in the real store thread: who is woken, by what, and who is not.

import { afterEach, beforeEach, expect, test } from "vitest";
import type { QueueMessage, Queues } from "../../src/ports/queues.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { aMessage, startThreadAside, type ThreadAside } from "./aside.ts";

const LONG_MS = 600_000;

let aside: ThreadAside;
let queues: Queues;
beforeEach(async () => {
  aside = await startThreadAside();
  queues = createQueues(aside.client);
  await queues.createQueue("q");
});
afterEach(() => aside.close());

const bodies = (messages: readonly QueueMessage[] | null): readonly string[] | null =>
  messages?.map((each) => each.body) ?? null;

test("a message wakes the receive that has waited longest, and leaves the others waiting", async () => {
  const options = { max: 10, visibilityMs: 30_000, waitMs: LONG_MS };
  const first = queues.receive("q", options);
  const second = queues.receive("q", options);
  await queues.send("q", aMessage("one"));
  expect(bodies(await first)).toEqual(["one"]);
  await queues.send("q", aMessage("two"));
  expect(bodies(await second)).toEqual(["two"]);
});

test("what is published to a topic wakes as well", async () => {
  await queues.createTopic("t");
  await queues.subscribe("t", "q", { isRaw: true });
  const waiting = queues.receive("q", { max: 1, visibilityMs: 0, waitMs: LONG_MS });
  await queues.publish("t", "hello");
  expect(bodies(await waiting)).toEqual(["hello"]);
});

test("a message that comes back, or whose delay is over, wakes by itself", async () => {
  await queues.send("q", aMessage("one", { delayMs: 60 }));
  const delayed = await queues.receive("q", { max: 1, visibilityMs: 80, waitMs: LONG_MS });
  expect(delayed).toMatchObject([{ body: "one", receiveCount: 1 }]);
  const back = await queues.receive("q", { max: 1, visibilityMs: LONG_MS, waitMs: LONG_MS });
  expect(back).toMatchObject([{ body: "one", receiveCount: 2 }]);
  const shown = queues.receive("q", { max: 1, visibilityMs: 0, waitMs: LONG_MS });
  await queues.changeVisibility("q", back?.[0]?.receiptHandle ?? "", 0);
  expect(await shown).toMatchObject([{ body: "one", receiveCount: 3 }]);
});

test("a wait ends with nothing when its time is over, as the call or else the queue says, and when it is cancelled", async () => {
  expect(await queues.receive("q", { max: 1, visibilityMs: 0, waitMs: 20 })).toEqual([]);
  await queues.changeQueue("q", { settings: { receiveWaitMs: 20 } });
  expect(await queues.receive("q", { max: 1, visibilityMs: 0, waitMs: null })).toEqual([]);
  const cancelled = new AbortController();
  const waiting = queues.receive("q", { max: 1, visibilityMs: 30_000, waitMs: LONG_MS }, cancelled.signal);
  cancelled.abort();
  expect(await waiting).toEqual([]);
  // What comes later is not taken by the wait that is gone.
  await queues.send("q", aMessage("one"));
  expect(bodies(await queues.receive("q", { max: 1, visibilityMs: 0 }))).toEqual(["one"]);
});

test("a wait ends with its queue, and a client that goes takes its waits along", async () => {
  const other = createQueues(aside.connect());
  const forgotten = other.receive("q", { max: 1, visibilityMs: 30_000, waitMs: LONG_MS });
  const waiting = queues.receive("q", { max: 1, visibilityMs: 0, waitMs: LONG_MS });
  aside.disconnect();
  await expect(forgotten).rejects.toMatchObject({ code: "thread-failed" });
  await queues.send("q", aMessage("one"));
  expect(bodies(await waiting)).toEqual(["one"]);
  await queues.purge("q");
  const last = queues.receive("q", { max: 1, visibilityMs: 0, waitMs: LONG_MS });
  await queues.deleteQueue("q");
  expect(await last).toBeNull();
});
