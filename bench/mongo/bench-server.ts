// The MongoDB of the row "DocumentDB": a real replica set, of the environment or one that can be started; else the stand-in.

import { MongoClient } from "mongodb";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { MillraceError } from "../../src/errors.ts";
import { startChild } from "../child.ts";
import { documentOf } from "./change-run.ts";

const MOST_AN_INSERT = 1_000;

export interface BenchMongo {
  /** With user and password where there are any. */
  readonly url: string;
  readonly isStandIn: boolean;
  fill(database: string, collection: string, documentCount: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startBenchMongo(): Promise<BenchMongo> {
  const server = (await realServer()) ?? (await standIn());
  const client = await new MongoClient(server.url).connect();
  const databases = new Set<string>();
  return {
    ...server,
    async fill(database, collection, documentCount) {
      databases.add(database);
      for (let from = 0; from < documentCount; from += MOST_AN_INSERT) {
        const count = Math.min(MOST_AN_INSERT, documentCount - from);
        const documents = Array.from({ length: count }, (_, at) => documentOf(from + at, documentCount));
        await client.db(database).collection<{ _id: number }>(collection).insertMany(documents);
      }
    },
    async stop() {
      for (const name of databases) await client.db(name).dropDatabase();
      await client.close();
      await server.stop();
    },
  };
}

type Server = Pick<BenchMongo, "url" | "isStandIn" | "stop">;

async function realServer(): Promise<Server | null> {
  try {
    const { url, stop } = await startBroker("mongodb", { mayInstall: false });
    return { url, isStandIn: false, stop };
  } catch (error) {
    if (error instanceof MillraceError && error.code === "broker-missing") return null;
    throw error;
  }
}

async function standIn(): Promise<Server> {
  const child = startChild(new URL("./stand-in.ts", import.meta.url));
  return { url: await child.ask<string>("url"), isStandIn: true, stop: () => child.end() };
}

/** What a mapping's secret holds, and the address without it. */
export function loginOf(url: string): { readonly username: string; readonly password: string } {
  const [, user = "", password = ""] = /^mongodb:\/\/([^:@/]*):([^@/]*)@/.exec(url) ?? [];
  return { username: decodeURIComponent(user), password: decodeURIComponent(password) };
}

export const withoutLogin = (url: string): string => url.replace(/^mongodb:\/\/[^/]*@/, "mongodb://");
