// The tables as main sees them: their thread, started when there is something for it to do, and the calls that are on their way.
//
// T1  A call settles: with the tables' answer, or, where the thread has failed, with InternalServerError.
// T2  A thread that ends unasked is started again by the next call; what it had kept is there, and what streams had not been told yet
//     is told then.

import { type MessagePort, Worker } from "node:worker_threads";
import { assertNever } from "../core/assert-never.ts";
import { MillraceError } from "../errors.ts";
import type { ItemTables, TableReply, TableStream } from "../ports/item-tables.ts";
import { refusal } from "./table-refusal.ts";
import { parseFromTables, TABLES_PROTOCOL_VERSION, type TablesBoot, type ToTables } from "./tables-protocol.ts";

export interface TablesThreadOptions {
  /** The thread's module. */
  readonly entry: URL;
  readonly boot: Omit<TablesBoot, "kind" | "protocolVersion" | "storePort">;
  /** A new port to the store, for the thread. */
  readonly connectStore: () => MessagePort;
  /** The thread has ended unasked: one line for a person. */
  readonly onFailed: (text: string) => void;
}

export interface TablesThread extends ItemTables {
  /** Starts the thread now. Rejects with MillraceError where the database cannot be opened. */
  open(): Promise<void>;
}

interface Pending {
  readonly tell: (message: unknown) => void;
  readonly fail: (error: Error) => void;
}

interface Running {
  ask(message: (requestId: number) => ToTables): Promise<unknown>;
  close(): Promise<void>;
}

export function createTablesThread(options: TablesThreadOptions): TablesThread {
  let running: Promise<Running> | null = null;
  let closing: Promise<void> | null = null;

  function run(): Promise<Running> {
    if (closing !== null) return Promise.reject(new MillraceError("thread-failed", "the server is stopping"));
    running ??= start(options, () => {
      running = null;
    }).catch((error: unknown) => {
      running = null;
      throw error;
    });
    return running;
  }

  return {
    async open() {
      await run();
    },
    async call(operation, body) {
      try {
        const thread = await run();
        const answer = await thread.ask((requestId) => ({ kind: "call", requestId, operation, body }));
        return answer as TableReply; // As the protocol pairs them.
      } catch (error) {
        const { status, body: told } = refusal(
          "InternalServerError",
          `The tables cannot be used now: ${error instanceof Error ? error.message : String(error)}`,
        );
        return { status, body: JSON.stringify(told) };
      }
    },
    async streams() {
      const thread = await run();
      const answer = await thread.ask((requestId) => ({ kind: "streams", requestId }));
      return answer as readonly TableStream[]; // As the protocol pairs them.
    },
    close() {
      const open = running;
      closing ??= open === null ? Promise.resolve() : open.then((thread) => thread.close()).catch(() => undefined);
      return closing;
    },
  };
}

async function start(options: TablesThreadOptions, onEnd: () => void): Promise<Running> {
  const worker = new Worker(options.entry, { name: "tables" });
  const pending = new Map<number, Pending>();
  let lastRequestId = 0;
  let isClosing = false;
  let reason = new MillraceError("thread-failed", "the tables' thread has ended");
  worker.on("error", (error: unknown) => {
    reason = new MillraceError("thread-failed", `the tables' thread failed: ${String(error)}`, { cause: error });
  });
  const exited = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      onEnd();
      for (const { fail } of pending.values()) fail(reason);
      pending.clear();
      if (!isClosing) options.onFailed(reason.message);
      resolve();
    });
  });
  const opened = new Promise<void>((resolve, reject) => {
    worker.on("message", (value: unknown) => {
      const message = parseFromTables(value);
      switch (message.kind) {
        case "ready":
          return resolve();
        case "failed":
          isClosing = true;
          return reject(new MillraceError(message.code, message.message));
        case "reply":
          return settle(message.requestId, message.reply);
        case "listed":
          return settle(message.requestId, message.streams);
        case "closed":
          return undefined;
        default:
          return assertNever(message);
      }
    });
    void exited.then(() => reject(reason));
  });

  function settle(requestId: number, answer: unknown): void {
    pending.get(requestId)?.tell(answer);
    pending.delete(requestId);
  }

  const storePort = options.connectStore();
  const boot: TablesBoot = { ...options.boot, kind: "boot", protocolVersion: TABLES_PROTOCOL_VERSION, storePort };
  worker.postMessage(boot, [storePort]);
  try {
    await opened;
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return {
    ask(message) {
      lastRequestId += 1;
      const requestId = lastRequestId;
      return new Promise((tell, fail) => {
        pending.set(requestId, { tell, fail });
        worker.postMessage(message(requestId));
      });
    },
    async close() {
      isClosing = true;
      worker.postMessage({ kind: "close" } satisfies ToTables);
      await exited;
    },
  };
}
