// The dashboard of a running server: frames tell what the live view and the API tell, go on when a poller's thread is lost, and who may ask.

import http from "node:http";
import type { Worker } from "node:worker_threads";
import { expect, onTestFinished, test, vi } from "vitest";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import type { Frame, MappingFrame } from "../../src/dashboard/frame.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { startMillrace } from "../../src/main.ts";
import { mapped, put, sqsAt } from "./support/aws-clients.ts";
import { aHouse, allOf, base, numbered } from "./support/house.ts";
import { aFolder, aServer, configIn, inTime, queueArn } from "./support/live-server.ts";

interface OpenPage {
  readonly frames: readonly Frame[];
  last(): Frame | undefined;
  close(): void;
}

async function aPage(url: string): Promise<OpenPage> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const answer = await fetch(`${url}/_millrace/frames`, { signal: stop.signal });
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  const frames: Frame[] = [];
  const reading = async (): Promise<void> => {
    let rest = "";
    for await (const piece of answer.body ?? []) {
      const events = (rest + Buffer.from(piece).toString()).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) frames.push(JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "") as Frame);
    }
  };
  void reading().catch(() => undefined);
  await vi.waitFor(() => expect(frames.length).toBeGreaterThan(0), inTime);
  return { frames, last: () => frames.at(-1), close: () => stop.abort() };
}

/** An answer that is not read keeps its connection. */
async function read(url: string, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(url, init);
  await answer.clone().text();
  return answer;
}

const mappingIn = (page: OpenPage): MappingFrame | undefined => page.last()?.mappings[0];

test("frames tell of the mapping what the API and the view tell: settings, lanes, checkpoints, batches, failures", async () => {
  const { witness, server, lambda, kinesis } = await aHouse();
  witness.orders(({ texts }) =>
    texts.includes("r3") ? { do: "throw", message: "bad order" } : { do: "return", value: null },
  );
  const uuid = await mapped(server, lambda, {
    ...base,
    BatchSize: 4,
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 0,
  });
  const page = await aPage(server.url);
  expect(page.frames[0]).toMatchObject({ isWhole: true, origin: { kind: "server", isReadOnly: false } });
  await put(kinesis, "orders", numbered(8));
  await server.log.entry(({ kind }) => kind === "gave-up");
  await vi.waitFor(() => expect(mappingIn(page)).toMatchObject({ lagCount: 0, gaveUpCount: 1 }), inTime);

  const [view] = server.running.views();
  const mapping = mappingIn(page);
  expect(mapping).toMatchObject({ uuid, state: "Enabled", functionName: "f", source: "kinesis:orders", batchSize: 4 });
  expect(mapping?.batchCount).toBe(view?.summary?.counters.batches);
  expect(mapping?.lastResult).toBe(view?.lastProcessingResult);
  expect(mapping?.settings).toContainEqual({ member: "BatchSize", value: "4", isChanged: true });
  const checkpoints = await server.log.entry(({ kind }) => kind === "checkpoint");
  expect(checkpoints.kind).toBe("checkpoint");
  expect(mapping?.lanes.every(({ checkpoint, lagCount }) => checkpoint !== null && lagCount === 0)).toBe(true);

  const rows = new Map(page.frames.flatMap(({ batches }) => batches).map((row) => [row.id, row]));
  expect([...rows.values()].some(({ verdict }) => verdict === "bisect")).toBe(true);
  expect([...rows.values()].every(({ outcome }) => outcome !== null)).toBe(true);
  const failing = page.last()?.failing[0];
  expect(failing?.error).toContain("bad order");
  expect(failing?.endedAtMs).not.toBe(null);
  expect(page.frames.flatMap(({ news }) => news)).toContain("f gave up 1 record: RetryAttemptsExhausted");
  // Numbers rise by one: a page sees that it has missed none.
  expect(page.frames.map(({ number }, index) => number - index)).toEqual(page.frames.map(() => page.frames[0]?.number));
});

test("what is assembled is told only while somebody looks, and which limit fires first (B-1)", async () => {
  const { server, lambda, kinesis } = await aHouse({ members: { streams: { orders: { shards: 1 } } } });
  await mapped(server, lambda, { ...base, BatchSize: 100, MaximumBatchingWindowInSeconds: 300 });
  await put(kinesis, "orders", numbered(3));
  await server.log.entry(({ kind }) => kind === "read");
  expect(server.running.views()[0]?.summary?.lanes ?? []).toEqual([]);
  const [one, other] = [await aPage(server.url), await aPage(server.url)];
  await vi.waitFor(
    () =>
      expect(mappingIn(one)?.lanes).toMatchObject([
        { lagCount: 3, assembling: { recordCount: 3, closedBy: "window" } },
      ]),
    inTime,
  );
  one.close();
  await vi.waitFor(() => expect(mappingIn(other)?.lanes[0]?.assembling).not.toBe(null), inTime);
  other.close();
  await vi.waitFor(() => expect(server.running.views()[0]?.summary?.lanes).toEqual([]), inTime);
});

test("what happened with no page open is in the charts of the next one: fill and latency too", async () => {
  const { witness, server, lambda, kinesis } = await aHouse({ members: { streams: { orders: { shards: 1 } } } });
  await mapped(server, lambda, { ...base, BatchSize: 4, MaximumBatchingWindowInSeconds: 300 });
  await put(kinesis, "orders", numbered(4));
  await allOf(witness, 4);
  await server.log.entry(({ kind }) => kind === "decided");
  const told = async (): Promise<readonly object[]> => {
    const page = await aPage(server.url);
    page.close();
    return page.frames[0]?.seconds ?? [];
  };
  // A second has a point once it is over, and the call may have ended in another one than its batch was closed in.
  const toldOf = (point: object) =>
    expect
      .poll(told, { ...inTime, interval: 500 })
      .toContainEqual(expect.objectContaining({ mapping: null, ...point }));
  await toldOf({ fill: 1 });
  await toldOf({ tookP99Ms: expect.any(Number) });
});

test("a poller's thread is killed: frames go on, and the mapping goes on in them", async () => {
  const threads: Worker[] = [];
  const onThread = (worker: Worker): void => void threads.push(worker);
  process.on("worker", onThread);
  onTestFinished(() => void process.off("worker", onThread));
  const { witness, server, lambda, kinesis } = await aHouse({ members: { pollers: 1 } });
  await mapped(server, lambda, { ...base, BatchSize: 2 });
  const page = await aPage(server.url);
  await put(kinesis, "orders", numbered(4));
  await allOf(witness, 4);
  const before = page.frames.length;
  const poller = threads.find((worker) => worker.threadName === "poller-0");
  expect(poller).toBeDefined();
  await poller?.terminate();
  await put(kinesis, "orders", numbered(4, 4));
  await vi.waitFor(() => expect(new Set(witness.texts()).size).toBe(8), inTime);
  await vi.waitFor(() => expect(mappingIn(page)).toMatchObject({ state: "Enabled", lagCount: 0 }), inTime);
  // What its lanes stand at is told anew, by the thread that came after it.
  await vi.waitFor(
    () => expect(mappingIn(page)?.lanes.every(({ checkpoint }) => checkpoint !== null)).toBe(true),
    inTime,
  );
  expect(page.frames.length).toBeGreaterThan(before);
});

test("send puts records into the source of the mapping, whatever its kind", async () => {
  const { witness, server, lambda } = await aHouse({ members: { streams: { orders: {} }, queues: ["jobs"] } });
  const send = async (uuid: string, body: object) => {
    const init = { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${server.url}/_millrace/mappings/${uuid}/send`, init);
    return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
  };
  const stream = await mapped(server, lambda, base);
  expect(await send(stream, { data: "hello", key: "k", count: 3 })).toMatchObject({
    status: 200,
    body: { target: "orders", recordCount: 3 },
  });
  await allOf(witness, 3);
  expect(witness.texts()).toEqual(["hello", "hello", "hello"]);

  await sqsAt(server.url).send(new CreateQueueCommand({ QueueName: "line.fifo", Attributes: { FifoQueue: "true" } }));
  for (const name of ["jobs", "line.fifo"]) {
    const uuid = await mapped(server, lambda, { EventSourceArn: queueArn(name), FunctionName: "f", Enabled: false });
    expect(await send(uuid, { data: "job" })).toMatchObject({ status: 200, body: { target: `sqs:${name}` } });
    expect(await server.messages(name)).toEqual(["job"]);
  }
  expect(await send("nobody", {})).toMatchObject({ status: 404, body: { code: "no-mapping" } });
  expect(await send(stream, { count: 0 })).toMatchObject({ status: 400, body: { code: "bad-argument" } });
  expect(await send(stream, { text: "x" })).toMatchObject({ status: 400, body: { code: "bad-argument" } });
});

const paths = ["", "dashboard.js", "dashboard.css", "frames", "entries", "mappings", "find?what=x"];

test("foreign hosts, foreign pages and other sites get nothing of it", async () => {
  const server = await aServer({ streams: { orders: {} } });
  const status = (path: string, headers: Readonly<Record<string, string>>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const request = http.get(`${server.url}/_millrace/${path}`, { headers, agent: false }, (answer) => {
        answer.resume();
        answer.on("close", () => resolve(answer.statusCode));
      });
      request.on("error", reject);
    });
  for (const path of paths) {
    expect(await status(path, { host: "evil.example" })).toBe(403);
    expect(await status(path, { origin: "http://evil.example" })).toBe(403);
    expect(await status(path, { "sec-fetch-site": "cross-site" })).toBe(403);
  }
});

test("no GET acts: after each of them all is as before, and the actions are no GETs", async () => {
  const { server, lambda, kinesis } = await aHouse();
  const uuid = await mapped(server, lambda, { ...base, Enabled: false });
  await put(kinesis, "orders", ["r0"]);
  const stateOf = async () => {
    const { mappings } = (await (await fetch(`${server.url}/_millrace/mappings`)).json()) as { mappings: object };
    return JSON.stringify(mappings);
  };
  const before = await stateOf();
  for (const path of paths.filter((each) => each !== "frames")) await read(`${server.url}/_millrace/${path}`);
  (await aPage(server.url)).close();
  for (const action of ["pause", "step", "resume", "send"])
    expect((await read(`${server.url}/_millrace/mappings/${uuid}/${action}`)).status).toBeGreaterThanOrEqual(400);
  expect(await stateOf()).toBe(before);
});

test("the page: a strict policy, nothing from elsewhere, and not sent twice", async () => {
  const server = await aServer({ streams: { orders: {} } });
  const answer = await fetch(`${server.url}/_millrace/`);
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
  expect((await answer.text()).match(/(?:src|href)="(?!\/_millrace\/|data:)/g)).toBe(null);
  const etag = answer.headers.get("etag") ?? "";
  expect((await read(`${server.url}/_millrace/`, { headers: { "if-none-match": etag } })).status).toBe(304);
  expect((await read(`${server.url}/_millrace`, { redirect: "manual" })).headers.get("location")).toBe("/_millrace/");
  const script = await (await fetch(`${server.url}/_millrace/dashboard.js`)).text();
  expect(script.length).toBeGreaterThan(10_000);
});

test("--read-only: each action is refused, also AWS's calls where they come from the page; clients go on", async () => {
  const folder = aFolder();
  const file = configIn(folder, { streams: { orders: {} } });
  const cliOptions = { host: null, port: 0, stateDir: `${folder}/state` };
  const config = await loadConfig({ file, cwd: folder, env: {}, cliOptions });
  const running = await startMillrace({
    config,
    version: "t",
    isReadOnly: true,
    onEntries: () => {},
    onFatal: () => {},
  });
  onTestFinished(async () => void (await running.stop(0)));
  const post = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(`${running.url}/${path}`, { method: "POST", body: "{}", headers });
    return { status: answer.status, code: ((await answer.json()) as { readonly code?: string }).code };
  };
  const page = { "sec-fetch-site": "same-origin" };
  expect(await post("_millrace/mappings/m/pause")).toEqual({ status: 403, code: "read-only" });
  expect(await post("_millrace/mappings/m/send")).toEqual({ status: 403, code: "read-only" });
  expect(await post("_millrace/queues/q/purge")).toEqual({ status: 403, code: "read-only" });
  expect(await post("2015-03-31/event-source-mappings/", page)).toEqual({ status: 403, code: "read-only" });
  // A client's call is judged by AWS's own rules.
  expect((await post("2015-03-31/event-source-mappings/")).status).toBe(400);
  expect((await aPage(running.url)).frames[0]?.origin).toMatchObject({ isReadOnly: true });
});
