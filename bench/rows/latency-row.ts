// The row "write to handler": from a client's XADD to the first line of the handler, one record at a time; alone, and beside a
// mapping that runs hot.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { startChild } from "../child.ts";
import type { Figure, RowResult } from "../results.ts";
import { monotonicMs } from "../road/marks.ts";
import { KEY_PREFIX } from "../road/record-shape.ts";
import { percentile, spreadOf } from "../spread.ts";
import { mappingBody } from "../whole/start-request.ts";

const QUIET_COUNT = 99;
const HOT = "hot";

interface Latency {
  readonly name: string;
  readonly tookMs: number;
}

export async function measureLatency(world: {
  readonly redis: Redis;
  readonly redisUrl: string;
  readonly isQuick: boolean;
  readonly rounds: number;
}): Promise<RowResult> {
  const { redis, redisUrl, isQuick, rounds } = world;
  const stateDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const child = startChild(new URL("../whole/whole.ts", import.meta.url));
  const quiet = Array.from({ length: QUIET_COUNT }, (_, index) => `quiet-${index}`);
  const names = [HOT, ...quiet];
  const alone: number[][] = [];
  const beside: number[][] = [];
  try {
    await child.ask("start", {
      stateDir,
      redisUrl,
      // Two functions for all mappings: with more functions than threads every call would be a cold start.
      functions: [HOT, "quiet"].map((name) => ({ name, handler: "road/latency-handler.handle" })),
      streams: names.map((name) => ({ name: `latency-${name}`, shardCount: 1 })),
      mappings: [],
    });
    await child.ask(
      "createMany",
      names.map((name) => mappingBody(`latency-${name}`, name === HOT ? HOT : "quiet", name === HOT ? 100 : 1)),
    );
    await writeAll(redis, quiet); // Each function has started once.
    await child.ask("takeLatencies");
    for (let round = 0; round < rounds; round += 1) {
      const passes = isQuick ? 1 : 3;
      for (let pass = 0; pass < passes; pass += 1) await writeAll(redis, quiet);
      alone.push(tookOf(await child.ask<readonly Latency[]>("takeLatencies")));
      const hot = { isOver: false };
      const heat = keepHot(redis, hot);
      for (let pass = 0; pass < passes; pass += 1) await writeAll(redis, quiet);
      hot.isOver = true;
      await heat;
      beside.push(tookOf(await child.ask<readonly Latency[]>("takeLatencies")));
    }
  } finally {
    await child.end();
    rmSync(stateDir, { recursive: true, force: true });
  }
  return {
    row: "write to handler",
    measures: `from XADD to the handler's first line, batches of 1, ${QUIET_COUNT} streams written one after another; then the same beside one mapping with 2,000 records/s in batches of 100`,
    leavesOut: "the first call of each function",
    figures: [
      aFigure("p50, alone", at(alone, 0.5), 1),
      aFigure("p99, alone", at(alone, 0.99), null),
      aFigure("p50, beside a hot mapping", at(beside, 0.5), null),
      aFigure("p99, beside a hot mapping", at(beside, 0.99), null),
    ],
  };
}

const tookOf = (latencies: readonly Latency[]): number[] =>
  latencies.filter(({ name }) => name !== HOT).map(({ tookMs }) => tookMs);

const at = (rounds: readonly (readonly number[])[], share: number): readonly number[] =>
  rounds.map((values) => percentile(values, share));

const keyOf = (name: string): string => `${KEY_PREFIX}kinesis:{latency-${name}}:shardId-000000000000`;

async function writeAll(redis: Redis, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await redis.xadd(keyOf(name), "*", "partitionKey", "k", "data", `${name} ${monotonicMs()}`);
    await delay(5);
  }
  await delay(100);
}

async function keepHot(redis: Redis, state: { readonly isOver: boolean }): Promise<void> {
  while (!state.isOver) {
    const many = redis.pipeline();
    for (let index = 0; index < 20; index += 1)
      many.xadd(keyOf(HOT), "*", "partitionKey", "k", "data", `${HOT} ${monotonicMs()}`);
    await many.exec();
    await delay(10);
  }
}

function aFigure(name: string, values: readonly number[], most: number | null): Figure {
  const goal = most === null ? null : ({ bound: most, kind: "most" } as const);
  return { name, unit: "ms", spread: spreadOf(values), digits: 2, goal, isMoreBetter: false };
}
