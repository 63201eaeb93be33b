// The documents of embedded collections, in the store's file: a text of Extended JSON for each, found by its `_id`.

import type { CollectionPlace } from "../ports/collections.ts";
import type { StoreDatabase } from "./store-database.ts";

export interface DocumentTable {
  /** Makes the collection where it is not there. */
  put(place: CollectionPlace, id: string, text: string): void;
  find(place: CollectionPlace, id: string): string | null;
  remove(place: CollectionPlace, id: string): void;
  /** False: there is no such collection. */
  drop(place: CollectionPlace): boolean;
  collectionsOf(cluster: string, database: string): readonly string[];
  list(): readonly (CollectionPlace & { readonly documentCount: number })[];
  /** Null: there is no such collection. */
  look(place: CollectionPlace, max: number): readonly string[] | null;
}

export function createDocumentTable(database: StoreDatabase): DocumentTable {
  const selectCollection = database.prepare(
    "SELECT key FROM doc_collections WHERE cluster = ? AND database_name = ? AND name = ?",
  );
  const insertCollection = database.prepare(
    "INSERT INTO doc_collections (cluster, database_name, name) VALUES (?, ?, ?)",
  );
  const deleteCollection = database.prepare("DELETE FROM doc_collections WHERE key = ?");
  const selectNames = database.prepare(
    "SELECT name FROM doc_collections WHERE cluster = ? AND database_name = ? ORDER BY name",
  );
  const selectAll = database.prepare(
    `SELECT cluster, database_name, name, (SELECT count(*) FROM documents WHERE collection = doc_collections.key) AS document_count
     FROM doc_collections ORDER BY cluster, database_name, name`,
  );
  const putDocument = database.prepare(
    `INSERT INTO documents (collection, id_text, document) VALUES (?, ?, ?)
     ON CONFLICT (collection, id_text) DO UPDATE SET document = excluded.document`,
  );
  const selectDocument = database.prepare("SELECT document FROM documents WHERE collection = ? AND id_text = ?");
  const selectOldest = database.prepare("SELECT document FROM documents WHERE collection = ? ORDER BY key LIMIT ?");
  const deleteDocument = database.prepare("DELETE FROM documents WHERE collection = ? AND id_text = ?");
  const deleteDocuments = database.prepare("DELETE FROM documents WHERE collection = ?");

  function keyOf({ cluster, database: name, collection }: CollectionPlace): number | null {
    const row = selectCollection.get(cluster, name, collection);
    return row === undefined ? null : Number(row["key"]);
  }

  return {
    put(place, id, text) {
      if (keyOf(place) === null) insertCollection.run(place.cluster, place.database, place.collection);
      putDocument.run(keyOf(place), id, text);
    },
    find(place, id) {
      const key = keyOf(place);
      const row = key === null ? undefined : selectDocument.get(key, id);
      return row === undefined ? null : String(row["document"]);
    },
    remove: (place, id) => void deleteDocument.run(keyOf(place), id),
    drop(place) {
      const key = keyOf(place);
      if (key === null) return false;
      deleteDocuments.run(key);
      deleteCollection.run(key);
      return true;
    },
    collectionsOf: (cluster, name) => selectNames.all(cluster, name).map((row) => String(row["name"])),
    list: () =>
      selectAll.all().map((row) => ({
        cluster: String(row["cluster"]),
        database: String(row["database_name"]),
        collection: String(row["name"]),
        documentCount: Number(row["document_count"]),
      })),
    look(place, max) {
      const key = keyOf(place);
      return key === null ? null : selectOldest.all(key, max).map((row) => String(row["document"]));
    },
  };
}
