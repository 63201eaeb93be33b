// Invoke through the one port with the unmodified client: each type of invocation, what a function's end looks like, what is refused,
// and Event invocations over kill -9 and a thread that dies.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  InvokeCommand,
  type InvokeCommandInput,
  InvokeWithResponseStreamCommand,
  type LambdaClient,
} from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";
import { expect, test } from "vitest";
import { startCommand } from "../cli/run-command.ts";
import { lambdaAt } from "./support/aws-clients.ts";
import {
  aFolder,
  aServer,
  configIn,
  type FileMembers,
  functionArn,
  inTime,
  type LiveServer,
} from "./support/live-server.ts";

const handler = (more: FileMembers = {}): FileMembers => ({ Handler: "invoked.handle", Timeout: 30, ...more });

async function aHouse(
  functions: FileMembers = { f: handler() },
): Promise<{ server: LiveServer; lambda: LambdaClient }> {
  const server = await aServer({ functions });
  return { server, lambda: lambdaAt(server.url) };
}

async function invoked(lambda: LambdaClient, event: unknown, input: Partial<InvokeCommandInput> = {}) {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: "f", Payload: JSON.stringify(event), ...input }));
  const payload = answer.Payload?.transformToString() ?? "";
  return {
    answer,
    payload,
    value: payload === "" ? undefined : (JSON.parse(payload) as unknown),
    log: Buffer.from(answer.LogResult ?? "", "base64").toString(),
  };
}

test("RequestResponse: the event as JSON.parse gives it, the answer's bytes, the version that ran", async () => {
  const { lambda } = await aHouse();
  const event = { text: "zażółć 🙂", number: 1.5, list: [null, true] };
  const { answer, value } = await invoked(lambda, event);
  expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
  expect([answer.FunctionError, answer.LogResult]).toEqual([undefined, undefined]);
  const requestId = answer.$metadata.requestId;
  expect(value).toEqual({ event, clientContext: null, awsRequestId: requestId, invokedFunctionArn: functionArn("f") });
  expect((await invoked(lambda, { do: "nothing" })).payload).toBe("null");
  const nothing = await lambda.send(new InvokeCommand({ FunctionName: "f" }));
  expect(JSON.parse(nothing.Payload?.transformToString() ?? "")).toMatchObject({ event: {} });
});

test("a function has many names: partial and whole ARNs, with $LATEST or without", async () => {
  const { lambda } = await aHouse();
  const names = ["f", "f:$LATEST", "000000000000:function:f", functionArn("f"), `${functionArn("f")}:$LATEST`];
  const arns: unknown[] = [];
  for (const FunctionName of names) {
    arns.push((await invoked(lambda, {}, { FunctionName })).value);
  }
  const qualified = `${functionArn("f")}:$LATEST`;
  expect(arns).toMatchObject(
    [functionArn("f"), qualified, functionArn("f"), functionArn("f"), qualified].map((invokedFunctionArn) => ({
      invokedFunctionArn,
    })),
  );
  expect((await invoked(lambda, {}, { Qualifier: "$LATEST" })).value).toMatchObject({ invokedFunctionArn: qualified });
});

test("a version and an alias run what they mean, and the log names the version", async () => {
  const { lambda } = await aHouse();
  const FunctionName = "made";
  const code = "export const handle = async (_event, context) => context.invokedFunctionArn;";
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: "arn:aws:iam::000000000000:role/any",
      Runtime: "nodejs24.x",
      Handler: "index.handle",
      Code: { ZipFile: zipSync({ "index.mjs": strToU8(code) }) },
      Publish: true,
    }),
  );
  await lambda.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
  for (const Qualifier of ["1", "live"]) {
    const { answer, value, log } = await invoked(lambda, {}, { FunctionName, Qualifier, LogType: "Tail" });
    expect([answer.ExecutedVersion, value]).toEqual(["1", `${functionArn("made")}:${Qualifier}`]);
    expect(log).toContain("Version: 1\n");
  }
  expect((await invoked(lambda, {}, { FunctionName })).answer.ExecutedVersion).toBe("$LATEST");
});

test("what the function throws is its error, Unhandled, and no failure of the call", async () => {
  const { lambda } = await aHouse();
  const { answer, value } = await invoked(lambda, { do: "throw" });
  expect(answer).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled", ExecutedVersion: "$LATEST" });
  expect(value).toEqual({ errorType: "TypeError", errorMessage: "bad order", trace: expect.any(Array) });
  expect((value as { readonly trace: readonly string[] }).trace.slice(0, 2)).toEqual([
    "TypeError: bad order",
    expect.stringMatching(/^ {4}at .*handle.*invoked\.ts:\d+:\d+/),
  ]);
});

test("time-outs, exits, memory and code that does not load end as they do for a mapping", async () => {
  const { lambda } = await aHouse({
    f: handler({ Timeout: 1 }),
    full: handler(),
    broken: handler({ Environment: { Variables: { BROKEN: "1" } } }),
  });
  const late = await invoked(lambda, { do: "hang", say: ["before"] }, { LogType: "Tail" });
  const id = late.answer.$metadata.requestId ?? "";
  expect(late.answer.FunctionError).toBe("Unhandled");
  expect(late.value).toEqual({
    errorType: "Sandbox.Timedout",
    errorMessage: `RequestId: ${id} Error: Task timed out after 1.00 seconds`,
  });
  expect(late.log).toMatch(
    /INFO\tbefore\n.* Task timed out after 1\.00 seconds\n\nEND .*\nREPORT .*\tStatus: timeout\t\n$/,
  );
  const exit = await invoked(lambda, { do: "exit" });
  expect(exit.value).toEqual({
    errorType: "Runtime.ExitError",
    errorMessage: `RequestId: ${exit.answer.$metadata.requestId} Error: Runtime exited with error: exit status 7`,
  });
  const full = await invoked(lambda, { do: "fill" }, { FunctionName: "full" });
  expect(full.value).toMatchObject({ errorType: "Runtime.OutOfMemory" });
  const broken = await invoked(lambda, {}, { FunctionName: "broken" });
  expect(broken.value).toMatchObject({ errorType: "RangeError", errorMessage: "broken on load" });
  // None of them is in the way of the next.
  expect((await invoked(lambda, { value: 1 })).answer.FunctionError).toBe(undefined);
});

test("LogType Tail: START, what was written, END and REPORT with figures, at most 4 KB from the end", async () => {
  const { lambda } = await aHouse({ f: handler({ MemorySize: 256 }) });
  const cold = await invoked(lambda, { say: ["one", "two"] }, { LogType: "Tail" });
  const id = cold.answer.$metadata.requestId ?? "";
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
  expect(cold.log).toMatch(
    new RegExp(
      `^START RequestId: ${id} Version: \\$LATEST\n${time}\t${id}\tINFO\tone\n${time}\t${id}\tINFO\ttwo\nEND RequestId: ${id}\n` +
        `REPORT RequestId: ${id}\tDuration: [\\d.]+ ms\tBilled Duration: \\d+ ms\tMemory Size: 256 MB\t` +
        "Max Memory Used: [1-9]\\d* MB\tInit Duration: [\\d.]+ ms\t\n$",
    ),
  );
  const warm = await invoked(
    lambda,
    { say: ["a", "b", "c", "d", "e", "f", "g", "h"].map((letter) => letter.repeat(1_000)) },
    { LogType: "Tail" },
  );
  expect(Buffer.byteLength(warm.log)).toBe(4_096);
  expect(warm.log).not.toContain("Init Duration");
  expect(warm.log).toMatch(/h{1000}\nEND RequestId/);
  const thrown = await invoked(lambda, { do: "throw" }, { LogType: "Tail" });
  expect(thrown.log).toMatch(
    /\tERROR\tInvoke Error \t\{"errorType":"TypeError","errorMessage":"bad order","stack":\[.*\]\}\nEND /,
  );
});

test("the client's context reaches the handler; what is no JSON object in base64 is refused", async () => {
  const { lambda } = await aHouse();
  const context = { custom: { tenant: "blue" }, client: { app_title: "shop" } };
  const ClientContext = Buffer.from(JSON.stringify(context)).toString("base64");
  expect((await invoked(lambda, {}, { ClientContext })).value).toMatchObject({ clientContext: context });
  await expect(invoked(lambda, {}, { ClientContext: "bm8=" })).rejects.toMatchObject({
    name: "InvalidRequestContentException",
  });
});

test("DryRun calls nothing", async () => {
  const { server, lambda } = await aHouse();
  const { answer, payload } = await invoked(lambda, { do: "throw" }, { InvocationType: "DryRun" });
  expect([answer.StatusCode, payload]).toEqual([204, ""]);
  await expect(invoked(lambda, {}, { InvocationType: "DryRun", FunctionName: "none" })).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
  const { answer: called } = await invoked(lambda, {});
  // The first that the journal tells of is the call that was made.
  expect(await server.log.entry(({ kind }) => kind === "invocation")).toMatchObject({
    requestId: called.$metadata.requestId,
  });
});

test("what is refused: unknown functions, bad JSON, payloads that are too large, members that mean nothing here", async () => {
  const { lambda } = await aHouse();
  const refused = (input: Partial<InvokeCommandInput>) =>
    lambda.send(new InvokeCommand({ FunctionName: "f", ...input })).then(
      () => null,
      (error: Error & { readonly $metadata: { readonly httpStatusCode?: number } }) => [
        error.$metadata.httpStatusCode,
        error.name,
        error.message,
      ],
    );
  const not = "ResourceNotFoundException";
  const invalid = "InvalidParameterValueException";
  expect(await refused({ FunctionName: "none" })).toEqual([404, not, `Function not found: ${functionArn("none")}`]);
  expect(await refused({ Qualifier: "blue" })).toEqual([404, not, `Function not found: ${functionArn("f")}:blue`]);
  expect(await refused({ FunctionName: "arn:aws:lambda:eu-west-1:000000000000:function:f" })).toEqual([
    404,
    not,
    "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
  ]);
  expect(await refused({ FunctionName: "f:blue", Qualifier: "green" })).toEqual([
    400,
    invalid,
    "The derived qualifier from the function name does not match the specified qualifier.",
  ]);
  expect(await refused({ Payload: "{ no" })).toEqual([
    400,
    "InvalidRequestContentException",
    expect.stringMatching(/^Could not parse request body into json: /),
  ]);
  expect(await refused({ Payload: `"${"x".repeat(6_291_455)}"` })).toEqual([
    413,
    "RequestEntityTooLargeException",
    "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)",
  ]);
  expect(await refused({ Payload: `"${"x".repeat(1_048_575)}"`, InvocationType: "Event" })).toEqual([
    413,
    "RequestEntityTooLargeException",
    "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
  ]);
  const huge = await refused({ Payload: `"${"x".repeat(17_000_000)}"` });
  expect(huge?.slice(0, 2)).toEqual([413, "RequestEntityTooLargeException"]);
  expect(await refused({ InvocationType: "Never" as "Event" })).toEqual([
    400,
    "ValidationException",
    "1 validation error detected: Value 'Never' at 'invocationType' failed to satisfy constraint: Member must satisfy " +
      "enum value set: [Event, RequestResponse, DryRun]",
  ]);
  expect(await refused({ TenantId: "blue" })).toEqual([400, invalid, expect.stringMatching(/^TenantId: /)]);
  expect(await refused({ DurableExecutionName: "once" })).toEqual([400, invalid, expect.stringMatching(/^DurableEx/)]);
  await expect(lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: "f" }))).rejects.toMatchObject({
    name: invalid,
    message: "InvokeWithResponseStream is not offered; Invoke is.",
  });
  const largest = await invoked(lambda, "x".repeat(6_291_000));
  expect(largest.answer.StatusCode).toBe(200);
});

test("with no concurrency left a call is throttled, with the reason and when to ask again", async () => {
  const { server, lambda } = await aHouse({ f: handler({ ReservedConcurrentExecutions: 0 }) });
  await expect(invoked(lambda, {})).rejects.toMatchObject({
    name: "TooManyRequestsException",
    message: "Rate Exceeded.",
    Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
    retryAfterSeconds: "1",
  });
  const path = "/2015-03-31/functions/f/invocations/";
  const raw = await fetch(`${server.url}${path}`, { method: "POST", body: "{}" });
  expect([raw.status, await raw.json()]).toEqual([
    429,
    { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", Type: "User", message: "Rate Exceeded." },
  ]);
});

test("Event: accepted at once, called later, and told in the journal; what throws is tried again", async () => {
  const { server, lambda } = await aHouse();
  const { answer, payload } = await invoked(lambda, { value: 7 }, { InvocationType: "Event" });
  expect([answer.StatusCode, payload, answer.ExecutedVersion]).toEqual([202, "", undefined]);
  const isOf = (requestId: string | undefined) => (entry: { readonly kind: string }) =>
    entry.kind === "invocation" && "requestId" in entry && entry.requestId === requestId;
  expect(await server.log.entry(isOf(answer.$metadata.requestId))).toMatchObject({
    functionName: "f",
    invocationType: "Event",
    attempt: 1,
    outcome: "ok",
    verdict: "done",
  });
  const failing = await invoked(lambda, { do: "throw" }, { InvocationType: "Event" });
  expect(await server.log.entry(isOf(failing.answer.$metadata.requestId))).toMatchObject({
    outcome: "threw",
    verdict: "retry",
    retryAfterMs: 60_000,
    error: { message: "bad order" },
  });
});

test("an Event invocation that was accepted is not lost by kill -9: it ends in the next process", async () => {
  const folder = aFolder();
  const diary = join(folder, "diary");
  configIn(folder, { functions: { f: handler({ Timeout: 60, Environment: { Variables: { DIARY: diary } } }) } });
  const started = async () => {
    const running = startCommand(folder, ["start", "--port", "0", "--state", "state", "--json"]);
    const { url } = JSON.parse(await running.line(/"kind":"ready"/)) as { readonly url: string };
    return { running, url };
  };
  const first = await started();
  const { answer } = await invoked(lambdaAt(first.url), { do: "hang-once" }, { InvocationType: "Event" });
  const requestId = answer.$metadata.requestId ?? "";
  await expect.poll(() => existsSync(diary), inTime).toBe(true);
  first.running.signal("SIGKILL");
  await first.running.ended;
  const second = await started();
  expect(JSON.parse(await second.running.line(/"kind":"invocation"/))).toMatchObject({ requestId, verdict: "done" });
  expect(readFileSync(diary, "utf8")).toBe(`begun ${requestId}\nended ${requestId}\n`);
});
