// Starts the store thread and hands out ports to it; main owns it. What runs inside is workers/store.ts.
//
// T1  The promise settles when the store is open, or has failed to open with the code of its failure.
// T2  A thread that ends unasked is told once, by `onFailed`; every client's pending questions have then been rejected (K1).

import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { assertNever } from "../core/assert-never.ts";
import { MillraceError } from "../errors.ts";
import { parseFromStoreThread } from "./parse-store.ts";
import { STORE_PROTOCOL_VERSION, type StoreBoot, type ToStoreThread } from "./store-protocol.ts";

export interface StoreThreadOptions {
  /** The thread's module. */
  readonly entry: URL;
  readonly storeFile: string;
  readonly region: string;
  readonly accountId: string;
  /** Most bytes that a shard keeps, older records go first. Null: only retention bounds it. */
  readonly maxShardBytes: number | null;
  readonly onFailed: (error: MillraceError) => void;
  /** The file cannot be written: one line for a person. */
  readonly onProblem: (message: string) => void;
  /** It can be written again. Default: nobody is told. */
  readonly onWell?: () => void;
}

export interface StoreThread {
  /** A new port for one client, in whatever thread. */
  connect(): MessagePort;
  /** Everything acknowledged is in the file when this resolves. A second call returns the same promise. */
  close(): Promise<void>;
}

export async function startStoreThread(options: StoreThreadOptions): Promise<StoreThread> {
  const worker = new Worker(options.entry, { name: "store" });
  const tell = (message: ToStoreThread, transfer: readonly MessagePort[] = []): void =>
    worker.postMessage(message, transfer);
  const failures: MillraceError[] = [];
  let isClosing = false;
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.on("error", (error: unknown) => {
    failures.push(new MillraceError("thread-failed", `the store failed: ${String(error)}`, { cause: error }));
  });
  const opened = new Promise<void>((resolve) => {
    worker.on("message", (value: unknown) => {
      const message = parseFromStoreThread(value);
      switch (message.kind) {
        case "ready":
        case "closed":
          return resolve();
        case "problem":
          return options.onProblem(message.message);
        case "well":
          return options.onWell?.();
        case "failed":
          failures.push(
            new MillraceError(message.code, message.message, message.help === null ? {} : { help: message.help }),
          );
          return resolve();
        default:
          return assertNever(message);
      }
    });
  });
  const { storeFile, region, accountId, maxShardBytes } = options;
  const boot: StoreBoot = {
    kind: "boot",
    protocolVersion: STORE_PROTOCOL_VERSION,
    storeFile,
    region,
    accountId,
    maxShardBytes,
  };
  tell(boot);
  await Promise.race([opened, exited]);
  const [refused] = failures;
  if (refused !== undefined) {
    await worker.terminate();
    throw refused;
  }
  void exited.then(() => {
    if (!isClosing) options.onFailed(failures[0] ?? new MillraceError("thread-failed", "the store ended"));
  });
  let closed: Promise<void> | null = null;
  return {
    connect() {
      const { port1, port2 } = new MessageChannel();
      tell({ kind: "connect", port: port1 }, [port1]);
      return port2;
    },
    close() {
      isClosing = true;
      if (closed === null) {
        tell({ kind: "close" });
        closed = exited;
      }
      return closed;
    },
  };
}
