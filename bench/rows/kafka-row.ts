// The row "Kafka": a mapping on a topic whose partitions lie full, whole, against a loop by hand and kafkajs' own consumer, each in a process
// of its own in the same round.

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { type Child, nodeWords, startChild } from "../child.ts";
import { fillTopic } from "../kafka/fill-topic.ts";
import type { KafkaRunRequest } from "../kafka/kafka-run.ts";
import type { RowResult } from "../results.ts";
import type { RunAnswer } from "../road/run.ts";
import type { StartRequest } from "../whole/start-request.ts";
import { callFigures } from "./call-figures.ts";

interface KafkaWorld {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Only these; empty: all. */
  readonly batchSizes: readonly number[];
  readonly tell: (line: string) => void;
}

interface Cell {
  readonly batchSize: number;
  readonly partitionCount: number;
  readonly recordsAPartition: number;
}

const fullCells: readonly Cell[] = [
  { batchSize: 1, partitionCount: 1, recordsAPartition: 10_000 },
  { batchSize: 10, partitionCount: 1, recordsAPartition: 50_000 },
  { batchSize: 100, partitionCount: 1, recordsAPartition: 100_000 },
  { batchSize: 1_000, partitionCount: 1, recordsAPartition: 200_000 },
  { batchSize: 100, partitionCount: 4, recordsAPartition: 50_000 },
];
const QUICK_SHARE = 5;

const contestants = ["whole", "hand", "client"] as const;
type Contestant = (typeof contestants)[number];
type Round = Readonly<Record<Contestant, RunAnswer>>;
type Children = Readonly<Record<Contestant, Child>>;

export async function measureKafka(world: KafkaWorld): Promise<RowResult> {
  const stateDir = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const broker = await startBroker("kafka", { own: true, mayInstall: false });
  const server = new URL(broker.url).host;
  const children: Children = {
    whole: startChild(new URL("../whole/whole.ts", import.meta.url), nodeWords()),
    hand: startChild(new URL("../kafka/hand-loop.ts", import.meta.url), nodeWords()),
    client: startChild(new URL("../kafka/bare-consumer.ts", import.meta.url), nodeWords()),
  };
  const measured = new Map<Cell, Round[]>();
  try {
    await children.whole.ask("start", {
      stateDir,
      redisUrl: null,
      functions: [{ name: "bench", handler: "kafka/kafka-handler.handle" }],
      streams: [],
      mappings: [],
      kafka: { server },
    } satisfies StartRequest);
    const cells = cellsOf(world);
    for (const cell of cells) await fillTopic(server, { topic: topicOf(cell), ...cell });
    // Round -1 only warms up.
    for (let round = -1; round < world.rounds; round += 1) {
      for (const cell of cells) {
        const answers = await runRound(children, round, { ...cell, server, topic: topicOf(cell) });
        if (round >= 0) measured.set(cell, [...(measured.get(cell) ?? []), answers]);
        world.tell(roundLine(round, cell, answers));
      }
    }
  } finally {
    await Promise.all(contestants.map((name) => children[name].end()));
    await broker.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
  return {
    row: "Kafka",
    measures:
      "records a second of 1,000 bytes from the handler's first call to its last, records lying ready in the topic, one member of the group, one " +
      "call at a time a partition; processor time of the whole process, without the broker's",
    leavesOut:
      "producing, making the mapping, joining the group, loading the function, the last commit; the broker shares the machine; the client alone " +
      "has no function, and its batches are what a fetch brings, whatever the cell says",
    figures: [...measured].flatMap(([cell, rounds]) =>
      callFigures({
        name: cellName(cell),
        unit: "records",
        count: countOf(cell),
        rounds,
        others: [
          { contestant: "hand", label: "the hand loop", goalFrom: 1 },
          { contestant: "client", label: "kafkajs alone", goalFrom: 100 },
        ],
        batchSize: cell.batchSize,
      }),
    ),
  };
}

function cellsOf({ isQuick, batchSizes }: KafkaWorld): readonly Cell[] {
  const chosen = fullCells.filter(({ batchSize }) => batchSizes.length === 0 || batchSizes.includes(batchSize));
  return isQuick
    ? chosen.map((cell) => ({ ...cell, recordsAPartition: cell.recordsAPartition / QUICK_SHARE }))
    : chosen;
}

const topicOf = ({ batchSize, partitionCount }: Cell): string => `bench-${partitionCount}-${batchSize}`;
const countOf = ({ partitionCount, recordsAPartition }: Cell): number => partitionCount * recordsAPartition;

function cellName({ batchSize, partitionCount }: Cell): string {
  return `batch ${batchSize.toLocaleString("en")}, ${partitionCount} ${partitionCount === 1 ? "partition" : "partitions"}`;
}

async function runRound(children: Children, round: number, request: Omit<KafkaRunRequest, "groupId">): Promise<Round> {
  // Who goes first changes from round to round.
  const shift = (round + contestants.length) % contestants.length;
  const order = [...contestants.slice(shift), ...contestants.slice(0, shift)];
  const answers: Partial<Record<Contestant, RunAnswer>> = {};
  for (const name of order) {
    const kind = name === "whole" ? "runKafka" : "run";
    answers[name] = await children[name].ask<RunAnswer>(kind, { ...request, groupId: `bench-${randomUUID()}` });
  }
  const { whole, hand, client } = answers;
  if (whole === undefined || hand === undefined || client === undefined) throw new Error("a contestant has not run");
  return { whole, hand, client };
}

function roundLine(round: number, cell: Cell, answers: Round): string {
  const told = contestants.map((name) => {
    const { wallMs, cpuMs } = answers[name];
    const perSecond = Math.round((countOf(cell) / wallMs) * 1_000);
    return `${name} ${perSecond}/s ${((cpuMs * 1_000) / countOf(cell)).toFixed(2)} µs`;
  });
  return `Kafka: round ${round}, ${cellName(cell)}: ${told.join("; ")}`;
}
