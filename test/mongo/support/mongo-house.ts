// The MongoDB of a test, and a client beside the mapping: a real replica set where the run has one (`real-mongo.ts`), else the stand-in. What
// only one of them can show asks for it by name.

import { randomUUID } from "node:crypto";
import { type Collection, type Db, type Document, MongoClient, type MongoClientOptions } from "mongodb";
import { onTestFinished } from "vitest";
import { createMongoStandIn, type MongoStandIn, type MongoStandInOptions } from "../stand-in/mongo-stand-in.ts";
import { realMongoUrl } from "./real-mongo.ts";

/** With user and password; null: there is none. */
export const realUrl = await realMongoUrl();

type Orders = Collection<Document & { _id: number }>;

export interface MongoHouse {
  readonly url: string;
  /** Of a random name, gone with the test. */
  readonly database: string;
  readonly db: Db;
  readonly orders: Orders;
  other(name: string): Orders;
}

export interface StandInHouse extends MongoHouse {
  readonly server: MongoStandIn;
}

export async function aMongo(): Promise<MongoHouse> {
  return realUrl === null ? aStandIn() : houseOf(realUrl);
}

/** `client`: of the client beside the mapping. */
export async function aStandIn(
  options: MongoStandInOptions = {},
  client: MongoClientOptions = {},
): Promise<StandInHouse> {
  const server = await createMongoStandIn(options);
  onTestFinished(() => server.goDown());
  return { ...(await houseOf(server.url, client)), server };
}

async function houseOf(url: string, options: MongoClientOptions = {}): Promise<MongoHouse> {
  const client = await new MongoClient(url, { serverSelectionTimeoutMS: 10_000, ...options }).connect();
  const database = `shop-${randomUUID().slice(0, 8)}`;
  const db = client.db(database);
  const other = (name: string): Orders => db.collection<Document & { _id: number }>(name);
  onTestFinished(async () => {
    // A stand-in may be down, and takes its databases with it.
    if (realUrl === url) await db.dropDatabase();
    await client.close();
  });
  return { url, database, db, other, orders: other("orders") };
}
