// The one client of a mapping on MongoDB: made when it is asked for and none is there, with the secret read anew (M-605). After a fault it is
// closed, so that the next one has the login of then.

import type { MongoClient } from "mongodb";
import type { ChangeStreamAddress } from "../../src/ports/mapping-spec.ts";
import type { SourceProblem } from "../../src/ports/source.ts";
import { loginOf } from "../broker-login.ts";
import type { BsonMakers } from "./mongo-place.ts";
import { type MongoLocation, mongoProblem, secretProblem } from "./mongo-problems.ts";

/** Within this a fault shows as a problem; the client's own 30 s would hide it so long. */
const SELECTION_MS = 5_000;
const CONNECT_MS = 10_000;

export type MongoAddress = Extract<ChangeStreamAddress, { kind: "mongo" }>;

export interface Connected {
  readonly client: MongoClient;
  readonly bson: BsonMakers;
}

export interface MongoConnection {
  readonly location: MongoLocation;
  connected(): Promise<Connected | { readonly problem: SourceProblem }>;
  /** The client is of no use any more; the next who asks gets another. */
  drop(): Promise<void>;
  /** For good. */
  close(): Promise<void>;
}

export function createMongoConnection(options: {
  readonly address: MongoAddress;
  readonly secretText: (secretArn: string) => Promise<string | null>;
}): MongoConnection {
  const { address } = options;
  const location = { address: hostsOf(address.url), database: address.database, collection: address.collection };
  /** All who ask meanwhile get the same one. */
  let opening: Promise<Connected | { readonly problem: SourceProblem }> | null = null;
  /** Not connected yet: closed under it, one stops looking for a server at once. */
  const connecting = new Set<MongoClient>();
  let isClosed = false;

  async function connectNow(): Promise<Connected | { readonly problem: SourceProblem }> {
    const login = loginOf(await options.secretText(address.secretArn), address.secretArn);
    if (typeof login === "string") return { problem: secretProblem(login) };
    let client: MongoClient | null = null;
    try {
      // Loaded with the first connection: nobody else needs it.
      const { BSON, MongoClient: Client, Timestamp } = await import("mongodb");
      client = new Client(address.url, {
        // A server without users lets nobody log in, who has none to name.
        ...(login.username === "" ? {} : { auth: login }),
        ...(address.caFile === null ? {} : { tls: true, tlsCAFile: address.caFile }),
        appName: "millrace",
        serverSelectionTimeoutMS: SELECTION_MS,
        connectTimeoutMS: CONNECT_MS,
        maxPoolSize: 4,
      });
      connecting.add(client);
      if (isClosed) throw new Error("the mapping has stopped");
      await client.connect();
      const bson: BsonMakers = {
        parseToken: (text) => BSON.EJSON.parse(text),
        timestamp: (at) => new Timestamp(at),
      };
      return { client, bson };
    } catch (error) {
      await closeQuietly(client);
      return { problem: mongoProblem(error, location) };
    } finally {
      if (client !== null) connecting.delete(client);
    }
  }

  async function drop(): Promise<void> {
    const dropped = opening;
    opening = null;
    const connected = await dropped;
    if (connected !== null && "client" in connected) await closeQuietly(connected.client);
  }

  return {
    location,
    async connected() {
      if (isClosed) return { problem: mongoProblem(new Error("the mapping has stopped"), location) };
      opening ??= connectNow();
      const mine = opening;
      const answer = await mine;
      if ("problem" in answer && opening === mine) opening = null;
      return answer;
    },
    drop,
    async close() {
      isClosed = true;
      await Promise.all([...connecting].map(closeQuietly));
      await drop();
    },
  };
}

async function closeQuietly(client: MongoClient | null): Promise<void> {
  try {
    await client?.close();
  } catch {
    // It was of no use any more: that is why it is closed.
  }
}

/** `HOST:PORT[,HOST:PORT]` of a connection text. */
function hostsOf(url: string): string {
  return /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?]+)/.exec(url)?.[1] ?? "?";
}
