// The rows "SQS on Redis" and "SQS embedded": a mapping on a queue that lies full, against a loop by hand and BullMQ's own worker on the
// same Redis in the same round.

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild } from "../child.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createRedisQueues, type RedisQueues } from "../../workers/redis/queues/redis-queues.ts";
import { FUNCTION_THREADS, QUEUE_PREFIX, type QueueRunAnswer } from "../queues/queue-run.ts";
import { KEY_PREFIX, RECORD_BYTES, recordBytes } from "../road/record-shape.ts";
import type { Figure, RowResult } from "../results.ts";
import { spreadOf } from "../spread.ts";
import type { QueueFill } from "../whole/queue-calls.ts";
import type { StartRequest } from "../whole/start-request.ts";

interface Cell {
  readonly batchSize: number;
  readonly messageCount: number;
  readonly isFifo: boolean;
}

interface QueuesWorld {
  readonly redisUrl: string;
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Only these; empty: all. */
  readonly batchSizes: readonly number[];
  readonly tell: (line: string) => void;
}

const HAND_GOAL = 0.9;
const WORKER_GOAL = 2;
const GROUP_COUNT = 50;
const MOST_A_SEND = 1_000;

function cellsOf({ isQuick, batchSizes }: QueuesWorld): readonly Cell[] {
  const full: readonly Cell[] = [
    { batchSize: 1, messageCount: 10_000, isFifo: false },
    { batchSize: 10, messageCount: 30_000, isFifo: false },
    { batchSize: 100, messageCount: 50_000, isFifo: false },
    { batchSize: 1_000, messageCount: 50_000, isFifo: false },
    { batchSize: 10, messageCount: 20_000, isFifo: true },
  ];
  const chosen = full.filter(({ batchSize }) => batchSizes.length === 0 || batchSizes.includes(batchSize));
  return isQuick && batchSizes.length === 0
    ? chosen.map((cell) => ({ ...cell, messageCount: cell.messageCount / 10 }))
    : chosen;
}

export function measureQueuesOnRedis(world: QueuesWorld): Promise<RowResult> {
  return measure("SQS on Redis", world.redisUrl, world);
}

export function measureQueuesEmbedded(world: QueuesWorld): Promise<RowResult> {
  return measure("SQS embedded", null, world);
}

/** Messages a second, by contestant. */
type Round = ReadonlyMap<string, number>;

async function measure(row: string, redisUrl: string | null, world: QueuesWorld): Promise<RowResult> {
  const stateDir = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const whole = startChild(new URL("../whole/whole.ts", import.meta.url));
  const others: Readonly<Record<string, Child>> =
    redisUrl === null
      ? { hand: startChild(new URL("../queues/hand-embedded.ts", import.meta.url)) }
      : {
          hand: startChild(new URL("../queues/hand-loop.ts", import.meta.url)),
          worker: startChild(new URL("../queues/bare-worker.ts", import.meta.url)),
        };
  const queues = redisUrl === null ? null : queuesIn(redisUrl);
  const figures: Figure[] = [];
  try {
    await whole.ask("start", {
      stateDir,
      redisUrl,
      functions: [{ name: "bench", handler: "queues/queue-handler.handle" }],
      streams: [],
      mappings: [],
    } satisfies StartRequest);
    for (const cell of cellsOf(world)) {
      const rounds: Round[] = [];
      // Round -1 only warms up.
      for (let round = -1; round < world.rounds; round += 1) {
        const rates = await runRound({ whole, others, redisUrl, queues }, cell);
        if (round >= 0) rounds.push(rates);
        const told = [...rates].map(([name, rate]) => `${name} ${Math.round(rate)}/s`).join("; ");
        world.tell(`${row}: round ${round}, ${cellName(cell)}: ${told}`);
      }
      figures.push(...figuresOf(cell, rounds));
    }
  } finally {
    await queues?.close();
    await Promise.all([whole, ...Object.values(others)].map((child) => child.end()));
    await rm(stateDir, { recursive: true, force: true });
  }
  return {
    row,
    measures:
      "messages a second of 1,000 bytes, from the handler's first call until the queue is empty, default scaling, four function threads; " +
      `FIFO with ${GROUP_COUNT} groups`,
    leavesOut:
      redisUrl === null
        ? "sending, making the mapping, loading the function; the loop by hand is as that on Redis, with a table in its own thread"
        : "sending, making the mapping, loading the function; the loop by hand has visibility, receipts and as many function threads, with one " +
          "call at a time each, but no dead letters, retention, filters, failures or journal; with one function thread it has calls in it that " +
          "overlap, which Lambda never has; it and BullMQ's worker know no groups",
    figures,
  };
}

async function runRound(
  {
    whole,
    others,
    redisUrl,
    queues,
  }: {
    readonly queues: RedisQueues | null;
    readonly whole: Child;
    readonly others: Readonly<Record<string, Child>>;
    readonly redisUrl: string | null;
  },
  cell: Cell,
): Promise<Round> {
  const queue = `bench-${cell.batchSize}${cell.isFifo ? ".fifo" : ""}`;
  const rates = new Map<string, number>();
  await whole.ask("makeQueue", queue);
  const { hand, worker } = others;
  const contestants = [
    { name: "whole", child: whole, threads: FUNCTION_THREADS },
    ...(hand === undefined || cell.isFifo ? [] : [{ name: "hand", child: hand, threads: FUNCTION_THREADS }]),
    ...(hand === undefined || cell.isFifo ? [] : [{ name: "hand in two", child: hand, threads: 1 }]),
    ...(worker === undefined || cell.isFifo ? [] : [{ name: "worker", child: worker, threads: 1 }]),
  ];
  for (const { name, child, threads } of contestants) {
    const fill: QueueFill = { queue, messageCount: cell.messageCount, groupCount: cell.isFifo ? GROUP_COUNT : 0 };
    if (queues === null) await child.ask("fillQueue", fill);
    else await fillDirectly(queues, fill);
    const request = { redisUrl, queue, batchSize: cell.batchSize, threads };
    const { wallMs } = await child.ask<QueueRunAnswer>(name === "whole" ? "runQueue" : "run", request);
    rates.set(name, (cell.messageCount / wallMs) * 1_000);
  }
  return rates;
}

function queuesIn(url: string): RedisQueues {
  const address = { url, keyPrefix: KEY_PREFIX, queuePrefix: QUEUE_PREFIX, caPem: null };
  return createRedisQueues({ address, clock: createSystemClock(), sweepEveryMs: null });
}

async function fillDirectly(queues: RedisQueues, { queue, messageCount, groupCount }: QueueFill): Promise<void> {
  for (let from = 0; from < messageCount; from += MOST_A_SEND) {
    const numbers = Array.from({ length: Math.min(MOST_A_SEND, messageCount - from) }, (_, index) => from + index);
    const messages = numbers.map((number) => ({
      body: recordBytes(number).toString(),
      attributes: null,
      sizeBytes: RECORD_BYTES,
      delayMs: null,
      ...(groupCount === 0 ? {} : { groupId: `g${number % groupCount}`, deduplicationId: randomUUID() }),
    }));
    await queues.sendMany(queue, messages);
  }
}

const cellName = ({ batchSize, isFifo }: Cell): string =>
  `${isFifo ? "FIFO, " : ""}batch ${batchSize.toLocaleString("en")}`;

function figuresOf(cell: Cell, rounds: readonly Round[]): readonly Figure[] {
  const name = cellName(cell);
  const figures: Figure[] = [];
  const labels = [
    ["whole", "Millrace"],
    ["hand", "hand loop"],
    ["hand in two", "hand loop with one function thread"],
    ["worker", "BullMQ's worker"],
  ] as const;
  for (const [contestant, label] of labels) {
    const rates = rounds.map((round) => round.get(contestant)).filter((rate) => rate !== undefined);
    if (rates.length === 0) continue;
    const plain = { digits: 0, goal: null, isMoreBetter: true, unit: "messages/s" } as const;
    figures.push({ name: `${name}: ${label}`, ...plain, spread: spreadOf(rates) });
    if (contestant === "whole") continue;
    figures.push({
      name: `${name}: of the ${label}`,
      unit: "times",
      digits: 2,
      spread: spreadOf(rounds.map((round) => (round.get("whole") ?? 0) / (round.get(contestant) ?? 1))),
      goal: { bound: contestant === "worker" ? WORKER_GOAL : HAND_GOAL, kind: "least" },
      isMoreBetter: true,
    });
  }
  return figures;
}
