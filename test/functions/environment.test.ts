import { expect, test } from "vitest";
import { reservedVariables } from "../../src/functions/guest-environment.ts";
import { aCall, functionArn, never, openHouse, valueOf } from "./function-house.ts";

test("a function's environment is AWS's and its own, and nothing of the host's", async () => {
  await using house = await openHouse();
  await house.write({ "orders.ts": "export const handler = async () => process.env;" });
  await house.define("orders.handler", { memoryMb: 256, environment: { TABLE: "orders", AWS_REGION: "mine" } });
  const environment = valueOf(await house.invoker.invoke(aCall({}), never));
  expect(environment).toMatchObject({
    TABLE: "orders",
    PATH: "/bin",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
    AWS_ACCESS_KEY_ID: "millrace-orders",
    AWS_SDK_UA_APP_ID: "millrace-orders",
    AWS_SECRET_ACCESS_KEY: "millrace",
    AWS_SESSION_TOKEN: "millrace",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: "orders",
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
    AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/orders",
    _HANDLER: "orders.handler",
    TZ: ":UTC",
  });
  expect(environment).not.toHaveProperty("AWS_PROFILE");
  expect(environment).not.toHaveProperty("DATABASE_URL");
  expect(environment).not.toHaveProperty("NODE_COMPILE_CACHE");
  expect(JSON.stringify(environment)).not.toContain("host");
});

test("every variable that wins over the function's own is reserved, so that none of its own is without effect", async () => {
  await using house = await openHouse();
  await house.write({ "orders.ts": "export const handler = async () => process.env;" });
  await house.define("orders.handler", {});
  const names = Object.keys(Object(valueOf(await house.invoker.invoke(aCall({}), never))));
  const environment = Object.fromEntries(names.map((name) => [name, "mine"]));
  await house.write({ "audit.ts": "export const handler = async () => process.env;" });
  await house.define("audit.handler", { name: "audit", environment });
  const seen = await house.invoker.invoke(aCall({}, { functionArn: functionArn("audit") }), never);
  const winning = Object.entries(Object(valueOf(seen))).filter(([, value]) => value !== "mine");
  expect(winning.length).toBeGreaterThan(10);
  expect(winning.map(([name]) => name).filter((name) => !reservedVariables.has(name))).toEqual([]);
});

test("one function's environment does not reach another's, nor a change of it the next thread's", async () => {
  await using house = await openHouse();
  await house.write({
    "orders.ts": "export const handler = async () => { process.env.LEFT = '1'; return process.env.OWN; };",
  });
  await house.write({ "audit.ts": "export const handler = async () => [process.env.LEFT, process.env.OWN];" });
  await house.define("orders.handler", { environment: { OWN: "a" } });
  await house.define("audit.handler", { name: "audit", environment: { OWN: "b" } });
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe("a");
  const audit = await house.invoker.invoke(aCall({}, { functionArn: functionArn("audit") }), never);
  expect(valueOf(audit)).toEqual([null, "b"]);
});

test("the context has AWS's members, and the remaining time goes down from the time limit", async () => {
  await using house = await openHouse();
  await house.write({
    "orders.ts": `export const handler = async (_event, context) => {
      const before = context.getRemainingTimeInMillis();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { ...context, before, after: context.getRemainingTimeInMillis() };
    };`,
  });
  await house.define("orders.handler", { timeoutMs: 5_000 });
  const context = valueOf(
    await house.invoker.invoke(aCall({}, { functionArn: `${functionArn("orders")}:$LATEST` }), never),
  );
  expect(context).toMatchObject({
    functionName: "orders",
    functionVersion: "$LATEST",
    invokedFunctionArn: `${functionArn("orders")}:$LATEST`,
    memoryLimitInMB: "128",
    awsRequestId: "22222222-2222-4222-8222-222222222222",
    logGroupName: "/aws/lambda/orders",
    logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
  });
  const { before, after } = context as { before: number; after: number };
  expect(before).toBeLessThanOrEqual(5_000);
  expect(after).toBeLessThan(before);
});

test("what is written carries its request id, in order, also when no line's end was written", async () => {
  await using house = await openHouse();
  await house.write({
    "orders.ts": `console.log("loading"); export const handler = async (event) => {
      console.log("n is %d", event.n); console.error("bad"); process.stdout.write("half "); process.stdout.write("line");
    };`,
  });
  await house.define("orders.handler");
  await house.invoker.invoke(aCall({ n: 1 }, { requestId: "first" }), never);
  await house.invoker.invoke(aCall({ n: 2 }, { requestId: "second" }), never);
  await house.nextLog("half line", "second");
  const lines = house.logs.map((line) => `${line.requestId} ${line.stream} ${line.text}`);
  expect(lines).toEqual([
    "first stdout loading",
    "first stdout n is 1",
    "first stderr bad",
    "first stdout half line",
    "second stdout n is 2",
    "second stderr bad",
    "second stdout half line",
  ]);
});

test("of output without end the first megabyte and the end are kept, and between them stands how much is left out", async () => {
  await using house = await openHouse();
  await house.write({
    "orders.ts": `export const handler = async () => { for (let i = 0; i < 300; i += 1) console.log("x".repeat(10_000) + i); };`,
  });
  await house.define("orders.handler");
  await house.invoker.invoke(aCall({}), never);
  await house.nextLog("x299");
  const lines = house.logs.map(({ text }) => text.replace(/^x+/, ""));
  expect(lines.slice(0, 104)).toEqual(Array.from({ length: 104 }, (_, n) => String(n)));
  expect(lines[104]).toMatch(/^… \(\d+ characters of this invocation's output are left out here\)$/);
  expect(lines.slice(-2)).toEqual(["298", "299"]);
  expect(lines.length).toBeLessThan(120);
});

test("an answer that nobody looks at is not brought back", async () => {
  await using house = await openHouse();
  await house.write({ "orders.ts": "export const handler = async () => ({ big: 'x'.repeat(1_000) });" });
  await house.define("orders.handler");
  const answer = await house.invoker.invoke(aCall({}, { isAnswerWanted: false }), never);
  expect(answer).toMatchObject({ kind: "returned", json: null, executedVersion: "$LATEST" });
});

test("garbage above MemorySize is collected and not held against the function", async () => {
  await using house = await openHouse();
  await house.write({
    "orders.ts": `export const handler = async () => {
      for (let i = 0; i < 60; i += 1) { Buffer.alloc(8_000_000, 1); await new Promise((resolve) => setTimeout(resolve, 4)); }
      return "fine";
    };`,
  });
  await house.define("orders.handler");
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe("fine");
});

test("E-1: an error after the answer ends the environment, is written to the log, and the next call answers", async () => {
  await using house = await openHouse();
  await house.write({
    "orders.ts": `export const handler = async (event) => {
      if (event.isLate) setTimeout(() => { throw new Error("too late"); }, 5);
      return "fine";
    };`,
  });
  await house.define("orders.handler");
  const late = house.nextLog("too late");
  expect(valueOf(await house.invoker.invoke(aCall({ isLate: true }), never))).toBe("fine");
  expect(await late).toMatchObject({ requestId: "", stream: "stderr" });
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe("fine");
});
