// The row that matters most: Millrace whole against the hand loop and the bare loop, on the same streams in the same Redis, with
// the same handler. Rounds are interleaved over contestants and cells, so that a slow moment of the machine hits all alike, and
// ratios are taken within a round.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { type Child, nodeWords, startChild } from "../child.ts";
import type { Figure, RowResult } from "../results.ts";
import { spreadOf } from "../spread.ts";
import type { StartRequest } from "../whole/start-request.ts";
import { fillStream, type FilledStream } from "./records.ts";
import type { RunAnswer, RunRequest } from "./run.ts";

export interface Cell {
  readonly shardCount: number;
  readonly batchSize: number;
  readonly recordCount: number;
}

/** Floors against the bare loop, by batch size. */
const bareFloors: ReadonlyMap<number, number> = new Map([
  [1, 0.8],
  [10, 0.7],
  [100, 0.55],
  [1_000, 0.65],
]);
const HAND_GOAL = 0.9;
const MOST_CPU_US_A_RECORD = 0.5;
const MOST_CPU_US_AN_INVOCATION = 20;

const contestants = ["hand", "bare", "whole"] as const;
type Contestant = (typeof contestants)[number];
type Round = Readonly<Record<Contestant, RunAnswer>>;

export interface RoadOptions {
  readonly redis: Redis;
  readonly redisUrl: string;
  readonly cells: readonly Cell[];
  readonly rounds: number;
  readonly tell: (line: string) => void;
}

export async function measureRoad(options: RoadOptions): Promise<RowResult> {
  const { redis, redisUrl, cells, rounds, tell } = options;
  const stateDir = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const children = startContestants();
  try {
    await children.whole.ask("start", {
      stateDir,
      redisUrl,
      functions: [{ name: "bench", handler: "road/handler.handle" }],
      streams: cells.map((cell) => ({ name: streamOf(cell), shardCount: cell.shardCount })),
      mappings: [],
    } satisfies StartRequest);
    const filled = new Map<Cell, FilledStream>();
    for (const cell of cells) filled.set(cell, await fillStream(redis, streamOf(cell), cell));
    const measured = new Map<Cell, Round[]>(cells.map((cell) => [cell, []]));
    // Round -1 only warms up.
    for (let round = -1; round < rounds; round += 1) {
      for (const [cell, stream] of filled) {
        const answer = await runRound(children, round, { redisUrl, ...stream, batchSize: cell.batchSize });
        if (round >= 0) measured.get(cell)?.push(answer);
        tell(roundLine(cell, round, stream, answer));
      }
    }
    return resultOf(measured, filled);
  } finally {
    await Promise.all(contestants.map((name) => children[name].end()));
    await rm(stateDir, { recursive: true, force: true });
  }
}

function startContestants(): Readonly<Record<Contestant, Child>> {
  return {
    hand: startChild(new URL("../hand-loop/hand-loop.ts", import.meta.url), nodeWords()),
    bare: startChild(new URL("../bare-loop/bare-loop.ts", import.meta.url), nodeWords()),
    whole: startChild(new URL("../whole/whole.ts", import.meta.url), nodeWords()),
  };
}

const streamOf = (cell: Cell): string => `road-${cell.shardCount}-${cell.batchSize}`;

async function runRound(
  children: Readonly<Record<Contestant, Child>>,
  round: number,
  request: RunRequest,
): Promise<Round> {
  // Who goes first changes from round to round.
  const shift = (round + contestants.length) % contestants.length;
  const order = [...contestants.slice(shift), ...contestants.slice(0, shift)];
  const answers = new Map<Contestant, RunAnswer>();
  for (const name of order) answers.set(name, await children[name].ask<RunAnswer>("run", request));
  const answerOf = (name: Contestant): RunAnswer => {
    const answer = answers.get(name);
    if (answer === undefined) throw new Error(`${name} has not run`);
    return answer;
  };
  return { hand: answerOf("hand"), bare: answerOf("bare"), whole: answerOf("whole") };
}

function roundLine(cell: Cell, round: number, { recordCount }: FilledStream, answer: Round): string {
  const rates = contestants.map((name) => {
    const { wallMs, cpuMs, invocationCount } = answer[name];
    const rate = Math.round((recordCount / wallMs) * 1_000);
    return `${name} ${rate}/s ${((cpuMs * 1_000) / recordCount).toFixed(2)} µs ${invocationCount} calls`;
  });
  return `road: round ${round}, ${cellName(cell)}: ${rates.join("; ")}`;
}

const cellName = ({ shardCount, batchSize }: Cell): string =>
  `batch ${batchSize.toLocaleString("en")}, ${shardCount} ${shardCount === 1 ? "shard" : "shards"}`;

function resultOf(measured: ReadonlyMap<Cell, readonly Round[]>, filled: ReadonlyMap<Cell, FilledStream>): RowResult {
  const figures: Figure[] = [];
  for (const [cell, rounds] of measured) {
    const recordCount = filled.get(cell)?.recordCount ?? 0;
    figures.push(...figuresOf(cell, rounds, recordCount));
  }
  return {
    row: "main road",
    measures:
      "records a second from the handler's first call to the last stored position, 1,000-byte records lying ready in Redis; " +
      "processor time of the whole process, without Redis'",
    leavesOut:
      "making the mapping, loading the function, what Redis itself costs; at batch 10,000 the 6 MB limit cuts Millrace's batches, " +
      "the loops have no limit",
    figures,
  };
}

function figuresOf(cell: Cell, rounds: readonly Round[], recordCount: number): Figure[] {
  const name = cellName(cell);
  const rate = (contestant: Contestant) =>
    spreadOf(rounds.map((round) => (recordCount / round[contestant].wallMs) * 1_000));
  const ratio = (other: Contestant) => spreadOf(rounds.map((round) => round[other].wallMs / round.whole.wallMs));
  const cpuUs = (per: (round: Round) => number) =>
    spreadOf(rounds.map((round) => ((round.whole.cpuMs - round.hand.cpuMs) * 1_000) / per(round)));
  const floor = bareFloors.get(cell.batchSize);
  const plain = { digits: 0, goal: null, isMoreBetter: true, unit: "records/s" } as const;
  const figures: Figure[] = [
    { name: `${name}: Millrace`, ...plain, spread: rate("whole") },
    { name: `${name}: hand loop`, ...plain, spread: rate("hand") },
    { name: `${name}: bare loop`, ...plain, spread: rate("bare") },
    {
      name: `${name}: of the hand loop`,
      unit: "times",
      digits: 2,
      spread: ratio("hand"),
      goal: { bound: HAND_GOAL, kind: "least" },
      isMoreBetter: true,
    },
    {
      name: `${name}: of the bare loop`,
      unit: "times",
      digits: 2,
      spread: ratio("bare"),
      goal: floor === undefined ? null : { bound: floor, kind: "least" },
      isMoreBetter: true,
    },
    {
      name: `${name}: CPU above the hand loop, a record`,
      unit: "µs",
      digits: 2,
      spread: cpuUs(() => recordCount),
      // A batch of few records pays for its invocation; that is the next figure's.
      goal: cell.batchSize >= 1_000 ? { bound: MOST_CPU_US_A_RECORD, kind: "most" } : null,
      isMoreBetter: false,
    },
  ];
  if (cell.batchSize <= 10)
    figures.push({
      name: `${name}: CPU above the hand loop, an invocation`,
      unit: "µs",
      digits: 1,
      spread: cpuUs((round) => round.hand.invocationCount),
      goal: { bound: MOST_CPU_US_AN_INVOCATION, kind: "most" },
      isMoreBetter: false,
    });
  return figures;
}
