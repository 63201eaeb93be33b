// The row "restart": a server with a large embedded log and a mapping in the middle of it is killed, and starts again.

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { statePaths } from "../../src/platform/state-directory.ts";
import { type Child, startChild } from "../child.ts";
import type { Figure, RowResult } from "../results.ts";
import { monotonicMs } from "../road/marks.ts";
import { RECORD_BYTES, recordBytes } from "../road/record-shape.ts";
import { spreadOf } from "../spread.ts";
import { mappingBody, type StartRequest } from "../whole/start-request.ts";

const STREAM = "large";
const SHARDS = 4;
/** Most that one call of PutRecords takes. */
const PUT_COUNT = 500;
const CALLS_AT_ONCE = 4;
/** The mapping runs this long before it is killed. */
const RUN_MS = 200;

export async function measureRestart(world: {
  readonly isQuick: boolean;
  readonly rounds: number;
}): Promise<RowResult> {
  const logBytes = world.isQuick ? 30e6 : 1e9;
  const stateDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const request: StartRequest = {
    stateDir,
    redisUrl: null,
    functions: [{ name: "slow", handler: "road/slow-handler.handle" }],
    streams: [{ name: STREAM, shardCount: SHARDS }],
    mappings: [],
  };
  const readyMs: number[] = [];
  const batchMs: number[] = [];
  let child = startWhole();
  try {
    const { url } = await child.ask<{ url: string }>("start", request);
    await fill(url, logBytes / RECORD_BYTES);
    const first = child.ask("firstMark");
    await child.ask("createMany", [mappingBody(STREAM, "slow", 100)]);
    await first;
    for (let round = 0; round < world.rounds; round += 1) {
      await delay(RUN_MS);
      await child.kill();
      const startedAtMs = monotonicMs();
      child = startWhole();
      const mark = child.ask<number>("firstMark");
      await child.ask("start", request);
      readyMs.push(monotonicMs() - startedAtMs);
      batchMs.push((await mark) - startedAtMs);
    }
    return resultOf(statSync(statePaths(stateDir).storeFile).size, readyMs, batchMs);
  } finally {
    await child.end();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

const startWhole = (): Child => startChild(new URL("../whole/whole.ts", import.meta.url));

function resultOf(fileBytes: number, readyMs: readonly number[], batchMs: readonly number[]): RowResult {
  return {
    row: "restart",
    measures: `from the start of the process, after kill -9 of the one before, with an embedded log of ${Math.round(fileBytes / 1e6)} MB`,
    leavesOut: "the system's own recovery of its files: the page cache is warm",
    figures: [aFigure("to ready", readyMs, null), aFigure("to the first batch", batchMs, 2_000)],
  };
}

async function fill(url: string, recordCount: number): Promise<void> {
  let left = Math.ceil(recordCount / PUT_COUNT);
  async function work(): Promise<void> {
    while (left > 0) {
      left -= 1;
      await put(url, left);
    }
  }
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, work));
}

async function put(url: string, call: number): Promise<void> {
  const records = Array.from({ length: PUT_COUNT }, (_, index) => ({
    PartitionKey: `key-${call}-${index}`,
    Data: recordBytes(index).toString("base64"),
  }));
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.PutRecords" },
    body: JSON.stringify({ StreamName: STREAM, Records: records }),
  });
  const answer = (await response.json()) as { FailedRecordCount?: number };
  if (answer.FailedRecordCount !== 0) throw new Error(`PutRecords: ${response.status} ${JSON.stringify(answer)}`);
}

function aFigure(name: string, values: readonly number[], most: number | null): Figure {
  const goal = most === null ? null : ({ bound: most, kind: "most" } as const);
  return { name, unit: "ms", spread: spreadOf(values), digits: 0, goal, isMoreBetter: false };
}
