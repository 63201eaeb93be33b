// The MongoDB stand-in where things go wrong: logins, TLS, servers that go and come back, elections, lost cursors, faults by command.

import { readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Document, MongoClient, type MongoClientOptions } from "mongodb";
import { describe, expect, test } from "vitest";
import { createCertificates } from "../../scripts/brokers/certificates.ts";
import { createMongoStandIn, type MongoStandInOptions } from "./stand-in/mongo-stand-in.ts";

const alice = { user: "alice", password: "p:a@ss,=" };
/** The driver gives up sooner than the tests do. */
const impatient: MongoClientOptions = { serverSelectionTimeoutMS: 5_000, heartbeatFrequencyMS: 500 };

describe("logins and TLS", () => {
  test("the one user is let in; another password, and no login, are not", async () => {
    await using world = await opened({ user: alice });
    await world.orders.insertOne({ _id: 1 });
    const stranger = { ...alice, password: "other" };
    await expect(askAs(world.standIn.port, stranger)).rejects.toMatchObject({ code: 18 });
    await expect(askAs(world.standIn.port, { ...alice, user: "bob" })).rejects.toMatchObject({ code: 18 });
    await expect(askAs(world.standIn.port, null)).rejects.toMatchObject({ code: 13 });
  });

  test("a changed password is asked for by the next login", async () => {
    await using world = await opened({ user: alice });
    world.standIn.setPassword("next");
    await expect(askAs(world.standIn.port, alice)).rejects.toMatchObject({ code: 18 });
    await askAs(world.standIn.port, { ...alice, password: "next" });
    await world.orders.insertOne({ _id: 1 });
  });

  test("with TLS it is known by its authority alone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-stand-in-"));
    const files = await createCertificates(folder);
    const [certificate, key] = [await readFile(files.certificateFile), await readFile(files.keyFile)];
    {
      await using world = await opened({ user: alice, tls: { certificate, key } }, { tlsCAFile: files.caFile });
      await world.orders.insertOne({ _id: 1 });
      const stranger = new MongoClient(world.standIn.url, { ...impatient, serverSelectionTimeoutMS: 500 });
      await expect(stranger.connect()).rejects.toThrow(/certificate/);
      await stranger.close();
    }
    await rm(folder, { recursive: true });
  });
});

describe("a server that goes and comes back", () => {
  test("what it had is there again, at the same port, and a stream goes on behind its last event", async () => {
    await using world = await opened();
    await using stream = await watching(world.orders);
    await world.orders.insertOne({ _id: 1 });
    expect((await nextOf(stream.stream))["documentKey"]).toEqual({ _id: 1 });
    await world.standIn.goDown();
    await world.standIn.comeUp();
    await world.orders.insertOne({ _id: 2 });
    expect((await nextOf(stream.stream))["documentKey"]).toEqual({ _id: 2 });
    expect(await world.orders.countDocuments({ _id: 1 }).catch(() => "no aggregation")).toBe("no aggregation");
    expect(await world.orders.estimatedDocumentCount()).toBe(2);
  });

  test("one that stays away is not reached", async () => {
    await using world = await opened();
    await world.standIn.goDown();
    const client = new MongoClient(world.standIn.url, { serverSelectionTimeoutMS: 200 });
    await expect(client.connect()).rejects.toThrow(/ECONNREFUSED/);
    await client.close();
    await world.standIn.comeUp();
  });

  test("an election interrupts and comes back: a stream neither loses nor repeats an event", async () => {
    await using world = await opened();
    await using stream = await watching(world.orders);
    await world.orders.insertOne({ _id: 1 });
    expect((await nextOf(stream.stream))["documentKey"]).toEqual({ _id: 1 });
    const waiting = nextOf(stream.stream);
    world.standIn.stepDown();
    const writing = world.orders.insertOne({ _id: 2 });
    world.standIn.comeBack();
    await writing;
    expect((await waiting)["documentKey"]).toEqual({ _id: 2 });
    await world.orders.insertOne({ _id: 3 });
    expect((await nextOf(stream.stream))["documentKey"]).toEqual({ _id: 3 });
  });

  test("while it is no primary, a command fails as there", async () => {
    await using world = await opened({}, { retryWrites: false, directConnection: true });
    world.standIn.stepDown();
    // The first ones may meet the end of their connection.
    await expect
      .poll(() =>
        world.orders.insertOne({ _id: 1 }).then(
          () => "done",
          (error: unknown) => error,
        ),
      )
      .toMatchObject({ code: 10_107, codeName: "NotWritablePrimary" });
    world.standIn.comeBack();
  });
});

describe("faults", () => {
  test("a killed cursor is opened anew by the driver, behind its last event", async () => {
    await using world = await opened();
    await using stream = await watching(world.orders);
    await world.orders.insertOne({ _id: 1 });
    expect((await nextOf(stream.stream))["documentKey"]).toEqual({ _id: 1 });
    expect(world.standIn.killCursors()).toBe(1);
    await world.orders.insertOne({ _id: 2 });
    expect((await nextOf(stream.stream))["documentKey"]).toEqual({ _id: 2 });
    expect(world.standIn.commandCount("aggregate")).toBe(2);
  });

  test("a position that is lost in the middle ends the stream by 286", async () => {
    await using world = await opened();
    await using stream = await watching(world.orders);
    world.standIn.addFault({
      command: "getMore",
      namespace: "shop.orders",
      times: 1,
      fault: { kind: "error", code: 286 },
    });
    await expect(nextOf(stream.stream)).rejects.toMatchObject({
      code: 286,
      codeName: "ChangeStreamHistoryLost",
      errorLabels: ["NonResumableChangeStreamError"],
    });
    expect(stream.stream.closed).toBe(true);
  });

  test("a rule strikes as often as it says, in its namespace alone, until it is taken back", async () => {
    await using world = await opened();
    const carts = world.client.db("shop").collection("carts");
    world.standIn.addFault({ command: "find", times: 2, namespace: "shop.orders", fault: { kind: "error", code: 13 } });
    const takeBack = world.standIn.addFault({
      command: "insert",
      fault: { kind: "error", code: 9, message: "so it is" },
    });
    await carts.findOne();
    await expect(world.orders.findOne()).rejects.toMatchObject({ code: 13 });
    await expect(world.orders.findOne()).rejects.toMatchObject({ code: 13 });
    expect(await world.orders.findOne()).toBeNull();
    await expect(carts.insertOne({})).rejects.toMatchObject({ code: 9, message: "so it is" });
    takeBack();
    await carts.insertOne({});
  });

  test("a write whose answer is lost is done once, as its retry is known", async () => {
    await using world = await opened();
    world.standIn.addFault({ command: "insert", times: 1, fault: { kind: "disconnect", isCarriedOut: true } });
    await world.orders.insertOne({ _id: 1 });
    expect(world.standIn.commandCount("insert")).toBe(2);
    expect(await world.orders.find().toArray()).toEqual([{ _id: 1 }]);
  });

  test("a command without an answer is given up by the client's own limit, and its stream goes on", async () => {
    await using world = await opened({}, { socketTimeoutMS: 300 });
    await using stream = await watching(world.orders);
    world.standIn.addFault({ command: "getMore", times: 1, fault: { kind: "silence" } });
    await world.orders.insertOne({ _id: 1 });
    expect((await nextOf(stream.stream))["documentKey"]).toEqual({ _id: 1 });
    expect(world.standIn.commandCount("aggregate")).toBe(2);
  });

  test("an event over 16 MB cannot be read", async () => {
    await using world = await opened();
    await using stream = await watching(world.orders);
    await world.orders.insertOne({ _id: 1, a: "x".repeat(15_000_000) });
    await world.orders.updateOne({ _id: 1 }, { $set: { b: "y".repeat(1_700_000) } });
    expect((await nextOf(stream.stream))["operationType"]).toBe("insert");
    await using full = await watching(world.orders, { fullDocument: "updateLookup" });
    await world.orders.updateOne({ _id: 1 }, { $set: { b: "z".repeat(1_700_000) } });
    await expect(nextOf(full.stream)).rejects.toMatchObject({ code: 10_334 });
  });
});

async function askAs(port: number, user: { readonly user: string; readonly password: string } | null): Promise<void> {
  const login = user === null ? {} : { auth: { username: user.user, password: user.password } };
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?replicaSet=rs0`, { ...impatient, ...login });
  try {
    await client.db("shop").collection("orders").findOne();
  } finally {
    await client.close();
  }
}

async function opened(options: MongoStandInOptions = {}, clientOptions: MongoClientOptions = {}) {
  const standIn = await createMongoStandIn(options);
  const client = await new MongoClient(standIn.url, { ...impatient, ...clientOptions }).connect();
  return {
    standIn,
    client,
    orders: client.db("shop").collection<Document & { _id: number }>("orders"),
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await standIn.goDown();
    },
  };
}

type Orders = Awaited<ReturnType<typeof opened>>["orders"];

/** A stream that is open on the server: what is written from now on is told. */
async function watching(orders: Orders, options: { fullDocument?: string } = {}) {
  const stream = orders.watch([], { maxAwaitTimeMS: 50, ...options });
  await stream.tryNext();
  return { stream, [Symbol.asyncDispose]: () => stream.close() };
}

async function nextOf(stream: ReturnType<Orders["watch"]>): Promise<Document> {
  for (;;) {
    const event = await stream.tryNext();
    if (event !== null) return event;
  }
}
