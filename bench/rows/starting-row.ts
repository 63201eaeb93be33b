// The row "starting and standing": how long a start takes, how long a mapping takes to be Enabled, and what a server costs that has
// nothing to do.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "../child.ts";
import type { Figure, RowResult } from "../results.ts";
import { spreadOf } from "../spread.ts";
import { mappingBody, type StartRequest } from "../whole/start-request.ts";

const ROUNDS = 5;
const STREAM = "standing";

export async function measureStarting(isQuick: boolean): Promise<RowResult> {
  const mappingCount = isQuick ? 100 : 1_000;
  const readyMs: number[] = [];
  const firstEnabledMs: number[] = [];
  const enabledMs: number[] = [];
  const idleBytes: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await withWhole(1, async (ask) => {
      readyMs.push((await ask<{ readyMs: number }>("start")).readyMs);
      firstEnabledMs.push(await ask<number>("createTimed", mappingBody(STREAM, "bench-0", 10)));
      enabledMs.push(await ask<number>("createTimed", mappingBody(STREAM, "bench-0", 10)));
      idleBytes.push(await ask<number>("rssBytes"));
    });
  }
  const share: number[] = [];
  const manyBytes: number[] = [];
  await withWhole(mappingCount, async (ask) => {
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
    leavesOut: "the start of Node itself and the reading of the program's files before that call",
    figures: [
      aFigure("start to ready", "ms", readyMs, 500),
      aFigure("create to Enabled, at once after ready", "ms", firstEnabledMs, null),
      aFigure("create to Enabled", "ms", enabledMs, 100),
      aFigure("memory, one idle mapping", "MB", megabytes(idleBytes), null),
      aFigure(`${mappingCount} idle mappings, share of a core`, "%", share, 5),
      aFigure(`${mappingCount} idle mappings, memory`, "MB", megabytes(manyBytes), 400),
    ],
  };
}

type Ask = <T>(kind: string, request?: unknown) => Promise<T>;

/** A mapping needs a function of its own beside its stream, so there are as many functions as mappings. */
async function withWhole(functionCount: number, work: (ask: Ask) => Promise<void>): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const child = startChild(new URL("../whole/whole.ts", import.meta.url));
  const request: StartRequest = {
    stateDir,
    redisUrl: null,
    functions: Array.from({ length: functionCount }, (_, index) => ({
      name: `bench-${index}`,
      handler: "road/handler.handle",
    })),
    streams: [{ name: STREAM, shardCount: 1 }],
    mappings: [],
  };
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
