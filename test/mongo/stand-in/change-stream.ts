// One open change stream: where it starts (`$changeStream` of an aggregation), and what each read of it gives. A place is a cluster
// time and whether its event, or also its invalidation, was read.

import { Timestamp } from "mongodb";
import { type Doc, docAt, docsAt, isDoc, isTrueAt, sizeOfDoc, textAt } from "./bson.ts";
import { type ChangeEvent, changeEvents, type Scope } from "./change-events.ts";
import { CommandError, notOffered } from "./command-error.ts";
import { doesMatch } from "./match.ts";
import { parseToken, tokenDoc } from "./resume-token.ts";
import type { Store } from "./store.ts";

const mostBatchBytes = 16 * 1024 * 1024;
/** A document's limit, with what a server adds to its own. */
const mostEventBytes = mostBatchBytes + 16 * 1024;

export interface ChangeBatch {
  readonly events: readonly Doc[];
  /** The stream is over behind these. */
  readonly isInvalidated: boolean;
  readonly postBatchResumeToken: Doc;
}

export interface ChangeStream {
  /** At most this many events that are there now. Throws if its place is lost. */
  readonly read: (mostCount: number) => ChangeBatch;
}

/** `skip`: how many events of the entry at that time are behind us. */
interface Place {
  readonly at: bigint;
  readonly skip: number;
}

/** Throws as a server does where the stream cannot start as asked. */
export function openChangeStream(store: Store, scope: Scope, pipeline: readonly Doc[]): ChangeStream {
  const [stage, ...rest] = pipeline;
  const asked = docAt(stage ?? {}, "$changeStream");
  const isLookingUp = fullDocumentOf(asked) === "updateLookup";
  const filters = rest.map(filterOf);
  let { place, token } = startOf(store, scope, asked);

  const completed = (event: ChangeEvent): Doc => {
    const { document, lookUp } = event;
    if (!isLookingUp || lookUp === null) return document;
    const { _id, operationType, clusterTime, wallTime, ...others } = document;
    const fullDocument = store.lookUp(lookUp.namespace, lookUp.uuid, lookUp.id);
    return { _id, operationType, clusterTime, wallTime, fullDocument, ...others };
  };

  const read = (mostCount: number): ChangeBatch => {
    if (isLost(store, place)) throw lostPosition();
    const events: Doc[] = [];
    if (mostCount === 0) return { events, isInvalidated: false, postBatchResumeToken: token };
    let bytes = 0;
    const entries = store.oplog.entries();
    for (let index = store.oplog.indexAfter(place.at - 1n); index < entries.length; index += 1) {
      const entry = entries[index];
      if (entry === undefined) break;
      for (const [number, event] of changeEvents(entry, scope).entries()) {
        if (entry.at === place.at && number < place.skip) continue;
        const document = completed(event);
        if (!event.isInvalidate && !filters.every((filter) => doesMatch(document, filter))) continue;
        const eventBytes = checkedSize(document);
        if (events.length >= mostCount || (events.length > 0 && bytes + eventBytes > mostBatchBytes)) {
          return { events, isInvalidated: false, postBatchResumeToken: token };
        }
        place = { at: entry.at, skip: number + 1 };
        token = docAt(document, "_id");
        events.push(document);
        bytes += eventBytes;
        if (event.isInvalidate) return { events, isInvalidated: true, postBatchResumeToken: token };
      }
    }
    const { at } = store.oplog.last();
    if (place.at < at) {
      place = { at, skip: Number.POSITIVE_INFINITY };
      token = tokenDoc({ at, kind: "mark" }, null);
    }
    return { events, isInvalidated: false, postBatchResumeToken: token };
  };
  return { read };
}

function checkedSize(event: Doc): number {
  const bytes = sizeOfDoc(event);
  if (bytes <= mostEventBytes) return bytes;
  throw new CommandError(
    10_334,
    `BSONObj size: ${bytes} is invalid. Size must be between 0 and ${mostEventBytes}(16MB)`,
  );
}

interface Start {
  readonly place: Place;
  readonly token: Doc;
}

function startOf(store: Store, scope: Scope, asked: Doc): Start {
  const [resumeAfter, startAfter, atTime] = [asked["resumeAfter"], asked["startAfter"], asked["startAtOperationTime"]];
  if ([resumeAfter, startAfter, atTime].filter((each) => each !== undefined).length > 1) {
    throw new CommandError(40_674, "Only one type of resume option is allowed, but multiple were found.");
  }
  if (isDoc(resumeAfter)) return startBehind(store, scope, resumeAfter, false);
  if (isDoc(startAfter)) return startBehind(store, scope, startAfter, true);
  return startAt(store, atTime instanceof Timestamp ? atTime.toBigInt() : store.oplog.last().at + 1n);
}

/** Inclusive: what happens at that very time is read. So is a mark. */
function startAt(store: Store, at: bigint): Start {
  const place = { at, skip: 0 };
  if (isLost(store, place)) throw lostPosition();
  return { place, token: tokenDoc({ at, kind: "mark" }, null) };
}

function startBehind(store: Store, scope: Scope, given: Doc, isStartAfter: boolean): Start {
  const { at, kind } = parseToken(given);
  if (kind === "mark") return startAt(store, at);
  if (kind === "invalidate" && !isStartAfter) {
    throw new CommandError(
      260,
      "Attempting to resume a change stream using 'resumeAfter' is not allowed from an invalidate notification.",
    );
  }
  // The token's own event must be there, so its place is held against the log as one that is to be read.
  if (isLost(store, { at, skip: 0 })) throw lostPosition();
  const place = { at, skip: kind === "event" ? 1 : 2 };
  const entry = store.oplog.find(at);
  const events = entry === undefined ? [] : changeEvents(entry, scope);
  if (!events.some((event) => docAt(event.document, "_id")["_data"] === given["_data"])) {
    throw new CommandError(280, "cannot resume stream; the resume token was not found.");
  }
  return { place, token: given };
}

/** Something that is to be read from here on was trimmed. */
function isLost(store: Store, place: Place): boolean {
  const lostUpTo = store.oplog.lostUpTo();
  return lostUpTo !== null && (place.at < lostUpTo || (place.at === lostUpTo && place.skip === 0));
}

function lostPosition(): CommandError {
  return new CommandError(
    286,
    "Resume of change stream was not possible, as the resume point may no longer be in the oplog.",
    ["NonResumableChangeStreamError"],
  );
}

function fullDocumentOf(asked: Doc): "default" | "updateLookup" {
  const known = ["fullDocument", "resumeAfter", "startAfter", "startAtOperationTime", "allChangesForCluster"];
  const other = Object.keys(asked).find((name) => !known.includes(name));
  if (other !== undefined && (other !== "showExpandedEvents" || isTrueAt(asked, other))) {
    throw notOffered(`${other} of $changeStream`);
  }
  const value = asked["fullDocument"] === undefined ? "default" : textAt(asked, "fullDocument");
  if (value === "default" || value === "updateLookup") return value;
  throw notOffered(`fullDocument: ${value}`);
}

function filterOf(stage: Doc): Doc {
  if (isDoc(stage["$match"])) return stage["$match"];
  throw notOffered(`the stage ${Object.keys(stage)[0]} behind $changeStream`);
}

/** The stages of an aggregation, if it opens a change stream; else null. */
export function changeStreamPipeline(command: Doc): readonly Doc[] | null {
  const pipeline = docsAt(command, "pipeline");
  return pipeline[0]?.["$changeStream"] === undefined ? null : pipeline;
}
