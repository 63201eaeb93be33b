// The embedded queues in the caller's own thread, over a database of their own in memory: the same tables, calls and waits as in the store's
// thread, under any clock, a virtual one too. Each call is one transaction, carried out before it returns; only a receive that waits answers
// later, from the clock's wake-ups or from another call.

import { MillraceError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Queues, Received } from "../ports/queues.ts";
import { createQueueTable } from "./queue-table.ts";
import { createQueueWaits } from "./queue-waits.ts";
import { answerQueueCall, type QueueCall } from "./store-calls.ts";
import type { AskOptions, StoreClient } from "./store-client.ts";
import { openStoreDatabase } from "./store-database.ts";
import type { StoreCallKind, StoreCalls } from "./store-protocol.ts";
import { createQueues } from "./store-queues.ts";

export interface LocalQueues {
  readonly queues: Queues;
  /** What waits rejects with `thread-failed`, as does what is asked later. */
  close(): void;
}

export interface LocalQueuesOptions {
  readonly clock: Clock;
  /** A version 4 UUID a call. */
  readonly uuid: () => string;
}

/** A receive that was asked here: it is its own port. */
interface Asker {
  readonly resolve: (received: Received | null) => void;
  readonly reject: (error: MillraceError) => void;
}

export function createLocalQueues({ clock, uuid }: LocalQueuesOptions): LocalQueues {
  const database = openStoreDatabase(":memory:");
  const table = createQueueTable(database, { nowMs: () => clock.nowMs(), uuid });
  const asked = new Set<Asker>();
  const waits = createQueueWaits<Asker>({
    clock,
    queues: table,
    look: (queue) => transact((answers) => waits.retry(queue, answers)),
  });
  let isClosed = false;

  interface Answer {
    readonly port: Asker;
    readonly answer: Received | null;
  }

  function transact<T>(work: (answers: Answer[]) => T): T {
    const answers: Answer[] = [];
    let result: T;
    database.begin();
    try {
      result = work(answers);
      waits.retryTouched(answers);
      database.commit();
    } catch (error) {
      database.rollback();
      table.takeTouched();
      waits.settle("undone");
      throw error;
    }
    for (const { port, answer } of answers) {
      asked.delete(port);
      port.resolve(answer);
    }
    waits.settle("committed");
    return result;
  }

  function receive(request: StoreCalls["queue-receive"]["request"], signal?: AbortSignal): Promise<Received | null> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => transact((answers) => void waits.cancel(asker, 0, answers));
      const asker: Asker = {
        resolve(received) {
          signal?.removeEventListener("abort", onAbort);
          resolve(received);
        },
        reject(error) {
          signal?.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      asked.add(asker);
      try {
        transact((answers) => waits.receive({ port: asker, requestId: 0, request }, answers));
      } catch (error) {
        asked.delete(asker);
        throw error;
      }
      // Most have been answered by now.
      if (!asked.has(asker)) return;
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  function answer(kind: StoreCallKind, request: object, { signal }: AskOptions): unknown {
    // Only store-queues.ts asks here, and only what concerns queues, each with its own request: store-protocol.ts pairs them.
    const call = { kind, requestId: 0, request } as QueueCall | { kind: "queue-receive"; request: never };
    if (call.kind === "queue-receive") return receive(call.request, signal);
    return transact(() => answerQueueCall(table, call));
  }

  const client: StoreClient = {
    async ask<K extends StoreCallKind>(kind: K, request: StoreCalls[K]["request"], options: AskOptions = {}) {
      if (isClosed) throw ended();
      return (await answer(kind, request, options)) as StoreCalls[K]["answer"];
    },
    close,
  };

  function close(): void {
    if (isClosed) return;
    isClosed = true;
    waits.close();
    for (const { reject } of asked) reject(ended());
    database.close();
  }

  return { queues: createQueues(client), close };
}

function ended(): MillraceError {
  return new MillraceError("thread-failed", "the queues have ended");
}
