// What goes wrong under a change stream, told to the stand-in: a real server cannot be told to. Elections and logs of a real one are in
// replica-set.test.ts.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createCertificates } from "../../scripts/brokers/certificates.ts";
import { aLiveMapping, type SeenChange, secretOf, storedPlaces, until } from "./support/live-mapping.ts";
import { aStandIn } from "./support/mongo-house.ts";

const idOf = ({ documentKey }: SeenChange): unknown => documentKey?._id;
const CONNECTION = "PROBLEM: Connection error. Please check your event source connection configuration.";

test("TX-08, X-701: a place that the log has no more disables the mapping at once, and nothing is read from now on", async () => {
  const mongo = await aStandIn();
  const stored = storedPlaces();
  const first = aLiveMapping({ ...mongo, stored });
  await first.positioned;
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => first.facts("decided").length === 1);
  await first.stop();
  const places = new Map(stored.values);
  await mongo.orders.insertOne({ _id: 2 });
  mongo.server.trimOplog();
  await mongo.orders.insertOne({ _id: 3 });
  const second = aLiveMapping({ ...mongo, stored });
  await until(() => second.unrecoverable.length > 0);
  expect(second.unrecoverable[0]).toBe("CHANGE_STREAM_POSITION_LOST");
  expect(second.problem()?.text).toBe(
    "PROBLEM: The position in the change stream is lost: the cluster's log does not reach back so far.",
  );
  await second.stop();
  expect(second.calls).toEqual([]);
  expect(stored.values).toEqual(places);
});

test.each([
  [136, "CappedPositionLost"],
  [9, "Invalid resume token"],
])("X-504: so does DocumentDB's error %i, %s", async (code, message) => {
  const mongo = await aStandIn();
  mongo.server.addFault({ command: "aggregate", fault: { kind: "error", code, message } });
  const mapping = aLiveMapping(mongo);
  await until(() => mapping.unrecoverable.length > 0);
  expect(mapping.unrecoverable[0]).toBe("CHANGE_STREAM_POSITION_LOST");
  expect(mapping.problem()?.detail).toContain(`${message}. Nothing is skipped in silence`);
});

test("X-203: a stream that DocumentDB has not switched on is no lost place, whatever its error's number", async () => {
  const mongo = await aStandIn();
  const message = "modifyChangeStreams has not been run for this collection";
  mongo.server.addFault({ command: "aggregate", times: 1, fault: { kind: "error", code: 136, message } });
  const mapping = aLiveMapping(mongo);
  await until(() => mapping.facts("source-problem").length === 1);
  expect(mapping.facts("source-problem")).toMatchObject([
    { text: CONNECTION, disablingReason: "ESM_CONFIG_NOT_VALID" },
  ]);
  await until(() => mapping.facts("source-recovered").length === 1);
  expect(mapping.unrecoverable).toEqual([]);
});

test("X-203: a server that is no replica set is told so", async () => {
  const mongo = await aStandIn();
  mongo.server.addFault({
    command: "aggregate",
    fault: { kind: "error", code: 40_573, message: "only on replica sets" },
  });
  const mapping = aLiveMapping({ ...mongo, disabledAfterMs: 1_500 });
  await until(() => mapping.problem() !== null);
  expect(mapping.problem()?.detail).toContain("is no replica set");
  await until(() => mapping.unrecoverable.length > 0);
  expect(mapping.unrecoverable[0]).toBe("ESM_CONFIG_NOT_VALID");
});

test("TX-09, X-801: an election in the middle loses nothing and repeats nothing", async () => {
  const mongo = await aStandIn();
  const mapping = aLiveMapping({ ...mongo, batchSize: 10 });
  await mapping.positioned;
  await mongo.orders.insertMany(numbered(0, 50));
  await until(() => mapping.changes().length >= 20);
  mongo.server.stepDown();
  mongo.server.comeBack();
  await mongo.orders.insertMany(numbered(50, 100));
  await until(() => mapping.changes().length >= 100);
  expect(mapping.changes().map(idOf)).toEqual(numbered(0, 100).map(({ _id }) => _id));
});

test("X-801: so does a cursor that the server kills", async () => {
  const mongo = await aStandIn();
  const mapping = aLiveMapping(mongo);
  await mapping.positioned;
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => mapping.changes().length === 1);
  await until(() => mongo.server.killCursors() > 0);
  await mongo.orders.insertOne({ _id: 2 });
  await until(() => mapping.changes().length === 2);
  expect(mapping.changes().map(idOf)).toEqual([1, 2]);
});

test("TX-10, X-801: a server that is gone shows as a problem; back again, the stream goes on at its place", async () => {
  const mongo = await aStandIn();
  const mapping = aLiveMapping(mongo);
  await mapping.positioned;
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => mapping.facts("decided").length === 1);
  await mongo.server.goDown();
  await until(() => mapping.problem() !== null);
  expect(mapping.problem()).toMatchObject({ code: "unreachable", text: CONNECTION });
  await mongo.server.comeUp();
  await mongo.orders.insertOne({ _id: 2 });
  await until(() => mapping.changes().length === 2);
  expect(mapping.changes().map(idOf)).toEqual([1, 2]);
  expect(mapping.problem()).toBe(null);
  expect(mapping.unrecoverable).toEqual([]);
});

test("X-405: where the server does not take startAfter, the stream goes on at the time behind its end", async () => {
  const mongo = await aStandIn();
  const mapping = aLiveMapping(mongo);
  await mapping.positioned;
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => mapping.changes().length === 1);
  const unknown = {
    kind: "error",
    code: 40_415,
    message: "BSON field '$changeStream.startAfter' is an unknown field",
  } as const;
  mongo.server.addFault({ command: "aggregate", times: 1, fault: unknown });
  await mongo.orders.drop();
  await mongo.orders.insertOne({ _id: 2 });
  await until(() => mapping.changes().length === 4);
  expect(mapping.changes().map(({ operationType }) => operationType)).toEqual([
    "insert",
    "drop",
    "invalidate",
    "insert",
  ]);
  expect(JSON.stringify(mongo.server.lastCommand("aggregate"))).toContain("startAtOperationTime");
  expect(mapping.facts("source-problem")).toEqual([]);
});

test("X-401: what lies before a change that cannot be read is delivered, once, and the change blocks what follows it", async () => {
  const mongo = await aStandIn();
  const mapping = aLiveMapping(mongo);
  await mapping.positioned;
  const mend = [
    mongo.server.addFault({ command: "getMore", fault: { kind: "garble", text: "broken" } }),
    mongo.server.addFault({ command: "aggregate", fault: { kind: "garble", text: "broken" } }),
  ];
  // In one answer of the server's.
  await mongo.orders.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3, text: "broken" }, { _id: 4 }]);
  await until(() => mapping.facts("source-problem").length > 0);
  await until(() => mapping.changes().length > 0);
  expect(mapping.changes().map(idOf)).toEqual([1, 2]);
  expect(mapping.problem()?.detail).toMatch(/^a change of collection .*\.orders .* cannot be read.*Invalid UTF-8/);
  for (const take of mend) take();
  await until(() => mapping.changes().length === 4);
  expect(mapping.changes().map(idOf)).toEqual([1, 2, 3, 4]);
});

test("TX-16, X-404: the place of a quiet collection moves on while others are written, and outlives the log behind it", async () => {
  // No entry of its own comes between the place and the end of the log that is kept.
  const mongo = await aStandIn({ idleEntryMs: 3_600_000 });
  const stored = storedPlaces();
  let aheadMs = 0;
  const mapping = aLiveMapping({ ...mongo, stored, aheadMs: () => aheadMs });
  await mapping.positioned;
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => mapping.facts("checkpoint").length === 1);
  await mongo.other("carts").insertMany(numbered(0, 20));
  expect(mapping.facts("checkpoint")).toHaveLength(1);
  aheadMs = 31_000;
  await until(() => mapping.facts("checkpoint").length === 2);
  expect(mapping.facts("checkpoint").at(-1)?.after).toMatch(/^idle:/);
  await mapping.stop();
  mongo.server.trimOplog(2);
  await mongo.orders.insertOne({ _id: 2 });
  const second = aLiveMapping({ ...mongo, stored });
  await until(() => second.changes().length === 1);
  expect(second.changes().map(idOf)).toEqual([2]);
  expect(second.facts("source-problem")).toEqual([]);
});

test("X-404, X-803: while a batch fails, the place stays before it however long nothing else comes", async () => {
  const mongo = await aStandIn();
  const stored = storedPlaces();
  let aheadMs = 0;
  let isFailing = true;
  const mapping = aLiveMapping({
    ...mongo,
    stored,
    aheadMs: () => aheadMs,
    handler: () => {
      if (isFailing) throw new Error("not yet");
    },
  });
  await mapping.positioned;
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => mapping.calls.length === 1);
  aheadMs = 31_000;
  const answered = mongo.server.commandCount("getMore");
  await until(() => mongo.server.commandCount("getMore") > answered + 1);
  expect(mapping.facts("checkpoint")).toEqual([]);
  isFailing = false;
  await until(() => mapping.facts("checkpoint").length > 0);
  // What was told behind the batch while it failed holds once it has ended.
  expect(mapping.facts("checkpoint").at(-1)?.after).toMatch(/^(?:idle|resume):/);
});

test("TX-20, X-804, X-806: three errors in a row that nothing can resume disable the mapping; it was not asked more often", async () => {
  const mongo = await aStandIn();
  mongo.server.addFault({
    command: "aggregate",
    fault: { kind: "error", code: 280, message: "resume token not found" },
  });
  const mapping = aLiveMapping(mongo);
  await until(() => mapping.unrecoverable.length > 0);
  expect(mapping.unrecoverable[0]).toBe("CHANGE_STREAM_NOT_RESUMABLE");
  expect(mongo.server.commandCount("aggregate")).toBe(3);
  expect(mapping.problem()?.text).toBe("PROBLEM: The change stream cannot be resumed.");
});

test("X-806: two such errors and a success do not", async () => {
  const mongo = await aStandIn();
  mongo.server.addFault({ command: "aggregate", times: 2, fault: { kind: "error", code: 280 } });
  const mapping = aLiveMapping(mongo);
  await until(() => mapping.facts("source-recovered").length === 1);
  mongo.server.addFault({ command: "getMore", times: 1, fault: { kind: "error", code: 280 } });
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => mapping.changes().length === 1);
  expect(mapping.unrecoverable).toEqual([]);
});

test("X-601, M-605, M-705: a refused login shows, disables the mapping once it has lasted, and a mended secret is read at the next try", async () => {
  const mongo = await aStandIn({ user: { user: "reader", password: "right" } });
  let password = "wrong";
  const mapping = aLiveMapping({
    ...mongo,
    disabledAfterMs: 1_500,
    secretText: () => JSON.stringify({ username: "reader", password }),
  });
  await mapping.positioned;
  expect(mapping.problem()).toMatchObject({ code: "denied", text: "PROBLEM: Server failed to authenticate Lambda" });
  await until(() => mapping.unrecoverable.length > 0);
  expect(mapping.unrecoverable[0]).toBe("EVENT_SOURCE_AUTHN_ERROR");
  password = "right";
  await until(() => mapping.problem() === null);
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => mapping.changes().length >= 1);
  expect(mapping.changes().map(idOf)).toEqual([1]);
});

test.each([
  ["there is none", null],
  ["is no object", "[]"],
  ["is no JSON", "geheim"],
])("M-605: a secret that %s is a refused login, and its text is nowhere told", async (_what, secret) => {
  const mongo = await aStandIn();
  const mapping = aLiveMapping({ ...mongo, secretText: () => secret });
  await mapping.positioned;
  expect(mapping.problem()).toMatchObject({ disablingReason: "EVENT_SOURCE_AUTHN_ERROR" });
  expect(JSON.stringify(mapping.facts("source-problem"))).not.toContain("geheim");
});

test("X-801: a login that is changed while the stream runs is taken at the next connect", async () => {
  const mongo = await aStandIn({ user: { user: "reader", password: "old" } });
  let secret = secretOf(mongo.url);
  const mapping = aLiveMapping({ ...mongo, secretText: () => secret });
  await mapping.positioned;
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => mapping.changes().length === 1);
  mongo.server.setPassword("new");
  secret = JSON.stringify({ username: "reader", password: "new" });
  await mongo.orders.insertOne({ _id: 2 });
  await mongo.server.goDown();
  await mongo.server.comeUp();
  await until(() => mapping.changes().length === 2);
  expect(mapping.changes().map(idOf)).toEqual([1, 2]);
});

test("X-701: a user who may not read the stream shows as such", async () => {
  const mongo = await aStandIn();
  mongo.server.addFault({
    command: "aggregate",
    fault: { kind: "error", code: 13, message: "not authorized on shop" },
  });
  const mapping = aLiveMapping({ ...mongo, disabledAfterMs: 1_500 });
  await until(() => mapping.unrecoverable.length > 0);
  expect(mapping.problem()).toMatchObject({ text: "PROBLEM: Cluster failed to authorize Lambda" });
  expect(mapping.unrecoverable[0]).toBe("EVENT_SOURCE_AUTHZ_ERROR");
});

test("X-501: a log that the user may not read is told, with the ways out", async () => {
  const mongo = await aStandIn();
  const refused = { kind: "error", code: 13, message: "not authorized on local" } as const;
  mongo.server.addFault({ command: "find", namespace: "local.oplog.rs", fault: refused });
  const mapping = aLiveMapping({ ...mongo, start: { kind: "trimHorizon" } });
  await mapping.positioned;
  expect(mapping.problem()?.detail).toMatch(/TRIM_HORIZON.*local\.oplog\.rs.*AT_TIMESTAMP or LATEST/);
});

test("X-501: LATEST of a server that is not there yet is the instant of the first try; the mapping is Enabled with its problem", async () => {
  const mongo = await aStandIn();
  await mongo.orders.insertOne({ _id: 1 });
  const { t } = mongo.server.clusterTime();
  await until(() => Date.now() / 1_000 >= t + 1);
  await mongo.server.goDown();
  const mapping = aLiveMapping(mongo);
  await mapping.positioned;
  expect(mapping.problem()).toMatchObject({ text: CONNECTION });
  await mongo.server.comeUp();
  await mongo.orders.insertOne({ _id: 2 });
  await until(() => mapping.changes().length === 1);
  expect(mapping.changes().map(idOf)).toEqual([2]);
});

test("X-203: TLS with a certificate of a private authority, which is trusted by its file alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "millrace-mongo-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { caFile, certificateFile, keyFile } = await createCertificates(folder);
  const tls = { certificate: await readFile(certificateFile), key: await readFile(keyFile) };
  const mongo = await aStandIn({ tls }, { tlsCAFile: caFile });
  const trusting = aLiveMapping({ ...mongo, caFile });
  await trusting.positioned;
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => trusting.changes().length === 1);
  const doubting = aLiveMapping(mongo);
  await doubting.positioned;
  expect(doubting.problem()).toMatchObject({ text: "PROBLEM: Lambda failed to authenticate server" });
});

function numbered(from: number, to: number): { _id: number }[] {
  return Array.from({ length: to - from }, (_, index) => ({ _id: from + index }));
}
