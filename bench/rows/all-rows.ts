// The rows of the bench, in the order in which they run.

import type { Redis } from "ioredis";
import { measureFunctionHop } from "../function-hop.ts";
import type { RowResult } from "../results.ts";
import { measureVirtual } from "../virtual.ts";
import { measureApi } from "./api-row.ts";
import { measureBroker } from "./brokers-row.ts";
import { measureChanges } from "./changes-row.ts";
import { measureEmbeddedTopic } from "./embedded-topic-row.ts";
import { measureFilterRow } from "./filter-row.ts";
import { measureIdle } from "./idle-row.ts";
import { measureKafka } from "./kafka-row.ts";
import { measureLatency } from "./latency-row.ts";
import { measureMemory } from "./memory-row.ts";
import { measureQueuesEmbedded, measureQueuesOnRedis } from "./queues-row.ts";
import { measurePage } from "./page-row.ts";
import { measureRestart } from "./restart-row.ts";
import { measureSimulator } from "./simulator-row.ts";
import { measureStarting } from "./starting-row.ts";
import { measureSweep } from "./sweep-row.ts";
import { measureView } from "./view-row.ts";
import { type Cell, measureRoad } from "../road/road.ts";

export interface BenchWorld {
  readonly redis: Redis;
  readonly redisUrl: string;
  readonly isQuick: boolean;
  /** Times that each figure is taken. */
  readonly rounds: number;
  /** Only these cells of the road; empty: all. */
  readonly batchSizes: readonly number[];
  readonly shardCounts: readonly number[];
  readonly tell: (line: string) => void;
}

export interface Row {
  readonly name: string;
  readonly isInQuick: boolean;
  /** Null: what it measures is not there. */
  measure(world: BenchWorld): Promise<RowResult | null>;
}

const SHARD_COUNTS = [1, 4] as const;
/** Shards and batch size of the cells that a quick run measures. */
const QUICK_CELLS: ReadonlySet<string> = new Set(["1 1", "1 100", "1 1000", "4 100"]);
const sizes = [
  { batchSize: 1, recordCount: 15_000, quickCount: 2_500 },
  { batchSize: 10, recordCount: 80_000, quickCount: 10_000 },
  { batchSize: 100, recordCount: 200_000, quickCount: 30_000 },
  { batchSize: 1_000, recordCount: 250_000, quickCount: 40_000 },
  { batchSize: 10_000, recordCount: 250_000, quickCount: 40_000 },
] as const;

function roadCells({ isQuick, batchSizes, shardCounts }: BenchWorld): readonly Cell[] {
  const wanted = (values: readonly number[], value: number): boolean => values.length === 0 || values.includes(value);
  return allCells(isQuick && batchSizes.length + shardCounts.length === 0).filter(
    (cell) => wanted(batchSizes, cell.batchSize) && wanted(shardCounts, cell.shardCount),
  );
}

function allCells(isQuick: boolean): readonly Cell[] {
  const cells = SHARD_COUNTS.flatMap((shardCount) => sizes.map((size) => cellOf(size, shardCount, isQuick)));
  return isQuick ? cells.filter((cell) => QUICK_CELLS.has(`${cell.shardCount} ${cell.batchSize}`)) : cells;
}

function cellOf(size: (typeof sizes)[number], shardCount: number, isQuick: boolean): Cell {
  return { shardCount, batchSize: size.batchSize, recordCount: isQuick ? size.quickCount : size.recordCount };
}

export const rows: readonly Row[] = [
  {
    name: "main road",
    isInQuick: true,
    measure: (world) => measureRoad({ ...world, cells: roadCells(world) }),
  },
  { name: "SQS on Redis", isInQuick: true, measure: (world) => measureQueuesOnRedis(world) },
  { name: "SQS embedded", isInQuick: true, measure: (world) => measureQueuesEmbedded(world) },
  { name: "RabbitMQ", isInQuick: false, measure: (world) => measureBroker("rabbitMq", world) },
  { name: "ActiveMQ", isInQuick: false, measure: (world) => measureBroker("activeMq", world) },
  { name: "Kafka", isInQuick: false, measure: (world) => measureKafka(world) },
  { name: "Kafka embedded", isInQuick: false, measure: (world) => measureEmbeddedTopic(world) },
  { name: "DocumentDB", isInQuick: false, measure: (world) => measureChanges(world) },
  { name: "function hop", isInQuick: true, measure: ({ isQuick }) => measureFunctionHop(isQuick) },
  { name: "filter", isInQuick: true, measure: ({ isQuick }) => Promise.resolve(measureFilterRow(isQuick)) },
  { name: "starting", isInQuick: true, measure: (world) => measureStarting(world) },
  { name: "API", isInQuick: false, measure: (world) => measureApi(world) },
  { name: "view", isInQuick: false, measure: (world) => measureView(world) },
  { name: "page", isInQuick: false, measure: (world) => measurePage(world) },
  { name: "idle", isInQuick: true, measure: (world) => measureIdle(world) },
  { name: "memory", isInQuick: true, measure: (world) => measureMemory(world) },
  { name: "restart", isInQuick: true, measure: (world) => measureRestart(world) },
  { name: "write to handler", isInQuick: true, measure: (world) => measureLatency(world) },
  { name: "virtual time", isInQuick: true, measure: ({ isQuick }) => measureVirtual(isQuick) },
  { name: "simulator", isInQuick: true, measure: (world) => measureSimulator(world) },
  { name: "load sweep", isInQuick: true, measure: (world) => measureSweep(world) },
];
