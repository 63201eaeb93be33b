// Open cursors: rows that are left of a find, or a change stream, whose `getMore` waits for a change up to the client's limit.

import { Long } from "mongodb";
import type { Doc } from "./bson.ts";
import type { ChangeBatch, ChangeStream } from "./change-stream.ts";
import { CommandError } from "./command-error.ts";
import type { Store } from "./store.ts";

export interface Cursors {
  readonly openRows: (namespace: string, rows: readonly Doc[], firstCount: number) => Doc;
  readonly openStream: (namespace: string, stream: ChangeStream, firstCount: number) => Doc;
  /** Rejects if the cursor is not there, or is killed meanwhile. `signal`: the connection is gone. */
  readonly getMore: (id: unknown, limits: ReadLimits, signal: AbortSignal) => Promise<Doc>;
  readonly isStream: (id: unknown) => boolean;
  /** Those of these ids that were there. */
  readonly kill: (ids: readonly unknown[]) => readonly unknown[];
  /** All of them; `reason` reaches those that wait. Returns how many there were. */
  readonly killAll: (reason: CommandError) => number;
  readonly streamCount: () => number;
}

interface ReadLimits {
  readonly count: number;
  readonly waitMs: number;
}

type Cursor =
  | { readonly kind: "rows"; readonly namespace: string; rows: readonly Doc[] }
  | {
      readonly kind: "stream";
      readonly namespace: string;
      readonly stream: ChangeStream;
      readonly killed: AbortController;
    };

/** Ids as a server's: longer than 32 bits. */
const firstId = 5_000_000_000_000n;

/** `beforeWait`: called before a change stream's answer is awaited, which moves an idle primary's time on. */
export function createCursors(store: Store, beforeWait: () => void): Cursors {
  const cursors = new Map<string, Cursor>();
  let nextId = firstId;
  const keep = (cursor: Cursor): Long => {
    nextId += 1n;
    cursors.set(String(nextId), cursor);
    return Long.fromBigInt(nextId);
  };
  const found = (id: unknown): Cursor => {
    const cursor = cursors.get(String(id));
    if (cursor === undefined) throw new CommandError(43, `cursor id ${String(id)} not found`);
    return cursor;
  };
  const streamReply = (id: Long, namespace: string, batch: ChangeBatch, member: "firstBatch" | "nextBatch"): Doc => {
    if (batch.isInvalidated) cursors.delete(id.toString());
    return {
      cursor: {
        id: batch.isInvalidated ? Long.ZERO : id,
        ns: namespace,
        [member]: batch.events,
        postBatchResumeToken: batch.postBatchResumeToken,
      },
    };
  };
  const nextChanges = async (
    cursor: Extract<Cursor, { readonly kind: "stream" }>,
    limits: ReadLimits,
    signal: AbortSignal,
  ): Promise<ChangeBatch> => {
    const deadlineMs = performance.now() + limits.waitMs;
    for (;;) {
      const batch = cursor.stream.read(limits.count);
      const leftMs = deadlineMs - performance.now();
      if (batch.events.length > 0 || leftMs <= 0) return batch;
      beforeWait();
      await changeWithin(store, leftMs, AbortSignal.any([signal, cursor.killed.signal]));
      if (cursor.killed.signal.aborted) throw cursor.killed.signal.reason;
      if (signal.aborted) return batch;
    }
  };
  return {
    openRows: (namespace, rows, firstCount) => {
      const rest = rows.slice(firstCount);
      const id = rest.length === 0 ? Long.ZERO : keep({ kind: "rows", namespace, rows: rest });
      return { cursor: { id, ns: namespace, firstBatch: rows.slice(0, firstCount) } };
    },
    openStream: (namespace, stream, firstCount) => {
      const batch = stream.read(firstCount);
      const id = keep({ kind: "stream", namespace, stream, killed: new AbortController() });
      return streamReply(id, namespace, batch, "firstBatch");
    },
    getMore: async (id, limits, signal) => {
      const cursor = found(id);
      const own = Long.fromString(String(id));
      if (cursor.kind === "stream") {
        return streamReply(own, cursor.namespace, await nextChanges(cursor, limits, signal), "nextBatch");
      }
      const nextBatch = cursor.rows.slice(0, limits.count);
      cursor.rows = cursor.rows.slice(limits.count);
      if (cursor.rows.length === 0) cursors.delete(String(id));
      return { cursor: { id: cursor.rows.length === 0 ? Long.ZERO : own, ns: cursor.namespace, nextBatch } };
    },
    isStream: (id) => cursors.get(String(id))?.kind === "stream",
    kill: (ids) => ids.filter((id) => end(cursors, String(id), new CommandError(237, "operation was interrupted"))),
    killAll: (reason) => [...cursors.keys()].filter((id) => end(cursors, id, reason)).length,
    streamCount: () => [...cursors.values()].filter((each) => each.kind === "stream").length,
  };
}

function end(cursors: Map<string, Cursor>, id: string, reason: CommandError): boolean {
  const cursor = cursors.get(id);
  if (cursor?.kind === "stream") cursor.killed.abort(reason);
  return cursors.delete(id);
}

/** Resolves at the next change, at the end of the time, or when the signal says so. */
async function changeWithin(store: Store, waitMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      forget();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    const forget = store.onChange(done);
    signal.addEventListener("abort", done);
  });
}
