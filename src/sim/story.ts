// A story drawn from a seed: a mapping's settings, records and when they come, how the function behaves, and which faults befall
// it. Some kinds of fault are off in each story, so that each is also seen alone.

import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../core/settings.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { SeededRandom } from "./seeded-random.ts";

export const faultKinds = [
  "slowReads",
  "failingReads",
  "repeatedReads",
  "failingSaves",
  "lostSaves",
  "functionErrors",
  "throttles",
  "crashes",
  "clockJumps",
  "slowFunction",
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface StoryRecord {
  readonly shard: number;
  readonly key: string;
  readonly atMs: number;
  readonly dataBytes: number;
  /** Its batch fails whenever it is in it. */
  readonly isPoison: boolean;
  readonly isFiltered: boolean;
}

export interface Story {
  readonly seed: number;
  readonly spec: MappingSpec;
  readonly shardCount: number;
  readonly records: readonly StoryRecord[];
  readonly faults: ReadonlySet<FaultKind>;
  /** From here on no fault befalls it any more. */
  readonly healedAtMs: number;
  /** By then it must have caught up. */
  readonly overAtMs: number;
}

/** The world begins on a whole minute of 2026. */
export const WORLD_STARTS_AT_MS = 1_790_000_040_000;
const HEALED_AFTER_MS = 60_000;
/** Longer than the longest wait between two retries, age and windows together. */
const OVER_AFTER_MS = 900_000;

export function drawStory(seed: number, random: SeededRandom): Story {
  const shardCount = random.between("shape", 1, 3);
  const factor = random.pick("shape", [1, 1, 2, 4]);
  const retries = random.pick("shape", [0, 1, 2, -1]);
  const maxAgeMs = retries < 0 ? 60_000 : random.pick("shape", [-1, -1, 60_000]);
  const isReporting = random.happens("shape", 0.5);
  const hasFilter = random.happens("shape", 0.3);
  const recordCount = random.between("records", 5, 60);
  const spreadMs = random.pick("records", [0, 2_000, 20_000]);
  const poisonShare = random.pick("records", [0, 0.05, 0.3]);
  const records = Array.from({ length: recordCount }, (_, index): StoryRecord => {
    const shard = random.between("records", 0, shardCount - 1);
    return {
      shard,
      key: `s${shard}-k${random.between("records", 0, 5)}`,
      atMs: WORLD_STARTS_AT_MS + Math.floor((index * spreadMs) / recordCount),
      dataBytes: random.pick("records", [10, 10, 200, 1_500]),
      isPoison: random.happens("records", poisonShare),
      isFiltered: hasFilter && random.happens("records", 0.4),
    };
  });
  return {
    seed,
    shardCount,
    records,
    spec: {
      uuid: random.uuid("mapping"),
      generation: 1,
      eventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/world",
      region: "us-east-1",
      functionArn: "arn:aws:lambda:us-east-1:000000000000:function:story",
      functionName: "story",
      roleArn: "arn:aws:iam::000000000000:role/story",
      source: { kind: "embeddedKinesis", streamName: "world" },
      start: { kind: "trimHorizon" },
      parallelizationFactor: factor,
      lane: {
        batchSize: random.pick("shape", [1, 2, 5, 10, 100]),
        windowMs: random.pick("shape", [0, 0, 1_000, 3_000]),
        windowFrom: "previousInvocation",
        retries,
        maxAgeMs,
        isBisecting: random.happens("shape", 0.5),
        isReporting,
        tumblingMs: 0,
        idleCloseMs: IDLE_CLOSE_MS,
        // Small, so that stories meet it (B-11).
        eventLimitBytes: random.pick("shape", [EVENT_LIMIT_BYTES, 6_000]),
        stateLimitBytes: STATE_LIMIT_BYTES,
      },
      filterPatterns: hasFilter ? ['{"data":{"keep":[true]}}'] : [],
      onFailureArn: "arn:aws:s3:::given-up",
      isCountingEvents: true,
    },
    faults: new Set(faultKinds.filter(() => random.happens("swarm", 0.5))),
    healedAtMs: WORLD_STARTS_AT_MS + HEALED_AFTER_MS,
    overAtMs: WORLD_STARTS_AT_MS + HEALED_AFTER_MS + OVER_AFTER_MS,
  };
}
