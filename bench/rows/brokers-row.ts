// The rows "RabbitMQ" and "ActiveMQ": a mapping on a queue that lies full, whole, against a loop by hand and the broker's own client, each in
// a process of its own in the same round.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { bodiesOf, type BrokerRunRequest, type Engine } from "../brokers/broker-run.ts";
import { openFiller, type QueueFiller } from "../brokers/fill-queue.ts";
import { type Child, nodeWords, startChild } from "../child.ts";
import type { Figure, RowResult } from "../results.ts";
import type { RunAnswer } from "../road/run.ts";
import { spreadOf } from "../spread.ts";
import type { StartRequest } from "../whole/start-request.ts";

interface BrokersWorld {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Only these; empty: all. */
  readonly batchSizes: readonly number[];
  readonly tell: (line: string) => void;
}

interface Cell {
  readonly batchSize: number;
  readonly messageCount: number;
}

const HAND_GOAL = 0.9;
/** Of RabbitMQ's client, at batches of 100. */
const CLIENT_GOAL = { engine: "rabbitMq", batchSize: 100, bound: 0.95 };

const fullCells: Readonly<Record<Engine, readonly Cell[]>> = {
  rabbitMq: [
    { batchSize: 1, messageCount: 10_000 },
    { batchSize: 10, messageCount: 20_000 },
    { batchSize: 100, messageCount: 50_000 },
    { batchSize: 1_000, messageCount: 50_000 },
  ],
  activeMq: [
    { batchSize: 1, messageCount: 2_000 },
    { batchSize: 10, messageCount: 5_000 },
    { batchSize: 100, messageCount: 10_000 },
    { batchSize: 1_000, messageCount: 10_000 },
  ],
};
const QUICK_SHARE = 5;

const contestants = ["whole", "hand", "client"] as const;
type Contestant = (typeof contestants)[number];
type Round = Readonly<Record<Contestant, RunAnswer>>;
type Children = Readonly<Record<Contestant, Child>>;

export async function measureBroker(engine: Engine, world: BrokersWorld): Promise<RowResult> {
  const row = engine === "rabbitMq" ? "RabbitMQ" : "ActiveMQ";
  const stateDir = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const broker = await startBroker(engine === "rabbitMq" ? "rabbitmq" : "activemq", { own: true, mayInstall: false });
  const children: Children = {
    whole: startChild(new URL("../whole/whole.ts", import.meta.url), nodeWords()),
    hand: startChild(new URL("../brokers/hand-loop.ts", import.meta.url), nodeWords()),
    client: startChild(new URL("../brokers/bare-consumer.ts", import.meta.url), nodeWords()),
  };
  const figures: Figure[] = [];
  try {
    await children.whole.ask("start", {
      stateDir,
      redisUrl: null,
      functions: [{ name: "bench", handler: "brokers/broker-handler.handle" }],
      streams: [],
      mappings: [],
      broker: { engine, url: broker.url },
    } satisfies StartRequest);
    const filler = await openFiller(engine, broker.url);
    for (const cell of cellsOf(engine, world)) {
      const rounds: Round[] = [];
      // Round -1 only warms up.
      for (let round = -1; round < world.rounds; round += 1) {
        const answers = await runRound(children, filler, round, { ...cell, engine, url: broker.url, queue: "bench" });
        if (round >= 0) rounds.push(answers);
        world.tell(roundLine(row, round, cell, answers));
      }
      figures.push(...figuresOf(engine, cell, rounds));
    }
    await filler.close();
  } finally {
    await Promise.all(contestants.map((name) => children[name].end()));
    await broker.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
  return {
    row,
    measures:
      "messages a second of 1,000 bytes from the handler's first call to its last, one consumer and one call at a time, the same number in hand " +
      "for all; processor time of the whole process, without the broker's",
    leavesOut:
      "sending, making the mapping, loading the function, the last batch's acknowledgement; the broker shares the machine, and the client " +
      "alone has no function",
    figures,
  };
}

function cellsOf(engine: Engine, { isQuick, batchSizes }: BrokersWorld): readonly Cell[] {
  const chosen = fullCells[engine].filter(({ batchSize }) => batchSizes.length === 0 || batchSizes.includes(batchSize));
  return isQuick ? chosen.map((cell) => ({ ...cell, messageCount: cell.messageCount / QUICK_SHARE })) : chosen;
}

async function runRound(
  children: Children,
  filler: QueueFiller,
  round: number,
  request: BrokerRunRequest,
): Promise<Round> {
  // Who goes first changes from round to round.
  const shift = (round + contestants.length) % contestants.length;
  const order = [...contestants.slice(shift), ...contestants.slice(0, shift)];
  const answers = new Map<Contestant, RunAnswer>();
  for (const name of order) {
    const queue = `${request.queue}-${request.batchSize}`;
    await filler.fill(queue, bodiesOf(request.messageCount));
    const kind = name === "whole" ? "runBroker" : "run";
    answers.set(name, await children[name].ask<RunAnswer>(kind, { ...request, queue }));
  }
  const answerOf = (name: Contestant): RunAnswer => {
    const answer = answers.get(name);
    if (answer === undefined) throw new Error(`${name} has not run`);
    return answer;
  };
  return { whole: answerOf("whole"), hand: answerOf("hand"), client: answerOf("client") };
}

function roundLine(row: string, round: number, { batchSize, messageCount }: Cell, answers: Round): string {
  const told = contestants.map((name) => {
    const { wallMs, cpuMs } = answers[name];
    return `${name} ${Math.round((messageCount / wallMs) * 1_000)}/s ${((cpuMs * 1_000) / messageCount).toFixed(1)} µs`;
  });
  return `${row}: round ${round}, batch ${batchSize}: ${told.join("; ")}`;
}

function figuresOf(engine: Engine, { batchSize, messageCount }: Cell, rounds: readonly Round[]): readonly Figure[] {
  const name = `batch ${batchSize.toLocaleString("en")}`;
  const rate = (contestant: Contestant) =>
    spreadOf(rounds.map((round) => (messageCount / round[contestant].wallMs) * 1_000));
  const ratio = (other: Contestant) => spreadOf(rounds.map((round) => round[other].wallMs / round.whole.wallMs));
  const cpuUs = (contestant: Contestant) =>
    spreadOf(rounds.map((round) => (round[contestant].cpuMs * 1_000) / messageCount));
  const hasClientGoal = engine === CLIENT_GOAL.engine && batchSize === CLIENT_GOAL.batchSize;
  const plain = { unit: "messages/s", digits: 0, goal: null, isMoreBetter: true } as const;
  const times = { unit: "times", digits: 2, isMoreBetter: true } as const;
  const cpu = { unit: "µs", digits: 1, goal: null, isMoreBetter: false } as const;
  return [
    { ...plain, name: `${name}: Millrace`, spread: rate("whole") },
    { ...plain, name: `${name}: hand loop`, spread: rate("hand") },
    { ...plain, name: `${name}: the client alone`, spread: rate("client") },
    {
      ...times,
      name: `${name}: of the hand loop`,
      spread: ratio("hand"),
      goal: { bound: HAND_GOAL, kind: "least" },
    },
    {
      ...times,
      name: `${name}: of the client alone`,
      spread: ratio("client"),
      goal: hasClientGoal ? { bound: CLIENT_GOAL.bound, kind: "least" } : null,
    },
    { ...cpu, name: `${name}: CPU a message, Millrace`, spread: cpuUs("whole") },
    { ...cpu, name: `${name}: CPU a message, hand loop`, spread: cpuUs("hand") },
  ];
}
