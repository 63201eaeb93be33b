// The row "starting": how long a start takes, and how long a mapping takes to be Enabled.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Figure, RowResult } from "../results.ts";
import { spreadOf } from "../spread.ts";
import { mappingBody } from "../whole/start-request.ts";
import { withWhole } from "../whole/with-whole.ts";

const STREAM = "starting";

export async function measureStarting({ rounds }: { readonly rounds: number }): Promise<RowResult> {
  const commandMs: number[] = [];
  const readyMs: number[] = [];
  const firstEnabledMs: number[] = [];
  const enabledMs: number[] = [];
  const megabytes: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    commandMs.push(await commandToReadyMs());
    await withWhole({ redisUrl: null, streams: [STREAM] }, async (ask) => {
      readyMs.push((await ask<{ readyMs: number }>("start")).readyMs);
      firstEnabledMs.push(await ask<number>("createTimed", mappingBody(STREAM, "bench", 10)));
      enabledMs.push(await ask<number>("createTimed", mappingBody(STREAM, "bench", 10)));
      megabytes.push((await ask<number>("rssBytes")) / 1e6);
    });
  }
  return {
    row: "starting",
    measures: "a whole server in a process of its own, embedded store, from the call of the start to ready",
    leavesOut:
      "of start to ready, the start of Node itself and the reading of the program's files before that call; the command is measured from sources, types stripped while loading",
    figures: [
      aFigure("start to ready", "ms", readyMs, 500),
      aFigure("command to ready", "ms", commandMs, null),
      aFigure("create to Enabled, at once after ready", "ms", firstEnabledMs, null),
      aFigure("create to Enabled", "ms", enabledMs, 100),
      aFigure("memory then", "MB", megabytes, null),
    ],
  };
}

/** From the command, as somebody types it, to the line that says ready. */
async function commandToReadyMs(): Promise<number> {
  const stateDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const command = fileURLToPath(new URL("../../src/cli/bin.ts", import.meta.url));
  const startedAtMs = performance.now();
  const server = spawn(process.execPath, [command, "start", "--port", "0", "--state", stateDir], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: stateDir,
  });
  const ended = once(server, "exit");
  try {
    for await (const line of createInterface(server.stdout)) if (line.startsWith("ready ")) break;
    return performance.now() - startedAtMs;
  } finally {
    server.kill("SIGINT");
    await ended;
    rmSync(stateDir, { recursive: true, force: true });
  }
}

function aFigure(name: string, unit: string, values: readonly number[], most: number | null): Figure {
  const goal = most === null ? null : ({ bound: most, kind: "most" } as const);
  return { name, unit, spread: spreadOf(values), digits: 1, goal, isMoreBetter: false };
}
