// The user's code is not to see that it runs in a thread: as on AWS it is the main thread, with no port to a parent. By that port the
// pool learns what becomes of an invocation; code that closed it, or listened on it, would stand between the two.

import { syncBuiltinESMExports } from "node:module";
import workerThreads from "node:worker_threads";

/** For what is loaded from now on, by `require` and `import` alike. Not before piscina has said on the port that it is ready. */
export function hideThread(): void {
  Object.assign(workerThreads, { isMainThread: true, parentPort: null, workerData: null });
  syncBuiltinESMExports();
}
