// A change stream being read: asked for what it has and never listened to, resumed by the client where that can, and opened anew
// behind what was handed out where it cannot.
//
// C1  `place` is behind the last record that was handed out; a stream is always opened there.
// C2  After a fault the client goes too: the next stream is opened with the login of then.

import type { ChangeStream, Document, Timestamp } from "mongodb";
import { changeEventText } from "../../src/kinds/documentdb/change-event.ts";
import { type ChangeRecord, changeRecord } from "../../src/kinds/documentdb/change-record.ts";
import type { Position, Read, Reader, Room, SourceProblem } from "../../src/ports/source.ts";
import type { Connected, MongoConnection } from "./mongo-connection.ts";
import { type ClusterTime, openingOf, placeOf, placeText, tokenText, whenText } from "./mongo-place.ts";
import { isOpeningRefused, lostProblem, mongoProblem, placeFaultOf, unresumableProblem } from "./mongo-problems.ts";

/** How long the server holds a question that it has nothing for. */
const WAIT_MS = 1_000;
/** How often an idle stream's place is told. */
const IDLE_PLACE_MS = 30_000;
/** Events the server answers with at most: when it has so many, there are more. */
const ANSWER_EVENTS = 1_000;
/** The server ends an answer before 16 MB: then there may be more, too. */
const FULL_ANSWER_BYTES = 4 * 1024 * 1024;
/** */
const MOST_UNRESUMABLE = 3;

export interface MongoReaderOptions {
  readonly connection: MongoConnection;
  readonly after: Position;
  readonly firstOrdinal: number;
  readonly fullDocument: "Default" | "UpdateLookup";
  readonly isKeepingServerFields: boolean;
  /** The wall clock, epoch ms. */
  readonly nowMs: () => number;
}

export function createMongoReader(options: MongoReaderOptions): Reader<ChangeRecord> {
  const { connection, nowMs } = options;
  const { location } = connection;
  let stream: ChangeStream | null = null;
  let place = options.after;
  let ordinal = options.firstOrdinal;
  let movedAtMs = nowMs();
  /** What was told last; null: it is to be told anew. */
  let isCaughtUp: boolean | null = null;
  let unresumableCount = 0;
  let isStartAfterKnown = true;
  /** A stream that was just opened has not answered yet: a refusal is of what it was opened with. */
  let isProven = false;
  let isClosed = false;
  /** Of the server's answer that is being handed out. */
  let answer = { eventCount: 0, bytes: 0 };

  async function opened(): Promise<ChangeStream | SourceProblem> {
    if (stream !== null) return stream;
    const connected = await connection.connected();
    if ("problem" in connected) return connected.problem;
    const from = placeOf(place);
    if (from === null) return unresumableProblem(new Error(`${place} is no place of a change stream`), location, true);
    isProven = false;
    answer = { eventCount: 0, bytes: 0 };
    stream = watched(connected).watch([], {
      ...openingOf(from, connected.bson, isStartAfterKnown),
      ...(options.fullDocument === "UpdateLookup" ? { fullDocument: "updateLookup" } : {}),
      maxAwaitTimeMS: WAIT_MS,
      batchSize: ANSWER_EVENTS,
    });
    return stream;
  }

  function watched({ client }: Connected) {
    // No 64-bit integer becomes a number on its way, and no regular expression loses an option.
    const database = client.db(location.database, { useBigInt64: true, bsonRegExp: true });
    return location.collection === null ? database : database.collection(location.collection);
  }

  async function read(room: Room, signal: AbortSignal): Promise<Read<ChangeRecord>> {
    // A stream that is closed under a read is not opened anew.
    while (!isClosed) {
      try {
        const open = await opened();
        const got = "text" in open ? { kind: "problem" as const, problem: open } : await next(open, room, signal);
        if (got !== null) return told(got);
      } catch (error) {
        const problem = await troubled(error);
        if (problem !== null) return told({ kind: "problem", problem });
      }
    }
    return { kind: "problem", problem: mongoProblem(new Error("the stream has been closed"), location) };
  }

  /** Null: it is to be opened anew. */
  async function next(open: ChangeStream, room: Room, signal: AbortSignal): Promise<Read<ChangeRecord> | null> {
    for (;;) {
      const first = await changeFrom(open);
      isProven = true;
      unresumableCount = 0;
      if (first !== null)
        return { kind: "records", records: await gathered(open, first, room), isCaughtUp: isAll(), lost: null };
      if (open.closed) {
        stream = null;
        return null;
      }
      const passed = idlePlace(open);
      if (passed !== null || isCaughtUp !== true || signal.aborted)
        return { kind: "records", records: [], isCaughtUp: true, lost: null, ...(passed === null ? {} : { passed }) };
    }
  }

  async function changeFrom(open: ChangeStream): Promise<Document | null> {
    const isAnswerOver = open.bufferedCount() === 0;
    const change: Document | null = await open.tryNext();
    if (isAnswerOver) answer = { eventCount: change === null ? 0 : open.bufferedCount() + 1, bytes: 0 };
    return change;
  }

  /** What is at hand behind `first`, as far as there is room; a stream that has ended is left, and so is one that fails here (C1). */
  async function gathered(open: ChangeStream, first: Document, room: Room): Promise<readonly ChangeRecord[]> {
    const records: ChangeRecord[] = [];
    let bytes = 0;
    for (let change: Document | null = first; change !== null; change = await changeBehind(open)) {
      const record = recordOf(change);
      records.push(record);
      bytes += record.sizeBytes;
      answer.bytes += record.sizeBytes;
      if (change["operationType"] === "invalidate") {
        await leave();
        break;
      }
      if (open.bufferedCount() === 0 || records.length >= room.records || bytes >= room.bytes) break;
    }
    movedAtMs = nowMs();
    return records;
  }

  /** Null, too, where it cannot be read: what was gathered is handed out, and the next read meets the fault by itself. */
  async function changeBehind(open: ChangeStream): Promise<Document | null> {
    try {
      return await changeFrom(open);
    } catch {
      await leave();
      return null;
    }
  }

  const isAll = (): boolean =>
    stream !== null &&
    stream.bufferedCount() === 0 &&
    answer.eventCount < ANSWER_EVENTS &&
    answer.bytes < FULL_ANSWER_BYTES;

  function recordOf(change: Document): ChangeRecord {
    const at = timeOf(change["clusterTime"]);
    const eventText = changeEventText(change, options);
    place = placeText({
      kind: change["operationType"] === "invalidate" ? "invalidated" : "resume",
      at,
      token: tokenText(change["_id"]),
    });
    return changeRecord({
      ordinal: ordinal++,
      arrivedAtMs: at.t * 1_000,
      position: place,
      eventText,
    });
  }

  /** Null: it is not due, or where it was. */
  function idlePlace(open: ChangeStream): Position | null {
    if (nowMs() < movedAtMs + IDLE_PLACE_MS) return null;
    movedAtMs = nowMs();
    const token: unknown = open.resumeToken;
    if (token === undefined || token === null) return null;
    const moved = placeText({ kind: "idle", token: tokenText(token) });
    // Of a place behind an event the token is the event's own: it says more there.
    if (moved === place || place.endsWith(`:${tokenText(token)}`)) return null;
    place = moved;
    return moved;
  }

  /** Null: it is opened in another way. */
  async function troubled(error: unknown): Promise<SourceProblem | null> {
    const wasProven = isProven;
    const from = placeOf(place);
    // It was closed while it waited: that is no fault, and others may use the client.
    if (isClosed) return mongoProblem(error, location);
    await leave();
    const fault = placeFaultOf(error);
    if (from?.kind === "invalidated" && isStartAfterKnown && !wasProven && isOpeningRefused(error)) {
      isStartAfterKnown = false;
      return null;
    }
    await connection.drop();
    if (fault === "lost") return lostProblem(error, location, from === null ? place : whenText(from));
    if (fault === null) return mongoProblem(error, location);
    unresumableCount += 1;
    return unresumableProblem(error, location, unresumableCount >= MOST_UNRESUMABLE);
  }

  async function leave(): Promise<void> {
    const left = stream;
    stream = null;
    try {
      await left?.close();
    } catch {
      // Its connection has gone: so has the stream.
    }
  }

  function told(answered: Read<ChangeRecord>): Read<ChangeRecord> {
    isCaughtUp = answered.kind === "records" ? answered.isCaughtUp : null;
    return answered;
  }

  return {
    read,
    async close() {
      isClosed = true;
      await leave();
    },
  };
}

function timeOf(clusterTime: unknown): ClusterTime {
  const { t, i }: Partial<Timestamp> = typeof clusterTime === "object" && clusterTime !== null ? clusterTime : {};
  return { t: t ?? 0, i: i ?? 0 };
}
