// The MongoDB stand-in, by the unmodified driver: what a reader of change streams depends on.

import {
  type ChangeStream,
  type ChangeStreamOptions,
  type Collection,
  type Document,
  Long,
  MongoClient,
  Timestamp,
} from "mongodb";
import { describe, expect, test } from "vitest";
import { createMongoStandIn, type MongoStandIn } from "./stand-in/mongo-stand-in.ts";

describe("writes and reads", () => {
  test("documents are kept with their types, found, changed and removed", async () => {
    await using world = await opened();
    const { orders } = world;
    const big = Long.fromString("9007199254740993");
    await orders.insertMany([
      { _id: 1, total: 1.5, big, tags: ["a"] },
      { _id: 2, total: 2, nested: { deep: [{ at: 7 }] } },
    ]);
    expect(await orders.findOne({ total: { $gt: 1.7 } }, { projection: { total: 1 } })).toEqual({ _id: 2, total: 2 });
    expect(await orders.findOne({ "nested.deep.at": 7 })).toMatchObject({ _id: 2 });
    expect(await orders.findOne({ _id: 1 }, { promoteLongs: false })).toMatchObject({ big });
    expect(await orders.updateOne({ _id: 3 }, { $inc: { n: 1 } }, { upsert: true })).toMatchObject({ upsertedId: 3 });
    expect(await orders.findOneAndUpdate({ _id: 3 }, { $inc: { n: 2 } }, { returnDocument: "after" })).toEqual({
      _id: 3,
      n: 3,
    });
    expect(await orders.deleteMany({ _id: { $in: [1, 2] } })).toMatchObject({ deletedCount: 2 });
    expect(await orders.find().sort({ _id: -1 }).toArray()).toEqual([{ _id: 3, n: 3 }]);
    await expect(orders.insertOne({ _id: 3 })).rejects.toMatchObject({ code: 11_000 });
  });

  test("more rows than a batch come by getMore", async () => {
    await using world = await opened();
    await world.orders.insertMany(Array.from({ length: 250 }, (_each, index) => ({ _id: index })));
    expect(await world.orders.find({}, { batchSize: 100 }).toArray()).toHaveLength(250);
    expect(world.standIn.commandCount("getMore")).toBe(2);
  });

  test("what it does not offer fails by name", async () => {
    await using world = await opened();
    await expect(world.orders.updateOne({}, { $min: { n: 1 } }, { upsert: true })).rejects.toThrow(
      /does not offer.*\$min/,
    );
    await expect(world.orders.aggregate([{ $group: { _id: 1 } }]).toArray()).rejects.toThrow(/does not offer/);
    await expect(world.client.db("shop").command({ collStats: "orders" })).rejects.toMatchObject({ code: 59 });
  });
});

describe("events of a change stream", () => {
  test("insert, update, replace and delete, each with its members in order", async () => {
    await using world = await opened();
    await using stream = await watching(world.orders);
    await world.orders.insertOne({ _id: 1, a: { b: 1, c: 2 }, list: [1, 2, 3] });
    await world.orders.updateOne({ _id: 1 }, { $set: { "a.b": 5, list: [1, 9] }, $unset: { "a.c": "" } });
    await world.orders.updateOne({ _id: 1 }, { $set: { "a.b": 5 } });
    await world.orders.replaceOne({ _id: 1 }, { z: true });
    await world.orders.deleteOne({ _id: 1 });
    const events = await nextEvents(stream.stream, 4);
    expect(events.map((each) => Object.keys(each))).toEqual([
      ["_id", "operationType", "clusterTime", "wallTime", "fullDocument", "ns", "documentKey"],
      ["_id", "operationType", "clusterTime", "wallTime", "ns", "documentKey", "updateDescription"],
      ["_id", "operationType", "clusterTime", "wallTime", "fullDocument", "ns", "documentKey"],
      ["_id", "operationType", "clusterTime", "wallTime", "ns", "documentKey"],
    ]);
    expect(events[1]).toMatchObject({
      operationType: "update",
      clusterTime: expect.any(Timestamp),
      ns: { db: "shop", coll: "orders" },
      documentKey: { _id: 1 },
      updateDescription: {
        updatedFields: { "a.b": 5, "list.1": 9 },
        removedFields: ["a.c"],
        truncatedArrays: [{ field: "list", newSize: 2 }],
      },
    });
    expect(events[2]).toMatchObject({ operationType: "replace", fullDocument: { _id: 1, z: true } });
  });

  test("updateLookup has the document as it is when it is read, null once it is gone", async () => {
    await using world = await opened();
    await world.orders.insertMany([
      { _id: 1, n: 0 },
      { _id: 2, n: 0 },
    ]);
    await using stream = await watching(world.orders, { fullDocument: "updateLookup" });
    await world.orders.updateMany({}, { $set: { n: 1 } });
    await world.orders.updateOne({ _id: 1 }, { $set: { n: 2 } });
    await world.orders.deleteOne({ _id: 2 });
    const events = await nextEvents(stream.stream, 4);
    expect(events.map((each) => each["fullDocument"])).toEqual([{ _id: 1, n: 2 }, null, { _id: 1, n: 2 }, undefined]);
  });

  test("a stream of a database tells of its collections alone; one with a filter of what fits alone", async () => {
    await using world = await opened();
    await using all = await watching(world.client.db("shop"));
    await using some = await watching(world.client.db("shop"), {}, [{ $match: { operationType: "delete" } }]);
    await world.client.db("other").collection("orders").insertOne({ n: 1 });
    await world.orders.insertOne({ _id: 1 });
    await world.client.db("shop").collection<{ _id: number }>("carts").insertOne({ _id: 2 });
    await world.orders.deleteOne({ _id: 1 });
    const events = await nextEvents(all.stream, 3);
    expect(events.map((each) => each["ns"].coll)).toEqual(["orders", "carts", "orders"]);
    expect((await nextEvents(some.stream, 1))[0]).toMatchObject({ operationType: "delete" });
  });

  test("a dropped collection ends its stream by invalidate; behind it the new collection goes on by startAfter alone", async () => {
    await using world = await opened();
    await world.orders.insertOne({ _id: 1 });
    await using stream = await watching(world.orders);
    await world.orders.drop();
    const [drop, invalidate] = await nextEvents(stream.stream, 2);
    expect([drop?.["operationType"], invalidate?.["operationType"]]).toEqual(["drop", "invalidate"]);
    expect(stream.stream.closed).toBe(true);
    await world.orders.insertOne({ _id: 2 });
    await using refused = unopened(world.orders, { resumeAfter: invalidate?.["_id"] });
    await expect(refused.stream.tryNext()).rejects.toMatchObject({ code: 260 });
    await using next = await watching(world.orders, { startAfter: invalidate?.["_id"] });
    expect((await nextEvents(next.stream, 1))[0]).toMatchObject({ documentKey: { _id: 2 } });
    await using again = await watching(world.orders, { resumeAfter: drop?.["_id"] });
    expect((await nextEvents(again.stream, 1))[0]).toMatchObject({ operationType: "invalidate" });
  });

  test("a rename ends the collection's stream, a dropped database the database's", async () => {
    await using world = await opened();
    await world.orders.insertOne({ _id: 1 });
    await using ofCollection = await watching(world.orders);
    await using ofDatabase = await watching(world.client.db("shop"));
    await world.orders.rename("old");
    await world.client.db("shop").dropDatabase();
    expect((await nextEvents(ofCollection.stream, 2)).map(kindOf)).toEqual(["rename", "invalidate"]);
    expect((await nextEvents(ofDatabase.stream, 4)).map(kindOf)).toEqual([
      "rename",
      "drop",
      "dropDatabase",
      "invalidate",
    ]);
  });
});

describe("places of a change stream", () => {
  test("a token resumes behind its event; a time starts with its event", async () => {
    await using world = await opened();
    await using stream = await watching(world.orders);
    await world.orders.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    const [first, second] = await nextEvents(stream.stream, 3);
    await using behind = await watching(world.orders, { resumeAfter: first?.["_id"] });
    expect((await nextEvents(behind.stream, 2)).map(idOf)).toEqual([2, 3]);
    await using from = await watching(world.orders, { startAtOperationTime: second?.["clusterTime"] });
    expect((await nextEvents(from.stream, 2)).map(idOf)).toEqual([2, 3]);
  });

  test("a token of another collection is not found, and one that is none is refused", async () => {
    await using world = await opened();
    await using stream = await watching(world.orders);
    await world.orders.insertOne({ _id: 1 });
    const [event] = await nextEvents(stream.stream, 1);
    await using other = unopened(world.client.db("shop").collection("carts"), { resumeAfter: event?.["_id"] });
    await expect(other.stream.tryNext()).rejects.toMatchObject({ code: 280 });
    await using none = unopened(world.orders, { resumeAfter: { _data: "nonsense" } });
    await expect(none.stream.tryNext()).rejects.toMatchObject({ code: 260 });
  });

  test("the token of a quiet stream moves on while others are written, and resumes without a repeat", async () => {
    await using world = await opened();
    await using stream = await watching(world.orders);
    const before = stream.stream.resumeToken;
    await world.client.db("shop").collection<{ _id: number }>("carts").insertOne({ _id: 1 });
    await stream.stream.tryNext();
    const after = stream.stream.resumeToken;
    expect(after).not.toEqual(before);
    world.standIn.trimOplog(2);
    await world.orders.insertOne({ _id: 7 });
    await using resumed = await watching(world.orders, { resumeAfter: after });
    expect((await nextEvents(resumed.stream, 1)).map(idOf)).toEqual([7]);
    expect(await resumed.stream.tryNext()).toBeNull();
  });

  test("an idle primary's time moves on by itself", async () => {
    await using world = await opened({ idleEntryMs: 1 });
    await using stream = await watching(world.orders);
    const before = stream.stream.resumeToken;
    await expect
      .poll(async () => {
        await stream.stream.tryNext();
        return stream.stream.resumeToken;
      })
      .not.toEqual(before);
  });

  test("what is trimmed is lost, for a token, a time and an open stream alike", async () => {
    await using world = await opened();
    await using stream = await watching(world.orders);
    await world.orders.insertMany([{ _id: 1 }, { _id: 2 }]);
    const [first] = await nextEvents(stream.stream, 1);
    world.standIn.trimOplog();
    const lost = { code: 286, errorLabels: ["NonResumableChangeStreamError"] };
    await using byToken = unopened(world.orders, { resumeAfter: first?.["_id"] });
    await expect(byToken.stream.tryNext()).rejects.toMatchObject(lost);
    await using byTime = unopened(world.orders, { startAtOperationTime: first?.["clusterTime"] });
    await expect(byTime.stream.tryNext()).rejects.toMatchObject(lost);
  });

  test("the oplog's oldest entry can be read, and a stream starts from its time", async () => {
    await using world = await opened();
    await world.orders.insertOne({ _id: 1 });
    const oplog = world.client.db("local").collection("oplog.rs");
    const [oldest] = await oplog.find().sort({ $natural: 1 }).limit(1).toArray();
    expect(oldest).toMatchObject({ op: "n", ts: expect.any(Timestamp) });
    await using stream = await watching(world.orders, { startAtOperationTime: oldest?.["ts"] });
    expect((await nextEvents(stream.stream, 1)).map(idOf)).toEqual([1]);
  });

  test("cluster times are of the clock that it is given", async () => {
    let nowMs = 1_700_000_000_000;
    await using world = await opened({ nowMs: () => nowMs });
    await world.orders.insertOne({ _id: 1 });
    nowMs += 5_000;
    await world.orders.insertOne({ _id: 2 });
    await using stream = await watching(world.orders, {
      startAtOperationTime: new Timestamp({ t: 1_700_000_005, i: 1 }),
    });
    const [event] = await nextEvents(stream.stream, 1);
    expect(event).toMatchObject({ documentKey: { _id: 2 }, clusterTime: new Timestamp({ t: 1_700_000_005, i: 1 }) });
  });
});

function kindOf(event: Document): unknown {
  return event["operationType"];
}

function idOf(event: Document): unknown {
  return event["documentKey"]._id;
}

async function opened(options: Parameters<typeof createMongoStandIn>[0] = {}) {
  const standIn: MongoStandIn = await createMongoStandIn(options);
  const client = await new MongoClient(standIn.url).connect();
  const orders: Collection<Document & { _id: number }> = client
    .db("shop")
    .collection<Document & { _id: number }>("orders");
  return {
    standIn,
    client,
    orders,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await standIn.goDown();
    },
  };
}

interface Watchable {
  watch: (pipeline: Document[], options: ChangeStreamOptions) => ChangeStream;
}

function unopened(of: Watchable, options: ChangeStreamOptions, pipeline: Document[] = []) {
  const stream = of.watch(pipeline, { maxAwaitTimeMS: 50, ...options });
  return { stream, [Symbol.asyncDispose]: () => stream.close() };
}

/** A stream that is open on the server: what is written from now on is told. */
async function watching(of: Watchable, options: ChangeStreamOptions = {}, pipeline: Document[] = []) {
  const opening = unopened(of, options, pipeline);
  if (
    options.resumeAfter === undefined &&
    options.startAfter === undefined &&
    options.startAtOperationTime === undefined
  ) {
    await opening.stream.tryNext();
  }
  return opening;
}

async function nextEvents(stream: ChangeStream, count: number): Promise<readonly Document[]> {
  const events: Document[] = [];
  while (events.length < count) {
    const event = await stream.tryNext();
    if (event !== null) events.push(event);
  }
  return events;
}
