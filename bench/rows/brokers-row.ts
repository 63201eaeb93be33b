// The rows "RabbitMQ" and "ActiveMQ": the road of a mapping on a queue that lies full, against the broker's own client in the same round.

import { randomUUID } from "node:crypto";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { activeMqBench, rabbitMqBench } from "../brokers/bare-clients.ts";
import { type Engine, runRoad } from "../brokers/broker-road.ts";
import type { Figure, RowResult } from "../results.ts";
import { recordBytes } from "../road/record-shape.ts";
import { spreadOf } from "../spread.ts";

interface BrokersWorld {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Only these; empty: all. */
  readonly batchSizes: readonly number[];
  readonly tell: (line: string) => void;
}

/** Of the bare client, at batches of 100. */
const GOAL = { batchSize: 100, bound: 0.95 };
const cells = [
  { batchSize: 1, messageCount: 1_000 },
  { batchSize: 10, messageCount: 5_000 },
  { batchSize: 100, messageCount: 20_000 },
  { batchSize: 1_000, messageCount: 20_000 },
] as const;

export async function measureBroker(engine: Engine, world: BrokersWorld): Promise<RowResult> {
  const row = engine === "rabbitMq" ? "RabbitMQ" : "ActiveMQ";
  const broker = await startBroker(engine === "rabbitMq" ? "rabbitmq" : "activemq", { own: true, mayInstall: false });
  const figures: Figure[] = [];
  try {
    const bench = await (engine === "rabbitMq" ? rabbitMqBench : activeMqBench)(broker.url);
    for (const cell of cells) {
      if (world.batchSizes.length > 0 && !world.batchSizes.includes(cell.batchSize)) continue;
      const messageCount = world.isQuick ? cell.messageCount / 10 : cell.messageCount;
      const bodies = Array.from({ length: messageCount }, (_, number) => Buffer.from(recordBytes(number)));
      const ours: number[] = [];
      const bare: number[] = [];
      // Round -1 only warms up.
      for (let round = -1; round < world.rounds; round += 1) {
        const queue = `bench-${randomUUID()}`;
        const run = { ...cell, messageCount };
        await bench.fill(queue, bodies);
        const roadMs = await runRoad({ ...run, engine, url: broker.url, queue });
        await bench.fill(queue, bodies);
        const bareMs = await bench.drain(queue, run);
        const [road, client] = [roadMs, bareMs].map((tookMs) => (messageCount / tookMs) * 1_000);
        world.tell(
          `${row}: round ${round}, batch ${cell.batchSize}: ${Math.round(road ?? 0)}/s, client ${Math.round(client ?? 0)}/s`,
        );
        if (round < 0) continue;
        ours.push(road ?? 0);
        bare.push(client ?? 0);
      }
      figures.push(...figuresOf(cell.batchSize, ours, bare));
    }
    await bench.close();
  } finally {
    await broker.stop();
  }
  return {
    row,
    measures:
      "messages a second of 1,000 bytes through adapter, runner and event, one consumer, from the first call until all is settled and it has stopped",
    leavesOut: "function threads, the journal's file, sending; the broker shares the machine",
    figures,
  };
}

function figuresOf(batchSize: number, ours: readonly number[], bare: readonly number[]): readonly Figure[] {
  const name = `batch ${batchSize.toLocaleString("en")}`;
  const plain = { unit: "messages/s", digits: 0, goal: null, isMoreBetter: true } as const;
  return [
    { ...plain, name: `${name}: Millrace`, spread: spreadOf(ours) },
    { ...plain, name: `${name}: the client alone`, spread: spreadOf(bare) },
    {
      name: `${name}: of the client alone`,
      unit: "times",
      digits: 2,
      spread: spreadOf(ours.map((rate, index) => rate / (bare[index] ?? 1))),
      goal: batchSize === GOAL.batchSize ? { bound: GOAL.bound, kind: "least" } : null,
      isMoreBetter: true,
    },
  ];
}
