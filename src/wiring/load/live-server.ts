// The server of a live load run: a process of its own (workers/load-server.ts), started with a configuration and a temporary state directory.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Config } from "../../config/config.ts";
import { type ErrorCode, MillraceError } from "../../errors.ts";
import { createSystemClock } from "../../platform/system-clock.ts";
import { workerEntry } from "../../threads/entries.ts";

export type ToServer = { readonly kind: "start"; readonly config: Config } | { readonly kind: "stop" };

export type FromServer =
  | { readonly kind: "ready"; readonly url: string }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string; readonly help: string | null };

export interface LiveServer {
  readonly url: string;
  /** Why it is gone, or null while it runs. */
  lost(): MillraceError | null;
  /** Ends it at once: for when this process ends, too. */
  kill(): void;
  /** Drains for a few seconds; what it has written is on disk then. Never rejects. */
  stop(): Promise<void>;
}

const MOST_STDERR = 2_000;
const STOPPED_WITHIN_MS = 15_000;

/**
 * `folder`: the run's own; the server deletes it where this process dies without a word. Rejects with MillraceError as `startMillrace` does,
 * and with `thread-failed` where the process ends.
 */
export async function startLiveServer(config: Config, folder: string): Promise<LiveServer> {
  const child: ChildProcess = fork(fileURLToPath(workerEntry("load-server")), [folder], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // A terminal sends Ctrl-C to all of its processes: this one is told by us.
    detached: true,
  });
  let lost: MillraceError | null = null;
  let isStopping = false;
  let said = "";
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (text: string) => {
    said = (said + text).slice(-MOST_STDERR);
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      if (!isStopping) {
        const how = signal === null ? `with code ${code}` : `by ${signal}`;
        const words = said.trim() === "" ? "" : `: ${said.trim().split("\n").at(-1)}`;
        lost ??= new MillraceError("thread-failed", `the server of the load run ended ${how}${words}`);
      }
      resolve();
    });
  });
  const tell = (message: ToServer): void => {
    if (child.connected) child.send(message);
  };
  const url = await new Promise<string>((resolve, reject) => {
    child.on("message", (message: FromServer) => {
      if (message.kind === "ready") resolve(message.url);
      if (message.kind !== "failed") return;
      lost = new MillraceError(message.code, message.message, message.help === null ? {} : { help: message.help });
      reject(lost);
    });
    void exited.then(() => reject(lost ?? new MillraceError("thread-failed", "the server of the load run ended")));
    tell({ kind: "start", config });
  }).catch((error: unknown) => {
    isStopping = true;
    child.kill("SIGKILL");
    throw error;
  });
  return {
    url,
    lost: () => lost,
    kill() {
      isStopping = true;
      child.kill("SIGKILL");
    },
    async stop() {
      isStopping = true;
      tell({ kind: "stop" });
      const clock = createSystemClock();
      const cancelKill = clock.wakeAt(clock.nowMs() + STOPPED_WITHIN_MS, () => child.kill("SIGKILL"));
      await exited;
      cancelKill();
    },
  };
}
