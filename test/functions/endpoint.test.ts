// Functions behind an endpoint, with a real server of HTTP that answers well, badly, in part or not at all.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createEndpointInvoker } from "../../src/functions/endpoint-invoker.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import type { Answer, Call } from "../../src/ports/invoker.ts";
import { aCall, never } from "./function-house.ts";

type Handle = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Answers its URL; closed with the test. */
async function anEndpoint(handle: Handle): Promise<string> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      body += part;
    });
    request.on("end", () => handle(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return urlOf(server.address());
}

/** For what is no HTTP: each connection's first bytes are handed over. */
async function aSocketServer(onBytes: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", () => onBytes(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return urlOf(server.address());
}

function urlOf(address: ReturnType<ReturnType<typeof createTcpServer>["address"]>): string {
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

function anInvoker() {
  const invoker = createEndpointInvoker(createSystemClock());
  onTestFinished(() => invoker.close());
  return {
    close: () => invoker.close(),
    invoke: (
      url: string,
      call: Call = aCall({ n: 1 }),
      limits: { readonly timeoutMs?: number; readonly signal?: AbortSignal; readonly name?: string } = {},
    ): Promise<Answer> =>
      invoker.invoke({ url, functionName: limits.name ?? "orders" }, call, {
        timeoutMs: limits.timeoutMs ?? 10_000,
        signal: limits.signal ?? never,
      }),
  };
}

/** What the endpoint's plain answer means. */
async function meaningOf(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  call?: Call,
): Promise<Answer> {
  const url = await anEndpoint((_request, response) => response.writeHead(status, headers).end(body));
  return await anInvoker().invoke(url, call);
}

const fault = (message: unknown) => ({ kind: "refused", reason: "fault", message });

test("it is called by Lambda's Invoke path, with the event's text as its body", async () => {
  const seen: unknown[] = [];
  const url = await anEndpoint(({ method, url: path, headers }, response, body) => {
    seen.push([method, path, headers["content-type"], headers["x-amz-invocation-type"], body]);
    response.writeHead(200, { "x-amz-executed-version": "7" }).end('{"ok":true}');
  });
  const invoker = anInvoker();
  expect(await invoker.invoke(url)).toEqual({
    kind: "returned",
    json: '{"ok":true}',
    executedVersion: "7",
    tookMs: expect.any(Number),
  });
  await invoker.invoke(`${url}/base/`, aCall("zażółć"), { name: "a b" });
  const path = "/2015-03-31/functions/orders/invocations";
  expect(seen).toEqual([
    ["POST", path, "application/json", "RequestResponse", '{"n":1}'],
    ["POST", `/base${path.replace("orders", "a%20b")}`, "application/json", "RequestResponse", '"zażółć"'],
  ]);
});

test("calls one after another share a connection; at once, each has its own", async () => {
  const ports = new Set<unknown>();
  const waiting: ServerResponse[] = [];
  let isWaiting = false;
  const url = await anEndpoint(({ socket }, response) => {
    ports.add(socket.remotePort);
    if (!isWaiting) return void response.end("1");
    waiting.push(response);
    if (waiting.length === 2) for (const each of waiting) each.end("2");
  });
  const invoker = anInvoker();
  for (let count = 0; count < 3; count += 1) expect(await invoker.invoke(url)).toMatchObject({ json: "1" });
  expect(ports.size).toBe(1);
  isWaiting = true;
  const both = await Promise.all([invoker.invoke(url), invoker.invoke(url)]);
  expect(both).toMatchObject([{ json: "2" }, { json: "2" }]);
  expect(ports.size).toBe(2);
});

test("E-36: an empty body is an answer, and is kept as one", async () => {
  expect(await meaningOf(200, "")).toMatchObject({ kind: "returned", json: "", executedVersion: "$LATEST" });
});

test("E-1: an error is the function's by its header, or by a body that is nothing but an error", async () => {
  const body = '{"errorMessage":"bad","errorType":"TypeError","stackTrace":["  at a","  at b"],"more":1}';
  expect(await meaningOf(200, body, { "x-amz-function-error": "Unhandled" })).toMatchObject({
    kind: "functionError",
    reason: "threw",
    errorType: "TypeError",
    message: "bad",
    trace: ["  at a", "  at b"],
    json: body,
  });
  expect(await meaningOf(200, body)).toMatchObject({ kind: "returned", json: body });
  expect(await meaningOf(200, '{"errorMessage":"bad","errorType":"Runtime.ExitError"}')).toMatchObject({
    kind: "functionError",
    reason: "exited",
  });
  const late = "2026-01-01T00:00:00.000Z 1 Task timed out after 3.00 seconds";
  expect(await meaningOf(200, JSON.stringify({ errorMessage: late }))).toMatchObject({ reason: "timedOut" });
  expect(await meaningOf(200, "Task timed out after 3.00 seconds")).toMatchObject({
    kind: "functionError",
    reason: "timedOut",
    message: "RequestId: 22222222-2222-4222-8222-222222222222 Error: Task timed out after 3.00 seconds",
  });
  expect(await meaningOf(200, "no json", { "x-amz-function-error": "Unhandled" })).toMatchObject({
    kind: "functionError",
  });
});

test("E-4, E-5: throttles, refusals and faults cost no attempt, and say what was answered", async () => {
  const throttled = { kind: "refused", reason: "throttled", message: "Rate Exceeded." };
  for (const body of ["{}", "busy", '{"Reason":1}']) {
    expect(await meaningOf(429, body)).toEqual({ ...throttled, limit: "ConcurrentInvocationLimitExceeded" });
  }
  const said = '{"Reason":"CallerRateLimitExceeded","Type":"User","message":"Rate Exceeded."}';
  expect(await meaningOf(429, said)).toEqual({ ...throttled, limit: "CallerRateLimitExceeded" });
  expect(await meaningOf(404, "404 page not found")).toEqual(
    fault(
      expect.stringMatching(/ answered 404: 404 page not found; is `name` what .*\/orders\/invocations should say\?$/),
    ),
  );
  expect(await meaningOf(502, "bad\ngateway")).toEqual(fault(expect.stringMatching(/ answered 502: bad gateway$/)));
  expect(await meaningOf(403, "no")).toEqual(fault(expect.stringMatching(/ answered 403: no$/)));
  expect(await meaningOf(302, "", { location: "/elsewhere" })).toEqual(
    fault(expect.stringMatching(/ answered 302: $/)),
  );
});

test("E-3: an event that is too large for it counts as an attempt, and so does an answer that is no JSON or too large", async () => {
  expect(await meaningOf(413, "too large")).toMatchObject({ kind: "functionError", errorType: "RequestTooLarge" });
  expect(await meaningOf(200, "<!doctype html>")).toMatchObject({
    kind: "functionError",
    errorType: "Endpoint.NotJson",
    message: expect.stringMatching(/ answered 200: <!doctype html> \(no JSON\)$/),
  });
  expect(await meaningOf(200, `"${"x".repeat(6_291_556)}"`)).toMatchObject({
    kind: "functionError",
    errorType: "Function.ResponseSizeTooLarge",
  });
});

test("an endpoint that hangs is timed out, before its answer and within it; the next call has a new connection", async () => {
  const message = "RequestId: 22222222-2222-4222-8222-222222222222 Error: Task timed out after 0.10 seconds";
  const timedOut = { kind: "functionError", reason: "timedOut", errorType: "Sandbox.Timedout", message };
  let count = 0;
  const url = await anEndpoint((_request, response) => {
    count += 1;
    if (count === 2) response.writeHead(200, { "content-length": "10" }).write("[");
    if (count === 3) response.end("[]");
  });
  const invoker = anInvoker();
  expect(await invoker.invoke(url, aCall(1), { timeoutMs: 100 })).toMatchObject(timedOut);
  expect(await invoker.invoke(url, aCall(1), { timeoutMs: 100 })).toMatchObject(timedOut);
  expect(await invoker.invoke(url, aCall(1), { timeoutMs: 10_000 })).toMatchObject({ json: "[]" });
});

test("one that breaks off, answers what is no HTTP, or is not there is a fault", async () => {
  const invoker = anInvoker();
  const early = await aSocketServer((socket) => socket.destroy());
  expect(await invoker.invoke(early)).toEqual(fault(expect.stringMatching(/socket hang up|ECONNRESET/)));
  const within = await aSocketServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"));
  expect(await invoker.invoke(within)).toEqual(fault(expect.stringContaining("aborted")));
  const garbage = await aSocketServer((socket) => socket.end("what is this\r\n\r\n"));
  expect(await invoker.invoke(garbage)).toEqual(fault(expect.stringMatching(/Parse Error/)));
  expect(await invoker.invoke("http://127.0.0.1:1")).toEqual(fault(expect.stringContaining("ECONNREFUSED")));
  expect(await invoker.invoke("http://nowhere.invalid")).toEqual(fault(expect.stringMatching(/ENOTFOUND|EAI_AGAIN/)));
});

test("H2: a kept connection that is closed as the call goes out costs nothing: it is sent again", async () => {
  let connections = 0;
  const server = await aSocketServer((socket) => {
    connections += 1;
    const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n[]";
    socket.write(answer);
    // The second call on the first connection finds it closing.
    socket.once("data", () => socket.resetAndDestroy());
  });
  const invoker = anInvoker();
  expect(await invoker.invoke(server)).toMatchObject({ json: "[]" });
  expect(await invoker.invoke(server)).toMatchObject({ json: "[]" });
  expect(connections).toBe(2);
});

test("a stop by force ends the call, and closing ends what is under way", async () => {
  const arrived: (() => void)[] = [];
  const url = await anEndpoint(() => arrived.shift()?.());
  const invoker = anInvoker();
  const begun = (): Promise<void> => new Promise((resolve) => void arrived.push(resolve));
  const stop = new AbortController();
  const first = begun();
  const stopped = invoker.invoke(url, aCall(1), { signal: stop.signal });
  await first;
  stop.abort();
  expect(await stopped).toEqual(fault("The invocation was ended by force: Millrace, or its mapping, stops."));
  const second = begun();
  const closed = invoker.invoke(url);
  await second;
  expect(await invoker.invoke(url, aCall(1), { signal: stop.signal })).toEqual(await stopped);
  invoker.close();
  expect(await closed).toEqual(fault(expect.any(String)));
});

test("context and log go both ways, where the endpoint has them", async () => {
  const context = { custom: { tenant: "blue" } };
  let seen: unknown = null;
  const url = await anEndpoint(({ headers }, response) => {
    seen = [headers["x-amz-log-type"], Buffer.from(String(headers["x-amz-client-context"]), "base64").toString()];
    response.writeHead(200, { "x-amz-log-result": Buffer.from("START\nEND\n").toString("base64") }).end("null");
  });
  const call = aCall(1, { clientContext: JSON.stringify(context), isLogWanted: true });
  expect(await anInvoker().invoke(url, call)).toMatchObject({ json: "null", log: "START\nEND\n" });
  expect(seen).toEqual(["Tail", JSON.stringify(context)]);
});
