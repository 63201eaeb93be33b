// The streams that tables have and had: which is a table's latest, what it shows, and when it was closed. Kept beside the tables; the
// records themselves are in the streams' own store, under the name `dynamodb/TABLE/LABEL`.
//
// M1  A table has at most one open stream. One that was switched off, or whose table was deleted, is closed: it takes no more
//     changes, and its records stay until their retention is over. Then it goes.
// M2  What is kept here is changed before a stream is made and after it was closed, so that a start can finish what a kill left undone.

import type { Clock } from "../ports/clock.ts";
import type { Streams, StreamsProblem } from "../ports/streams.ts";
import type { TableStream, ViewType } from "../ports/item-tables.ts";
import type { Engine } from "./dynalite-engine.ts";
import { refusal } from "./table-refusal.ts";

/** AWS keeps a closed stream's records for a day. */
const KEPT_MS = 86_400_000;

export interface TableStreams {
  /** The open stream of a table; null: it has none. */
  openOf(table: string): TableStream | null;
  /** Open or closed: the one that was made last. */
  latestOf(table: string): TableStream | null;
  /** In order of table and label. */
  list(): readonly TableStream[];
  /** Makes a table's stream. Rejects with InternalServerError where its store is away, and nothing has changed then. */
  open(
    table: string,
    options: { readonly viewType: ViewType; readonly keySchema: TableStream["keySchema"] },
  ): Promise<void>;
  /** Closes a table's stream once `drained` resolves. */
  close(table: string, drained: (name: string) => Promise<void>): Promise<void>;
  /** Makes a stream that its store has lost. */
  make(name: string): Promise<{ readonly kind: string } | StreamsProblem>;
}

export interface TableStreamsOptions {
  readonly engine: Engine;
  readonly streams: Streams;
  readonly clock: Clock;
}

export async function openTableStreams({ engine, streams, clock }: TableStreamsOptions): Promise<TableStreams> {
  const known = new Map<string, TableStream>();
  for (const [, value] of await engine.list("stream~")) {
    const stream = value as TableStream; // Written by `save` alone.
    known.set(stream.name, stream);
  }
  await sweep();

  async function save(stream: TableStream): Promise<void> {
    await engine.batch([{ type: "put", key: `stream~${stream.name}`, value: stream }]);
    known.set(stream.name, stream);
  }

  async function forget(name: string): Promise<void> {
    await engine.batch([{ type: "del", key: `stream~${name}` }]);
    known.delete(name);
  }

  /** M1. One whose store is away goes another time. */
  async function sweep(): Promise<void> {
    for (const { name, closedAtMs } of listed()) {
      if (closedAtMs === null || clock.nowMs() - closedAtMs < KEPT_MS) continue;
      const deleted = await streams.delete(name);
      if (deleted.kind !== "problem") await forget(name);
    }
  }

  function listed(): readonly TableStream[] {
    const inOrder = (one: TableStream, other: TableStream): number => (one.name < other.name ? -1 : 1);
    return [...known.values()].toSorted(inOrder);
  }

  function make(name: string): ReturnType<TableStreams["make"]> {
    return streams.create(name, { shardCount: 1, mode: "ON_DEMAND" });
  }

  const ofTable = (table: string): readonly TableStream[] => listed().filter((stream) => stream.table === table);

  return {
    openOf: (table) => ofTable(table).find(({ closedAtMs }) => closedAtMs === null) ?? null,
    latestOf: (table) => ofTable(table).at(-1) ?? null,
    list: listed,
    make,
    async open(table, { viewType, keySchema }) {
      await sweep();
      let createdAtMs = clock.nowMs();
      while (known.has(nameOf(table, createdAtMs))) createdAtMs += 1;
      const name = nameOf(table, createdAtMs);
      const made = await make(name);
      if (made.kind === "problem" && "problem" in made) {
        throw refusal("InternalServerError", `The stream cannot be made now: ${made.problem.detail}`);
      }
      await save({ name, table, label: labelOf(createdAtMs), viewType, keySchema, createdAtMs, closedAtMs: null });
    },
    async close(table, drained) {
      const stream = ofTable(table).find(({ closedAtMs }) => closedAtMs === null);
      if (stream === undefined) return;
      // From here on no write tells it anything.
      known.set(stream.name, { ...stream, closedAtMs: clock.nowMs() });
      await drained(stream.name);
      const closed = await streams.reshard(stream.name, { kind: "close" });
      if (closed.kind === "problem") {
        known.set(stream.name, stream);
        throw refusal("InternalServerError", `The stream cannot be closed now: ${closed.problem.detail}`);
      }
      await save({ ...stream, closedAtMs: clock.nowMs() });
    },
  };
}

/** `2026-11-29T12:00:00.123`. */
const labelOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, -1);
const nameOf = (table: string, atMs: number): string => `dynamodb/${table}/${labelOf(atMs)}`;
