import { expect, test } from "vitest";
import { aCall, never, openHouse, valueOf } from "./function-house.ts";

// Each way to fail is contained in its own thread: the answer says what AWS says, and the next call answers.

const HANDLERS = `
  class OrderError extends Error { name = "OrderError"; }
  export const handler = async (event: { do: string }) => {
    switch (event.do) {
      case "throw": throw new OrderError("no such order");
      case "throw text": throw "just text";
      case "throw odd": throw { get message() { throw new Error("never"); }, toString() { throw new Error("never"); } };
      case "loop": console.log("before the loop"); for (;;) {}
      case "hang": return new Promise(() => {});
      case "exit": process.exit(3);
      case "exit well": process.exit();
      case "kill": process.kill(process.pid); return null;
      case "kill group": process.kill(0, "SIGCONT"); return null;
      case "uncaught": setTimeout(() => { throw new OrderError("later"); }, 1); return new Promise(() => {});
      case "unhandled": void Promise.reject(new OrderError("nobody waits")); return new Promise(() => {});
      case "heap": { const held: unknown[] = []; for (;;) held.push(new Array(1_000).fill(Math.random())); }
      case "stack": { const deep = (n: number): number => deep(n + 1) + 1; return deep(0); }
      case "cycle": { const a: Record<string, unknown> = {}; a.a = a; return a; }
      case "bigint": return 1n;
      case "huge": return "x".repeat(6_291_560);
      case "buffers": { const held: Buffer[] = []; for (;;) { held.push(Buffer.alloc(4_000_000, 1)); await new Promise((r) => setTimeout(r, 10)); } }
      default: return "fine";
    }
  };`;

async function failAndGoOn(what: string, settings: { readonly timeoutMs?: number } = {}) {
  const house = await openHouse();
  try {
    await house.write({ "orders.ts": HANDLERS });
    await house.define("orders.handler", settings);
    const failed = await house.invoker.invoke(aCall({ do: what }), never);
    const next = await house.invoker.invoke(aCall({ do: "nothing" }), never);
    expect(valueOf(next)).toBe("fine");
    expect(house.permits.runningTotal()).toBe(0);
    return { failed, logs: house.logs };
  } finally {
    await house[Symbol.asyncDispose]();
  }
}

const error = (reason: string, errorType: string, message: unknown) =>
  expect.objectContaining({ kind: "functionError", reason, errorType, message, executedVersion: "$LATEST" });
const exitText = (what: string) => `RequestId: 22222222-2222-4222-8222-222222222222 Error: ${what}`;

test("E-1: a thrown error is a function error with its name, its message and a trace in the user's source", async () => {
  const { failed } = await failAndGoOn("throw");
  expect(failed).toEqual(error("threw", "OrderError", "no such order"));
  const trace = failed.kind === "functionError" ? failed.trace.join("\n") : "";
  expect(trace).toContain("app/orders.ts:5:");
  expect(trace).not.toContain("guest");
});

test("E-1: a thrown text is a function error of type string", async () => {
  expect((await failAndGoOn("throw text")).failed).toEqual(error("threw", "string", "just text"));
});

test("E-1: a thrown value that cannot be read is a function error all the same", async () => {
  expect((await failAndGoOn("throw odd")).failed).toEqual(
    error("threw", "Error", "The thrown value could not be read."),
  );
});

test("E-1: an endless loop ends at the time limit, and what it wrote before is kept", async () => {
  const { failed, logs } = await failAndGoOn("loop", { timeoutMs: 1_000 });
  expect(failed).toEqual(error("timedOut", "Sandbox.Timedout", exitText("Task timed out after 1.00 seconds")));
  expect(logs).toContainEqual(expect.objectContaining({ stream: "stdout", text: "before the loop" }));
});

test("E-1: a promise that never settles ends at the time limit", async () => {
  const { failed } = await failAndGoOn("hang", { timeoutMs: 1_000 });
  expect(failed).toEqual(error("timedOut", "Sandbox.Timedout", exitText("Task timed out after 1.00 seconds")));
});

test("E-1: process.exit ends the thread only, with AWS's text", async () => {
  const { failed } = await failAndGoOn("exit");
  expect(failed).toEqual(error("exited", "Runtime.ExitError", exitText("Runtime exited with error: exit status 3")));
});

test("E-1: process.exit without an error is a function error too", async () => {
  const { failed } = await failAndGoOn("exit well");
  expect(failed).toEqual(error("exited", "Runtime.ExitError", exitText("Runtime exited without providing a reason")));
});

test("E-1: a signal to the own process ends the thread and not the host", async () => {
  expect((await failAndGoOn("kill")).failed).toEqual(
    error("exited", "Runtime.ExitError", expect.stringContaining("signal")),
  );
});

test("E-1: so does one to the own process group, in which the host is", async () => {
  expect((await failAndGoOn("kill group")).failed).toEqual(
    error("exited", "Runtime.ExitError", exitText("Runtime exited with error: signal: SIGCONT")),
  );
});

test("E-1: an error thrown outside the promise chain is a function error", async () => {
  expect((await failAndGoOn("uncaught")).failed).toEqual(error("threw", "OrderError", "later"));
});

test("E-1: a rejection that nobody handles is a function error", async () => {
  const { failed } = await failAndGoOn("unhandled");
  expect(failed).toEqual(error("threw", "Runtime.UnhandledPromiseRejection", "OrderError: nobody waits"));
});

test("E-1: a heap past MemorySize is out of memory", async () => {
  const { failed } = await failAndGoOn("heap");
  expect(failed).toEqual(
    error("outOfMemory", "Runtime.OutOfMemory", exitText("Runtime exited with error: signal: killed")),
  );
}, 20_000);

test("E-1: buffers past MemorySize, which no heap limit bounds, are seen and named", async () => {
  const { failed } = await failAndGoOn("buffers");
  expect(failed).toEqual(error("outOfMemory", "Runtime.OutOfMemory", expect.any(String)));
  expect(failed.kind === "functionError" ? failed.trace[0] : "").toMatch(
    /^Heap and buffers take \d+ MB; MemorySize is 128 MB/,
  );
}, 20_000);

test("E-1: a stack overflow is a function error", async () => {
  expect((await failAndGoOn("stack")).failed).toEqual(error("threw", "RangeError", expect.any(String)));
});

test("E-1: an answer with a cycle cannot be told and is a function error", async () => {
  expect((await failAndGoOn("cycle")).failed).toEqual(error("threw", "Runtime.MarshalError", expect.any(String)));
});

test("E-1: an answer that is a BigInt is a function error", async () => {
  expect((await failAndGoOn("bigint")).failed).toEqual(error("threw", "Runtime.MarshalError", expect.any(String)));
});

test("E-1: an answer over 6,291,556 bytes is a function error", async () => {
  expect((await failAndGoOn("huge")).failed).toEqual(
    error("threw", "Function.ResponseSizeTooLarge", expect.any(String)),
  );
});
