// The log of the stand-in's replica set: every change once, by its cluster time, which rises with each. What is trimmed is gone: a
// reader before it has lost its position.

import { type Binary, Int32, Long, Timestamp } from "mongodb";
import type { Doc } from "./bson.ts";
import type { UpdateDescription } from "./update.ts";

export interface Namespace {
  readonly database: string;
  readonly collection: string;
}

export type Change =
  | { readonly kind: "noop"; readonly message: string }
  | { readonly kind: "create"; readonly namespace: Namespace; readonly uuid: Binary }
  | { readonly kind: "drop"; readonly namespace: Namespace; readonly uuid: Binary }
  | { readonly kind: "rename"; readonly namespace: Namespace; readonly to: Namespace; readonly uuid: Binary }
  | { readonly kind: "dropDatabase"; readonly database: string }
  | {
      readonly kind: "insert" | "replace";
      readonly namespace: Namespace;
      readonly uuid: Binary;
      readonly document: Doc;
    }
  | {
      readonly kind: "update";
      readonly namespace: Namespace;
      readonly uuid: Binary;
      readonly id: unknown;
      readonly description: UpdateDescription;
    }
  | { readonly kind: "delete"; readonly namespace: Namespace; readonly uuid: Binary; readonly id: unknown };

export interface OplogEntry {
  /** Cluster time as one number: seconds, then 32 bits that count within the second. */
  readonly at: bigint;
  readonly wall: Date;
  readonly change: Change;
}

export interface Oplog {
  readonly append: (change: Change) => OplogEntry;
  readonly last: () => OplogEntry;
  readonly entries: () => readonly OplogEntry[];
  /** The entry of this time, or undefined. */
  readonly find: (at: bigint) => OplogEntry | undefined;
  /** Index of the first entry behind this time. */
  readonly indexAfter: (at: bigint) => number;
  /** All but the newest `keepCount` are lost; at least one stays. */
  readonly trim: (keepCount: number) => void;
  /** Null: nothing was ever trimmed. */
  readonly lostUpTo: () => bigint | null;
}

/** Holds at most this many entries. */
const mostEntries = 1_000_000;

export function createOplog(nowMs: () => number): Oplog {
  let entries: OplogEntry[] = [];
  let lostUpTo: bigint | null = null;
  let lastAt = 0n;
  const indexAfter = (at: bigint) => {
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[middle]?.at ?? 0n) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const trim = (keepCount: number) => {
    const lost = entries.slice(0, Math.max(0, entries.length - Math.max(1, keepCount)));
    lostUpTo = lost.at(-1)?.at ?? lostUpTo;
    entries = entries.slice(lost.length);
  };
  const append = (change: Change) => {
    const now = nowMs();
    const secondsAt = BigInt(Math.floor(now / 1000)) << 32n;
    // The counter starts at 1; a clock that stands or goes back makes it count on.
    lastAt = secondsAt > lastAt ? secondsAt + 1n : lastAt + 1n;
    const entry = { at: lastAt, wall: new Date(now), change };
    entries.push(entry);
    if (entries.length > mostEntries) trim(mostEntries / 2);
    return entry;
  };
  const first = append({ kind: "noop", message: "initiating set" });
  return {
    append,
    last: () => entries.at(-1) ?? first,
    entries: () => entries,
    find: (at) => entries.slice(indexAfter(at - 1n), indexAfter(at)).at(0),
    indexAfter,
    trim,
    lostUpTo: () => lostUpTo,
  };
}

/** An entry as a reader of `local.oplog.rs` sees it. */
export function oplogDoc(entry: OplogEntry): Doc {
  const { change } = entry;
  const head = { ts: new Timestamp(entry.at), t: Long.fromInt(1), v: Long.fromInt(2), wall: entry.wall };
  switch (change.kind) {
    case "noop":
      return { op: "n", ns: "", o: { msg: change.message }, ...head };
    case "create":
    case "drop":
      return {
        op: "c",
        ns: `${change.namespace.database}.$cmd`,
        o: { [change.kind]: change.namespace.collection },
        ...head,
      };
    case "rename":
      return {
        op: "c",
        ns: `${change.namespace.database}.$cmd`,
        o: { renameCollection: nameOf(change.namespace), to: nameOf(change.to) },
        ...head,
      };
    case "dropDatabase":
      return { op: "c", ns: `${change.database}.$cmd`, o: { dropDatabase: new Int32(1) }, ...head };
    case "insert":
      return { op: "i", ns: nameOf(change.namespace), ui: change.uuid, o: change.document, ...head };
    case "replace":
      return { op: "u", ns: nameOf(change.namespace), ui: change.uuid, o: change.document, ...head };
    case "update":
      return {
        op: "u",
        ns: nameOf(change.namespace),
        ui: change.uuid,
        o: { ...change.description },
        o2: { _id: change.id },
        ...head,
      };
    case "delete":
      return { op: "d", ns: nameOf(change.namespace), ui: change.uuid, o: { _id: change.id }, ...head };
  }
}

export function nameOf(namespace: Namespace): string {
  return `${namespace.database}.${namespace.collection}`;
}
