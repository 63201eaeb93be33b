// Where the entries of our threads are. The only file that may turn its own address into another's: a build does not rewrite
// such addresses, so each entry is looked for with this file's own extension (`.ts` in a checkout, `.js` in the published form).

export type WorkerName = "poller" | "store" | "function" | "tables" | "virtual-function" | "explorer";

/** The module that a thread of this name runs. */
export function workerEntry(name: WorkerName): URL {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`../../workers/${name}${extension}`, import.meta.url);
}

/** What handler files import that a live scenario run generates. */
export function scriptedHandlerModule(): URL {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`../../workers/scripted-handler${extension}`, import.meta.url);
}
