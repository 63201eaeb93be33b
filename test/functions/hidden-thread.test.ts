// Between an invocation and its pool stands nothing that the user's code can reach, and a thread that says nothing holds no call up.

import { expect, test } from "vitest";
import { aCall, never, openHouse, valueOf } from "./function-house.ts";

test("the user's code is on the main thread, as on AWS, by import and by require", async () => {
  await using house = await openHouse();
  await house.write({
    "a.ts": `import { isMainThread, parentPort, workerData } from "node:worker_threads";
      const { parentPort: required } = require("worker_threads");
      export const handle = () => ({ isMainThread, parentPort, workerData, required });`,
  });
  await house.define("a.handle");
  const seen = { isMainThread: true, parentPort: null, workerData: null, required: null };
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toEqual(seen);
});

test("a thread that never says what its call wrote does not hold the answer up", async () => {
  await using house = await openHouse({ workerUrl: new URL("./silent-function.ts", import.meta.url) });
  await house.write({ "a.ts": "export const handle = () => 1;" });
  await house.define("a.handle");
  const answer = await house.invoker.invoke(aCall({}, { isLogWanted: true }), never);
  expect(answer).toMatchObject({ kind: "returned", json: "1", log: expect.stringContaining("START RequestId") });
});

test("a start that is said again does not begin the time limit anew", async () => {
  await using house = await openHouse({ workerUrl: new URL("./repeating-function.ts", import.meta.url) });
  await house.write({ "a.ts": "export const handle = () => new Promise((r) => setTimeout(r, 8_000));" });
  await house.define("a.handle", { timeoutMs: 1_000 });
  expect(await house.invoker.invoke(aCall({}), never)).toMatchObject({ kind: "functionError", reason: "timedOut" });
});
