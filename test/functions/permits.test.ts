import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { createPermitsBuffer, openPermits, releaseRow } from "../../src/functions/permits.ts";
import { never } from "./function-house.ts";

const size = { pollerCount: 2, slotCount: 4, maxRunning: 3 };

test("E-4: a reservation counts over all pollers", () => {
  const buffer = createPermitsBuffer(size);
  const [here, there] = [openPermits(buffer, 0, 8), openPermits(buffer, 1, 8)];
  const request = { slot: 2, reserved: 2 };
  expect(here.acquire(request, never)).toBe("granted");
  expect(there.acquire(request, never)).toBe("granted");
  expect(here.acquire(request, never)).toBe("throttled");
  expect(here.runningOf(2)).toBe(2);
  there.release(2);
  expect(here.acquire(request, never)).toBe("granted");
});

test("a permit that another poller gives back wakes who waits, in order of arrival", async () => {
  const buffer = createPermitsBuffer({ ...size, maxRunning: 1 });
  const [here, there] = [openPermits(buffer, 0, 8), openPermits(buffer, 1, 8)];
  expect(there.acquire({ slot: 0, reserved: null }, never)).toBe("granted");
  const order: string[] = [];
  const waits = ["first", "second"].map(async (name) => {
    order.push(`${name} ${await here.acquire({ slot: 1, reserved: null }, never)}`);
    here.release(1);
  });
  there.release(0);
  await Promise.all(waits);
  expect(order).toEqual(["first granted", "second granted"]);
  expect(here.runningTotal()).toBe(0);
});

test("a poller's own most is held to beside the shared cap", () => {
  const permits = openPermits(createPermitsBuffer(size), 0, 1);
  expect(permits.acquire({ slot: 0, reserved: null }, never)).toBe("granted");
  const waiting = permits.acquire({ slot: 1, reserved: null }, never);
  expect(waiting).toBeInstanceOf(Promise);
  permits.close();
  return expect(waiting).resolves.toBe("aborted");
});

test("E-4: who would be throttled hears it at once, also while others wait for the cap", async () => {
  const permits = openPermits(createPermitsBuffer({ ...size, maxRunning: 1 }), 0, 8);
  expect(permits.acquire({ slot: 0, reserved: 1 }, never)).toBe("granted");
  const waiting = permits.acquire({ slot: 1, reserved: null }, never);
  expect(permits.acquire({ slot: 0, reserved: 1 }, never)).toBe("throttled");
  permits.release(0);
  expect(await waiting).toBe("granted");
});

test("P-25: how many calls could start now, by the shared cap, a poller's own most, and who waits already", () => {
  const buffer = createPermitsBuffer(size);
  const [here, there] = [openPermits(buffer, 0, 2), openPermits(buffer, 1, 8)];
  expect([here.freeCount(), there.freeCount()]).toEqual([2, 3]);
  expect(there.acquire({ slot: 0, reserved: null }, never)).toBe("granted");
  expect(there.acquire({ slot: 0, reserved: null }, never)).toBe("granted");
  expect([here.freeCount(), there.freeCount()]).toEqual([1, 1]);
  expect(here.acquire({ slot: 0, reserved: null }, never)).toBe("granted");
  void here.acquire({ slot: 0, reserved: null }, never);
  expect([here.freeCount(), there.freeCount()]).toEqual([0, 0]);
  here.close();
  expect(here.freeCount()).toBe(0);
});

test("P-25: who waits for a call to be able to start is woken once, by another poller's release too, and not when taken back", async () => {
  const buffer = createPermitsBuffer({ ...size, maxRunning: 1 });
  const [here, there] = [openPermits(buffer, 0, 8), openPermits(buffer, 1, 8)];
  expect(there.acquire({ slot: 0, reserved: null }, never)).toBe("granted");
  const woken: string[] = [];
  const cancel = here.onFree(() => woken.push("cancelled"));
  cancel();
  const wake = Promise.withResolvers<void>();
  here.onFree(() => {
    woken.push("woken");
    wake.resolve();
  });
  there.release(0);
  await wake.promise;
  expect(there.acquire({ slot: 0, reserved: null }, never)).toBe("granted");
  there.release(0);
  expect(woken).toEqual(["woken"]);
  here.close();
});

test("who asked is told once, in a later turn, that no call could start any more, whichever poller took the last permit", async () => {
  const buffer = createPermitsBuffer({ ...size, maxRunning: 2 });
  const [here, there] = [openPermits(buffer, 0, 8), openPermits(buffer, 1, 8)];
  const told: string[] = [];
  here.onFull(() => told.push("cancelled"))();
  for (const taker of [here, there]) {
    const full = Promise.withResolvers<void>();
    here.onFull(() => {
      told.push("full");
      full.resolve();
    });
    expect(here.acquire({ slot: 0, reserved: null }, never)).toBe("granted");
    expect(here.freeCount()).toBe(1);
    expect(taker.acquire({ slot: 0, reserved: null }, never)).toBe("granted");
    await full.promise;
    here.release(0);
    taker.release(0);
  }
  expect(told).toEqual(["full", "full"]);
  here.close();
});

test("a wait for the cap can be given up by whoever waits: it answers late, and takes no permit", async () => {
  const permits = openPermits(createPermitsBuffer({ ...size, maxRunning: 1 }), 0, 8);
  expect(permits.acquire({ slot: 0, reserved: null }, never)).toBe("granted");
  let giveUp = (): void => undefined;
  const waiting = permits.acquire({ slot: 0, reserved: null }, never, (end) => {
    giveUp = end;
  });
  giveUp();
  expect(await waiting).toBe("late");
  permits.release(0);
  expect([permits.waitingCount(), permits.runningTotal()]).toEqual([0, 0]);
});

test("a poller that dies holding the lock blocks nobody once its row is given back", () => {
  const buffer = createPermitsBuffer(size);
  const dead = 1;
  new Int32Array(buffer)[0] = dead + 1;
  releaseRow(buffer, dead);
  expect(openPermits(buffer, 0, 8).acquire({ slot: 0, reserved: null }, never)).toBe("granted");
});

test("limits hold under threads that take and give back at once, and a thread that waits can be ended", async () => {
  const buffer = createPermitsBuffer(size);
  const code = `
    const { workerData, parentPort } = require("node:worker_threads");
    // Waiting for a permit keeps no thread alive: a poller's ports do, and this.
    parentPort.on("message", () => {});
    void import(workerData.module).then(async ({ openPermits }) => {
      const permits = openPermits(workerData.buffer, workerData.index, 8);
      const never = new AbortController().signal;
      let most = 0;
      const one = async () => {
        for (let n = 0; n < 400; n += 1) {
          if ((await permits.acquire({ slot: 0, reserved: null }, never)) !== "granted") continue;
          most = Math.max(most, permits.runningTotal());
          if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
          permits.release(0);
        }
      };
      await Promise.all([one(), one(), one()]);
      parentPort.postMessage(most);
      await new Promise((resolve) => parentPort.once("message", resolve));
      for (let n = 0; n < 3; n += 1) void permits.acquire({ slot: 0, reserved: null }, never);
      void permits.acquire({ slot: 0, reserved: null }, never);
      parentPort.postMessage(permits.waitingCount());
    });`;
  const module = new URL("../../src/functions/permits.ts", import.meta.url).href;
  const workers = [0, 1].map((index) => new Worker(code, { eval: true, workerData: { module, buffer, index } }));
  const messages = () =>
    Promise.all(workers.map((worker) => new Promise<number>((resolve) => worker.once("message", resolve))));
  expect(Math.max(...(await messages()))).toBe(size.maxRunning);
  const waiting = messages();
  for (const worker of workers) worker.postMessage("hold");
  expect((await waiting).reduce((sum, count) => sum + count)).toBe(2 * 4 - size.maxRunning);
  await Promise.all(workers.map((worker) => worker.terminate()));
  releaseRow(buffer, 0);
  releaseRow(buffer, 1);
  expect(openPermits(buffer, 0, 8).runningTotal()).toBe(0);
});
