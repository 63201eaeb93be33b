// What operations do to embedded collections, and which change each of them is: an operation that changes nothing is none.

import { documentText, extendedJson } from "../kinds/documentdb/extended-json.ts";
import type { CollectionOperation, CollectionPlace, OperationsAnswer } from "../ports/collections.ts";
import { type ChangeLog, ID_OPENING, type LoggedChange } from "./change-log.ts";
import { tokenOf } from "./change-token.ts";
import type { DocumentTable } from "./document-table.ts";
import { updateDocument } from "./document-update.ts";
import { type DocumentMap, type DocumentValue, parseDocument } from "./document-values.ts";

/** A server's own limit. */
const MOST_BYTES = 16_777_216;

type Outcome =
  | { readonly kind: "changed"; readonly id: string | null; readonly position: string }
  | { readonly kind: "unchanged"; readonly id: string | null }
  | { readonly kind: "refused"; readonly text: string };

export interface DocumentOperations {
  /** One after the other; the first that is refused ends it. */
  apply(place: CollectionPlace, operations: readonly CollectionOperation[]): OperationsAnswer;
}

export function createDocumentOperations(options: {
  readonly documents: DocumentTable;
  readonly log: ChangeLog;
  readonly nowMs: () => number;
  readonly uuid: () => string;
}): DocumentOperations {
  const { documents, log, nowMs, uuid } = options;

  function applyOne(place: CollectionPlace, operation: CollectionOperation): Outcome {
    switch (operation.op) {
      case "drop":
        return dropCollection(place);
      case "dropDatabase":
        return dropDatabase(place);
      default:
        return changeDocument(place, operation.op, operation.document);
    }
  }

  function changeDocument(
    place: CollectionPlace,
    op: "insert" | "replace" | "update" | "delete",
    text: string,
  ): Outcome {
    const given = parseDocument(text);
    if (typeof given === "string") return refused(given);
    if (op === "insert" && !given.has("_id")) given.set("_id", newObjectId());
    const idValue = given.get("_id");
    if (idValue === undefined) return refused(`Which document? Its _id is missing: {"_id": …}.`);
    if (Array.isArray(idValue)) return refused("An _id may be anything but a list.");
    const id = extendedJson(idValue);
    const before = documents.find(place, id);
    switch (op) {
      case "insert":
        if (before !== null) return refused(`There is a document with the _id ${id} in ${nameOf(place)} already.`);
        return store(place, { id, given, operation: "insert" });
      case "replace":
        return before === null ? unchanged(id) : store(place, { id, given, operation: "replace" });
      case "update":
        return update(place, { id, given, before });
      case "delete":
        if (given.size > 1) return refused('A document to delete is told by its _id alone: {"_id": …}.');
        if (before === null) return unchanged(id);
        documents.remove(place, id);
        return changed(id, append(place, { operation: "delete", documentKey: keyText(id) }));
    }
  }

  function store(
    place: CollectionPlace,
    { id, given, operation }: { id: string; given: DocumentMap; operation: "insert" | "replace" },
  ): Outcome {
    const operator = [...given.keys()].find((name) => name.startsWith("$"));
    if (operator !== undefined) return refused(`A document has no field ${operator}: $set and $unset are for updates.`);
    const fullDocument = textOf(given);
    if (Buffer.byteLength(fullDocument, "utf8") > MOST_BYTES) return refused(TOO_LARGE);
    documents.put(place, id, fullDocument);
    return changed(id, append(place, { operation, documentKey: keyText(id), fullDocument }));
  }

  function update(
    place: CollectionPlace,
    { id, given, before }: { id: string; given: DocumentMap; before: string | null },
  ): Outcome {
    const document = before === null ? new Map<string, DocumentValue>() : parseDocument(before);
    if (typeof document === "string") return refused(document);
    const told = updateDocument(document, given);
    if (typeof told === "string") return refused(told);
    if (before === null || told.updatedFields.size + told.removedFields.length === 0) return unchanged(id);
    const text = textOf(document);
    if (Buffer.byteLength(text, "utf8") > MOST_BYTES) return refused(TOO_LARGE);
    documents.put(place, id, text);
    const updateDescription = documentText(Object.entries(told));
    return changed(id, append(place, { operation: "update", documentKey: keyText(id), updateDescription }));
  }

  function dropCollection(place: CollectionPlace): Outcome {
    if (!documents.drop(place)) return unchanged(null);
    return changed(null, append(place, { operation: "drop" }));
  }

  function dropDatabase(place: CollectionPlace): Outcome {
    const names = documents.collectionsOf(place.cluster, place.database);
    for (const collection of names) dropCollection({ ...place, collection });
    if (names.length === 0) return unchanged(null);
    return changed(null, append({ ...place, collection: "" }, { operation: "dropDatabase" }));
  }

  function append(place: CollectionPlace, change: Pick<LoggedChange, "operation"> & Partial<LoggedChange>): string {
    const at = log.append(place, { documentKey: null, fullDocument: null, updateDescription: null, ...change });
    return tokenOf({ ...at, isInvalidated: false });
  }

  /** Seconds, and 16 digits of chance. */
  function newObjectId(): DocumentMap {
    const seconds = Math.floor(nowMs() / 1_000)
      .toString(16)
      .padStart(8, "0");
    return new Map([["$oid", seconds + uuid().replaceAll("-", "").slice(16)]]);
  }

  return {
    apply(place, operations) {
      const counts = { unchanged: 0, positions: new Array<string>() };
      let lastId: string | null = null;
      for (const [index, operation] of operations.entries()) {
        const outcome = applyOne(place, operation);
        if (outcome.kind === "refused") return answer(counts, lastId, { index, text: outcome.text });
        if (outcome.kind === "unchanged") counts.unchanged += 1;
        else {
          counts.positions.push(outcome.position);
          lastId = outcome.id ?? lastId;
        }
      }
      return answer(counts, lastId, null);
    },
  };
}

const TOO_LARGE = "A document has 16 MB at most.";

const answer = (
  { unchanged, positions }: { readonly unchanged: number; readonly positions: readonly string[] },
  lastId: string | null,
  refusal: OperationsAnswer["refusal"],
): OperationsAnswer => ({
  changedCount: positions.length,
  unchangedCount: unchanged,
  lastId,
  positions,
  refusal,
});

const refused = (text: string): Outcome => ({ kind: "refused", text });
const changed = (id: string | null, position: string): Outcome => ({ kind: "changed", id, position });
const unchanged = (id: string | null): Outcome => ({ kind: "unchanged", id });
const keyText = (id: string): string => `${ID_OPENING}${id}}`;
const nameOf = ({ database, collection }: CollectionPlace): string => `${database}.${collection}`;

/** `_id` comes first, as a server stores it. */
function textOf(document: DocumentMap): string {
  const id = document.get("_id") ?? null;
  return documentText([["_id", id], ...[...document].filter(([name]) => name !== "_id")]);
}
