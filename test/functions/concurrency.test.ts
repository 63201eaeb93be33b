import { expect, test } from "vitest";
import { openPermits, releaseRow } from "../../src/functions/permits.ts";
import { aCall, functionArn, type House, never, openHouse, valueOf } from "./function-house.ts";

// A handler that waits for a file to be written lets a test decide when an invocation ends.
const GATED = `
  import { existsSync, watch } from "node:fs";
  import { dirname } from "node:path";
  import { threadId } from "node:worker_threads";
  let running = 0;
  export const handler = async (event) => {
    running += 1;
    const seen = running;
    console.log("begun", event.name);
    if (event.gate) await new Promise((resolve) => {
      const look = () => { if (existsSync(event.gate)) { watcher.close(); resolve(); } };
      const watcher = watch(dirname(event.gate), look);
      look();
    });
    running -= 1;
    return { seen, threadId };
  };`;

async function gatedHouse(
  options: { readonly maxRunning?: number; readonly maxThreads?: number } = {},
): Promise<House> {
  const house = await openHouse(options);
  await house.write({ "orders.ts": GATED });
  await house.define("orders.handler");
  return house;
}

async function startGated(house: House, name: string, arn = functionArn("orders"), signal = never) {
  const begun = house.nextLog(`begun ${name}`);
  const gate = `${house.root}/${name}.open`;
  const answer = house.invoker.invoke(aCall({ name, gate }, { functionArn: arn, requestId: name }), signal);
  await Promise.race([begun, answer]);
  return { answer, open: () => house.write({ [`${name}.open`]: "" }) };
}

test("an environment never has two invocations at once", async () => {
  await using house = await gatedHouse({ maxThreads: 3, maxRunning: 3 });
  const calls = Array.from({ length: 60 }, (_, n) => house.invoker.invoke(aCall({ name: `c${n}` }), never));
  const values = (await Promise.all(calls)).map((answer) => valueOf(answer) as { seen: number; threadId: number });
  expect(values.every(({ seen }) => seen === 1)).toBe(true);
  expect(new Set(values.map(({ threadId }) => threadId)).size).toBeLessThanOrEqual(3);
  expect(house.permits.runningTotal()).toBe(0);
});

test("E-4: past a function's reserved concurrency a call is throttled, and not another function's", async () => {
  await using house = await gatedHouse();
  await house.define("orders.handler", { reservedConcurrency: 1 });
  await house.define("orders.handler", { name: "audit" });
  const first = await startGated(house, "first");
  expect(await house.invoker.invoke(aCall({}), never)).toEqual({
    kind: "refused",
    reason: "throttled",
    message: "Rate Exceeded.",
  });
  expect(await house.invoker.invoke(aCall({}, { functionArn: functionArn("audit") }), never)).toMatchObject({
    kind: "returned",
  });
  await first.open();
  expect(await first.answer).toMatchObject({ kind: "returned" });
  expect(await house.invoker.invoke(aCall({}), never)).toMatchObject({ kind: "returned" });
});

test("E-4: a reserved concurrency of 0 throttles every call", async () => {
  await using house = await gatedHouse();
  await house.define("orders.handler", { reservedConcurrency: 0 });
  expect(await house.invoker.invoke(aCall({}), never)).toMatchObject({ kind: "refused", reason: "throttled" });
});

test("at our own cap on threads a call waits and is not throttled", async () => {
  await using house = await gatedHouse({ maxRunning: 1 });
  const first = await startGated(house, "first");
  const second = house.invoker.invoke(aCall({ name: "second" }), never);
  await expect.poll(() => house.permits.waitingCount()).toBe(1);
  await first.open();
  expect(await second).toMatchObject({ kind: "returned" });
  expect(house.permits.runningTotal()).toBe(0);
});

test("a call that waits longer than a second for our own cap is told of, once", async () => {
  await using house = await gatedHouse({ maxRunning: 1 });
  const first = await startGated(house, "first");
  const second = house.invoker.invoke(aCall({ name: "second" }, { requestId: "second" }), never);
  await expect.poll(() => house.notes, { timeout: 10_000 }).toEqual(["second waits behind 1"]);
  await first.open();
  expect(await second).toMatchObject({ kind: "returned" });
  expect(house.notes).toHaveLength(1);
});

test("a call that waits for the cap can be given up", async () => {
  await using house = await gatedHouse({ maxRunning: 1 });
  const first = await startGated(house, "first");
  const stop = new AbortController();
  const second = house.invoker.invoke(aCall({ name: "second" }), stop.signal);
  await expect.poll(() => house.permits.waitingCount()).toBe(1);
  stop.abort();
  expect(await second).toMatchObject({ kind: "refused", reason: "fault" });
  expect(house.permits.waitingCount()).toBe(0);
  await first.open();
  expect(await first.answer).toMatchObject({ kind: "returned" });
});

test("a dead poller's permits are given back, and who waits for them goes on", async () => {
  await using house = await gatedHouse({ maxRunning: 1 });
  const dead = openPermits(house.permitsBuffer, 1, 8);
  expect(dead.acquire({ slot: 0, reserved: null }, never)).toBe("granted");
  const waiting = house.invoker.invoke(aCall({ name: "waiting" }), never);
  await expect.poll(() => house.permits.waitingCount()).toBe(1);
  releaseRow(house.permitsBuffer, 1);
  expect(await waiting).toMatchObject({ kind: "returned" });
});

test("an abort ends a running invocation by force, and the next call answers", async () => {
  await using house = await gatedHouse();
  const stop = new AbortController();
  const first = await startGated(house, "first", functionArn("orders"), stop.signal);
  stop.abort();
  expect(await first.answer).toMatchObject({ kind: "refused", reason: "fault" });
  expect(await house.invoker.invoke(aCall({}), never)).toMatchObject({ kind: "returned" });
  expect(house.permits.runningTotal()).toBe(0);
});

test("an idle thread of one function makes room for another's", async () => {
  await using house = await gatedHouse({ maxThreads: 2 });
  for (const name of ["a", "b", "c"]) await house.define("orders.handler", { name });
  for (const name of ["a", "b", "c", "a"]) {
    expect(await house.invoker.invoke(aCall({}, { functionArn: functionArn(name) }), never)).toMatchObject({
      kind: "returned",
    });
  }
  await expect.poll(() => house.invoker.threadCount()).toBe(2);
});

test("Q-21: a call that waits for our own cap is refused at the instant until which it may start, and runs at no later time", async () => {
  await using house = await gatedHouse({ maxRunning: 1 });
  const first = await startGated(house, "first");
  const late = aCall({ name: "late" }, { requestId: "late", startByMs: Date.now() + 300 });
  const answer = await house.invoker.invoke(late, never);
  expect(answer).toMatchObject({ kind: "refused", reason: "notStarted" });
  const inTime = house.invoker.invoke(aCall({ name: "in time" }, { startByMs: Date.now() + 60_000 }), never);
  await expect.poll(() => house.permits.waitingCount()).toBe(1);
  await first.open();
  expect([(await first.answer).kind, (await inTime).kind]).toEqual(["returned", "returned"]);
  expect(house.logs.some(({ text }) => text === "begun late")).toBe(false);
  expect(house.permits.runningTotal()).toBe(0);
});

test("Q-21, Q-24: a call whose thread does not start in time is refused, and one that finds a free thread begins whatever is left", async () => {
  await using house = await gatedHouse();
  const passed = { startByMs: Date.now() - 1 };
  expect(await house.invoker.invoke(aCall({}, passed), never)).toMatchObject({ reason: "notStarted" });
  expect(await house.invoker.invoke(aCall({}), never)).toMatchObject({ kind: "returned" });
  expect(await house.invoker.invoke(aCall({}, passed), never)).toMatchObject({ kind: "returned" });
  expect(house.permits.runningTotal()).toBe(0);
});

test("closing lets a running invocation end, and takes no new one", async () => {
  await using house = await gatedHouse();
  const first = await startGated(house, "first");
  const closed = house.invoker.close(60_000);
  expect(await house.invoker.invoke(aCall({}), never)).toMatchObject({ kind: "refused", reason: "fault" });
  await first.open();
  expect(await first.answer).toMatchObject({ kind: "returned" });
  await closed;
  expect(house.invoker.threadCount()).toBe(0);
});

test("closing without grace ends what runs by force", async () => {
  await using house = await gatedHouse();
  const first = await startGated(house, "first");
  await house.invoker.close(0);
  expect(await first.answer).toMatchObject({ kind: "refused", reason: "fault" });
  expect(house.invoker.threadCount()).toBe(0);
});

test("a thread that cannot start at all is a fault, which costs no attempt (E-5)", async () => {
  await using house = await openHouse({ workerUrl: new URL("file:///no/such/entry.ts") });
  await house.write({ "orders.ts": GATED });
  await house.define("orders.handler");
  expect(await house.invoker.invoke(aCall({}), never)).toMatchObject({ kind: "refused", reason: "fault" });
  expect(house.permits.runningTotal()).toBe(0);
});

test("F4: a call that comes while a thread of its function still ends for another function is served all the same", async () => {
  await using house = await gatedHouse({ maxThreads: 2, maxRunning: 3 });
  await house.define("orders.handler", { name: "audit" });
  const warming = [await startGated(house, "w1"), await startGated(house, "w2")];
  for (const each of warming) await each.open();
  await Promise.all(warming.map((each) => each.answer));
  const stop = new AbortController();
  const audit = house.invoker.invoke(aCall({}, { functionArn: functionArn("audit") }), stop.signal);
  const holding = startGated(house, "holding");
  stop.abort(); // It has made room for itself, at the cost of an idle thread that has yet to end.
  expect((await audit).kind).toBe("refused");
  const late = await house.invoker.invoke(aCall({}), never);
  const { answer, open } = await holding;
  await open();
  expect([late, await answer]).toMatchObject([{ kind: "returned" }, { kind: "returned" }]);
});

test("T3: a thread that has taken the next call is not idle, and ends for no other function", async () => {
  await using house = await gatedHouse({ maxThreads: 2, maxRunning: 3 });
  await house.define("orders.handler", { name: "audit" });
  await house.invoker.invoke(aCall({}), never);
  const first = await startGated(house, "first");
  const waiting = startGated(house, "second");
  await first.open();
  await first.answer;
  const second = await waiting;
  const other = await startGated(house, "other", functionArn("audit"));
  await second.open();
  await other.open();
  expect([(await second.answer).kind, (await other.answer).kind]).toEqual(["returned", "returned"]);
});
