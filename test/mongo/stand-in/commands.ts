// What each command of the wire does once it may: a table by name. Who may, and what goes wrong on purpose, is `connection.ts`.

import { Int32, Long } from "mongodb";
import { type Doc, docAt, isTrueAt, listAt, numberAt, numberOf, textAt } from "./bson.ts";
import type { Scope } from "./change-events.ts";
import { changeStreamPipeline, openChangeStream } from "./change-stream.ts";
import { CommandError, notOffered } from "./command-error.ts";
import type { Cursors } from "./cursors.ts";
import type { Namespace } from "./oplog.ts";
import { findDocs } from "./read-commands.ts";
import type { Store } from "./store.ts";
import { deleteDocs, findAndModify, insertDocs, updateDocs } from "./write-commands.ts";

export interface CommandContext {
  readonly store: Store;
  readonly cursors: Cursors;
  /** The connection is gone. */
  readonly signal: AbortSignal;
}

type Run = (context: CommandContext, command: Doc, namespace: Namespace) => Doc | Promise<Doc>;

const usualFirstCount = 101;
const usualWaitMs = 1_000;
const everything = Number.POSITIVE_INFINITY;

export const writeCommands: Readonly<Record<string, Run>> = {
  insert: ({ store }, command, namespace) => insertDocs(store, namespace, command),
  update: ({ store }, command, namespace) => updateDocs(store, namespace, command),
  delete: ({ store }, command, namespace) => deleteDocs(store, namespace, command),
  findAndModify: ({ store }, command, namespace) => findAndModify(store, namespace, command),
  create: ({ store }, command, namespace) => {
    const options = ["capped", "timeseries", "viewOn", "changeStreamPreAndPostImages"];
    const other = options.find((name) => command[name] !== undefined);
    if (other !== undefined) throw notOffered(`${other} of create`);
    store.create(namespace);
    return {};
  },
  drop: ({ store }, _command, namespace) => {
    store.drop(namespace);
    return {};
  },
  dropDatabase: ({ store }, _command, { database }) => {
    store.dropDatabase(database);
    return { dropped: database };
  },
  renameCollection: ({ store }, command) => {
    const [from, to] = [namespaceOf(textAt(command, "renameCollection")), namespaceOf(textAt(command, "to"))];
    store.rename(from, to, isTrueAt(command, "dropTarget"));
    return {};
  },
};

export const readCommands: Readonly<Record<string, Run>> = {
  ping: () => ({}),
  buildInfo: () => ({
    version: "7.0.0",
    versionArray: [7, 0, 0, 0].map((each) => new Int32(each)),
    gitVersion: "stand-in",
  }),
  endSessions: () => ({}),
  find: ({ store, cursors }, command, namespace) => {
    const firstCount = isTrueAt(command, "singleBatch") ? everything : numberAt(command, "batchSize", usualFirstCount);
    return cursors.openRows(nameFor(namespace), findDocs(store, namespace, command), firstCount);
  },
  count: ({ store }, command, namespace) => ({ n: new Int32(store.find(namespace, docAt(command, "query")).length) }),
  listCollections: ({ store, cursors }, _command, { database }) => {
    const own = store.collections().filter((each) => each.database === database);
    const rows = own.map((each) => ({
      name: each.collection,
      type: "collection",
      options: {},
      info: { readOnly: false },
    }));
    return cursors.openRows(`${database}.$cmd.listCollections`, rows, everything);
  },
  listDatabases: ({ store }) => {
    const names = new Set(store.collections().map((each) => each.database));
    return {
      databases: [...names].map((name) => ({ name, sizeOnDisk: Long.ZERO, empty: false })),
      totalSize: Long.ZERO,
    };
  },
  aggregate: openStream,
  getMore: ({ cursors, signal }, command) => {
    const limits = {
      count: numberAt(command, "batchSize", everything),
      waitMs: numberAt(command, "maxTimeMS", usualWaitMs),
    };
    return cursors.getMore(command["getMore"], limits, signal);
  },
  killCursors: ({ cursors }, command) => {
    const asked = listAt(command, "cursors");
    const killed = cursors.kill(asked);
    const cursorsNotFound = asked.filter((id) => !killed.includes(id));
    return { cursorsKilled: killed, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] };
  },
};

/** Names that only another version, or a server with more to it, would know are refused, and never passed over. */
export function runOf(name: string): Run | null {
  return writeCommands[name] ?? readCommands[name] ?? null;
}

/** What the command is about: its value is the collection's name, unless its own way of naming one says otherwise. */
export function namespaceOfCommand(name: string, command: Doc): Namespace {
  const database = textAt(command, "$db");
  if (name === "getMore") return { database, collection: textAt(command, "collection") };
  return { database, collection: textAt(command, name) };
}

function openStream({ store, cursors }: CommandContext, command: Doc, namespace: Namespace): Doc {
  const pipeline = changeStreamPipeline(command);
  if (pipeline === null) throw notOffered("aggregations other than change streams");
  const firstCount = numberAt(docAt(command, "cursor"), "batchSize", usualFirstCount);
  return cursors.openStream(
    nameFor(namespace),
    openChangeStream(store, scopeOf(command, pipeline, namespace), pipeline),
    firstCount,
  );
}

function scopeOf(command: Doc, pipeline: readonly Doc[], namespace: Namespace): Scope {
  if (numberOf(command["aggregate"]) === null) return { kind: "collection", namespace };
  if (isTrueAt(docAt(pipeline[0] ?? {}, "$changeStream"), "allChangesForCluster")) return { kind: "cluster" };
  const { database } = namespace;
  if (!["admin", "config", "local"].includes(database)) return { kind: "database", database };
  throw new CommandError(73, `$changeStream may not be opened on the internal ${database} database`);
}

function nameFor({ database, collection }: Namespace): string {
  return `${database}.${collection === "" ? "$cmd.aggregate" : collection}`;
}

function namespaceOf(name: string): Namespace {
  const dot = name.indexOf(".");
  return { database: name.slice(0, dot), collection: name.slice(dot + 1) };
}
