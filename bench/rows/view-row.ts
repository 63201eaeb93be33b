// The row "view": what it costs the pipeline that somebody watches: the same records through four servers, one that writes nothing, one
// that writes plain lines, one with the live view, these two on a terminal, and one with an open page of the dashboard.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { type Child, startChild, startChildOnTerminal } from "../child.ts";
import type { Figure, RowResult } from "../results.ts";
import { fillStream } from "../road/records.ts";
import type { RunAnswer } from "../road/run.ts";
import { spreadOf } from "../spread.ts";
import type { StartRequest } from "../whole/start-request.ts";

const STREAM = "view";
const BATCH_SIZE = 100;
const SHARDS = 4;
const GOAL_PERCENT = 3;
const kinds = ["none", "plain", "live", "dashboard"] as const;
type Kind = (typeof kinds)[number];

export async function measureView(world: {
  readonly redis: Redis;
  readonly redisUrl: string;
  readonly isQuick: boolean;
  readonly rounds: number;
}): Promise<RowResult> {
  const { redis, redisUrl } = world;
  const stateDirs: string[] = [];
  const whole = new URL("../whole/whole.ts", import.meta.url);
  const children = new Map<Kind, Child>();
  const closing = new AbortController();
  try {
    for (const kind of kinds) {
      const stateDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
      stateDirs.push(stateDir);
      const isOnTerminal = kind === "plain" || kind === "live";
      const child = isOnTerminal ? startChildOnTerminal(whole) : startChild(whole);
      children.set(kind, child);
      const { url } = await child.ask<{ readonly url: string }>("start", {
        stateDir,
        redisUrl,
        functions: [{ name: "bench", handler: "road/handler.handle" }],
        streams: [{ name: STREAM, shardCount: SHARDS }],
        mappings: [],
        ...(isOnTerminal ? { view: kind } : {}),
      } satisfies StartRequest);
      if (kind === "dashboard") await openDashboard(url, closing.signal);
    }
    const recordCount = world.isQuick ? 100_000 : 500_000;
    const filled = await fillStream(redis, STREAM, { shardCount: SHARDS, recordCount });
    const request = { redisUrl, ...filled, batchSize: BATCH_SIZE };
    const rounds: Map<Kind, RunAnswer>[] = [];
    // Round -1 only warms up.
    for (let round = -1; round < world.rounds; round += 1) {
      const answers = new Map<Kind, RunAnswer>();
      const shift = (round + kinds.length) % kinds.length;
      for (const kind of [...kinds.slice(shift), ...kinds.slice(0, shift)]) {
        const answer = await children.get(kind)?.ask<RunAnswer>("run", request);
        if (answer !== undefined) answers.set(kind, answer);
      }
      if (round >= 0) rounds.push(answers);
    }
    return {
      row: "view",
      measures: `${recordCount} records of 1 KB on ${SHARDS} shards in batches of ${BATCH_SIZE}: time and processor time above a server that writes nothing`,
      leavesOut: "the terminal's own work, and the browser's; Redis",
      figures: [
        aFigure("plain lines, time above", rounds, (answers) => above(answers, "plain", "wallMs"), null),
        aFigure("plain lines, CPU above", rounds, (answers) => above(answers, "plain", "cpuMs"), null),
        aFigure("live view, time above", rounds, (answers) => above(answers, "live", "wallMs"), GOAL_PERCENT),
        aFigure("live view, CPU above", rounds, (answers) => above(answers, "live", "cpuMs"), null),
        aFigure("dashboard, time above", rounds, (answers) => above(answers, "dashboard", "wallMs"), GOAL_PERCENT),
        aFigure("dashboard, CPU above", rounds, (answers) => above(answers, "dashboard", "cpuMs"), null),
      ],
    };
  } finally {
    closing.abort();
    await Promise.all([...children.values()].map((child) => child.end()));
    for (const stateDir of stateDirs) rmSync(stateDir, { recursive: true, force: true });
  }
}

/** Reads frames as a page does, and throws them away. */
async function openDashboard(url: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(`${url}/_millrace/frames`, { signal });
  const reading = answer.body?.pipeTo(new WritableStream({ write: () => undefined }), { signal });
  // It ends with the row.
  reading?.catch(() => undefined);
}

/** Percent. */
function above(answers: ReadonlyMap<Kind, RunAnswer>, kind: Kind, what: "wallMs" | "cpuMs"): number {
  const base = answers.get("none")?.[what] ?? Number.NaN;
  return 100 * ((answers.get(kind)?.[what] ?? Number.NaN) / base - 1);
}

function aFigure(
  name: string,
  rounds: readonly ReadonlyMap<Kind, RunAnswer>[],
  valueOf: (answers: ReadonlyMap<Kind, RunAnswer>) => number,
  most: number | null,
): Figure {
  const goal = most === null ? null : ({ bound: most, kind: "most" } as const);
  return { name, unit: "%", spread: spreadOf(rounds.map(valueOf)), digits: 1, goal, isMoreBetter: false };
}
