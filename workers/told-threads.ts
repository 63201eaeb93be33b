// What the threads of functions do, told to main while somebody watches, and only where it has changed.

import { isDeepStrictEqual } from "node:util";
import type { FunctionThreadReport } from "../src/ports/function-threads.ts";
import type { FromPoller } from "../src/threads/protocol.ts";

/** Answers what says it now. */
export function createToldThreads(
  reports: () => readonly FunctionThreadReport[],
  tell: (message: FromPoller) => void,
): () => void {
  let said: readonly FunctionThreadReport[] = [];
  return () => {
    const threads = reports();
    if (isDeepStrictEqual(said, threads)) return;
    said = threads;
    tell({ kind: "threads", threads });
  };
}
