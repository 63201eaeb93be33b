// Where a thread's code is at work that does not come to rest, in the user's own source: its debugger is asked to stop it, once, before it is
// ended. A convenience for a message: whatever stands in its way, the answer is null.

import { readFile } from "node:fs/promises";
import { Session } from "node:inspector";
import { SourceMap } from "node:module";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../ports/clock.ts";

/** Real time in which a thread that is at work stops for its debugger. */
const WITHIN_MS = 3_000;

interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** What the thread's debugger says: answers, and scripts as it learns of them. */
interface Told {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly scriptId?: string;
    readonly url?: string;
    readonly callFrames?: readonly { readonly location: Location }[];
  };
}

export interface StuckThread {
  readonly threadId: number;
  /** Of the module that it has loaded. */
  readonly modulePath: string;
  /** Absolute folder that the place is told from. */
  readonly root: string;
}

/** `file:line:column`, or null where the thread is not at work in the user's code. `clock` is the real one. */
export async function whereStuck(thread: StuckThread, clock: Clock): Promise<string | null> {
  const session = new Session();
  const found = Promise.withResolvers<Location | null>();
  let letGo = (): void => undefined;
  const cancel = clock.wakeAt(clock.nowMs() + WITHIN_MS, () => found.resolve(null));
  try {
    session.connect();
    letGo = pause(session, thread, found.resolve);
    const location = await found.promise;
    return location === null ? null : await placeOf(thread, location);
  } catch {
    return null; // A debugger of the user's is there, or the map is not: the function's name is all there is to tell.
  } finally {
    cancel();
    // A thread that its debugger holds could not be ended.
    letGo();
    session.disconnect();
  }
}

function pause(session: Session, thread: StuckThread, onFound: (at: Location | null) => void): () => void {
  const scripts = new Map<string, string>();
  let isEnabled = false;
  let locations: readonly Location[] | null = null;
  let sentCount = 0;
  let send: (method: string) => void = () => undefined;

  function hear({ id, method, params }: Told): void {
    if (id === 0) isEnabled = true;
    if (method === "Debugger.scriptParsed") scripts.set(params?.scriptId ?? "", params?.url ?? "");
    if (method === "Debugger.paused") locations = (params?.callFrames ?? []).map(({ location }) => location);
    // It may stop before it has told of all scripts.
    if (!isEnabled || locations === null) return;
    const users = locations.find(({ scriptId }) => {
      const url = scripts.get(scriptId) ?? "";
      return url.startsWith("file:") && fileURLToPath(url) === thread.modulePath;
    });
    onFound(users ?? null);
  }

  session.on("NodeWorker.attachedToWorker", ({ params: { sessionId, workerInfo } }) => {
    // Its id is one of the debugger's; the thread's own stands in its title.
    if (!workerInfo.title.startsWith(`[worker ${thread.threadId}]`)) return;
    send = (method) => {
      const message = JSON.stringify({ id: sentCount++, method });
      session.post("NodeWorker.sendMessageToWorker", { sessionId, message });
    };
    send("Debugger.enable");
    send("Debugger.pause");
  });
  session.on("NodeWorker.receivedMessageFromWorker", ({ params: { message } }) => hear(JSON.parse(message)));
  session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
  return () => send("Debugger.disable");
}

/** By the map that lies beside the module; without one the module is the source. */
async function placeOf({ modulePath, root }: StuckThread, { lineNumber, columnNumber }: Location): Promise<string> {
  const tell = (path: string, line: number, column: number): string =>
    `${relative(root, path).replaceAll("\\", "/")}:${line + 1}:${column + 1}`;
  let text: string;
  try {
    text = await readFile(`${modulePath}.map`, "utf8");
  } catch {
    return tell(modulePath, lineNumber, columnNumber); // The file is run as it is.
  }
  const entry = new SourceMap(JSON.parse(text)).findEntry(lineNumber, columnNumber);
  if (!("originalSource" in entry)) return tell(modulePath, lineNumber, columnNumber);
  return tell(resolve(dirname(modulePath), entry.originalSource), entry.originalLine, entry.originalColumn);
}
