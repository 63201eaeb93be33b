// The commands that write documents: insert, update, delete, findAndModify. A write that came twice by a driver's retry is answered as
// the first time, and done once.

import { Int32 } from "mongodb";
import { type Doc, docAt, docsAt, isDoc, isTrueAt, keyOf, numberAt } from "./bson.ts";
import { CommandError, notOffered } from "./command-error.ts";
import type { Namespace } from "./oplog.ts";
import { sortDocs } from "./read-commands.ts";
import type { Store } from "./store.ts";
import { isReplacement, updated } from "./update.ts";

export function insertDocs(store: Store, namespace: Namespace, command: Doc): Doc {
  const outcome = eachOf(docsAt(command, "documents"), isTrueAt(command, "ordered", true), (document) => {
    store.insert(namespace, document);
    return 1;
  });
  return { n: new Int32(outcome.count), ...outcome.failures };
}

export function updateDocs(store: Store, namespace: Namespace, command: Doc): Doc {
  let modifiedCount = 0;
  const upserted: Doc[] = [];
  const outcome = eachOf(docsAt(command, "updates"), isTrueAt(command, "ordered", true), (each, index) => {
    refuseMembers(each, ["q", "u", "multi", "upsert"]);
    const update = updateOf(each["u"]);
    const found = store.find(namespace, docAt(each, "q"));
    const chosen = isTrueAt(each, "multi") ? found : found.slice(0, 1);
    for (const document of chosen) if (store.update(namespace, document, update) !== document) modifiedCount += 1;
    if (chosen.length > 0 || !isTrueAt(each, "upsert")) return chosen.length;
    const made = upsert(store, namespace, docAt(each, "q"), update);
    upserted.push({ index: new Int32(index), _id: made["_id"] });
    return 1;
  });
  const made = upserted.length === 0 ? {} : { upserted };
  return { n: new Int32(outcome.count), nModified: new Int32(modifiedCount), ...made, ...outcome.failures };
}

export function deleteDocs(store: Store, namespace: Namespace, command: Doc): Doc {
  const outcome = eachOf(docsAt(command, "deletes"), isTrueAt(command, "ordered", true), (each) => {
    const found = store.find(namespace, docAt(each, "q"));
    const chosen = numberAt(each, "limit", 0) === 1 ? found.slice(0, 1) : found;
    for (const document of chosen) store.remove(namespace, document);
    return chosen.length;
  });
  return { n: new Int32(outcome.count), ...outcome.failures };
}

export function findAndModify(store: Store, namespace: Namespace, command: Doc): Doc {
  const query = docAt(command, "query");
  const [found] = sortDocs(store.find(namespace, query), docAt(command, "sort"));
  if (isTrueAt(command, "remove")) {
    if (found !== undefined) store.remove(namespace, found);
    return { lastErrorObject: { n: new Int32(found === undefined ? 0 : 1) }, value: found ?? null };
  }
  const update = updateOf(command["update"]);
  const isUpsert = found === undefined && isTrueAt(command, "upsert");
  const after = isUpsert
    ? upsert(store, namespace, query, update)
    : found === undefined
      ? null
      : store.update(namespace, found, update);
  const lastErrorObject = {
    n: new Int32(after === null ? 0 : 1),
    updatedExisting: found !== undefined,
    ...(isUpsert ? { upserted: after?.["_id"] } : {}),
  };
  return { lastErrorObject, value: (isTrueAt(command, "new") ? after : found) ?? null };
}

function upsert(store: Store, namespace: Namespace, query: Doc, update: Doc): Doc {
  const equalities = Object.entries(query).filter(([name, value]) => !name.startsWith("$") && !isDoc(value));
  if (!isReplacement(update))
    return store.insert(namespace, withoutMissing(updated(Object.fromEntries(equalities), update, true).document));
  return store.insert(namespace, withoutMissing({ _id: query["_id"], ...update }));
}

function withoutMissing(document: Doc): Doc {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}

function updateOf(value: unknown): Doc {
  if (Array.isArray(value)) throw notOffered("updates by a pipeline");
  return isDoc(value) ? value : {};
}

function refuseMembers(doc: Doc, known: readonly string[]): void {
  const other = Object.keys(doc).find((name) => !known.includes(name));
  if (other !== undefined) throw notOffered(`${other} of an update`);
}

/** Statements one after the other; one that fails is told, and in an ordered command it is the last. */
function eachOf(statements: readonly Doc[], isOrdered: boolean, run: (statement: Doc, index: number) => number) {
  let count = 0;
  const writeErrors: Doc[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      count += run(statement, index);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      writeErrors.push({ index: new Int32(index), code: new Int32(error.code), errmsg: error.message });
      if (isOrdered) break;
    }
  }
  return { count, failures: writeErrors.length === 0 ? {} : { writeErrors } };
}

/** What the client calls a write that it may send twice: its session and its number in it; null for others. */
export function retryKey(command: Doc): { readonly session: string; readonly number: string } | null {
  if (command["txnNumber"] === undefined) return null;
  return { session: keyOf(docAt(command, "lsid")), number: keyOf(command["txnNumber"]) };
}
