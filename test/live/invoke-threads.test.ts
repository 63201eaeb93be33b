// Direct invocations when threads die or the server stops, and functions that run behind an endpoint: by Invoke and by a mapping.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { InvokeCommand, type InvokeCommandInput, type LambdaClient } from "@aws-sdk/client-lambda";
import { expect, onTestFinished, test } from "vitest";
import type { Entry } from "../../src/ports/journal.ts";
import { kinesisAt, lambdaAt, mapped, put } from "./support/aws-clients.ts";
import { base } from "./support/house.ts";
import { aFolder, aServer, type FileMembers, inTime } from "./support/live-server.ts";
import { aGate } from "./support/witness.ts";

const handler = (variables: Readonly<Record<string, string>>, more: FileMembers = {}): FileMembers => ({
  Handler: "invoked.handle",
  Timeout: 60,
  ...more,
  Environment: { Variables: variables },
});

const invoke = (lambda: LambdaClient, event: unknown, input: Partial<InvokeCommandInput> = {}) =>
  lambda.send(new InvokeCommand({ FunctionName: "f", Payload: JSON.stringify(event), ...input }));

test("a poller that dies: who waits hears of a fault that clients repeat, and an Event invocation is made again", async () => {
  const threads: Worker[] = [];
  const onThread = (worker: Worker): void => void threads.push(worker);
  process.on("worker", onThread);
  onTestFinished(() => void process.off("worker", onThread));
  const diary = join(aFolder(), "diary");
  const server = await aServer({ pollers: 1, functions: { f: handler({ DIARY: diary }) } });
  const lambda = lambdaAt(server.url);
  const { $metadata } = await invoke(lambda, { do: "hang-once" }, { InvocationType: "Event" });
  const waiting = invoke(lambda, { do: "hang", say: ["holding"] });
  const heard = waiting.then(
    () => null,
    (error: unknown) => error,
  );
  await server.log.entry((entry) => entry.kind === "log" && entry.text === "holding");
  await expect.poll(() => existsSync(diary), inTime).toBe(true);
  await threads.at(-1)?.terminate();
  expect(await heard).toMatchObject({ name: "ServiceException", $metadata: { httpStatusCode: 500 } });
  const isOfEvent = (entry: Entry): boolean =>
    entry.kind === "invocation" && entry.requestId === $metadata.requestId && entry.verdict === "done";
  await server.log.entry(isOfEvent);
  expect(readFileSync(diary, "utf8")).toBe(`begun ${$metadata.requestId}\nended ${$metadata.requestId}\n`);
  expect(server.log.entries).toContainEqual(
    expect.objectContaining({ requestId: $metadata.requestId, outcome: "fault", verdict: "retry", attempt: 1 }),
  );
  // Their permits came back: the function can be called as ever.
  expect((await invoke(lambda, {})).StatusCode).toBe(200);
});

test("a stop lets an invocation end and answers it, and an Event invocation that is cut goes on with the next start", async () => {
  const folder = aFolder();
  const diary = join(folder, "diary");
  const functions = { f: handler({ DIARY: diary }) };
  const server = await aServer({ functions }, { folder });
  const lambda = lambdaAt(server.url);
  const waiting = invoke(lambda, { say: ["begun"], wait: 500 });
  await server.log.entry((entry) => entry.kind === "log" && entry.text === "begun");
  const { $metadata } = await invoke(lambda, { do: "hang-once" }, { InvocationType: "Event" });
  await expect.poll(() => existsSync(diary), inTime).toBe(true);
  const stopped = server.running.stop(2_000);
  expect((await waiting).StatusCode).toBe(200);
  expect((await stopped).errors).toEqual([]);
  const next = await aServer({ functions }, { folder });
  await next.log.entry(
    (entry) => entry.kind === "invocation" && entry.requestId === $metadata.requestId && entry.verdict === "done",
  );
  expect(readFileSync(diary, "utf8")).toBe(`begun ${$metadata.requestId}\nended ${$metadata.requestId}\n`);
});

/** An endpoint that speaks the Invoke path; what it answers next is decided a call. */
async function anEndpoint(decide: (path: string, body: string) => Promise<readonly [status: number, body: string]>) {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      void decide(request.url ?? "", Buffer.concat(parts).toString()).then(([status, body]) =>
        response.writeHead(status).end(body),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

test("E-1, E-4, E-5: a mapping calls a function behind an endpoint; only its own errors count as attempts", async () => {
  const answers = [
    [503, "starting"],
    [429, "{}"],
    [200, '{"errorMessage":"bad","errorType":"TypeError"}'],
    [502, "gone"],
    [200, "null"],
  ] as const;
  const seen: { readonly path: string; readonly texts: readonly string[] }[] = [];
  const url = await anEndpoint(async (path, body) => {
    const { Records } = JSON.parse(body) as {
      readonly Records: readonly { readonly kinesis: { readonly data: string } }[];
    };
    seen.push({ path, texts: Records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString()) });
    return answers[seen.length - 1] ?? [200, "null"];
  });
  const server = await aServer({ streams: { orders: {} }, functions: { f: { url, name: "function" } } });
  const lambda = lambdaAt(server.url);
  await put(kinesisAt(server.url), "orders", ["one", "two"]);
  await mapped(server, lambda, { ...base, MaximumRetryAttempts: 1 });
  await server.log.entry((entry) => entry.kind === "decided" && entry.verdict === "done");
  expect(seen).toHaveLength(5);
  expect(new Set(seen.map(({ path }) => path))).toEqual(new Set(["/2015-03-31/functions/function/invocations"]));
  expect(seen.every(({ texts }) => texts.join() === "one,two")).toBe(true);
  expect(
    server.log.entries.flatMap((entry) => (entry.kind === "decided" ? [[entry.outcome, entry.attempt]] : [])),
  ).toEqual([
    ["fault", 1],
    ["throttled", 1],
    ["threw", 1],
    ["fault", 2],
    ["ok", 2],
  ]);
});

test("another Millrace is an endpoint too: answers, errors, versions, logs, contexts and throttles come through", async () => {
  const far = await aServer({ functions: { f: handler({}), none: handler({}, { ReservedConcurrentExecutions: 0 }) } });
  const near = await aServer({
    functions: {
      f: { url: far.url },
      g: { url: far.url, name: "f:$LATEST" },
      none: { url: far.url },
      lost: { url: far.url },
    },
  });
  const lambda = lambdaAt(near.url);
  const ClientContext = Buffer.from('{"custom":{"a":1}}').toString("base64");
  const answer = await invoke(lambda, { say: ["hello"] }, { FunctionName: "g", LogType: "Tail", ClientContext });
  expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
  expect(JSON.parse(answer.Payload?.transformToString() ?? "")).toMatchObject({
    event: { say: ["hello"] },
    clientContext: { custom: { a: 1 } },
    invokedFunctionArn: expect.stringMatching(/:function:f:\$LATEST$/),
  });
  expect(Buffer.from(answer.LogResult ?? "", "base64").toString()).toMatch(
    /^START .*\n.*INFO\thello\nEND .*\nREPORT .*\n$/,
  );
  const thrown = await invoke(lambda, { do: "throw" });
  expect(thrown.FunctionError).toBe("Unhandled");
  expect(JSON.parse(thrown.Payload?.transformToString() ?? "")).toMatchObject({
    errorType: "TypeError",
    trace: expect.any(Array),
  });
  await expect(invoke(lambda, {}, { FunctionName: "none" })).rejects.toMatchObject({
    name: "TooManyRequestsException",
  });
  await expect(invoke(lambda, {}, { FunctionName: "lost" })).rejects.toMatchObject({
    name: "ServiceException",
    message: expect.stringContaining("is `name` what /2015-03-31/functions/lost/invocations should say?"),
  });
});

test("Invoke calls a function behind an endpoint: its answer and its error as they are, its time limit, its concurrency", async () => {
  const gate = aGate();
  const url = await anEndpoint(async (_path, body) => {
    if (body === '"hold"') await gate.opened;
    if (body === '"hang"') return await new Promise(() => {});
    if (body === '"fail"') return [200, '{"errorType":"E","errorMessage":"m","stackTrace":["a"]}'];
    return [200, `{ "given": ${body} }`];
  });
  const functions = {
    f: { url, Timeout: 1 },
    g: { url, ReservedConcurrentExecutions: 1, Timeout: 60 },
    nobody: { url: "http://127.0.0.1:1" },
  };
  const server = await aServer({ functions });
  const lambda = lambdaAt(server.url);
  const text = async (event: unknown, FunctionName = "f"): Promise<readonly unknown[]> => {
    const { FunctionError, Payload } = await invoke(lambda, event, { FunctionName });
    return [FunctionError, Payload?.transformToString()];
  };
  expect(await text([1])).toEqual([undefined, '{ "given": [1] }']);
  expect(await text("fail")).toEqual(["Unhandled", '{"errorType":"E","errorMessage":"m","stackTrace":["a"]}']);
  expect(await text("hang")).toEqual(["Unhandled", expect.stringContaining("Task timed out after 1.00 seconds")]);
  await expect(text(1, "nobody")).rejects.toMatchObject({
    name: "ServiceException",
    message: expect.stringContaining("ECONNREFUSED"),
  });
  const held = text("hold", "g");
  const isThrottled = async (): Promise<boolean> =>
    await text(2, "g").then(
      () => false,
      (error: Error) => error.name === "TooManyRequestsException",
    );
  await expect.poll(isThrottled, inTime).toBe(true);
  gate.open();
  expect(await held).toEqual([undefined, '{ "given": "hold" }']);
});
