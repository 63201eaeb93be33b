// How a handler, wherever it runs, says that it has seen a run's first and last record: over a channel that all threads of a
// process share. Instants are of the system's monotonic clock, one for all threads and processes.

import { BroadcastChannel } from "node:worker_threads";

const CHANNEL = "millrace-bench";

export interface Mark {
  readonly kind: "first" | "last" | "latency";
  readonly atMs: number;
  /** For `latency`: ms from the write to the handler. */
  readonly tookMs: number;
  readonly name: string;
}

export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function openMarks(): (mark: Mark) => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.unref();
  return (mark) => channel.postMessage(mark);
}

export function onMarks(listener: (mark: Mark) => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (event) => listener((event as { readonly data: Mark }).data);
  return () => channel.close();
}

/** The first of all shards, and the last of each, of one run that begins now. */
export function watchRun(shardCount: number): {
  readonly first: Promise<number>;
  readonly last: Promise<number>;
} {
  const first = Promise.withResolvers<number>();
  const last = Promise.withResolvers<number>();
  let lastCount = 0;
  const close = onMarks((mark) => {
    if (mark.kind === "first") first.resolve(mark.atMs);
    if (mark.kind !== "last") return;
    lastCount += 1;
    if (lastCount < shardCount) return;
    close();
    last.resolve(mark.atMs);
  });
  return { first: first.promise, last: last.promise };
}
