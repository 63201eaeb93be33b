// A database of a random name on some MongoDB, and change streams on it, read one event after the other.

import { randomUUID } from "node:crypto";
import {
  type ChangeStream,
  type ChangeStreamOptions,
  type Collection,
  type Db,
  type Document,
  MongoClient,
} from "mongodb";

export interface World extends AsyncDisposable {
  readonly client: MongoClient;
  readonly db: Db;
  readonly orders: Collection<Document & { _id: number }>;
}

export async function worldAt(url: string): Promise<World> {
  const client = await new MongoClient(url).connect();
  const db = client.db(`world-${randomUUID().slice(0, 8)}`);
  const end = async () => {
    await db.dropDatabase();
    await client.close();
  };
  return { client, db, orders: db.collection<Document & { _id: number }>("orders"), [Symbol.asyncDispose]: end };
}

interface Watchable {
  watch: (pipeline: Document[], options: ChangeStreamOptions) => ChangeStream;
}

export function unopened(of: Watchable, options: ChangeStreamOptions, pipeline: Document[] = []) {
  const stream = of.watch(pipeline, { maxAwaitTimeMS: 50, ...options });
  return { stream, [Symbol.asyncDispose]: () => stream.close() };
}

/** A stream that is open on the server: what is written from now on is told. One that starts elsewhere is opened by its first read. */
export async function watching(of: Watchable, options: ChangeStreamOptions = {}, pipeline: Document[] = []) {
  const { resumeAfter, startAfter, startAtOperationTime } = options;
  const opening = unopened(of, options, pipeline);
  const isFromNow = [resumeAfter, startAfter, startAtOperationTime].every((each) => each === undefined);
  if (isFromNow) await opening.stream.tryNext();
  return opening;
}

export async function nextEvents(stream: ChangeStream, count: number): Promise<readonly Document[]> {
  const events: Document[] = [];
  while (events.length < count) {
    const event = await stream.tryNext();
    if (event !== null) events.push(event);
  }
  return events;
}

export function kindOf(event: Document): unknown {
  return event["operationType"];
}

export function idOf(event: Document): unknown {
  return event["documentKey"]._id;
}
