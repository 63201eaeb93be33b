// The rows "starting and standing" and "idle on Redis": how long a start takes, how long a mapping takes to be Enabled, and what a server costs that has
// nothing to do.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startChild } from "../child.ts";
import type { Figure, RowResult } from "../results.ts";
import { spreadOf } from "../spread.ts";
import { mappingBody, type StartRequest } from "../whole/start-request.ts";

const ROUNDS = 5;
const STREAM = "standing";

export async function measureStarting(isQuick: boolean): Promise<RowResult> {
  const mappingCount = isQuick ? 100 : 1_000;
  const commandMs: number[] = [];
  const readyMs: number[] = [];
  const firstEnabledMs: number[] = [];
  const enabledMs: number[] = [];
  const idleBytes: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    commandMs.push(await commandToReadyMs());
    await withWhole(oneStream(1), async (ask) => {
      readyMs.push((await ask<{ readyMs: number }>("start")).readyMs);
      firstEnabledMs.push(await ask<number>("createTimed", mappingBody(STREAM, "bench-0", 10)));
      enabledMs.push(await ask<number>("createTimed", mappingBody(STREAM, "bench-0", 10)));
      idleBytes.push(await ask<number>("rssBytes"));
    });
  }
  const share: number[] = [];
  const manyBytes: number[] = [];
  await withWhole(oneStream(mappingCount), async (ask) => {
    await ask("start");
    await ask(
      "createMany",
      Array.from({ length: mappingCount }, (_, index) => mappingBody(STREAM, `bench-${index}`, 10)),
    );
    for (let round = 0; round < ROUNDS; round += 1) share.push(100 * (await ask<number>("cpuShare", 1_000)));
    manyBytes.push(await ask<number>("rssBytes"));
  });
  return {
    row: "starting and standing",
    measures:
      "a whole server in a process of its own, embedded store, from the call of the start to ready, and standing idle",
    leavesOut:
      "of start to ready, the start of Node itself and the reading of the program's files before that call; the command is measured from sources, types stripped while loading",
    figures: [
      aFigure("start to ready", "ms", readyMs, 500),
      aFigure("command to ready", "ms", commandMs, null),
      aFigure("create to Enabled, at once after ready", "ms", firstEnabledMs, null),
      aFigure("create to Enabled", "ms", enabledMs, 100),
      aFigure("memory, one idle mapping", "MB", megabytes(idleBytes), null),
      aFigure(`${mappingCount} idle mappings, share of a core`, "%", share, 5),
      aFigure(`${mappingCount} idle mappings, memory`, "MB", megabytes(manyBytes), 400),
    ],
  };
}

/** The row "idle on Redis": as many streams as mappings, all waiting in one blocking read. */
export async function measureIdle(world: { readonly redisUrl: string; readonly isQuick: boolean }): Promise<RowResult> {
  const count = world.isQuick ? 100 : 1_000;
  const names = Array.from({ length: count }, (_, index) => `idle-${index}`);
  const share: number[] = [];
  const bytes: number[] = [];
  const functions = [{ name: "bench", handler: "road/handler.handle" }];
  const streams = names.map((name) => ({ name, shardCount: 1 }));
  await withWhole({ redisUrl: world.redisUrl, functions, streams }, async (ask) => {
    await ask("start");
    await ask(
      "createMany",
      names.map((name) => mappingBody(name, "bench", 10)),
    );
    for (let round = 0; round < ROUNDS; round += 1) {
      share.push(100 * (await ask<number>("cpuShare", 2_000)));
      bytes.push(await ask<number>("rssBytes"));
    }
  });
  return {
    row: "idle on Redis",
    measures: `a whole server with ${count} mappings, each on a stream of its own in Redis, and no records`,
    leavesOut: "what Redis spends on one blocking read of so many keys",
    figures: [aFigure("share of a core", "%", share, 5), aFigure("memory", "MB", megabytes(bytes), 400)],
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

type Ask = <T>(kind: string, request?: unknown) => Promise<T>;

/** Two mappings may not have the same stream and the same function, so here each has a function of its own. */
function oneStream(functionCount: number): Omit<StartRequest, "stateDir" | "mappings"> {
  return {
    redisUrl: null,
    functions: Array.from({ length: functionCount }, (_, index) => ({
      name: `bench-${index}`,
      handler: "road/handler.handle",
    })),
    streams: [{ name: STREAM, shardCount: 1 }],
  };
}

async function withWhole(
  what: Omit<StartRequest, "stateDir" | "mappings">,
  work: (ask: Ask) => Promise<void>,
): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const child = startChild(new URL("../whole/whole.ts", import.meta.url));
  const request: StartRequest = { ...what, stateDir, mappings: [] };
  try {
    await work((kind, given) => child.ask(kind, kind === "start" ? request : given));
  } finally {
    await child.end();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

const megabytes = (bytes: readonly number[]): readonly number[] => bytes.map((each) => each / 1e6);

function aFigure(name: string, unit: string, values: readonly number[], most: number | null): Figure {
  const goal = most === null ? null : ({ bound: most, kind: "most" } as const);
  return { name, unit, spread: spreadOf(values), digits: 1, goal, isMoreBetter: false };
}
