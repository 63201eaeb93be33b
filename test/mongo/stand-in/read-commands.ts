// What find, count and the lists of databases and collections answer with. `local.oplog.rs` is the oplog, oldest first.

import { compareValues, type Doc, docAt, isTrueAt, numberAt, numberOf } from "./bson.ts";
import { notOffered } from "./command-error.ts";
import { doesMatch } from "./match.ts";
import { type Namespace, nameOf, oplogDoc } from "./oplog.ts";
import type { Store } from "./store.ts";

export function findDocs(store: Store, namespace: Namespace, command: Doc): readonly Doc[] {
  const filter = docAt(command, "filter");
  const found =
    nameOf(namespace) === "local.oplog.rs"
      ? store.oplog
          .entries()
          .map(oplogDoc)
          .filter((each) => doesMatch(each, filter))
      : store.find(namespace, filter);
  const sorted = sortDocs(found, docAt(command, "sort"));
  const skipped = sorted.slice(numberAt(command, "skip", 0));
  const limit = numberAt(command, "limit", 0);
  const shown = limit === 0 ? skipped : skipped.slice(0, Math.abs(limit));
  return shown.map((each) => projected(each, docAt(command, "projection")));
}

export function sortDocs(documents: readonly Doc[], sort: Doc): readonly Doc[] {
  const keys = Object.entries(sort).map(([name, way]) => ({ name, way: numberOf(way) ?? 1 }));
  const [first] = keys;
  if (first?.name === "$natural") return first.way < 0 ? documents.toReversed() : documents;
  return documents.toSorted((one, other) => {
    for (const { name, way } of keys) {
      const order = compareValues(one[name], other[name]) ?? 0;
      if (order !== 0) return order * way;
    }
    return 0;
  });
}

/** Top-level members only, all taken or all left out. */
function projected(document: Doc, projection: Doc): Doc {
  const names = Object.keys(projection);
  if (names.length === 0) return document;
  if (names.some((name) => name.includes(".") || numberOf(projection[name]) === null)) {
    throw notOffered("such a projection");
  }
  const isTaking = names.some((name) => name !== "_id" && isTrueAt(projection, name));
  const isShown = (name: string) =>
    name === "_id" ? isTrueAt(projection, "_id", true) : isTaking === isTrueAt(projection, name, !isTaking);
  return Object.fromEntries(Object.entries(document).filter(([name]) => isShown(name)));
}
