// A live load run whose process is killed: its server ends by itself and takes the run's folder with it, whenever the kill comes.

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aFolder, inTime } from "./support/live-server.ts";

const words = "load --source kinesis:a --rate 10 --for 10m --took 1ms --live --plain --no-report";

function aRun(folder: string): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, "../../src/cli/bin.ts"), ...words.split(" ")], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder },
    stdio: "ignore",
  });
}

/** What lies in the run's folder, and below its state. */
const made = (folder: string): readonly string[] => readdirSync(folder, { recursive: true }).map(String);

test.each([
  ["while its server starts", (names: readonly string[]) => names.some((name) => name.endsWith("/state"))],
  ["while records are sent", (names: readonly string[]) => names.some((name) => name.includes("journal/"))],
])("killed %s, a run leaves no folder", { timeout: 60_000 }, async (_, isReached) => {
  const folder = realpathSync(aFolder());
  const run = aRun(folder);
  const ended = new Promise((resolve) => run.once("exit", resolve));
  await expect.poll(() => isReached(made(folder)), inTime).toBe(true);
  run.kill("SIGKILL");
  await ended;
  await expect.poll(() => made(folder).filter((name) => name.startsWith("millrace-load-")), inTime).toEqual([]);
});
