// What only a real replica set can show: its own log, elections, tokens and transactions. They run where MILLRACE_TEST_MONGODB_URL names one, with a
// user who may do all that they ask; `npm test` says of each that it did not run elsewhere.

import { MongoClient } from "mongodb";
import { describe, expect, onTestFinished, test } from "vitest";
import { aLiveMapping, type SeenChange, storedPlaces, until } from "./support/live-mapping.ts";
import { aMongo, realUrl } from "./support/mongo-house.ts";

const idOf = ({ documentKey }: SeenChange): unknown => documentKey?._id;

// Skipped where no real replica set is named: the stand-in is our own reading of one, and would prove nothing here.
describe.skipIf(realUrl === null)("a real replica set (MILLRACE_TEST_MONGODB_URL)", () => {
  test("TX-09, X-801: an election in the middle loses nothing and repeats nothing", async () => {
    const mongo = await aMongo();
    const mapping = aLiveMapping({ ...mongo, batchSize: 50 });
    await mapping.positioned;
    await mongo.orders.insertMany(numbered(0, 500));
    await until(() => mapping.changes().length >= 100);
    const admin = await anAdmin();
    // It ends the connection that asks.
    await admin.command({ replSetStepDown: 5, secondaryCatchUpPeriodSecs: 0, force: true }).catch(() => undefined);
    await untilWritten(() => mongo.orders.insertMany(numbered(500, 1_000)));
    await until(() => mapping.changes().length >= 1_000);
    expect(mapping.changes().map(idOf)).toEqual(numbered(0, 1_000).map(({ _id }) => _id));
  });

  test("TX-08, X-504: a time before the log's oldest entry is a lost place, as error 286", async () => {
    const mongo = await aMongo();
    const stored = storedPlaces();
    const unit = `changes@${mongo.database}/orders`;
    stored.values.set(`*@${mongo.database}/orders`, { after: null, window: null, isEnded: false });
    stored.values.set(unit, { after: "time:1000000000.1", window: null, isEnded: false });
    const mapping = aLiveMapping({ ...mongo, stored });
    await mongo.orders.insertOne({ _id: 1 });
    await until(() => mapping.unrecoverable.length > 0 || mapping.changes().length > 0);
    // A log that still begins with the set's making reaches back to any time: there everything is read, and nothing is lost.
    const [oldest] = await (await anAdmin()).client
      .db("local")
      .collection("oplog.rs")
      .find()
      .sort({ $natural: 1 })
      .limit(1)
      .toArray();
    const isWhole = oldest?.["o"]?.msg === "initiating set";
    expect([mapping.unrecoverable[0], mapping.changes().map(idOf)]).toEqual(
      isWhole ? [undefined, [1]] : ["CHANGE_STREAM_POSITION_LOST", []],
    );
  });

  test("X-405: a renamed collection ends its stream by rename and invalidate, and the new one under its name is read on", async () => {
    const mongo = await aMongo();
    const mapping = aLiveMapping(mongo);
    await mapping.positioned;
    await mongo.orders.insertOne({ _id: 1 });
    await mongo.orders.rename("old");
    await mongo.other("orders").insertOne({ _id: 2 });
    await until(() => mapping.changes().length === 4);
    expect(mapping.changes().map(({ operationType }) => operationType)).toEqual([
      "insert",
      "rename",
      "invalidate",
      "insert",
    ]);
  });

  test("X-102: the changes of a transaction come together, in order, and one that is given up comes not at all", async () => {
    const mongo = await aMongo();
    await mongo.orders.insertOne({ _id: 0 });
    const mapping = aLiveMapping(mongo);
    await mapping.positioned;
    const client = await aClient();
    const orders = client.db(mongo.database).collection<{ _id: number }>("orders");
    await client.withSession(async (session) => {
      await session.withTransaction(async () => {
        await orders.insertOne({ _id: 1 }, { session });
        await orders.insertOne({ _id: 2 }, { session });
      });
      session.startTransaction();
      await orders.insertOne({ _id: 3 }, { session });
      await session.abortTransaction();
    });
    await orders.insertOne({ _id: 4 });
    await until(() => mapping.changes().length === 3);
    expect(mapping.changes().map(idOf)).toEqual([1, 2, 4]);
    expect(mapping.changes()[0]).not.toHaveProperty("lsid");
    expect(mapping.changes()[0]).not.toHaveProperty("txnNumber");
  });

  test("TX-16, X-404: a server's own idle token is taken, stored, and resumed from", async () => {
    const mongo = await aMongo();
    const stored = storedPlaces();
    let aheadMs = 0;
    const first = aLiveMapping({ ...mongo, stored, aheadMs: () => aheadMs });
    await first.positioned;
    await mongo.other("carts").insertMany(numbered(0, 100));
    aheadMs = 31_000;
    await until(() => first.facts("checkpoint").some(({ after }) => after?.startsWith("idle:") === true));
    await first.stop();
    await mongo.orders.insertOne({ _id: 7 });
    const second = aLiveMapping({ ...mongo, stored });
    await until(() => second.changes().length === 1);
    expect(second.changes().map(idOf)).toEqual([7]);
  });

  test("X-804: a change of more than 16 MB ends in a told fault, not in a loop", async () => {
    const mongo = await aMongo();
    const text = "x".repeat(9 * 1024 * 1024);
    await mongo.orders.insertOne({ _id: 1, text });
    const mapping = aLiveMapping({ ...mongo, fullDocument: "UpdateLookup" });
    await mapping.positioned;
    await mongo.orders.updateOne({ _id: 1 }, { $set: { text: `${text}y` } });
    await until(() => mapping.unrecoverable.length > 0, 50_000);
    expect(mapping.unrecoverable[0]).toBe("CHANGE_STREAM_NOT_RESUMABLE");
  });
});

async function aClient(): Promise<MongoClient> {
  const client = await new MongoClient(realUrl ?? "").connect();
  onTestFinished(() => client.close());
  return client;
}

async function anAdmin() {
  return (await aClient()).db("admin");
}

/** Until there is a primary again: what was not written is written anew. */
async function untilWritten(write: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await write();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function numbered(from: number, to: number): { _id: number }[] {
  return Array.from({ length: to - from }, (_, index) => ({ _id: from + index }));
}
