// A server process that is ours: started on a leash, watched, and ended by its process id.
//
// The leash is a shell that holds one end of a pipe. When this process ends, however it ends (even by SIGKILL), the pipe
// closes and the shell ends the server. So no server outlives an interrupted test run, and none has to be looked for by
// name. The server is in a process group of its own: Ctrl-C reaches us, and we stop it in order.

import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const stopWithinMs = 5_000;
const keptLogLines = 40;

const leash = `
folder=$1
shift
exec 3<&0
"$@" 3<&- </dev/null &
child=$!
echo "process $child"
(
  read -r line <&3
  trap "" TERM
  kill -TERM "$child"
  tries=0
  while kill -0 "$child" && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL "$child"
  [ -z "$folder" ] || rm -rf -- "$folder"
) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$child"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
`;

export interface OwnedProcess {
  readonly processId: number;
  readonly isRunning: () => boolean;
  /** The last lines that the server wrote, for an error message. */
  readonly logTail: () => string;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Ends it (SIGTERM, and SIGKILL if that is not heeded within 5 s) and resolves once it has ended. */
  readonly stop: () => Promise<void>;
  /** SIGKILL; resolves once it has ended. */
  readonly kill: () => Promise<void>;
}

/**
 * Starts a server that ends with this process. If nobody else can, the leash also removes `folder` (a temporary one, of the
 * server alone; null for none). Rejects if the server cannot be started.
 */
export async function startLeashed(
  command: string,
  commandArguments: readonly string[],
  folder: string | null,
  environment: Readonly<Record<string, string>> = {},
): Promise<OwnedProcess> {
  const shell = spawn("sh", ["-c", leash, "leash", folder ?? "", command, ...commandArguments], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  const lines: string[] = [];
  const keep = (text: string) => {
    lines.push(...text.split("\n").filter((line) => line !== ""));
    lines.splice(0, lines.length - keptLogLines);
  };
  const ended = new Promise<void>((resolve) => shell.once("close", () => resolve()));
  const processId = await new Promise<number>((resolve, reject) => {
    let head = "";
    shell.once("error", reject);
    shell.once("close", () => reject(new Error(`${command} ended at once: ${lines.join("; ")}`)));
    shell.stderr.on("data", (chunk: Buffer) => keep(chunk.toString()));
    shell.stdout.on("data", (chunk: Buffer) => {
      keep(chunk.toString());
      if (head.includes("\n")) return;
      head += chunk.toString();
      const match = /^process (\d+)\n/.exec(head);
      if (match?.[1] !== undefined) resolve(Number(match[1]));
    });
  });
  letGo(shell);
  const isRunning = () => shell.exitCode === null && shell.signalCode === null;
  const signal = (name: NodeJS.Signals) => {
    if (isRunning()) sendSignal(processId, name);
  };
  const end = async (first: NodeJS.Signals) => {
    shell.ref();
    signal("SIGCONT");
    signal(first);
    const tooLong = setTimeout(() => signal("SIGKILL"), stopWithinMs);
    await ended;
    clearTimeout(tooLong);
  };
  return {
    processId,
    isRunning,
    logTail: () => lines.join("\n"),
    signal,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

/** Starts a server that goes on after this process, and returns its process id. */
export function startDetached(
  command: string,
  commandArguments: readonly string[],
  logFile: string,
  environment: Readonly<Record<string, string>> = {},
): number {
  const log = openSync(logFile, "a");
  const child = spawn(command, commandArguments, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...environment },
  });
  // A failure to start shows as a missing process id; without this line it would end us with an unheard error event.
  child.once("error", () => undefined);
  child.unref();
  if (child.pid === undefined) throw new Error(`${command} could not be started`);
  return child.pid;
}

/** True if the process took the signal; false if there is no such process any more. */
export function sendSignal(processId: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(processId, name);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

/** A server that nobody stopped must not keep this process from ending; the leash ends it then. */
function letGo(shell: ChildProcess): void {
  shell.unref();
  for (const stream of shell.stdio) {
    if (stream !== null && stream !== undefined && "unref" in stream && typeof stream.unref === "function") {
      stream.unref();
    }
  }
}

/** Ends a detached server as a leashed one is ended. */
export async function endDetached(processId: number): Promise<void> {
  sendSignal(processId, "SIGTERM");
  const deadlineMs = performance.now() + stopWithinMs;
  while (sendSignal(processId, 0) && performance.now() < deadlineMs) await delay(20);
  if (sendSignal(processId, 0)) sendSignal(processId, "SIGKILL");
}
