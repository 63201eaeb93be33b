import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { MongoClient } from "mongodb";
import { describe, expect, test } from "vitest";
import { mongodb } from "../../scripts/brokers/mongodb.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { realMongoUrl } from "../mongo/support/real-mongo.ts";
import { createMongoStandIn } from "../mongo/stand-in/mongo-stand-in.ts";

const realUrl = await realMongoUrl();

describe("how a MongoDB is told to be ready", () => {
  test("a primary of a set answers; nobody, and one that has stepped down, do not", async () => {
    await using standIn = await createMongoStandIn();
    await mongodb.ask(standIn.url, null);
    standIn.stepDown();
    await expect(mongodb.ask(standIn.url, null)).rejects.toThrow(/Server selection timed out/);
    await standIn.goDown();
    await expect(mongodb.ask(standIn.url, null)).rejects.toThrow(/ECONNREFUSED/);
  });

  test("users are refused, as a set with users needs more than we start", async () => {
    const acl = { user: "alice", password: "secret" };
    await expect(mongodb.plan("mongod", "unused", 1, { acl })).rejects.toMatchObject({ code: "bad-argument" });
  });
});

// Skipped where no MongoDB can be had, as only a real one shows that its server is started and kept rightly.
describe.skipIf(realUrl === null)("on a real MongoDB of the run", () => {
  test("a change stream tells of an insert", async () => {
    await using client = await new MongoClient(realUrl ?? "").connect();
    const collection = client.db(`own-${randomUUID()}`).collection("orders");
    const stream = collection.watch([], { maxAwaitTimeMS: 100 });
    await stream.tryNext();
    await collection.insertOne({ hello: "there" });
    expect(await stream.next()).toMatchObject({ operationType: "insert", fullDocument: { hello: "there" } });
    await stream.close();
  });

  test("a killed one of one's own comes back at its address with what was written; its stop leaves no folder", async () => {
    const broker = await startBroker("mongodb", { own: true });
    {
      await using client = await new MongoClient(broker.url).connect();
      await client
        .db("shop")
        .collection("orders")
        .insertOne({ kept: true }, { writeConcern: { w: "majority" } });
    }
    await broker.kill();
    await broker.restart();
    await using client = await new MongoClient(broker.url).connect();
    expect(await client.db("shop").collection("orders").findOne()).toMatchObject({ kept: true });
    await client.close();
    await broker.stop();
    expect(broker.folder === null || !existsSync(broker.folder)).toBe(true);
  });
});
