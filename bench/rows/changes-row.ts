// The row "DocumentDB": a mapping on a collection that has been filled, whole, against the driver's own change stream, each in a process of its
// own in the same round.

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeWords, startChild } from "../child.ts";
import { loginOf, startBenchMongo, withoutLogin } from "../mongo/bench-server.ts";
import type { ChangeRunRequest } from "../mongo/change-run.ts";
import type { RowResult } from "../results.ts";
import type { RunAnswer } from "../road/run.ts";
import type { StartRequest } from "../whole/start-request.ts";
import { callFigures } from "./call-figures.ts";

interface ChangesWorld {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Only these; empty: all. */
  readonly batchSizes: readonly number[];
  readonly tell: (line: string) => void;
}

interface Cell {
  readonly batchSize: number;
  readonly documentCount: number;
}

const fullCells: readonly Cell[] = [
  { batchSize: 1, documentCount: 5_000 },
  { batchSize: 10, documentCount: 10_000 },
  { batchSize: 100, documentCount: 20_000 },
  { batchSize: 1_000, documentCount: 20_000 },
];
const QUICK_SHARE = 5;
const contestants = ["whole", "bare"] as const;
type Round = Readonly<Record<(typeof contestants)[number], RunAnswer>>;

export async function measureChanges(world: ChangesWorld): Promise<RowResult> {
  const stateDir = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const mongo = await startBenchMongo();
  const whole = startChild(new URL("../whole/whole.ts", import.meta.url), nodeWords());
  const bare = startChild(new URL("../mongo/bare-loop.ts", import.meta.url), nodeWords());
  const measured = new Map<Cell, Round[]>();
  const database = `bench-${randomUUID()}`;
  try {
    await whole.ask("start", {
      stateDir,
      redisUrl: null,
      functions: [{ name: "bench", handler: "mongo/change-handler.handle" }],
      streams: [],
      mappings: [],
      mongo: { url: withoutLogin(mongo.url), login: loginOf(mongo.url) },
    } satisfies StartRequest);
    const requests = new Map<Cell, ChangeRunRequest>();
    for (const cell of cellsOf(world)) {
      const collection = `c${cell.batchSize}`;
      const fromSeconds = Math.floor(Date.now() / 1_000);
      await mongo.fill(database, collection, cell.documentCount);
      requests.set(cell, { ...cell, url: mongo.url, database, collection, fromSeconds });
    }
    // Round -1 only warms up.
    for (let round = -1; round < world.rounds; round += 1) {
      for (const [cell, request] of requests) {
        const askWhole = () => whole.ask<RunAnswer>("runChanges", request);
        const askBare = () => bare.ask<RunAnswer>("run", request);
        // Who goes first changes from round to round.
        const isWholeFirst = round % 2 === 0;
        const first = await (isWholeFirst ? askWhole() : askBare());
        const second = await (isWholeFirst ? askBare() : askWhole());
        const answers = isWholeFirst ? { whole: first, bare: second } : { whole: second, bare: first };
        if (round >= 0) measured.set(cell, [...(measured.get(cell) ?? []), answers]);
        world.tell(roundLine(round, cell, answers));
      }
    }
  } finally {
    await Promise.all([whole.end(), bare.end()]);
    await mongo.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
  return {
    row: "DocumentDB",
    measures:
      "inserts a second of 800 characters, from the first that is seen to the last, by a change stream that is opened before them; processor time " +
      `of the whole process, without the server's, which is ${mongo.isStandIn ? "THE TESTS' STAND-IN, no MongoDB" : "a MongoDB"}`,
    leavesOut:
      "inserting, making the mapping, loading the function, the last stored place; the server shares the machine; the bare loop has no function and " +
      "stores nothing",
    figures: [...measured].flatMap(([cell, rounds]) =>
      callFigures({
        name: `batch ${cell.batchSize.toLocaleString("en")}`,
        unit: "changes",
        count: cell.documentCount,
        batchSize: cell.batchSize,
        rounds,
        others: [{ contestant: "bare", label: "the bare loop", goalFrom: 100 }],
      }),
    ),
  };
}

function cellsOf({ isQuick, batchSizes }: ChangesWorld): readonly Cell[] {
  const chosen = fullCells.filter(({ batchSize }) => batchSizes.length === 0 || batchSizes.includes(batchSize));
  return isQuick ? chosen.map((cell) => ({ ...cell, documentCount: cell.documentCount / QUICK_SHARE })) : chosen;
}

function roundLine(round: number, { batchSize, documentCount }: Cell, answers: Round): string {
  const told = contestants.map((name) => {
    const { wallMs, cpuMs } = answers[name];
    const perSecond = Math.round((documentCount / wallMs) * 1_000);
    return `${name} ${perSecond}/s ${((cpuMs * 1_000) / documentCount).toFixed(1)} µs`;
  });
  return `DocumentDB: round ${round}, batch ${batchSize}: ${told.join("; ")}`;
}
