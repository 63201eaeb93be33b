// `millrace start --inspect`: Node's own inspector, opened before any thread is made. Function threads are reached through it: Node tells
// a debugger of every thread of the process, those that threads start themselves included (docs/debugging.md).

import { once } from "node:events";
import inspector from "node:inspector";
import { createServer } from "node:net";
import { InvalidArgumentError } from "commander";
import { MillraceError } from "../errors.ts";
import { createSystemClock } from "../platform/system-clock.ts";

export interface InspectPlace {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** A thread that has been started holds still for this long at most, so that a debugger's breakpoints are in before its first line. */
const HELD_MS = 500;
const MOST_PORT = 65_535;
const DEFAULT: InspectPlace = { host: "127.0.0.1", port: 9_229 };

/** `9230`, `0.0.0.0`, `[::1]:9230`, as Node reads them. Throws commander's InvalidArgumentError. */
export function parseInspectPlace(text: string): InspectPlace {
  const found = /^(?:(\[[0-9a-fA-F:.]+\]|[\w.-]*[a-zA-Z.][\w.-]*)(?::(?=\d)|$))?(\d{1,5})?$/.exec(text);
  const port = found?.[2] === undefined ? DEFAULT.port : Number(found[2]);
  if (text === "" || found === null || port > MOST_PORT) {
    throw new InvalidArgumentError("It has to be a port, a host or host:port, as 127.0.0.1:9229.");
  }
  return { host: found[1]?.replace(/^\[|\]$/g, "") ?? DEFAULT.host, port };
}

/**
 * Answers the inspector's address. With `isWaiting` it returns once a debugger has attached and says go. Where Node has its inspector
 * open already (an editor has started us), that one is used. Rejects with MillraceError port-taken, or bad-argument where the host is no
 * address of this machine.
 */
export async function openInspector(
  place: InspectPlace | true,
  { isWaiting }: { readonly isWaiting: boolean },
): Promise<string> {
  const { host, port } = place === true ? DEFAULT : place;
  if (inspector.url() === undefined) {
    await refuseUnusable(host, port);
    inspector.open(port, host);
  }
  const url = inspector.url();
  if (url === undefined) throw cannotListen(host, port);
  holdNewThreads();
  if (isWaiting) inspector.waitForDebugger();
  return url;
}

/** Node itself only writes what is wrong to standard error, in words of its own. */
async function refuseUnusable(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    const isTaken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
    if (isTaken) throw cannotListen(host, port, cause);
    const help = "millrace start --inspect=127.0.0.1:9229";
    throw new MillraceError("bad-argument", `the inspector cannot listen on ${host}:${port}`, { help, cause });
  }
  server.close();
  await once(server, "close");
}

const cannotListen = (host: string, port: number, cause?: unknown): MillraceError =>
  new MillraceError("port-taken", `the inspector cannot listen on ${host}:${port}`, {
    help: "millrace start --inspect=0    # any free port, which is then printed",
    cause,
  });

/**
 * Threads that threads start (functions are such) hold still for a debugger only if one was there when the first of them was made.
 * A session of our own is: it lets ours go at once and functions after HELD_MS, unless a debugger has done so before.
 */
function holdNewThreads(): void {
  const clock = createSystemClock();
  const session = new inspector.Session();
  session.connect();
  session.on("NodeWorker.attachedToWorker", ({ params: { sessionId, workerInfo } }) => {
    const letGo = (): void =>
      session.post("NodeWorker.sendMessageToWorker", {
        sessionId,
        message: JSON.stringify({ id: 1, method: "Runtime.runIfWaitingForDebugger" }),
      });
    // By the name that the thread was given: those of src/threads and src/stores.
    if (/ (?:store|poller-\d)$/.test(workerInfo.title)) letGo();
    else clock.wakeAt(clock.nowMs() + HELD_MS, letGo);
  });
  session.post("NodeWorker.enable", { waitForDebuggerOnStart: true });
}

/**
 * Ends the process as Ctrl-C does where nobody listens (a shell says 130). A thread that stands at a breakpoint cannot be ended by Node,
 * which would wait for it for ever.
 */
export function endWithInspector(): void {
  process.removeAllListeners("SIGINT");
  process.kill(process.pid, "SIGINT");
}
