// What threads of functions do, as people who watch are told it.

import { expect, test, vi } from "vitest";
import { createThreadNotes } from "../../src/functions/thread-notes.ts";
import { aCall, never, openHouse } from "./function-house.ts";

test("a thread is busy with its call, idle after it, and remembers how long its code took to load", async () => {
  await using house = await openHouse();
  await house.write({
    "a.ts": `export const handle = async () => { console.log("in"); await new Promise((r) => setTimeout(r, 300)); };`,
  });
  await house.define("a.handle");
  const call = aCall({});
  const running = house.invoker.invoke(call, never);
  await house.nextLog("in");
  await vi.waitFor(() => expect(house.invoker.threadReports()[0]?.state).toBe("busy"));
  const [busy, ...more] = house.invoker.threadReports();
  expect(more).toEqual([]);
  expect(busy).toMatchObject({ version: "$LATEST", requestId: call.requestId, callCount: 1 });
  expect(busy?.coldMs).toBeGreaterThan(0);
  await running;
  expect(house.invoker.threadReports()).toEqual([
    { ...busy, state: "idle", requestId: null, sinceMs: expect.any(Number) },
  ]);
});

test("a call that is not over in time leaves its thread as timed out, and the next call has another", async () => {
  await using house = await openHouse();
  await house.write({
    "a.ts": `export const handle = (event) => event.wait ? new Promise((r) => setTimeout(r, 9_000)) : 1;`,
  });
  await house.define("a.handle", { timeoutMs: 200 });
  const late = aCall({ wait: true });
  await house.invoker.invoke(late, never);
  await house.invoker.invoke(aCall({}), never);
  const reports = house.invoker.threadReports();
  expect(reports.map(({ state }) => state).toSorted()).toEqual(["idle", "timed out"]);
  expect(reports.find(({ state }) => state === "timed out")?.requestId).toBe(late.requestId);
});

test("ended threads are told of for half a minute, twenty at most", () => {
  let nowMs = 1_000;
  const notes = createThreadNotes({ nowMs: () => nowMs });
  for (let id = 1; id <= 30; id += 1) {
    notes.born(id);
    notes.gone(id);
  }
  expect(notes.list().map(({ thread }) => thread)).toEqual(Array.from({ length: 20 }, (_, at) => String(at + 11)));
  nowMs += 30_000;
  expect(notes.list()).toEqual([]);
});
