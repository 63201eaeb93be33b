// Embedded collections of documents, as the local API and `millrace send` see them. Each change is an entry of its cluster's log, from which
// change streams read. Adapter: src/stores/document-collections.ts.

/** Where a collection is: as in a mapping, the cluster by the last part of its ARN. */
export interface CollectionPlace {
  readonly cluster: string;
  readonly database: string;
  readonly collection: string;
}

/**
 * Documents are texts of Extended JSON, relaxed or canonical. One to insert may lack its `_id`; of one to update `$set` and `$unset` say what
 * becomes other, of one to delete `_id` is all.
 */
export type CollectionOperation =
  | { readonly op: "insert" | "replace" | "update" | "delete"; readonly document: string }
  | { readonly op: "drop" | "dropDatabase" };

export interface OperationsAnswer {
  /** Operations that have changed something. */
  readonly changedCount: number;
  /** Operations on what is not there, and those that left a document as it was. */
  readonly unchangedCount: number;
  /** `_id` of the last document that was changed, as Extended JSON; null: there is none. */
  readonly lastId: string | null;
  /** Of each change, in order, its place in the cluster's change streams. */
  readonly positions: readonly string[];
  /** Of the first operation that was refused: those before it are done, those behind it are not. */
  readonly refusal: { readonly index: number; readonly text: string } | null;
}

export interface Collections {
  apply(place: CollectionPlace, operations: readonly CollectionOperation[]): Promise<OperationsAnswer>;
  /** The documents that were inserted first, as Extended JSON; null: there is no such collection. */
  look(place: CollectionPlace, max: number): Promise<readonly string[] | null>;
  list(): Promise<readonly (CollectionPlace & { readonly documentCount: number })[]>;
  /** Lets the cluster's whole log go, as if its retention were over: every place in it is lost then. False: there is no such cluster. */
  trim(cluster: string): Promise<boolean>;
}
