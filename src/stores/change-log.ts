// The logs of embedded clusters: an entry a change, by cluster time, for change streams to read. Everything is synchronous and runs inside
// the service's transaction.
//
// H1  Times of a cluster only rise, whatever the clock does; none is given twice.
// H2  A stream of which changes behind its place have left the log is told so, and gets nothing. What others have lost is nothing
//     to it: each collection has a mark of its own, so the place of a quiet one never grows old.

import { assertNever } from "../core/assert-never.ts";
import type { CollectionPlace } from "../ports/collections.ts";
import type { Start } from "../ports/source.ts";
import type { ChangeCalls, ChangeReadAnswer, ChangeReadRequest, ClusterTime, StoredChange } from "./change-protocol.ts";
import type { DocumentTable } from "./document-table.ts";
import type { StoreDatabase } from "./store-database.ts";

/** The longest that DocumentDB keeps a log. */
const RETENTION_MS = 7 * 24 * 3_600_000;
/** Rows that one step of a sweep deletes. */
const SWEEP_ROWS = 128;
const SECOND_MS = 1_000;
const MOST_COUNT = 0xffff_ffff;
const BEGINNING: ClusterTime = { t: 0, i: 0 };

export type LoggedChange = Pick<StoredChange, "documentKey" | "fullDocument" | "updateDescription"> & {
  readonly operation: Exclude<StoredChange["operation"], "invalidate">;
};

export interface ChangeLog {
  /** `place.collection` empty: the whole database. Answers when it was, by the cluster's clock. */
  append(place: CollectionPlace, change: LoggedChange): ClusterTime;
  /** Null: there is nothing to say yet, and the reader wants to wait. */
  read(request: ChangeReadRequest): ChangeReadAnswer | null;
  locate(cluster: string, start: Start): ChangeCalls["changes-locate"]["answer"];
  trimAll(cluster: string): boolean;
  /** Clusters that have changed since it was last asked. */
  takeTouched(): ReadonlySet<string>;
  sweep(): boolean;
}

interface ClusterRow {
  readonly last: ClusterTime;
  readonly trimmed: ClusterTime;
  readonly keptBytes: number;
}

export function createChangeLog(
  database: StoreDatabase,
  options: {
    readonly nowMs: () => number;
    readonly maxLogBytes: number | null;
    readonly documents: DocumentTable;
  },
): ChangeLog {
  const { nowMs, maxLogBytes, documents } = options;
  const selectCluster = database.prepare("SELECT * FROM doc_clusters WHERE name = ?");
  const putCluster = database.prepare(
    `INSERT INTO doc_clusters (name, last_t, last_i, trimmed_t, trimmed_i, kept_bytes) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET last_t = excluded.last_t, last_i = excluded.last_i,
     trimmed_t = excluded.trimmed_t, trimmed_i = excluded.trimmed_i, kept_bytes = excluded.kept_bytes`,
  );
  const insertChange = database.prepare(
    `INSERT INTO changes (cluster, t, i, database_name, collection, operation, document_key, full_document,
     update_description, stored_ms, byte_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const columns = "t, i, collection, operation, document_key, full_document, update_description, byte_count";
  const selectOfDatabase = database.prepare(
    `SELECT ${columns} FROM changes WHERE cluster = ? AND database_name = ? AND (t, i) > (?, ?) ORDER BY t, i`,
  );
  const selectOfCollection = database.prepare(
    `SELECT ${columns} FROM changes WHERE cluster = ? AND database_name = ? AND collection = ? AND (t, i) > (?, ?)
     ORDER BY t, i`,
  );
  const selectAt = database.prepare(
    `SELECT ${columns}, database_name FROM changes WHERE cluster = ? AND t = ? AND i = ?`,
  );
  const selectOldest = database.prepare(
    "SELECT id, t, i, database_name, collection, byte_count FROM changes WHERE cluster = ? ORDER BY t, i LIMIT 1",
  );
  const selectExpired = database.prepare(
    `SELECT id, cluster, t, i, database_name, collection, byte_count FROM changes WHERE stored_ms < ? ORDER BY stored_ms, id LIMIT ${SWEEP_ROWS}`,
  );
  const putMark = database.prepare(
    `INSERT INTO doc_marks (cluster, database_name, collection, t, i) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (cluster, database_name, collection) DO UPDATE SET t = excluded.t, i = excluded.i
     WHERE (excluded.t, excluded.i) > (doc_marks.t, doc_marks.i)`,
  );
  const selectMarks = database.prepare(
    "SELECT collection, t, i FROM doc_marks WHERE cluster = ? AND database_name = ? ORDER BY t, i",
  );
  const selectNewest = database.prepare(
    `SELECT database_name, collection, t, max(i) AS i FROM changes WHERE cluster = ? AND t =
     (SELECT max(t) FROM changes AS newest WHERE newest.cluster = changes.cluster
      AND newest.database_name = changes.database_name AND newest.collection = changes.collection)
     GROUP BY database_name, collection`,
  );
  const deleteChange = database.prepare("DELETE FROM changes WHERE id = ?");
  const deleteChanges = database.prepare("DELETE FROM changes WHERE cluster = ?");
  let touched = new Set<string>();

  function find(cluster: string): ClusterRow | null {
    const row = selectCluster.get(cluster);
    if (row === undefined) return null;
    return {
      last: { t: Number(row["last_t"]), i: Number(row["last_i"]) },
      trimmed: { t: Number(row["trimmed_t"]), i: Number(row["trimmed_i"]) },
      keptBytes: Number(row["kept_bytes"]),
    };
  }

  function save(cluster: string, { last, trimmed, keptBytes }: ClusterRow): void {
    putCluster.run(cluster, last.t, last.i, trimmed.t, trimmed.i, keptBytes);
  }

  /** H1. */
  function nextTime(last: ClusterTime): ClusterTime {
    const t = Math.floor(nowMs() / SECOND_MS);
    return t > last.t ? { t, i: 1 } : { t: last.t, i: last.i + 1 };
  }

  function append({ cluster, database: name, collection }: CollectionPlace, change: LoggedChange): ClusterTime {
    const before = find(cluster) ?? { last: BEGINNING, trimmed: BEGINNING, keptBytes: 0 };
    const last = nextTime(before.last);
    const { operation, documentKey, fullDocument, updateDescription } = change;
    const byteCount = [documentKey, fullDocument, updateDescription].reduce(
      (sum, text) => sum + (text === null ? 0 : Buffer.byteLength(text, "utf8")),
      0,
    );
    const atMs = Math.floor(nowMs());
    insertChange.run(
      cluster,
      last.t,
      last.i,
      name,
      collection,
      operation,
      documentKey,
      fullDocument,
      updateDescription,
      atMs,
      byteCount,
    );
    save(cluster, { ...before, last, keptBytes: before.keptBytes + byteCount });
    if (maxLogBytes !== null) keepWithin(cluster, maxLogBytes);
    touched.add(cluster);
    return last;
  }

  /** The newest entry always stays. */
  function keepWithin(cluster: string, mostBytes: number): void {
    for (let row = find(cluster); row !== null && row.keptBytes > mostBytes; row = find(cluster)) {
      const oldest = selectOldest.get(cluster);
      if (oldest === undefined || !isBefore(timeIn(oldest), row.last)) return;
      letGo(cluster, oldest);
    }
  }

  function letGo(cluster: string, entry: Entry): void {
    deleteChange.run(Number(entry["id"]));
    mark(cluster, entry);
    const row = find(cluster);
    if (row === null) return;
    // Under a clock that was set back a later change may be stored, and so go, before an earlier one.
    const at = timeIn(entry);
    const trimmed = isBefore(row.trimmed, at) ? at : row.trimmed;
    save(cluster, { ...row, trimmed, keptBytes: row.keptBytes - Number(entry["byte_count"]) });
  }

  function mark(cluster: string, entry: Entry): void {
    const { t, i } = timeIn(entry);
    putMark.run(cluster, String(entry["database_name"]), String(entry["collection"]), t, i);
  }

  /** H2. The newest change of the stream that has left the log. */
  function lastLost({ cluster, database: name, collection }: ChangeReadRequest): ClusterTime {
    const marks = selectMarks.all(cluster, name);
    const entry = marks.findLast((each) => collection === null || each["collection"] === collection);
    return entry === undefined ? BEGINNING : timeIn(entry);
  }

  function read(request: ChangeReadRequest): ChangeReadAnswer | null {
    const { after } = request;
    const through = lastLost(request);
    if (isBefore(after, through)) return { kind: "lost", through };
    const changes: StoredChange[] = [];
    const left = (): boolean => changes.length < request.limit && bytes < request.maxBytes;
    let bytes = 0;
    let isCaughtUp = true;
    for (const entry of entriesFor(request)) {
      const isFresh = isBefore(after, timeIn(entry));
      for (const change of changesOf(entry, request)) {
        if (!isFresh && change.operation !== "invalidate") continue;
        if (!left()) {
          isCaughtUp = false;
          break;
        }
        bytes += Number(entry["byte_count"]) + (change.operation === "update" ? (change.fullDocument?.length ?? 0) : 0);
        changes.push(change);
      }
      if (!isCaughtUp) break;
    }
    if (changes.length === 0 && isCaughtUp && request.isTipKnown && request.isWaiting) return null;
    return { kind: "changes", changes, isCaughtUp };
  }

  /** Also the entry at the place itself, if it has ended the stream and that was not told yet. */
  function* entriesFor({ cluster, database: name, collection, after }: ChangeReadRequest): Iterable<Entry> {
    if (!after.isInvalidated) {
      const entry = selectAt.get(cluster, after.t, after.i);
      const isOfStream =
        entry?.["database_name"] === name && (collection === null || entry["collection"] === collection);
      if (entry !== undefined && isOfStream) yield entry;
    }
    yield* collection === null
      ? selectOfDatabase.iterate(cluster, name, after.t, after.i)
      : selectOfCollection.iterate(cluster, name, collection, after.t, after.i);
  }

  /** a stream's own end is a change of its own, behind the operation that brought it about. */
  function changesOf(entry: Entry, request: ChangeReadRequest): readonly StoredChange[] {
    const operation = String(entry["operation"]) as LoggedChange["operation"];
    const at = timeIn(entry);
    const name = String(entry["collection"]);
    const change: StoredChange = {
      place: { ...at, isInvalidated: false },
      operation,
      collection: name === "" ? null : name,
      documentKey: textOrNull(entry["document_key"]),
      fullDocument:
        operation === "update" && request.isLookingUp ? lookUp(entry, request) : textOrNull(entry["full_document"]),
      updateDescription: textOrNull(entry["update_description"]),
    };
    if (operation !== (request.collection === null ? "dropDatabase" : "drop")) return [change];
    const end = { operation: "invalidate", documentKey: null, fullDocument: null, updateDescription: null } as const;
    return [change, { ...end, place: { ...at, isInvalidated: true }, collection: null }];
  }

  /** as it is now, which may be newer than the change. */
  function lookUp(entry: Entry, { cluster, database: name }: ChangeReadRequest): string {
    const key = String(entry["document_key"]);
    const id = key.slice(ID_OPENING.length, -1);
    return documents.find({ cluster, database: name, collection: String(entry["collection"]) }, id) ?? "null";
  }

  return {
    append,
    read,
    locate(cluster, start) {
      const row = find(cluster) ?? { last: BEGINNING, trimmed: BEGINNING };
      switch (start.kind) {
        case "trimHorizon":
          return row.trimmed;
        case "latest":
          return row.last;
        case "atTimestamp": {
          // that second's first change, included. Of changes that have left the log since, reading tells.
          const before = { t: Math.floor(start.atMs / SECOND_MS) - 1, i: MOST_COUNT };
          return before.t < 0 ? BEGINNING : before;
        }
        case "after":
          return BEGINNING;
        default:
          return assertNever(start);
      }
    },
    trimAll(cluster) {
      const row = find(cluster);
      if (row === null) return false;
      for (const entry of selectNewest.all(cluster)) mark(cluster, entry);
      deleteChanges.run(cluster);
      save(cluster, { last: row.last, trimmed: row.last, keptBytes: 0 });
      touched.add(cluster);
      return true;
    },
    takeTouched() {
      const names = touched;
      touched = new Set();
      return names;
    },
    sweep() {
      const expired = selectExpired.all(nowMs() - RETENTION_MS);
      for (const entry of expired) letGo(String(entry["cluster"]), entry);
      return expired.length >= SWEEP_ROWS;
    },
  };
}

/** How a document's key begins in the log; its `_id` follows, and a brace. */
export const ID_OPENING = '{"_id":';

type Entry = Readonly<Record<string, unknown>>;

export const isBefore = (one: ClusterTime, other: ClusterTime): boolean =>
  one.t < other.t || (one.t === other.t && one.i < other.i);

const timeIn = (entry: Entry): ClusterTime => ({ t: Number(entry["t"]), i: Number(entry["i"]) });
const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);
