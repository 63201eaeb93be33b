// What change streams are like, by the unmodified driver: the stand-in has to be as a real replica set is, so where one can be had the same
// tests run there.

import { Timestamp } from "mongodb";
import { describe, expect, test } from "vitest";
import { createMongoStandIn } from "./stand-in/mongo-stand-in.ts";
import { realMongoUrl } from "./support/real-mongo.ts";
import { idOf, kindOf, nextEvents, unopened, watching, type World, worldAt } from "./support/watched-world.ts";

const realUrl = await realMongoUrl();

describe("on the stand-in", () => {
  changeStreams(async () => {
    const standIn = await createMongoStandIn();
    const world = await worldAt(standIn.url);
    const end = async () => {
      await world[Symbol.asyncDispose]();
      await standIn.goDown();
    };
    return { ...world, [Symbol.asyncDispose]: end };
  });
});

// Skipped where no MongoDB can be had, as the stand-in shows only what we take MongoDB for.
describe.skipIf(realUrl === null)("on a real MongoDB as on the stand-in", () => {
  changeStreams(() => worldAt(realUrl ?? ""));
});

function changeStreams(opened: () => Promise<World>): void {
  describe("events of a change stream", () => {
    test("insert, update, replace and delete, each with its members in order", async () => {
      await using world = await opened();
      await using stream = await watching(world.orders);
      await world.orders.insertOne({ _id: 1, a: { b: 1, c: 2 }, list: [1, 2, 3], tags: ["a"] });
      const tagged = world.db.collection<{ _id: number; tags: string[] }>("orders");
      await tagged.updateOne(
        { _id: 1 },
        { $set: { "a.b": 5, list: [1, 9], "x.y": 1 }, $unset: { "a.c": "" }, $push: { tags: "b" } },
      );
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
        ns: { db: world.db.databaseName, coll: "orders" },
        documentKey: { _id: 1 },
        updateDescription: {
          updatedFields: { "a.b": 5, list: [1, 9], x: { y: 1 }, "tags.1": "b" },
          removedFields: ["a.c"],
          truncatedArrays: [],
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
      await using all = await watching(world.db);
      await using some = await watching(world.db, {}, [{ $match: { operationType: "delete" } }]);
      await world.client.db(`${world.db.databaseName}-other`).collection("orders").insertOne({ n: 1 });
      await world.orders.insertOne({ _id: 1 });
      await world.db.collection<{ _id: number }>("carts").insertOne({ _id: 2 });
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
      await using ofDatabase = await watching(world.db);
      await world.orders.rename("old");
      await world.db.dropDatabase();
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

    test("a token of another collection is not found", async () => {
      await using world = await opened();
      await using stream = await watching(world.orders);
      await world.orders.insertOne({ _id: 1 });
      const [event] = await nextEvents(stream.stream, 1);
      await using other = unopened(world.db.collection("carts"), { resumeAfter: event?.["_id"] });
      await expect(other.stream.tryNext()).rejects.toMatchObject({ code: 280 });
    });

    test("the oplog's oldest entry can be read, and a stream starts from its time", async () => {
      await using world = await opened();
      await world.orders.insertOne({ _id: 1 });
      const oplog = world.client.db("local").collection("oplog.rs");
      const [oldest] = await oplog.find().sort({ $natural: 1 }).limit(1).toArray();
      expect(oldest).toMatchObject({ ts: expect.any(Timestamp) });
      await using stream = await watching(world.orders, { startAtOperationTime: oldest?.["ts"] });
      expect((await nextEvents(stream.stream, 1)).map(idOf)).toEqual([1]);
    });
  });
}
