// A server of a load run, in a process of its own: its threads and the loader's share no heap and no event loop, and its death is told and
// not shared. It speaks to its parent over the process's channel, and ends with it: a parent that is killed leaves neither process nor folder.

import { rmSync } from "node:fs";
import { startMillrace } from "../src/main.ts";
import { MillraceError } from "../src/errors.ts";
import { version } from "../src/index.ts";
import type { FromServer, ToServer } from "../src/wiring/load/live-server.ts";

const GRACE_MS = 5_000;

/** The run's own folder, by its parent. */
const [, , folder] = process.argv;

let isTold = false;

// The parent may die at any time: before its first message is read, and while the server starts, too.
const orphaned = new Promise<void>((resolve) => {
  if (process.connected) process.once("disconnect", resolve);
});
process.once("exit", () => {
  if (!isTold && !process.connected && folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function tell(message: FromServer): void {
  if (process.connected) process.send?.(message);
}

function fail(error: unknown): void {
  const known = error instanceof MillraceError ? error : null;
  const message = error instanceof Error ? error.message : String(error);
  tell({ kind: "failed", code: known?.code ?? "thread-failed", message, help: known?.help ?? null });
}

// Ctrl-C is the loader's: it says when to stop.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

process.once("message", (message: ToServer) => {
  if (message.kind !== "start") return;
  startMillrace({ config: message.config, version, onEntries: () => undefined, onFatal: fail }).then((running) => {
    const stop = (graceMs: number): void => {
      running.stop(graceMs).then(
        () => {
          tell({ kind: "stopped" });
          process.disconnect?.();
          process.exit(0);
        },
        () => process.exit(1),
      );
    };
    process.on("message", (next: ToServer) => {
      if (next.kind !== "stop") return;
      isTold = true;
      stop(GRACE_MS);
    });
    void orphaned.then(() => {
      if (!isTold) stop(0);
    });
    tell({ kind: "ready", url: running.url });
  }, fail);
});
