// Where the entries of our threads and pages are. The only file that may turn its own address into another's: a build does not rewrite
// such addresses, so each entry is looked for with this file's own extension (`.ts` in a checkout, `.js` in the published form).

export type WorkerName =
  | "poller"
  | "store"
  | "function"
  | "tables"
  | "virtual-function"
  | "explorer"
  | "finder"
  | "load-sender"
  | "load-server";

/** The module that a thread, or of `load-server` a process, of this name runs. */
export function workerEntry(name: WorkerName): URL {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`../../workers/${name}${extension}`, import.meta.url);
}

/** What handler files import that a live scenario run generates. */
export function scriptedHandlerModule(): URL {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`../../workers/scripted-handler${extension}`, import.meta.url);
}

/** What a live load run's function is made of, where its plan has only a model of it. */
export function modelledHandlerModule(): URL {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`../../workers/modelled-handler${extension}`, import.meta.url);
}

export type PageName = "dashboard" | "report";

/** A page for a browser: its source, which is bundled when it is asked for, or, in the published form, the script and the style that were made of it. */
export type PagePlace =
  | { readonly kind: "source"; readonly entry: URL }
  | { readonly kind: "built"; readonly script: URL; readonly style: URL };

export function pagePlace(name: PageName): PagePlace {
  if (import.meta.url.endsWith(".ts"))
    return { kind: "source", entry: new URL(`../page/${name}/main.tsx`, import.meta.url) };
  const built = (extension: string): URL => new URL(`../page/${name}.${extension}`, import.meta.url);
  return { kind: "built", script: built("js"), style: built("css") };
}
