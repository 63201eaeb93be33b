// Bug classes of function threads, over real ones: a thread that a time-out kills and nobody replaces, environments with two calls at
// once, and memory that grows with reloads.

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aCall, never, openHouse, valueOf } from "../../functions/function-house.ts";

test("a function thread that is killed by a time-out is replaced: the next call runs in another one, each time", async () => {
  await using house = await openHouse();
  await house.write({
    "orders.ts": `import { threadId } from "node:worker_threads";
      export const handler = async ({ spin }) => { if (spin) for (;;); return threadId; };`,
  });
  await house.define("orders.handler", { timeoutMs: 1_000 });
  const threads = new Set<unknown>();
  for (let round = 0; round < 3; round += 1) {
    expect(await house.invoker.invoke(aCall({ spin: true }), never)).toMatchObject({ reason: "timedOut" });
    const after = await house.invoker.invoke(aCall({}), never);
    expect(after).toMatchObject({ kind: "returned" });
    threads.add(valueOf(after));
  }
  expect(threads.size).toBe(3);
  await expect.poll(() => house.invoker.threadCount()).toBe(1);
  expect(house.permits.runningTotal()).toBe(0);
});

test("calls never overlap in one execution environment, however many are asked for and however they wait", async () => {
  await using house = await openHouse({ maxThreads: 4, maxRunning: 4 });
  await house.write({
    "orders.ts": `import { threadId } from "node:worker_threads";
      let running = 0;
      export const handler = async () => {
        running += 1;
        const seen = [running];
        // Waits of each kind: a turn, a timer, a promise.
        for (const wait of [setImmediate, setTimeout, queueMicrotask]) {
          await new Promise((resolve) => wait(resolve));
          seen.push(running);
        }
        running -= 1;
        return { most: Math.max(...seen), threadId };
      };`,
  });
  await house.define("orders.handler");
  const answers = await Promise.all(Array.from({ length: 80 }, () => house.invoker.invoke(aCall({}), never)));
  const values = answers.map((answer) => Object(valueOf(answer)));
  expect(values.map(({ most }) => most)).toEqual(values.map(() => 1));
  expect(new Set(values.map(({ threadId }) => threadId)).size).toBeGreaterThan(1);
});

const { cache } = createRequire(import.meta.url);

/** What a process holds that must not grow: threads, listeners, and what is kept on disk of the function's versions. */
function held(house: Awaited<ReturnType<typeof openHouse>>): Readonly<Record<string, number>> {
  const resources = process.getActiveResourcesInfo();
  const emitter: NodeJS.EventEmitter = process;
  return {
    threads: house.invoker.threadCount(),
    resources: resources.length,
    processListeners: emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0),
    modules: Object.keys(cache).length,
    // V8's cache of compiled code beside it is emptied by the next start.
    files: readdirSync(join(house.stateDir, "functions"), { recursive: true }).length,
  };
}

test("two hundred reloads of a changed handler grow neither threads nor listeners nor modules nor files", async () => {
  await using house = await openHouse({ isWatching: true });
  const source = (n: number): string =>
    `export const handler = async () => ({ n: ${n}, listeners: process.eventNames().length });`;

  /** Changes the file, and calls the version that comes of it. */
  async function reload(n: number): Promise<unknown> {
    const deployed = house.nextDeployed();
    await house.write({ "orders.ts": source(n) });
    await deployed;
    return valueOf(await house.invoker.invoke(aCall({}), never));
  }

  await house.write({ "orders.ts": source(0) });
  await house.define("orders.handler");
  for (let n = 1; n <= 10; n += 1) await reload(n);
  await expect.poll(() => house.invoker.threadCount()).toBe(1);
  const before = held(house);
  const guest = await reload(11);
  for (let n = 12; n <= 210; n += 1) expect(await reload(n)).toEqual({ ...Object(guest), n });
  await expect.poll(() => house.invoker.threadCount()).toBe(1);
  const after = held(house);
  expect(after["processListeners"]).toBe(before["processListeners"]);
  expect(after["modules"]).toBe(before["modules"]);
  // A version that is on its way out, and its log, may be there for a moment.
  await expect.poll(() => held(house)["resources"]).toBeLessThanOrEqual((before["resources"] ?? 0) + 5);
  await expect.poll(() => held(house)["files"]).toBeLessThanOrEqual((before["files"] ?? 0) + 5);
}, 120_000);
