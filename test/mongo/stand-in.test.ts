// The MongoDB stand-in, by the unmodified driver: what it keeps and finds, and what only it can be told to do. What change streams are like
// is `change-streams.test.ts`, which a real server can be held against, too.

import { Long, Timestamp } from "mongodb";
import { describe, expect, test } from "vitest";
import { createMongoStandIn, type MongoStandInOptions } from "./stand-in/mongo-stand-in.ts";
import { idOf, nextEvents, unopened, watching, worldAt } from "./support/watched-world.ts";

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
    await expect(world.db.command({ collStats: "orders" })).rejects.toMatchObject({ code: 59 });
  });
});

describe("places of a change stream", () => {
  test("the token of a quiet stream moves on while others are written, and resumes without a repeat", async () => {
    await using world = await opened();
    await using stream = await watching(world.orders);
    const before = stream.stream.resumeToken;
    await world.db.collection<{ _id: number }>("carts").insertOne({ _id: 1 });
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

  test("a token that is none is refused", async () => {
    await using world = await opened();
    await using none = unopened(world.orders, { resumeAfter: { _data: "nonsense" } });
    await expect(none.stream.tryNext()).rejects.toMatchObject({ code: 260 });
  });
});

async function opened(options: MongoStandInOptions = {}) {
  const standIn = await createMongoStandIn(options);
  const world = await worldAt(standIn.url);
  return {
    ...world,
    standIn,
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await standIn.goDown();
    },
  };
}
