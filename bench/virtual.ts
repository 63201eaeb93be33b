// The row "virtual time": records through the production core and runtime over the world's ports, on one core.

import { createKinesisKind } from "../src/kinds/kinesis/kinesis-kind.ts";
import type { KinesisRecord } from "../src/kinds/kinesis/kinesis-record.ts";
import { nextTurn } from "../src/platform/turn.ts";
import { createMappingRunner } from "../src/runtime/mapping-runner.ts";
import { createSeededRandom } from "../src/sim/seeded-random.ts";
import { drawStory, WORLD_STARTS_AT_MS } from "../src/sim/story.ts";
import { calmStore, createVirtualCheckpoints } from "../src/sim/virtual-checkpoints.ts";
import { createVirtualClock } from "../src/sim/virtual-clock.ts";
import { answerAt, calmFates, createVirtualStream } from "../src/sim/virtual-stream.ts";
import type { RowResult } from "./results.ts";
import { spreadOf } from "./spread.ts";

const SHARDS = 64;
const ROUNDS = 5;
const HOUR_MS = 3_600_000;

export async function measureVirtual(isQuick: boolean): Promise<RowResult> {
  const recordCount = isQuick ? 200_000 : 1_000_000;
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) seconds.push(await drainSeconds(recordCount));
  return {
    row: "virtual time",
    measures: `${recordCount} records of 100 bytes queued on ${SHARDS} shards, batches of 100, through the production runtime, on one core`,
    leavesOut: "making the records; the handler answers at once and reads nothing",
    figures: [
      {
        name: `${recordCount} records over ${SHARDS} shards`,
        unit: "s",
        spread: spreadOf(seconds),
        digits: 2,
        goal: isQuick ? null : { bound: 5, kind: "most" },
        isMoreBetter: false,
      },
    ],
  };
}

async function drainSeconds(recordCount: number): Promise<number> {
  const clock = createVirtualClock(WORLD_STARTS_AT_MS);
  const random = createSeededRandom(1);
  const stream = createVirtualStream(clock);
  const data = Buffer.alloc(100, "x");
  for (let shard = 0; shard < SHARDS; shard += 1) stream.addShard(`shardId-${shard}`, []);
  for (let index = 0; index < recordCount; index += 1)
    stream.put(`shardId-${index % SHARDS}`, { key: `k${index % 997}`, data });
  const { spec } = drawStory(1, random);
  const lane = {
    ...spec.lane,
    batchSize: 100,
    windowMs: 0,
    retries: -1,
    maxAgeMs: -1,
    tumblingMs: 0,
    eventLimitBytes: 6_291_456,
  };
  const kind = createKinesisKind({ eventSourceArn: spec.eventSourceArn, region: spec.region, roleArn: spec.roleArn });
  let endedCount = 0;
  const runner = createMappingRunner<KinesisRecord>({
    spec: { ...spec, lane, parallelizationFactor: 1, filterPatterns: [], onFailureArn: null },
    kind,
    source: stream.source(kind, calmFates),
    invoker: {
      invoke: ({ recordCount: count }) =>
        answerAt(clock, clock.nowMs() + 1, () => {
          endedCount += count;
          return { kind: "returned", json: null, executedVersion: "$LATEST", tookMs: 1 };
        }),
    },
    reporter: { send: () => Promise.resolve({ kind: "delivered" }) },
    checkpoints: createVirtualCheckpoints(clock).of(1, calmStore),
    journal: { append: () => undefined },
    clock,
    random,
    compileFilter: () => null,
    events: {
      positioned: () => undefined,
      updated: () => undefined,
      problem: () => undefined,
      stopped: () => undefined,
      fenced: () => undefined,
    },
  });
  const startedAtMs = performance.now();
  runner.start();
  await nextTurn();
  while (endedCount < recordCount && clock.runNext(WORLD_STARTS_AT_MS + HOUR_MS)) await nextTurn();
  if (endedCount !== recordCount) throw new Error(`${endedCount} of ${recordCount} records were drained`);
  return (performance.now() - startedAtMs) / 1_000;
}
