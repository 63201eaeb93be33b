// The calls of the store on embedded collections and their change streams (store-protocol.ts).

import type { CollectionOperation, CollectionPlace, OperationsAnswer } from "../ports/collections.ts";
import type { Start } from "../ports/source.ts";

/** The time of a cluster's operation: seconds since 1970, and a count within the second from 1 on. */
export interface ClusterTime {
  readonly t: number;
  readonly i: number;
}

/** A place in a stream; at a collection's or database's end `invalidate` comes behind the operation, at the same time. */
export interface ChangePlace extends ClusterTime {
  readonly isInvalidated: boolean;
}

export interface ChangeReadRequest {
  readonly cluster: string;
  readonly database: string;
  /** Null: the whole database's stream. */
  readonly collection: string | null;
  readonly after: ChangePlace;
  readonly limit: number;
  /** Of the changes' texts; one may overshoot. */
  readonly maxBytes: number;
  /** The document as it is now, for updates. */
  readonly isLookingUp: boolean;
  readonly isTipKnown: boolean;
  readonly isWaiting: boolean;
}

/** Texts are Extended JSON; null: the change has no such member. */
export interface StoredChange {
  readonly place: ChangePlace;
  readonly operation: "insert" | "replace" | "update" | "delete" | "drop" | "dropDatabase" | "invalidate";
  readonly collection: string | null;
  readonly documentKey: string | null;
  /** Of an update that was looked up: `null` as text, where the document is gone. */
  readonly fullDocument: string | null;
  readonly updateDescription: string | null;
}

export type ChangeReadAnswer =
  | {
      readonly kind: "changes";
      readonly changes: readonly StoredChange[];
      readonly isCaughtUp: boolean;
    }
  /** Changes behind the place have left the log; the last of them was at `through`. */
  | { readonly kind: "lost"; readonly through: ClusterTime };

export interface ChangeCalls {
  "changes-apply": {
    request: { readonly place: CollectionPlace; readonly operations: readonly CollectionOperation[] };
    answer: OperationsAnswer;
  };
  "changes-read": { request: ChangeReadRequest; answer: ChangeReadAnswer };
  "changes-locate": { request: { readonly cluster: string; readonly start: Start }; answer: ClusterTime };
  "changes-look": {
    request: { readonly place: CollectionPlace; readonly max: number };
    answer: readonly string[] | null;
  };
  "changes-list": { request: object; answer: readonly (CollectionPlace & { readonly documentCount: number })[] };
  "changes-trim": { request: { readonly cluster: string }; answer: boolean };
}
