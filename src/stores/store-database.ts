// The store's SQLite file: how it is opened, its tables, its transactions. What the tables mean is their owners' (stream-log.ts,
// value-tables.ts, checkpoint-table.ts, queue-table.ts and its neighbours).
//
// D1  Write-ahead log with synchronous = NORMAL: a commit has left this process for the operating system before it is
//     acknowledged, so it survives kill -9 of the process. A loss of power may take the last commits, never tear the file. FULL
//     would guard against that too, at a fifth of the rate of single appends; a local development server does not need it.
// D2  The file is opened for this connection alone (locking_mode = exclusive): one thread of one process owns it.
// D3  Opening reads the schema and nothing else: its time does not grow with the log.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { MillraceError } from "../errors.ts";
import { sqlite } from "../platform/sqlite.ts";

const PRAGMAS = `
  PRAGMA page_size = 8192;
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 2000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA cache_size = -32768;
`;

const SCHEMA = `
  CREATE TABLE streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, mode TEXT NOT NULL,
    retention_hours INTEGER NOT NULL, created_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE shards (
    key INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, ordinal INTEGER NOT NULL,
    parent TEXT, adjacent_parent TEXT, start_hash TEXT NOT NULL, end_hash TEXT NOT NULL,
    start_ms INTEGER NOT NULL, start_counter INTEGER NOT NULL, end_ms INTEGER, end_counter INTEGER,
    trimmed_ms INTEGER, trimmed_counter INTEGER, trimmed_index INTEGER NOT NULL DEFAULT 0,
    trimmed_bytes INTEGER NOT NULL DEFAULT 0, UNIQUE (stream, ordinal)
  ) STRICT;
  CREATE TABLE dropped_shards (key INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE chunks (
    id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, last_ms INTEGER NOT NULL, last_counter INTEGER NOT NULL,
    first_index INTEGER NOT NULL, record_count INTEGER NOT NULL, end_bytes INTEGER NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX chunks_by_place ON chunks (shard, last_ms, last_counter, first_index, record_count, end_bytes);
  CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  CREATE TABLE tables (name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name, key)) STRICT, WITHOUT ROWID;
  CREATE TABLE generations (mapping TEXT PRIMARY KEY, generation INTEGER NOT NULL) STRICT;
  CREATE TABLE checkpoints (
    mapping TEXT NOT NULL, unit TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (mapping, unit)
  ) STRICT;
  CREATE TABLE queues (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, message_id TEXT NOT NULL, body TEXT NOT NULL,
    sent_ms INTEGER NOT NULL, visible_ms INTEGER NOT NULL, receive_count INTEGER NOT NULL DEFAULT 0, receipt TEXT
  ) STRICT;
  CREATE INDEX messages_by_visibility ON messages (queue, visible_ms, id);
  CREATE INDEX messages_by_receipt ON messages (receipt) WHERE receipt IS NOT NULL;
  CREATE TABLE topics (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE subscriptions (
    topic INTEGER NOT NULL, queue INTEGER NOT NULL, is_raw INTEGER NOT NULL, PRIMARY KEY (topic, queue)
  ) STRICT;
`;

/** What has changed since, a step a version. A new file is made of the first tables and of every step. */
const STEPS: readonly string[] = [
  SCHEMA,
  `
    ALTER TABLE queues ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE queues ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE queues ADD COLUMN created_ms INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE queues ADD COLUMN modified_ms INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE messages ADD COLUMN attributes TEXT;
    ALTER TABLE messages ADD COLUMN first_received_ms INTEGER;
    CREATE INDEX messages_by_age ON messages (queue, sent_ms, visible_ms, receive_count);
  `,
  // Topics are rows of the value tables from here on, as their queues may be elsewhere. An ARN without region and account is one of here.
  `
    INSERT INTO tables (name, key, value) SELECT 'topics', name, json_object('name', name) FROM topics;
    INSERT INTO tables (name, key, value)
      SELECT 'subscriptions', topics.name || ':' || queues.name, json_object(
        'id', queues.name, 'topic', topics.name, 'protocol', 'sqs', 'endpoint', 'arn:aws:sqs:::' || queues.name,
        'attributes', CASE is_raw WHEN 1 THEN json_object('RawMessageDelivery', 'true') ELSE json_object() END, 'token', NULL)
      FROM subscriptions JOIN topics ON topics.id = topic JOIN queues ON queues.id = queue;
    DROP TABLE subscriptions;
    DROP TABLE topics;
  `,
  `
    ALTER TABLE messages ADD COLUMN group_id TEXT;
    ALTER TABLE messages ADD COLUMN deduplication_id TEXT;
    ALTER TABLE messages ADD COLUMN trace_header TEXT;
    ALTER TABLE messages ADD COLUMN dead_letter_source TEXT;
    ALTER TABLE messages ADD COLUMN earlier_receives INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX messages_by_group ON messages (queue, group_id, id) WHERE group_id IS NOT NULL;
    CREATE INDEX messages_received_by_group ON messages (queue, group_id, visible_ms)
      WHERE group_id IS NOT NULL AND receive_count > 0;
    CREATE TABLE queue_groups (
      queue INTEGER NOT NULL, group_id TEXT NOT NULL, ready_ms INTEGER NOT NULL, head INTEGER NOT NULL,
      PRIMARY KEY (queue, group_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX queue_groups_by_readiness ON queue_groups (queue, ready_ms, head);
    CREATE TABLE deduplications (
      queue INTEGER NOT NULL, deduplication_id TEXT NOT NULL, group_id TEXT NOT NULL, sent_ms INTEGER NOT NULL,
      message_id TEXT NOT NULL, sequence_number TEXT NOT NULL, PRIMARY KEY (queue, deduplication_id, group_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX deduplications_by_age ON deduplications (sent_ms);
  `,
  // A partition of a topic that was deleted has the topic's number below 0 until its records are gone.
  `
    CREATE TABLE kafka_topics (
      id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE kafka_partitions (
      key INTEGER PRIMARY KEY AUTOINCREMENT, topic INTEGER NOT NULL, number INTEGER NOT NULL,
      first_offset INTEGER NOT NULL DEFAULT 0, next_offset INTEGER NOT NULL DEFAULT 0,
      kept_bytes INTEGER NOT NULL DEFAULT 0, UNIQUE (topic, number)
    ) STRICT;
    CREATE TABLE kafka_chunks (
      id INTEGER PRIMARY KEY AUTOINCREMENT, partition INTEGER NOT NULL, first_offset INTEGER NOT NULL,
      next_offset INTEGER NOT NULL, max_ms INTEGER NOT NULL, stored_ms INTEGER NOT NULL, byte_count INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX kafka_chunks_by_offset ON kafka_chunks (partition, next_offset, first_offset, max_ms);
    CREATE INDEX kafka_chunks_by_age ON kafka_chunks (stored_ms, id);
    CREATE TABLE kafka_places (
      group_id TEXT NOT NULL, topic INTEGER NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
      PRIMARY KEY (group_id, topic, partition)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX kafka_places_by_topic ON kafka_places (topic);
  `,
  // A change of a whole database has the empty text for its collection.
  `
    CREATE TABLE doc_clusters (
      name TEXT PRIMARY KEY, last_t INTEGER NOT NULL, last_i INTEGER NOT NULL, trimmed_t INTEGER NOT NULL,
      trimmed_i INTEGER NOT NULL, kept_bytes INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE doc_marks (
      cluster TEXT NOT NULL, database_name TEXT NOT NULL, collection TEXT NOT NULL, t INTEGER NOT NULL,
      i INTEGER NOT NULL, PRIMARY KEY (cluster, database_name, collection)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE doc_collections (
      key INTEGER PRIMARY KEY AUTOINCREMENT, cluster TEXT NOT NULL, database_name TEXT NOT NULL, name TEXT NOT NULL,
      UNIQUE (cluster, database_name, name)
    ) STRICT;
    CREATE TABLE documents (
      key INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, id_text TEXT NOT NULL, document TEXT NOT NULL,
      UNIQUE (collection, id_text)
    ) STRICT;
    CREATE TABLE changes (
      id INTEGER PRIMARY KEY AUTOINCREMENT, cluster TEXT NOT NULL, t INTEGER NOT NULL, i INTEGER NOT NULL,
      database_name TEXT NOT NULL, collection TEXT NOT NULL, operation TEXT NOT NULL, document_key TEXT,
      full_document TEXT, update_description TEXT, stored_ms INTEGER NOT NULL, byte_count INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX changes_by_time ON changes (cluster, t, i);
    CREATE INDEX changes_by_database ON changes (cluster, database_name, t, i);
    CREATE INDEX changes_by_collection ON changes (cluster, database_name, collection, t, i);
    CREATE INDEX changes_by_age ON changes (stored_ms, id);
  `,
];

/** Of the tables. Newer files are refused, older ones are brought up to it. */
const SCHEMA_VERSION = STEPS.length;

export type Value = string | number | null | Uint8Array;

/** Rows come as objects of plain values; a statement's owner knows its columns. */
export interface Statement {
  get(...values: Value[]): Readonly<Record<string, unknown>> | undefined;
  all(...values: Value[]): readonly Readonly<Record<string, unknown>>[];
  iterate(...values: Value[]): Iterable<Readonly<Record<string, unknown>>>;
  /** Number of rows changed. */
  run(...values: Value[]): number;
}

export interface StoreDatabase {
  prepare(sql: string): Statement;
  begin(): void;
  commit(): void;
  /** Does nothing where SQLite has ended the transaction by itself. */
  rollback(): void;
  close(): void;
}

/** Throws `state-locked`, `state-version` or `state-broken`. */
export function openStoreDatabase(file: string): StoreDatabase {
  const database = openFile(file);
  const begin = database.prepare("BEGIN IMMEDIATE");
  const commit = database.prepare("COMMIT");
  return {
    prepare: (sql) => wrap(database.prepare(sql)),
    begin: () => void begin.run(),
    commit: () => void commit.run(),
    rollback() {
      if (database.isTransaction) database.exec("ROLLBACK");
    },
    close: () => database.close(),
  };
}

function openFile(file: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = new (sqlite().DatabaseSync)(file, { timeout: 0 });
    database.exec(PRAGMAS);
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
    if (version > SCHEMA_VERSION)
      throw new MillraceError(
        "state-version",
        `${file} is of version ${version}; this Millrace reads up to ${SCHEMA_VERSION}`,
        {
          help: "Use the newer Millrace that wrote it, or another folder: --state DIR",
        },
      );
    const steps = STEPS.slice(version);
    if (steps.length > 0) {
      database.exec(`BEGIN IMMEDIATE; ${steps.join("")} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
    }
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof MillraceError) throw error;
    throw openFailure(file, error);
  }
}

const SQLITE_BUSY = 5;

function openFailure(file: string, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const errcode = typeof cause === "object" && cause !== null && "errcode" in cause ? cause.errcode : null;
  if (errcode === SQLITE_BUSY)
    return new MillraceError("state-locked", `${file} is in use by another process`, { cause });
  return new MillraceError("state-broken", `cannot open ${file}: ${reason}`, {
    cause,
    help: "millrace reset all",
  });
}

function wrap(statement: StatementSync): Statement {
  return {
    get: (...values) => statement.get(...values),
    all: (...values) => statement.all(...values),
    iterate: (...values) => statement.iterate(...values),
    run: (...values) => Number(statement.run(...values).changes),
  };
}
