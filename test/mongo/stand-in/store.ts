// Databases, collections and documents in memory. Every write goes through here, and into the oplog; whoever waits for changes is
// woken by it.

import { randomUUID } from "node:crypto";
import { type Binary, ObjectId, UUID } from "mongodb";
import { areIdentical, type Doc, isDoc, keyOf } from "./bson.ts";
import { CommandError } from "./command-error.ts";
import { doesMatch } from "./match.ts";
import { type Change, createOplog, type Namespace, nameOf, type Oplog } from "./oplog.ts";
import { descriptionOf, isReplacement, updated } from "./update.ts";

interface Collection {
  readonly namespace: Namespace;
  readonly uuid: Binary;
  readonly documents: Map<string, Doc>;
}

export interface Store {
  readonly oplog: Oplog;
  readonly collections: () => readonly Namespace[];
  readonly find: (namespace: Namespace, filter: Doc) => readonly Doc[];
  /** The document as it is now; null if it, or its collection, is gone. */
  readonly lookUp: (namespace: Namespace, uuid: Binary, id: unknown) => Doc | null;
  readonly insert: (namespace: Namespace, document: Doc) => Doc;
  /** The document after it; the same one if nothing changed. */
  readonly update: (namespace: Namespace, before: Doc, update: Doc) => Doc;
  readonly remove: (namespace: Namespace, document: Doc) => void;
  readonly create: (namespace: Namespace) => void;
  readonly drop: (namespace: Namespace) => boolean;
  readonly dropDatabase: (database: string) => void;
  readonly rename: (from: Namespace, to: Namespace, isDroppingTarget: boolean) => void;
  /** Moves the cluster time on, as an idle primary does. */
  readonly noop: () => void;
  /** Called after each change until it is taken back. */
  readonly onChange: (listener: () => void) => () => void;
}

export function createStore(nowMs: () => number): Store {
  const oplog = createOplog(nowMs);
  const collections = new Map<string, Collection>();
  const listeners = new Set<() => void>();
  const note = (change: Change) => {
    oplog.append(change);
    for (const listener of listeners) listener();
  };
  const create = (namespace: Namespace): Collection => {
    const collection = { namespace, uuid: new UUID(randomUUID()).toBinary(), documents: new Map<string, Doc>() };
    collections.set(nameOf(namespace), collection);
    note({ kind: "create", namespace, uuid: collection.uuid });
    return collection;
  };
  const collectionOf = (namespace: Namespace) => collections.get(nameOf(namespace)) ?? create(namespace);
  const drop = (namespace: Namespace) => {
    const collection = collections.get(nameOf(namespace));
    if (collection === undefined) return false;
    collections.delete(nameOf(namespace));
    note({ kind: "drop", namespace, uuid: collection.uuid });
    return true;
  };
  const namesOf = () => [...collections.values()].map((each) => each.namespace);
  return {
    oplog,
    collections: namesOf,
    find: (namespace, filter) => {
      const documents = collections.get(nameOf(namespace))?.documents ?? new Map<string, Doc>();
      const id = filter["_id"];
      // By id alone: no look at all of them.
      const isById = id !== undefined && Object.keys(filter).length === 1 && !isDoc(id);
      const among = isById ? [documents.get(keyOf(id))] : [...documents.values()];
      return among.filter((each) => each !== undefined).filter((each) => isById || doesMatch(each, filter));
    },
    lookUp: (namespace, uuid, id) => {
      const collection = collections.get(nameOf(namespace));
      return collection?.uuid === uuid ? (collection.documents.get(keyOf(id)) ?? null) : null;
    },
    insert: (namespace, given) => {
      const document = given["_id"] === undefined ? { _id: new ObjectId(), ...given } : given;
      const collection = collectionOf(namespace);
      const key = keyOf(document["_id"]);
      if (collection.documents.has(key)) {
        throw new CommandError(11_000, `E11000 duplicate key error collection: ${nameOf(namespace)} index: _id_`);
      }
      collection.documents.set(key, document);
      note({ kind: "insert", namespace, uuid: collection.uuid, document });
      return document;
    },
    update: (namespace, before, update) => {
      const change = updated(before, update, false);
      const after = change.document;
      const description = isReplacement(update) ? null : descriptionOf(before, change);
      if (isReplacement(update) ? areIdentical(before, after) : description === null) return before;
      const { uuid, documents } = collectionOf(namespace);
      documents.set(keyOf(before["_id"]), after);
      if (description === null) note({ kind: "replace", namespace, uuid, document: after });
      else note({ kind: "update", namespace, uuid, id: before["_id"], description });
      return after;
    },
    remove: (namespace, document) => {
      const { uuid, documents } = collectionOf(namespace);
      documents.delete(keyOf(document["_id"]));
      note({ kind: "delete", namespace, uuid, id: document["_id"] });
    },
    create: (namespace) => {
      if (collections.has(nameOf(namespace))) {
        throw new CommandError(48, `Collection ${nameOf(namespace)} already exists.`);
      }
      create(namespace);
    },
    drop,
    dropDatabase: (database) => {
      const names = namesOf().filter((each) => each.database === database);
      for (const namespace of names) drop(namespace);
      if (names.length > 0) note({ kind: "dropDatabase", database });
    },
    rename: (from, to, isDroppingTarget) => {
      const collection = collections.get(nameOf(from));
      if (collection === undefined) throw new CommandError(26, `Source collection ${nameOf(from)} does not exist`);
      if (collections.has(nameOf(to)) && !isDroppingTarget) throw new CommandError(48, "target namespace exists");
      drop(to);
      collections.delete(nameOf(from));
      collections.set(nameOf(to), { ...collection, namespace: to });
      note({ kind: "rename", namespace: from, to, uuid: collection.uuid });
    },
    noop: () => note({ kind: "noop", message: "periodic noop" }),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
