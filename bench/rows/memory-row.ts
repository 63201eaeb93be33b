// The row "memory": what the whole process holds while records run through it as fast as they can.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { type Child, startChild } from "../child.ts";
import type { Figure, RowResult } from "../results.ts";
import { fillStream } from "../road/records.ts";
import type { RunAnswer, RunRequest } from "../road/run.ts";
import { spreadOf } from "../spread.ts";
import type { StartRequest } from "../whole/start-request.ts";

const SHARDS = 4;
const STREAM = "memory";
const LOOK_EVERY_MS = 20;

export async function measureMemory(world: {
  readonly redis: Redis;
  readonly redisUrl: string;
  readonly isQuick: boolean;
  readonly rounds: number;
}): Promise<RowResult> {
  const { redis, redisUrl } = world;
  const stateDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const child = startChild(new URL("../whole/whole.ts", import.meta.url));
  try {
    await child.ask("start", {
      stateDir,
      redisUrl,
      functions: [{ name: "bench", handler: "road/handler.handle" }],
      streams: [{ name: STREAM, shardCount: SHARDS }],
      mappings: [],
    } satisfies StartRequest);
    const before = [await child.ask<number>("rssBytes")];
    const filled = await fillStream(redis, STREAM, {
      shardCount: SHARDS,
      recordCount: world.isQuick ? 40_000 : 250_000,
    });
    const figures: Figure[] = [aFigure("before", before)];
    for (const batchSize of [100, 10_000]) {
      const most: number[] = [];
      for (let round = 0; round < world.rounds; round += 1)
        most.push(await mostDuring(child, { redisUrl, ...filled, batchSize }));
      figures.push(aFigure(`most, batch ${batchSize.toLocaleString("en")}`, most));
    }
    return {
      row: "memory",
      measures: `resident memory of the whole process, function threads included, at its greatest while ${filled.recordCount} records of 1 KB on ${SHARDS} shards run through`,
      leavesOut: "Redis; a handler that keeps nothing",
      figures,
    };
  } finally {
    await child.end();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function mostDuring(child: Child, request: RunRequest): Promise<number> {
  const state = { isOver: false };
  const run = child.ask<RunAnswer>("run", request).finally(() => {
    state.isOver = true;
  });
  let most = 0;
  while (!state.isOver) {
    most = Math.max(most, await child.ask<number>("rssBytes"));
    await delay(LOOK_EVERY_MS);
  }
  await run;
  return most;
}

function aFigure(name: string, bytes: readonly number[]): Figure {
  const spread = spreadOf(bytes.map((each) => each / 1e6));
  return { name, unit: "MB", spread, digits: 0, goal: null, isMoreBetter: false };
}
