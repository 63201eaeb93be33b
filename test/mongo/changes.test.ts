// What a function is given of a change stream, and where a mapping begins: against a real replica set where there is one, else the stand-in.

import { Long } from "mongodb";
import { expect, test } from "vitest";
import { aLiveMapping, clusterArn, type SeenChange, storedPlaces, until } from "./support/live-mapping.ts";
import { aMongo } from "./support/mongo-house.ts";

const idOf = ({ documentKey }: SeenChange): unknown => documentKey?._id;
const kindOf = ({ operationType }: SeenChange): string => operationType;

test("TX-01, X-101, X-702: an insert into a collection that was not there, as the event has it", async () => {
  const mongo = await aMongo();
  const mapping = aLiveMapping(mongo);
  await mapping.positioned;
  await mongo.db.collection("orders").insertOne({ anyField: "sampleValue" });
  await until(() => mapping.calls.length === 1);
  const event: unknown = JSON.parse(mapping.texts[0] ?? "");
  expect(event).toEqual({
    eventSourceArn: clusterArn,
    events: [
      {
        event: {
          _id: { _data: expect.any(String) },
          clusterTime: { $timestamp: { t: expect.any(Number), i: expect.any(Number) } },
          documentKey: { _id: { $oid: expect.any(String) } },
          fullDocument: { _id: { $oid: expect.any(String) }, anyField: "sampleValue" },
          ns: { db: mongo.database, coll: "orders" },
          operationType: "insert",
        },
      },
    ],
    eventSource: "aws:docdb",
  });
  const [change] = mapping.changes();
  expect(Object.keys(change ?? {})).toEqual([
    "_id",
    "clusterTime",
    "documentKey",
    "fullDocument",
    "ns",
    "operationType",
  ]);
});

test("TX-02: an update has what changed, and with UpdateLookup the document as it is when it is looked up", async () => {
  const mongo = await aMongo();
  await mongo.orders.insertMany([
    { _id: 1, n: 0 },
    { _id: 2, n: 0 },
  ]);
  const plain = aLiveMapping(mongo);
  await plain.positioned;
  await mongo.orders.updateOne({ _id: 1 }, { $set: { n: 1 } });
  await until(() => plain.changes().length === 1);
  const [update] = plain.changes();
  expect(update).toMatchObject({
    operationType: "update",
    updateDescription: { updatedFields: { n: 1 }, removedFields: [] },
  });
  expect(update).not.toHaveProperty("fullDocument");
  await plain.stop();
  // Changes that lie before the mapping's first look: the second document is gone by then.
  await mongo.orders.updateOne({ _id: 2 }, { $set: { n: 2 } });
  await mongo.orders.updateOne({ _id: 1 }, { $set: { n: 3 } });
  await mongo.orders.deleteOne({ _id: 2 });
  const looking = aLiveMapping({
    ...mongo,
    fullDocument: "UpdateLookup",
    start: { kind: "atTimestamp", atMs: 1_000 * timeOf(update).t },
  });
  await until(() => looking.changes().some((each) => kindOf(each) === "delete"));
  const ofTwo = looking.changes().filter((each) => kindOf(each) === "update" && idOf(each) === 2);
  expect(ofTwo).toMatchObject([{ fullDocument: null }]);
  const ofOne = looking.changes().filter((each) => kindOf(each) === "update" && idOf(each) === 1);
  expect(ofOne.at(-1)).toMatchObject({ fullDocument: { _id: 1, n: 3 } });
});

test("TX-03: a delete has its key alone", async () => {
  const mongo = await aMongo();
  await mongo.orders.insertOne({ _id: 1, n: 0 });
  const mapping = aLiveMapping(mongo);
  await mapping.positioned;
  await mongo.orders.deleteOne({ _id: 1 });
  await until(() => mapping.changes().length === 1);
  expect(Object.keys(mapping.changes()[0] ?? {})).toEqual(["_id", "clusterTime", "documentKey", "ns", "operationType"]);
});

test("TX-04: five changes by two make 2, 2 and 1; a window runs from the first change", async () => {
  const mongo = await aMongo();
  const mapping = aLiveMapping({ ...mongo, batchSize: 2, windowMs: 500 });
  await mapping.positioned;
  await mongo.orders.insertMany([1, 2, 3, 4, 5].map((_id) => ({ _id })));
  await until(() => mapping.changes().length === 5);
  expect(mapping.calls.map((call) => call.map(idOf))).toEqual([[1, 2], [3, 4], [5]]);
  expect(mapping.facts("batch-closed").map(({ closedBy }) => closedBy)).toEqual(["size", "size", "window"]);
});

test("TX-05, X-201, X-401: a failed batch blocks, alone, until it succeeds; then its place is stored", async () => {
  const mongo = await aMongo();
  const stored = storedPlaces();
  const mapping = aLiveMapping({
    ...mongo,
    stored,
    batchSize: 1,
    handler: (_changes, index) => {
      if (index < 5) throw new Error("not yet");
    },
  });
  await mapping.positioned;
  await mongo.orders.insertMany([{ _id: 1 }, { _id: 2 }]);
  await until(() => mapping.facts("decided").length === 7);
  expect(mapping.changes().map(idOf)).toEqual([1, 1, 1, 1, 1, 1, 2]);
  expect(mapping.mostAtOnce()).toBe(1);
  await mapping.stop();
  const token = JSON.stringify(mapping.changes().at(-1)?.["_id"]);
  expect([...stored.values.values()].some(({ after }) => after?.endsWith(`:${token}`))).toBe(true);
});

test("TX-06, X-402: what succeeded and was not stored comes again", async () => {
  const mongo = await aMongo();
  const stored = storedPlaces();
  const first = aLiveMapping({ ...mongo, stored });
  await first.positioned;
  stored.isLosing = true;
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => first.facts("decided").length === 1);
  await first.stop(0);
  stored.isLosing = false;
  const second = aLiveMapping({ ...mongo, stored });
  await until(() => second.changes().length === 1);
  expect(second.changes().map(idOf)).toEqual([1]);
});

test("TX-07, X-501, X-502: LATEST begins when the mapping is made, whatever happens before its first change", async () => {
  const mongo = await aMongo();
  await mongo.orders.insertOne({ _id: 1 });
  const stored = storedPlaces();
  const first = aLiveMapping({ ...mongo, stored });
  await first.positioned;
  await first.stop();
  await mongo.orders.insertOne({ _id: 2 });
  const second = aLiveMapping({ ...mongo, stored });
  await mongo.orders.insertOne({ _id: 3 });
  await until(() => second.changes().length === 2);
  expect(second.changes().map(idOf)).toEqual([2, 3]);
});

test("X-501: TRIM_HORIZON begins at the oldest entry of the log", async () => {
  const mongo = await aMongo();
  await mongo.orders.insertMany([{ _id: 1 }, { _id: 2 }]);
  const mapping = aLiveMapping({ ...mongo, start: { kind: "trimHorizon" } });
  await until(() => mapping.changes().length === 2);
  expect(mapping.changes().map(idOf)).toEqual([1, 2]);
});

test("TX-13: AT_TIMESTAMP has the changes of that second and later, and none before", async () => {
  const mongo = await aMongo();
  const watching = aLiveMapping(mongo);
  await watching.positioned;
  for (const _id of [1, 2, 3]) {
    await mongo.orders.insertOne({ _id });
    await until(() => watching.changes().length === _id);
    const { t } = timeOf(watching.changes().at(-1));
    // The next one lies in a later second.
    await until(() => Date.now() / 1_000 >= t + 1.1);
  }
  const { t } = timeOf(watching.changes()[1]);
  const mapping = aLiveMapping({ ...mongo, start: { kind: "atTimestamp", atMs: t * 1_000 + 999 } });
  await until(() => mapping.changes().length === 2);
  expect(mapping.changes().map(idOf)).toEqual([2, 3]);
});

test("TX-11, X-405: a collection that is dropped and made again goes on behind invalidate, and loses nothing", async () => {
  const mongo = await aMongo();
  const mapping = aLiveMapping(mongo);
  await mapping.positioned;
  await mongo.orders.insertOne({ _id: 1 });
  await mongo.orders.drop();
  await mongo.orders.insertMany([{ _id: 2 }, { _id: 3 }]);
  await until(() => mapping.changes().length === 5);
  expect(mapping.changes().map(kindOf)).toEqual(["insert", "drop", "invalidate", "insert", "insert"]);
  expect(mapping.facts("source-problem")).toEqual([]);
});

test("TX-12: a database's stream goes on over a dropped collection, and behind its own end", async () => {
  const mongo = await aMongo();
  const mapping = aLiveMapping({ ...mongo, collection: null });
  await mapping.positioned;
  await mongo.orders.insertOne({ _id: 1 });
  await mongo.other("carts").insertOne({ _id: 2 });
  await mongo.orders.drop();
  await mongo.other("carts").insertOne({ _id: 3 });
  await until(() => mapping.changes().length === 4);
  expect(mapping.changes().map((each) => [kindOf(each), each.ns.coll])).toEqual([
    ["insert", "orders"],
    ["insert", "carts"],
    ["drop", "orders"],
    ["insert", "carts"],
  ]);
  await mongo.db.dropDatabase();
  await mongo.orders.insertOne({ _id: 4 });
  await until(() => mapping.changes().length === 8);
  expect(mapping.changes().slice(4).map(kindOf)).toEqual(["drop", "dropDatabase", "invalidate", "insert"]);
});

test("TX-14, X-103, X-808: a 64-bit integer has its digits", async () => {
  const mongo = await aMongo();
  const mapping = aLiveMapping(mongo);
  await mapping.positioned;
  await mongo.orders.insertOne({ _id: 1, n: Long.fromString("9007199254740993") });
  await until(() => mapping.calls.length === 1);
  expect(mapping.texts[0]).toContain('"n":9007199254740993');
});

test("TX-15, X-301: a change that is too large is dropped and counted, and the stream goes on", async () => {
  const mongo = await aMongo();
  const stored = storedPlaces();
  const mapping = aLiveMapping({ ...mongo, stored });
  await mapping.positioned;
  await mongo.orders.insertOne({ _id: 1 });
  await mongo.orders.insertOne({ _id: 2, text: "x".repeat(7 * 1024 * 1024) });
  await mongo.orders.insertOne({ _id: 3 });
  await until(() => mapping.changes().length === 2);
  expect(mapping.changes().map(idOf)).toEqual([1, 3]);
  expect(mapping.facts("gave-up")).toMatchObject([
    { condition: "MaximumPayloadSizeExceeded", recordCount: 1, attempts: 0, destination: null },
  ]);
  await mapping.stop();
  const token = JSON.stringify(mapping.changes().at(-1)?.["_id"]);
  expect([...stored.values.values()].some(({ after }) => after?.endsWith(`:${token}`))).toBe(true);
});

test("TX-18, X-106: a server's own fields are left out, and left in where they are asked for", async () => {
  const mongo = await aMongo();
  const bare = aLiveMapping(mongo);
  const kept = aLiveMapping({ ...mongo, isKeepingServerFields: true });
  await Promise.all([bare.positioned, kept.positioned]);
  await mongo.orders.insertOne({ _id: 1 });
  await until(() => bare.calls.length === 1 && kept.calls.length === 1);
  expect(bare.changes()[0]).not.toHaveProperty("wallTime");
  expect(kept.changes()[0]).toHaveProperty("wallTime");
});

test("TX-19, X-805: another FullDocument goes on at the place; another collection begins at its own, and the first is found again", async () => {
  const mongo = await aMongo();
  const stored = storedPlaces();
  const mapping = aLiveMapping({ ...mongo, stored });
  await mapping.positioned;
  await mongo.orders.insertOne({ _id: 1, n: 0 });
  await until(() => mapping.facts("decided").length === 1);
  await mapping.stop();
  await mongo.orders.updateOne({ _id: 1 }, { $set: { n: 1 } });
  const looking = aLiveMapping({ ...mongo, stored, fullDocument: "UpdateLookup" });
  await until(() => looking.changes().length === 1);
  expect(looking.changes()).toMatchObject([{ operationType: "update", fullDocument: { _id: 1, n: 1 } }]);
  looking.update({ collection: "carts" });
  await until(() => [...stored.values.keys()].filter((unit) => unit.startsWith("changes@")).length === 2);
  await mongo.other("carts").insertOne({ _id: 2 });
  await mongo.orders.insertOne({ _id: 3 });
  await until(() => looking.changes().length === 2);
  looking.update({ collection: "orders" });
  await until(() => looking.changes().length === 3);
  expect(looking.changes().map(idOf)).toEqual([1, 2, 3]);
  expect(looking.facts("source-problem")).toEqual([]);
});

test("10,000 changes arrive in order, each once, in batches of what there is", async () => {
  const mongo = await aMongo();
  const mapping = aLiveMapping({ ...mongo, batchSize: 1_000 });
  await mapping.positioned;
  await mongo.orders.insertMany(Array.from({ length: 10_000 }, (_, index) => ({ _id: index })));
  await until(() => mapping.changes().length >= 10_000);
  expect(mapping.changes().map(idOf)).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
});

function timeOf(change: SeenChange | undefined): { readonly t: number } {
  const { clusterTime } = (change ?? {}) as { readonly clusterTime?: { readonly $timestamp: { readonly t: number } } };
  return clusterTime?.$timestamp ?? { t: 0 };
}
