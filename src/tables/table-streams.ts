// The streams that tables have and had: which is a table's latest, what it shows, and when it was closed. Kept beside the tables; the
// records themselves are in the streams' own store, under the name `dynamodb/TABLE/LABEL`.
//
// M1  A table has at most one open stream. One that was switched off, or whose table was deleted, is closed: it takes no more
//     changes, and its records stay until their retention is over. Then it goes.
// M2  What is kept here is changed before the stream itself is, so that whoever comes after a kill finishes what it left undone: a stream
//     that is not there is made by the outbox, one that is still open is closed by the next sweep.

import { dynamodbStreamName } from "../kinds/stream-family.ts";
import type { Clock } from "../ports/clock.ts";
import type { TableStream, ViewType } from "../ports/item-tables.ts";
import type { Streams, StreamsProblem } from "../ports/streams.ts";
import type { Engine } from "./dynalite-engine.ts";
import { refusal } from "./table-refusal.ts";

/** AWS keeps a closed stream's records for a day. */
const KEPT_MS = 86_400_000;

export interface TableStreams {
  /** The open stream of a table; null: it has none. */
  openOf(table: string): TableStream | null;
  /** Of the table that is there now, open or closed: the one that was made last. */
  latestOf(table: string): TableStream | null;
  /** In order of table and label. */
  list(): readonly TableStream[];
  /** Makes a table's stream. Rejects with InternalServerError where its store is away, and nothing has changed then. */
  open(
    table: string,
    options: { readonly viewType: ViewType; readonly keySchema: TableStream["keySchema"] },
  ): Promise<void>;
  /** Closes the table's open stream, of which nothing is on its way; `isTableDeleted`: the table's closed ones are nobody's either. */
  close(table: string, options: { readonly isTableDeleted: boolean }): Promise<void>;
  /** Makes a stream that its store has lost. */
  make(name: string): Promise<{ readonly kind: string } | StreamsProblem>;
  /** M1, M2. Where their store is away, the next one goes on. */
  sweep(): Promise<void>;
}

/** As it is kept. */
interface KeptStream extends TableStream {
  /** Its shards have their ends. */
  readonly isSealed: boolean;
  readonly isTableDeleted: boolean;
}

export interface TableStreamsOptions {
  readonly engine: Engine;
  readonly streams: Streams;
  readonly clock: Clock;
}

export async function openTableStreams({ engine, streams, clock }: TableStreamsOptions): Promise<TableStreams> {
  const known = new Map<string, KeptStream>();
  for (const [, value] of await engine.list("stream~")) {
    const stream = value as KeptStream; // Written by `save` alone.
    known.set(stream.name, stream);
  }

  async function save(stream: KeptStream): Promise<void> {
    await engine.batch([{ type: "put", key: `stream~${stream.name}`, value: stream }]);
    known.set(stream.name, stream);
  }

  async function forget(name: string): Promise<void> {
    await engine.batch([{ type: "del", key: `stream~${name}` }]);
    known.delete(name);
  }

  async function seal(stream: KeptStream): Promise<void> {
    const closed = await streams.reshard(stream.name, { kind: "close" });
    if (closed.kind !== "problem") await save({ ...stream, isSealed: true });
  }

  function listed(): readonly KeptStream[] {
    return [...known.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  const ofTable = (table: string): readonly KeptStream[] => listed().filter((stream) => stream.table === table);
  // Asked with every write.
  function openOf(table: string): KeptStream | null {
    for (const stream of known.values()) if (stream.table === table && stream.closedAtMs === null) return stream;
    return null;
  }

  const tableStreams: TableStreams = {
    openOf,
    latestOf: (table) =>
      ofTable(table)
        .filter(({ isTableDeleted }) => !isTableDeleted)
        .at(-1) ?? null,
    list: () => listed().map(({ isSealed: _sealed, isTableDeleted: _deleted, ...stream }) => stream),
    make: (name) => streams.create(name, { shardCount: 1, mode: "ON_DEMAND" }),
    async open(table, { viewType, keySchema }) {
      let createdAtMs = clock.nowMs();
      while (known.has(dynamodbStreamName(table, labelOf(createdAtMs)))) createdAtMs += 1;
      const label = labelOf(createdAtMs);
      const name = dynamodbStreamName(table, label);
      const state = { closedAtMs: null, isSealed: false, isTableDeleted: false };
      await save({ name, table, label, viewType, keySchema, createdAtMs, ...state });
      const made = await tableStreams.make(name);
      if ("problem" in made) {
        await forget(name);
        throw refusal("InternalServerError", `The stream cannot be made now: ${made.problem.detail}`);
      }
    },
    async close(table, { isTableDeleted }) {
      for (const stream of ofTable(table)) {
        const closedAtMs = stream.closedAtMs ?? clock.nowMs();
        const closed = { ...stream, closedAtMs, isTableDeleted: isTableDeleted || stream.isTableDeleted };
        await save(closed);
        if (stream.closedAtMs === null) await seal(closed);
      }
    },
    async sweep() {
      for (const stream of listed()) {
        if (stream.closedAtMs === null) continue;
        if (!stream.isSealed) await seal(stream);
        if (clock.nowMs() - stream.closedAtMs < KEPT_MS) continue;
        const deleted = await streams.delete(stream.name);
        if (deleted.kind !== "problem") await forget(stream.name);
      }
    },
  };
  await tableStreams.sweep();
  return tableStreams;
}

/** `2026-11-29T12:00:00.123`. */
const labelOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, -1);
