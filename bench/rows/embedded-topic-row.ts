// The row "Kafka embedded": a mapping on an embedded topic against one on an embedded stream with the same records, in one server.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeWords, startChild } from "../child.ts";
import type { RowResult } from "../results.ts";
import type { RunAnswer } from "../road/run.ts";
import type { EmbeddedFill } from "../whole/embedded-fill.ts";
import type { StartRequest } from "../whole/start-request.ts";
import { callFigures } from "./call-figures.ts";

interface EmbeddedWorld {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Only these; empty: all. */
  readonly batchSizes: readonly number[];
  readonly tell: (line: string) => void;
}

interface Cell {
  readonly batchSize: number;
  readonly recordCount: number;
}

type Round = Readonly<Record<"whole" | "stream", RunAnswer>>;

const fullCells: readonly Cell[] = [
  { batchSize: 1, recordCount: 10_000 },
  { batchSize: 100, recordCount: 50_000 },
  { batchSize: 1_000, recordCount: 50_000 },
];
const QUICK_SHARE = 5;

export async function measureEmbeddedTopic(world: EmbeddedWorld): Promise<RowResult> {
  const stateDir = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const whole = startChild(new URL("../whole/whole.ts", import.meta.url), nodeWords());
  const cells = cellsOf(world);
  const measured = new Map<Cell, Round[]>();
  try {
    await whole.ask("start", {
      stateDir,
      redisUrl: null,
      functions: [
        { name: "bench", handler: "kafka/kafka-handler.handle" },
        { name: "stream", handler: "road/handler.handle" },
      ],
      streams: cells.map((cell) => ({ name: nameOf(cell), shardCount: 1 })),
      mappings: [],
      kafka: { server: null },
    } satisfies StartRequest);
    for (const cell of cells) await whole.ask("fillEmbedded", { name: nameOf(cell), ...cell } satisfies EmbeddedFill);
    // Round -1 only warms up.
    for (let round = -1; round < world.rounds; round += 1) {
      for (const cell of cells) {
        const { batchSize, recordCount } = cell;
        const common = { topic: nameOf(cell), batchSize, partitionCount: 1, recordsAPartition: recordCount };
        const runTopic = () => whole.ask<RunAnswer>("runKafka", common);
        const runStream = () => whole.ask<RunAnswer>("runStream", common);
        // Who goes first changes from round to round.
        const isTopicFirst = round % 2 === 0;
        const first = await (isTopicFirst ? runTopic() : runStream());
        const second = await (isTopicFirst ? runStream() : runTopic());
        const answers = isTopicFirst ? { whole: first, stream: second } : { whole: second, stream: first };
        if (round >= 0) measured.set(cell, [...(measured.get(cell) ?? []), answers]);
        const rateOf = ({ wallMs }: RunAnswer): number => Math.round((recordCount / wallMs) * 1_000);
        const told = `topic ${rateOf(answers.whole)}/s; stream ${rateOf(answers.stream)}/s`;
        world.tell(`Kafka embedded: round ${round}, batch ${batchSize}: ${told}`);
      }
    }
  } finally {
    await whole.end();
    await rm(stateDir, { recursive: true, force: true });
  }
  return {
    row: "Kafka embedded",
    measures:
      "records a second of 1,000 bytes from the handler's first call to its last; a topic of one partition, a stream of one shard",
    leavesOut:
      "writing, making the mapping, loading the function, the last commit; no goal: the stream is the comparison",
    figures: [...measured].flatMap(([cell, rounds]) =>
      callFigures({
        name: `batch ${cell.batchSize.toLocaleString("en")}`,
        unit: "records",
        count: cell.recordCount,
        batchSize: cell.batchSize,
        rounds,
        others: [{ contestant: "stream", label: "an embedded stream", goalFrom: Number.POSITIVE_INFINITY }],
      }),
    ),
  };
}

function cellsOf({ isQuick, batchSizes }: EmbeddedWorld): readonly Cell[] {
  const chosen = fullCells.filter(({ batchSize }) => batchSizes.length === 0 || batchSizes.includes(batchSize));
  return isQuick ? chosen.map((cell) => ({ ...cell, recordCount: cell.recordCount / QUICK_SHARE })) : chosen;
}

const nameOf = ({ batchSize }: Cell): string => `embedded-${batchSize}`;
