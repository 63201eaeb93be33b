// What goes over the wire: CBOR as the Java SDK writes it, paths, headers, hosts, the local pages, broken HTTP.

import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { decode, Tagged } from "cborg";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Entry } from "../../src/ports/journal.ts";
import { aMessage } from "../stores/aside.ts";
import { minimal, streamArn } from "./doubles/house.ts";
import { aServedHouse } from "./doubles/served.ts";

const cbor = { "content-type": "application/x-amz-cbor-1.1" };
const target = (operation: string) => ({ "x-amz-target": `Kinesis_20131202.${operation}` });

/** A text of up to 255 bytes, a map without a length and bytes, by hand: as the Java SDK writes them. */
const text = (value: string): string =>
  (value.length < 24 ? (0x60 + value.length).toString(16) : `78${value.length.toString(16).padStart(2, "0")}`) +
  Buffer.from(value).toString("hex");
const openMap = (...parts: readonly string[]): Buffer => Buffer.from(`bf${parts.join("")}ff`, "hex");

describe("CBOR", () => {
  const put = (url: string, ...parts: readonly string[]) =>
    fetch(url, { method: "POST", headers: { ...cbor, ...target("PutRecord") }, body: openMap(...parts) });

  test("a PutRecord with a map of no stated length is taken and answered in CBOR", async () => {
    const { url, streams } = await aServedHouse();
    const answer = await put(
      url,
      text("StreamName"),
      text("orders"),
      text("PartitionKey"),
      text("key"),
      text("Data"),
      "43010203",
    );
    expect(answer.headers.get("content-type")).toBe("application/x-amz-cbor-1.1");
    expect(decode(new Uint8Array(await answer.arrayBuffer()))).toMatchObject({
      ShardId: expect.stringMatching(/^shardId-/),
    });
    const read = await streams.read("orders", "shardId-000000000001", null, { limit: 9, maxBytes: 9 });
    const other = await streams.read("orders", "shardId-000000000000", null, { limit: 9, maxBytes: 9 });
    const records = [read, other].flatMap((each) => (each.kind === "records" ? each.records : []));
    expect(records.map((record) => [...record.data])).toEqual([[1, 2, 3]]);
  });

  test("PutRecords with a list of no stated length", async () => {
    const { url, streams } = await aServedHouse();
    const record = (key: string) => openMap(text("Data"), "42abcd", text("PartitionKey"), key).toString("hex");
    const list = `9f${record(text("one"))}${record(text("two"))}ff`;
    const body = openMap(text("Records"), list, text("StreamARN"), text(streamArn));
    const answer = await fetch(url, { method: "POST", headers: { ...cbor, ...target("PutRecords") }, body });
    expect(answer.status).toBe(200);
    expect(streams.recordCount()).toBe(2);
  });

  test("instants go out as tag 1 over whole milliseconds, data as bytes, and tag 1 comes in as milliseconds", async () => {
    const { url, streams } = await aServedHouse();
    await streams.append("orders", [{ partitionKey: "k", explicitHashKey: "0", data: Buffer.from([7]) }]);
    const post = async (operation: string, body: Buffer): Promise<unknown> => {
      const answer = await fetch(url, { method: "POST", headers: { ...cbor, ...target(operation) }, body });
      return decode(new Uint8Array(await answer.arrayBuffer()), { tags: Tagged.preserve(1) });
    };
    const stamp = `c11b${(1_700_000_000_123).toString(16).padStart(16, "0")}`;
    const made = await post(
      "GetShardIterator",
      openMap(
        text("StreamName"),
        text("orders"),
        text("ShardId"),
        text("shardId-000000000000"),
        text("ShardIteratorType"),
        text("AT_TIMESTAMP"),
        text("Timestamp"),
        stamp,
      ),
    );
    const iterator: unknown = typeof made === "object" && made !== null ? Reflect.get(made, "ShardIterator") : "";
    const read = await post("GetRecords", openMap(text("ShardIterator"), text(String(iterator))));
    expect(read).toMatchObject({
      MillisBehindLatest: 0,
      Records: [
        { ApproximateArrivalTimestamp: new Tagged(1, 1_789_481_367_345), Data: new Uint8Array([7]), PartitionKey: "k" },
      ],
    });
  });

  test.each(["ff", "bf", "a1", "5b00000000ffffffff", "81".repeat(100_000), "c2410a", ""])(
    "broken CBOR (%#) is a SerializationException in CBOR",
    async (hex) => {
      const { url } = await aServedHouse();
      const answer = await fetch(url, {
        method: "POST",
        headers: { ...cbor, ...target("PutRecord") },
        body: Buffer.from(hex, "hex"),
      });
      expect(answer.status).toBe(400);
      expect(decode(new Uint8Array(await answer.arrayBuffer()))).toMatchObject({ __type: "SerializationException" });
    },
  );
});

describe("paths and headers", () => {
  test("both spellings of the path, and a request id on every answer", async () => {
    const { url } = await aServedHouse();
    const made = await fetch(`${url}/2015-03-31/event-source-mappings/`, {
      method: "POST",
      body: JSON.stringify(minimal),
    });
    const listed = await fetch(`${url}/2015-03-31/event-source-mappings`);
    const nothing = await fetch(`${url}/nothing`);
    expect([made.status, listed.status, nothing.status]).toEqual([202, 200, 404]);
    const ids = [made, listed, nothing].map((answer) => answer.headers.get("x-amzn-requestid"));
    expect(ids.every((id) => /^[0-9a-f-]{36}$/.test(id ?? ""))).toBe(true);
    expect(made.headers.get("content-type")).toBe("application/json");
    expect(await listed.text()).toMatch(
      /^\{"EventSourceMappings":\[\{"StartingPosition":"LATEST","SelfManagedEventSource":null,/,
    );
  });

  test("an empty list is exactly the recorded body", async () => {
    const { url } = await aServedHouse();
    expect(await (await fetch(`${url}/2015-03-31/event-source-mappings?FunctionName=handle`)).text()).toBe(
      '{"EventSourceMappings":[],"NextMarker":null}',
    );
  });

  test("an error has its bare name in the header, and a label of 2,000 characters is still a label", async () => {
    const { url } = await aServedHouse();
    const answer = await fetch(`${url}/2017-03-31/tags/${"a".repeat(2_000)}`);
    expect([answer.status, answer.headers.get("x-amzn-errortype")]).toEqual([400, "ValidationException"]);
  });

  test("whatever type a body claims to have, or none, it is read", async () => {
    const { url } = await aServedHouse();
    const answers = await Promise.all(
      ["", "a/b/c;;=", "text/xml; charset=nonsense"].map((type) =>
        fetch(`${url}/2015-03-31/event-source-mappings`, {
          method: "POST",
          headers: { "content-type": type },
          body: Buffer.from("{}"),
        }),
      ),
    );
    expect(answers.map((answer) => answer.headers.get("x-amzn-errortype"))).toEqual(
      Array.from({ length: 3 }, () => "ValidationException"),
    );
  });

  test.each([
    [
      "json",
      { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.ListGlobalTables" },
      400,
      /"__type":"UnknownOperationException","message":"Millrace offers/,
    ],
    [
      "query",
      { "content-type": "application/x-www-form-urlencoded" },
      400,
      /<Code>InvalidAction<\/Code><Message>Millrace offers/,
    ],
    ["rest", {}, 404, /"message":"Millrace offers/],
  ])("a call that is not offered gets the %s form of an unknown operation", async (_name, headers, status, body) => {
    const { url } = await aServedHouse();
    const answer = await fetch(url, { method: "POST", headers, body: "Action=Publish" });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(body);
  });

  test("a body beyond the bound is 413 in AWS's form", async () => {
    const { url } = await aServedHouse();
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", ...target("PutRecords") },
      body: Buffer.alloc(16_777_217, 32),
    });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ __type: "RequestEntityTooLarge" });
  });
});

describe("hosts and origins", () => {
  const ask = (port: number, headers: http.OutgoingHttpHeaders): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const request = http.get(
        { host: "127.0.0.1", port, path: "/_millrace/health", headers, agent: false },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      );
      request.on("error", reject);
    });

  test.each([
    [{ host: "localhost:4566" }, 200],
    [{ host: "bucket.localhost" }, 200],
    [{ host: "host.docker.internal:4566" }, 200],
    [{ host: "[::1]:4566" }, 200],
    [{ host: "aws.example" }, 200],
    [{ host: "evil.example" }, 403],
    [{ host: "localhost.evil.example" }, 403],
    [{ host: "10.0.0.1" }, 403],
    [{ host: "localhost", origin: "http://localhost:3000" }, 200],
    [{ host: "localhost", origin: "http://evil.example" }, 403],
    [{ host: "localhost", origin: "null" }, 403],
    [{ host: "localhost", "sec-fetch-site": "cross-site" }, 403],
  ])("%j is answered with %i", async (headers, status) => {
    const { port } = await aServedHouse();
    expect(await ask(port, headers)).toBe(status);
  });

  test("HTTP/2 carries its host in :authority", async () => {
    const { url, port } = await aServedHouse();
    const session = http2.connect(url);
    onTestFinished(() => session.destroy());
    const status = (authority: string) =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ":path": "/_millrace/health", ":authority": authority });
        stream.on("response", (headers) => resolve(headers[":status"]));
        stream.on("error", reject);
        stream.resume();
      });
    expect(await status(`127.0.0.1:${port}`)).toBe(200);
    expect(await status("evil.example")).toBe(403);
  });
});

describe("the local pages", () => {
  test("mappings, metrics and queues", async () => {
    const { url, control, placement, queues } = await aServedHouse();
    await control.createMapping({ ...minimal, MetricsConfig: { Metrics: ["EventCount"] } });
    await control.createMapping({ ...minimal, FunctionName: "other" });
    await control.settled();
    const counters = {
      polled: 5,
      filtered: 1,
      invoked: 4,
      failedInvoke: 0,
      dropped: 0,
      delivered: 0,
      deliveryFailures: 0,
      lost: 0,
      droppedInAggregates: 0,
      oversized: 0,
      committed: 0,
      pollingErrors: 0,
      registryErrors: 0,
      invokeErrors: 0,
      commitErrors: 0,
      deleted: 0,
      deadLetters: 0,
      pollers: null,
      batches: 2,
      windows: 1,
      windowsEndedEarly: 1,
      invocations: 2,
      errors: 0,
      throttles: 0,
      iteratorAgeMs: 12,
    };
    placement.say({
      kind: "summary",
      mappings: control.views().map(({ uuid, generation }) => ({
        uuid,
        generation,
        counters,
        recordResult: "OK",
        problemText: null,
        lagCount: 3,
        oldestArrivedAtMs: null,
        runningCount: 1,
        lanes: [],
      })),
    });
    await queues.createQueue("dead");
    await queues.send("dead", aMessage("{}"));
    const page = await (await fetch(`${url}/_millrace/metrics`)).text();
    const lines = page
      .split("\n")
      .filter((line) => /polled|filtered|invocations_total|windows|iterator_age/.test(line) && !line.startsWith("#"));
    const [first, second] = control.views().map((view) => `{mapping="${view.uuid}",function="${view.functionName}"}`);
    expect(lines).toEqual([
      `millrace_polled_event_count_total${first} 5`,
      `millrace_tumbling_windows_closed_total${first} 1`,
      `millrace_tumbling_windows_closed_total${second} 1`,
      `millrace_tumbling_windows_ended_early_total${first} 1`,
      `millrace_tumbling_windows_ended_early_total${second} 1`,
      `millrace_invocations_total${first} 2`,
      `millrace_invocations_total${second} 2`,
      `millrace_iterator_age_milliseconds${first} 12`,
      `millrace_iterator_age_milliseconds${second} 12`,
    ]);
    expect(await (await fetch(`${url}/_millrace/mappings`)).json()).toMatchObject({
      mappings: [{ state: "Enabled" }, { functionName: "other" }],
    });
    expect(await (await fetch(`${url}/_millrace/queues/dead/messages`)).json()).toMatchObject({
      messages: [{ body: "{}" }],
    });
    expect((await fetch(`${url}/_millrace/queues/none/messages`)).status).toBe(404);
    expect((await fetch(`${url}/_millrace/ready`)).status).toBe(200);
  });

  const entry = (seq: number): Entry => ({ kind: "unit-ended", atMs: 1, mapping: null, lane: "l", seq });

  test("the journal as lines of JSON: what was, then what comes, and what was dropped on the way is said", async () => {
    const { url, feed } = await aServedHouse();
    feed.publish([entry(1)], 0);
    const answer = await fetch(`${url}/_millrace/journal?recent=10`);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe(`${JSON.stringify(entry(1))}\n`);
    feed.publish([entry(2)], 3);
    expect((await reader?.read())?.value).toBe(`{"kind":"dropped","count":3}\n${JSON.stringify(entry(2))}\n`);
    await reader?.cancel();
  });

  test("as server-sent events, and without following", async () => {
    const { url, feed } = await aServedHouse();
    feed.publish([entry(1)], 0);
    const answer = await fetch(`${url}/_millrace/journal?follow=false`, { headers: { accept: "text/event-stream" } });
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    expect(await answer.text()).toBe(`data: ${JSON.stringify(entry(1))}\n\n`);
  });

  test("a client that does not read is dropped entries for, not kept memory for", async () => {
    const { url, feed } = await aServedHouse();
    const answer = await new Promise<http.IncomingMessage>((resolve) => {
      http.get(`${url}/_millrace/journal?recent=0`, { agent: false }, resolve);
    });
    const large: Entry = {
      kind: "log",
      functionName: "f",
      requestId: "r",
      stream: "stdout",
      text: "x".repeat(100_000),
      atMs: 1,
      mapping: null,
      lane: "l",
      seq: 1,
    };
    for (let count = 0; count < 500; count += 1) feed.publish([large], 0);
    let read = "";
    answer.setEncoding("utf8");
    const told = new Promise<void>((resolve) => {
      answer.on("data", (chunk) => {
        read += String(chunk);
        if (read.includes('"kind":"dropped"')) resolve();
      });
    });
    await told;
    expect(Number(/"kind":"dropped","count":(\d+)/.exec(read)?.[1])).toBeGreaterThan(100);
  });
});

describe("broken HTTP", () => {
  const send = (port: number, bytes: string): Promise<string> =>
    new Promise((resolve) => {
      let read = "";
      const socket = net.connect(port, "127.0.0.1", () => socket.end(bytes));
      socket.setEncoding("utf8");
      socket.on("data", (chunk) => (read += String(chunk)));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(read));
    });

  test.each([
    "nonsense\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "GET /a b HTTP/1.1\r\n\r\n",
    `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(70_000)}\r\n\r\n`,
  ])("%# is answered with 400 in AWS's form", async (bytes) => {
    const { port } = await aServedHouse();
    const answer = await send(port, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/x-amzn-ErrorType: InvalidRequestContentException/i);
  });

  test("a path that cannot be decoded is 400 in AWS's form", async () => {
    const { port } = await aServedHouse();
    const answer = await send(
      port,
      "GET /2015-03-31/event-source-mappings/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("InvalidRequestContentException");
  });

  test("an HTTP/2 greeting that goes wrong ends that connection only", async () => {
    const { port, url } = await aServedHouse();
    await send(port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense that is no frame");
    expect((await fetch(`${url}/_millrace/health`)).status).toBe(200);
  });
});
