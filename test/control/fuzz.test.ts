// Thousands of malformed requests over the wire: each gets a 4xx in AWS's form, or is a request that AWS would take; never a 5xx, never
// a crash, and nothing is stored by a refused call. Seeds are printed by fast-check with a failure.

import net from "node:net";
import { encode } from "cborg";
import fc from "fast-check";
import { expect, test } from "vitest";
import { kinesisShapes } from "../../src/control/kinesis/kinesis-shapes.ts";
import { memberShapes } from "../../src/control/mapping/mapping-members.ts";
import { functionArn, minimal, streamArn, textOf } from "./doubles/house.ts";
import { aServedHouse, type Served } from "./doubles/served.ts";

const anyJson = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e300,
    10_001,
    2 ** 31,
    "",
    "x",
    [],
    {},
    [null],
    [[]],
    { a: 1 },
    "\u0000",
    "\ud800",
  ),
  fc.constantFrom<unknown>(
    streamArn,
    functionArn,
    "handle",
    "handle:1",
    "LATEST",
    "AT_TIMESTAMP",
    "x".repeat(300),
    "é".repeat(70),
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
);

/** A request with some members replaced by anything, some left out, and some that nobody knows. */
const mutated = (members: readonly string[], valid: object): fc.Arbitrary<object> =>
  fc
    .tuple(
      fc.dictionary(fc.constantFrom(...members), anyJson, { minKeys: 1, maxKeys: 4 }),
      fc.subarray(Object.keys(valid)),
      fc.dictionary(fc.string({ maxLength: 12 }), anyJson, { maxKeys: 1 }),
    )
    .map(([changes, kept, unknown]) => ({
      ...unknown,
      ...Object.fromEntries(Object.entries(valid).filter(([name]) => kept.includes(name))),
      ...changes,
    }));

interface Seen {
  refusedCount: number;
  takenCount: number;
}

async function expectAwsForm(answer: Response, house: Served, changesBefore: number, seen: Seen): Promise<void> {
  const body = await answer.text();
  expect(answer.status, body).toBeLessThan(500);
  if (answer.status < 400) {
    seen.takenCount += 1;
    return;
  }
  seen.refusedCount += 1;
  expect(answer.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.headers.get("x-amzn-errortype")).toMatch(/^[A-Za-z]+$/);
  expect(body).toMatch(/[mM]essage/);
  expect(house.tables.changeCount()).toBe(changesBefore);
}

test("CreateEventSourceMapping: 2,500 malformed bodies", async () => {
  const house = await aServedHouse();
  const seen: Seen = { refusedCount: 0, takenCount: 0 };
  await fc.assert(
    fc.asyncProperty(mutated(Object.keys(memberShapes), minimal), async (body) => {
      await house.control.settled();
      const before = house.tables.changeCount();
      const answer = await fetch(`${house.url}/2015-03-31/event-source-mappings`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      await expectAwsForm(answer, house, before, seen);
    }),
    { numRuns: 2_500 },
  );
  expect(seen.refusedCount).toBeGreaterThan(2_000);
});

test("UpdateEventSourceMapping: 1,500 malformed bodies against a stored mapping", async () => {
  const house = await aServedHouse();
  const made = await house.control.createMapping(minimal);
  const path = `/2015-03-31/event-source-mappings/${textOf(made, "UUID")}`;
  const seen: Seen = { refusedCount: 0, takenCount: 0 };
  await fc.assert(
    fc.asyncProperty(mutated(Object.keys(memberShapes), { BatchSize: 5, FunctionName: "handle" }), async (body) => {
      await house.control.settled();
      const before = house.tables.changeCount();
      const answer = await fetch(house.url + path, { method: "PUT", body: JSON.stringify(body) });
      await expectAwsForm(answer, house, before, seen);
    }),
    { numRuns: 1_500 },
  );
  expect(seen.refusedCount).toBeGreaterThan(300);
});

const validKinesis = {
  StreamName: "orders",
  ShardCount: 1,
  Data: "eA==",
  PartitionKey: "k",
  Records: [{ Data: "eA==", PartitionKey: "k" }],
  ShardId: "shardId-000000000000",
  ShardIteratorType: "LATEST",
  RetentionPeriodHours: 24,
};

test("Kinesis: 3,000 malformed calls of every operation, as JSON and as CBOR", async () => {
  const house = await aServedHouse();
  const seen: Seen = { refusedCount: 0, takenCount: 0 };
  const call = fc.constantFrom(...Object.entries(kinesisShapes)).chain(([operation, shape]) =>
    fc.record({
      operation: fc.constant(operation),
      body: mutated(Object.keys(shape.members), validKinesis),
      isCbor: fc.boolean(),
    }),
  );
  await fc.assert(
    fc.asyncProperty(call, async ({ operation, body, isCbor }) => {
      const before = [house.streams.streamCount(), house.streams.recordCount()];
      const answer = await fetch(house.url, {
        method: "POST",
        headers: {
          "content-type": isCbor ? "application/x-amz-cbor-1.1" : "application/x-amz-json-1.1",
          "x-amz-target": `Kinesis_20131202.${operation}`,
        },
        body: isCbor ? Buffer.from(encode(JSON.parse(JSON.stringify(body)))) : JSON.stringify(body),
      });
      await expectAwsForm(answer, house, 0, seen);
      const after = [house.streams.streamCount(), house.streams.recordCount()];
      expect(answer.status < 400 || String(after) === String(before)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
  expect(seen.refusedCount).toBeGreaterThan(1_500);
});

test("paths, queries, methods and bodies of bytes: 1,500 requests", async () => {
  const house = await aServedHouse();
  const seen: Seen = { refusedCount: 0, takenCount: 0 };
  const piece = fc.oneof(
    fc.constantFrom(
      "2015-03-31",
      "2017-03-31",
      "event-source-mappings",
      "tags",
      "",
      "..",
      "_millrace",
      "%2e%2e",
      functionArn,
    ),
    fc.string({ maxLength: 30 }),
  );
  const asked = fc.record({
    method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH"),
    pieces: fc.array(piece, { maxLength: 4 }),
    query: fc.dictionary(
      fc.constantFrom("MaxItems", "Marker", "FunctionName", "EventSourceArn", "tagKeys", "x"),
      fc.string({ maxLength: 20 }),
    ),
    type: fc.constantFrom(
      "",
      "application/json",
      "application/x-amz-json-1.1",
      "application/x-www-form-urlencoded",
      "a/b/c",
    ),
    target: fc.constantFrom("", "Kinesis_20131202.PutRecord", "Kinesis_20131202.__proto__", "AmazonSQS.SendMessage"),
    bytes: fc.uint8Array({ maxLength: 64 }),
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ method, pieces, query, type, target, bytes }) => {
      const path = pieces.map((each) => encodeURIComponent(each.toWellFormed())).join("/");
      const answer = await fetch(`${house.url}/${path}?${new URLSearchParams(query).toString()}`, {
        method,
        headers: { "content-type": type, "x-amz-target": target },
        ...(method === "GET" ? {} : { body: Buffer.from(bytes) }),
      });
      expect(answer.status, path).toBeLessThan(500);
      await answer.arrayBuffer();
      seen.refusedCount += answer.status >= 400 ? 1 : 0;
    }),
    { numRuns: 1_500 },
  );
  expect(seen.refusedCount).toBeGreaterThan(1_000);
  expect((await fetch(`${house.url}/_millrace/health`)).status).toBe(200);
});

test("bytes that are no HTTP: 300 connections, after which the server answers as before", async () => {
  const house = await aServedHouse();
  const send = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      const socket = net.connect(house.port, "127.0.0.1", () => socket.end(bytes));
      socket.on("data", () => undefined);
      // A reset is an answer, too.
      socket.on("error", () => undefined);
      socket.on("close", () => resolve());
    });
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    fc
      .uint8Array({ maxLength: 200 })
      .map((rest) => Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), rest])),
    fc
      .uint8Array({ maxLength: 200 })
      .map((rest) =>
        Buffer.concat([Buffer.from("POST / HTTP/1.1\r\nHost: localhost\r\n"), rest, Buffer.from("\r\n\r\n")]),
      ),
  );
  await fc.assert(fc.asyncProperty(bytes, send), { numRuns: 300 });
  expect((await fetch(`${house.url}/_millrace/health`)).status).toBe(200);
});
