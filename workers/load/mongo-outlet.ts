// A way into a collection of a real server. An insert's answer says nothing of the change stream: the stream is read beside, and a document
// counts as sent once its change has been seen there.

import { MillraceError } from "../../src/errors.ts";
import type { Outlet, SendTarget, TakenPlace } from "../../src/load/sending/send-target.ts";
import { createMongoConnection } from "../mongo/mongo-connection.ts";
import { createMongoReader } from "../mongo/mongo-reader.ts";
import { createResolver } from "../mongo/mongo-starts.ts";
import { withId } from "./with-id.ts";

type Target = Extract<SendTarget, { kind: "mongo" }>;

/** A change that is not seen for so long is given up: its place stays unknown. */
const SEEN_WITHIN_MS = 10_000;
const ROOM = { records: 1_000, bytes: 16_000_000 };

export async function mongoOutlet(target: Target, nowMs: () => number): Promise<Outlet> {
  const { address: url, caFile, login, database, collection, idPrefix } = target;
  const address = { kind: "mongo", url, caFile, secretArn: "login", database, collection } as const;
  const secretText = (): Promise<string> => Promise.resolve(JSON.stringify(login ?? { username: "", password: "" }));
  const connection = createMongoConnection({ address, secretText });
  const watching = createMongoConnection({ address, secretText });
  const start = await createResolver(watching, nowMs)({ kind: "latest" });
  const connected = await connection.connected();
  if (start.kind === "problem" || "problem" in connected || start.after === null) {
    await Promise.all([connection.close(), watching.close()]);
    const problem = start.kind === "problem" ? start.problem : "problem" in connected ? connected.problem : null;
    throw new MillraceError("source-unreachable", problem?.detail ?? "the change stream has no beginning");
  }
  const ending = new AbortController();
  const waiting = new Map<string, (position: string) => void>();
  const reader = createMongoReader({
    connection: watching,
    after: start.after,
    firstOrdinal: 0,
    fullDocument: "Default",
    isKeepingServerFields: false,
    nowMs,
  });
  let lost: string | null = null;

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      const read = await reader.read(ROOM, ending.signal);
      if (read.kind === "problem") {
        lost = read.problem.detail;
        return;
      }
      if (read.kind !== "records") return;
      for (const { eventText, position } of read.records) {
        const key: unknown = Reflect.get(Object(JSON.parse(eventText)), "documentKey");
        waiting.get(JSON.stringify(Reflect.get(Object(key), "_id")))?.(position);
      }
    }
  }
  const watched = watch();

  function seen(id: string): Promise<TakenPlace | null> {
    return new Promise((resolve) => {
      const done = (place: TakenPlace | null): void => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(place);
      };
      const timer = setTimeout(() => done({ unit: "changes", id: "" }), SEEN_WITHIN_MS);
      waiting.set(id, (position) => done({ unit: "changes", id: position }));
    });
  }

  const { client } = connected;
  const { BSON } = await import("mongodb");
  return {
    mostRecords: 1_000,
    mostBytes: 8_000_000,
    async send(records) {
      if (lost !== null) throw new MillraceError("source-unreachable", lost);
      const documents = records.map(({ data, n }) => BSON.EJSON.parse(withId(data, `${idPrefix}-${n}`)));
      const places = documents.map((each) => seen(JSON.stringify(Reflect.get(Object(each), "_id"))));
      try {
        await client.db(database).collection(collection).insertMany(documents, { ordered: true });
      } catch (cause) {
        const words = cause instanceof Error ? cause.message : String(cause);
        throw new MillraceError("source-unreachable", `${connection.location.address}: ${words}`, { cause });
      }
      return Promise.all(places);
    },
    async discard() {
      await client.db(database).collection(collection).drop();
    },
    async close() {
      ending.abort();
      await reader.close();
      await watched;
      await Promise.all([connection.close(), watching.close()]);
    },
  };
}
