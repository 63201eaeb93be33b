// What the loops by hand have in common, whatever they keep their queue in: function threads with one call at a time each, and five
// batches out at a time (P-20), each received, called, and deleted before the next.

import { randomUUID } from "node:crypto";
import { Worker } from "node:worker_threads";
import { packParts, PARTS } from "./hand-function.ts";
import { AT_ONCE, FUNCTION_THREADS, type QueueRunRequest } from "./queue-run.ts";

export interface HandStore {
  /** PARTS a message; none: nothing is visible. */
  receive(max: number, mark: string): Promise<readonly Buffer[]>;
  erase(mark: string, ids: readonly Buffer[]): Promise<unknown>;
}

const waiting = new Map<number, () => void>();
const threads = Array.from({ length: FUNCTION_THREADS }, () => {
  const thread = new Worker(new URL("./hand-function.ts", import.meta.url));
  thread.on("message", (index: number) => waiting.get(index)?.());
  return thread;
});
let lastIndex = 0;

/** Until nothing is visible. */
export async function emptyByHand(
  store: HandStore,
  { queue, batchSize, threads: threadCount = FUNCTION_THREADS }: QueueRunRequest,
): Promise<void> {
  const free = threads.slice(0, threadCount);
  const due: ((thread: Worker) => void)[] = [];

  async function loop(): Promise<void> {
    for (;;) {
      const mark = randomUUID();
      const parts = await store.receive(batchSize, mark);
      if (parts.length === 0) return;
      const ids = parts.filter((_, index) => index % PARTS === 0);
      const buffer = packParts(parts);
      const index = ++lastIndex;
      const thread = free.pop() ?? (await new Promise<Worker>((resolve) => due.push(resolve)));
      await new Promise<void>((resolve) => {
        waiting.set(index, resolve);
        thread.postMessage({ index, queue, mark, buffer }, [buffer]);
      });
      waiting.delete(index);
      const next = due.shift();
      if (next === undefined) free.push(thread);
      else next(thread);
      await store.erase(mark, ids);
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, loop));
}

export async function endThreads(): Promise<void> {
  const ended = threads.map((thread) => new Promise((resolve) => thread.once("exit", resolve)));
  for (const thread of threads) thread.postMessage(null);
  await Promise.all(ended);
}
