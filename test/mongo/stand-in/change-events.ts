// The change events that one entry of the oplog is for a stream of a collection, of a database, or of everything: none, one, or one and
// the invalidation that ends the stream. Members are in the order in which a MongoDB 7 writes them.

import { type Binary, Timestamp } from "mongodb";
import type { Doc } from "./bson.ts";
import { type Change, type Namespace, nameOf, type OplogEntry } from "./oplog.ts";
import { tokenDoc } from "./resume-token.ts";

export type Scope =
  | { readonly kind: "collection"; readonly namespace: Namespace }
  | { readonly kind: "database"; readonly database: string }
  | { readonly kind: "cluster" };

export interface ChangeEvent {
  readonly document: Doc;
  readonly isInvalidate: boolean;
  /** What `updateLookup` looks up; null where there is nothing to look up. */
  readonly lookUp: { readonly namespace: Namespace; readonly uuid: Binary; readonly id: unknown } | null;
}

const ownDatabases: readonly string[] = ["admin", "config", "local"];

export function changeEvents(entry: OplogEntry, scope: Scope): readonly ChangeEvent[] {
  const { change } = entry;
  if (change.kind === "noop" || change.kind === "create" || !isWithin(change, scope)) return [];
  const event: ChangeEvent = {
    document: eventDoc(entry, change),
    isInvalidate: false,
    lookUp: change.kind === "update" ? { namespace: change.namespace, uuid: change.uuid, id: change.id } : null,
  };
  if (!isEndedBy(change, scope)) return [event];
  const uuid = change.kind === "dropDatabase" ? null : change.uuid;
  const head = { _id: tokenDoc({ at: entry.at, kind: "invalidate" }, uuid), operationType: "invalidate" };
  return [event, { document: { ...head, ...timesOf(entry) }, isInvalidate: true, lookUp: null }];
}

type Told = Exclude<Change, { readonly kind: "noop" | "create" }>;

function isWithin(change: Exclude<Change, { readonly kind: "noop" }>, scope: Scope): boolean {
  if (change.kind === "dropDatabase") return scope.kind !== "collection" && isOfDatabase(change.database, scope);
  const names = change.kind === "rename" ? [change.namespace, change.to] : [change.namespace];
  return names.some((name) =>
    scope.kind === "collection"
      ? nameOf(name) === nameOf(scope.namespace)
      : isTold(name) && isOfDatabase(name.database, scope),
  );
}

function isOfDatabase(database: string, scope: Scope): boolean {
  return scope.kind === "database" ? database === scope.database : !ownDatabases.includes(database);
}

function isTold(namespace: Namespace): boolean {
  return !namespace.collection.startsWith("system.");
}

function isEndedBy(change: Told, scope: Scope): boolean {
  if (scope.kind === "collection") return change.kind === "drop" || change.kind === "rename";
  return scope.kind === "database" && change.kind === "dropDatabase";
}

function timesOf(entry: OplogEntry): Doc {
  return { clusterTime: new Timestamp(entry.at), wallTime: entry.wall };
}

function eventDoc(entry: OplogEntry, change: Told): Doc {
  const uuid = change.kind === "dropDatabase" ? null : change.uuid;
  const head = {
    _id: tokenDoc({ at: entry.at, kind: "event" }, uuid),
    operationType: change.kind,
    ...timesOf(entry),
  };
  switch (change.kind) {
    case "insert":
    case "replace":
      return {
        ...head,
        fullDocument: change.document,
        ns: shown(change.namespace),
        documentKey: { _id: change.document["_id"] },
      };
    case "update":
      return {
        ...head,
        ns: shown(change.namespace),
        documentKey: { _id: change.id },
        updateDescription: { ...change.description },
      };
    case "delete":
      return { ...head, ns: shown(change.namespace), documentKey: { _id: change.id } };
    case "drop":
      return { ...head, ns: shown(change.namespace) };
    case "rename":
      return { ...head, ns: shown(change.namespace), to: shown(change.to) };
    case "dropDatabase":
      return { ...head, ns: { db: change.database } };
  }
}

function shown(namespace: Namespace): Doc {
  return { db: namespace.database, coll: namespace.collection };
}
