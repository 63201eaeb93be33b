// One client of the store thread, over one MessagePort: asks, and matches the answers. The adapters of the ports stand on it:
// embedded-streams.ts, embedded-source.ts, store-checkpoints.ts, store-tables.ts, store-queues.ts.
//
// K1  Every question settles: with its answer, with the store's failure, or, when the port closes, with `thread-failed`.
// K2  An aborted read is cancelled at the store, and settles with what the store says then: nothing was read.

import type { MessagePort, Transferable } from "node:worker_threads";
import { assertNever } from "../core/assert-never.ts";
import { MillraceError } from "../errors.ts";
import { parseFromStore } from "./parse-store.ts";
import type { CancelRead, StoreCallKind, StoreCalls } from "./store-protocol.ts";

export interface AskOptions {
  readonly transfer?: readonly Transferable[];
  /** Cancels a read that waits. */
  readonly signal?: AbortSignal;
}

export interface StoreClient {
  /** Rejects with a MillraceError where the store fails, or when the client or the store's thread has ended. */
  ask<K extends StoreCallKind>(
    kind: K,
    request: StoreCalls[K]["request"],
    options?: AskOptions,
  ): Promise<StoreCalls[K]["answer"]>;
  /** Closes the port; what is pending rejects. */
  close(): void;
}

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: MillraceError) => void;
}

export function createStoreClient(port: MessagePort): StoreClient {
  const pending = new Map<number, Pending>();
  let lastRequestId = 0;
  let isClosed = false;

  port.on("message", (value: unknown) => {
    const message = parseFromStore(value);
    const asked = pending.get(message.requestId);
    pending.delete(message.requestId);
    switch (message.kind) {
      case "answer":
        return asked?.resolve(message.answer);
      case "failure":
        return asked?.reject(new MillraceError(message.code, message.message));
      default:
        return assertNever(message);
    }
  });
  port.on("close", end);

  function end(): void {
    isClosed = true;
    const left = [...pending.values()];
    pending.clear();
    for (const { reject } of left) reject(ended());
  }

  function send(kind: StoreCallKind, request: object, options: AskOptions): Promise<unknown> {
    if (isClosed) return Promise.reject(ended());
    const requestId = ++lastRequestId;
    const { signal } = options;
    const onAbort = (): void => {
      if (pending.has(requestId)) port.postMessage({ kind: "cancel", requestId } satisfies CancelRead);
    };
    const answered = new Promise<unknown>((resolve, reject) => {
      pending.set(requestId, { resolve, reject });
      port.postMessage({ kind, requestId, request }, options.transfer ?? []);
    });
    if (signal === undefined) return answered;
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    return answered.finally(() => signal.removeEventListener("abort", onAbort));
  }

  return {
    // The store answers each call with its own answer's shape: store-protocol.ts pairs them, answerCall is typed by it.
    ask: <K extends StoreCallKind>(kind: K, request: StoreCalls[K]["request"], options: AskOptions = {}) =>
      send(kind, request, options) as Promise<StoreCalls[K]["answer"]>,
    close() {
      port.close();
      end();
    },
  };
}

function ended(): MillraceError {
  return new MillraceError("thread-failed", "the store has ended");
}
