// A story drawn from a seed: a mapping's settings, records and when they come, what is done to mapping and stream meanwhile, and which
// faults befall them. Some kinds of fault are off in each story, so that each is also seen without the others.

import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../core/settings.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Start } from "../ports/source.ts";
import type { SeededRandom } from "./seeded-random.ts";

export const faultKinds = [
  "slowReads",
  "failingReads",
  "repeatedReads",
  "failingAsks",
  "outages",
  "slowSaves",
  "failingSaves",
  "lostSaves",
  "functionErrors",
  "timeouts",
  "throttles",
  "serviceFaults",
  "slowFunction",
  "slowReports",
  "refusedReports",
  "crashes",
  "zombies",
  "restarts",
  "updates",
  "reshards",
  "trims",
  "clockJumps",
  "clockSetBack",
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface StoryRecord {
  /** The key's MD5 says which shard takes it. */
  readonly key: string;
  readonly atMs: number;
  readonly dataBytes: number;
  /** Its batch fails whenever it is in it. */
  readonly isPoison: boolean;
  readonly isFiltered: boolean;
}

/** What is done to mapping or stream at an instant, if its kind of fault is on. */
export interface StoryEvent {
  readonly atMs: number;
  readonly kind: "outages" | "zombies" | "restarts" | "updates" | "reshards" | "trims" | "clockJumps" | "clockSetBack";
}

export interface Story {
  readonly seed: number;
  readonly spec: MappingSpec;
  readonly shardCount: number;
  readonly records: readonly StoryRecord[];
  /** When the mapping is made. */
  readonly beginsAtMs: number;
  readonly events: readonly StoryEvent[];
  readonly faults: ReadonlySet<FaultKind>;
  /** From here on no fault befalls it any more. */
  readonly healedAtMs: number;
  /** By then it must have caught up. */
  readonly overAtMs: number;
}

/** The world begins on a whole minute of 2026. */
export const WORLD_STARTS_AT_MS = 1_790_000_040_000;
const HEALED_AFTER_MS = 60_000;
/** Longer than the longest wait between two retries, age, windows and the silence that closes them together. */
const OVER_AFTER_MS = 900_000;
const UUID_STREAM = "mapping";
const EVENTS_OF_A_KIND = 3;

export function drawStory(seed: number, random: SeededRandom): Story {
  const share = random.pick("swarm", [0.2, 0.5]);
  const faults = new Set(faultKinds.filter(() => random.happens("swarm", share)));
  const isWindowed = random.happens("shape", 0.2);
  const spreadMs = random.pick("records", [0, 2_000, 20_000, 50_000]);
  const beginsAtMs = WORLD_STARTS_AT_MS + random.pick("shape", [0, 0, spreadMs / 2, spreadMs]);
  const hasFilter = !isWindowed && random.happens("shape", 0.3);
  // With windows and with a timestamp, what a record's arrival means is told apart only while the clock goes forward.
  const start = drawStart(random, beginsAtMs);
  if (isWindowed || start.kind === "atTimestamp") faults.delete("clockSetBack");
  return {
    seed,
    shardCount: random.between("shape", 1, 3),
    records: drawRecords(random, spreadMs, hasFilter),
    beginsAtMs,
    events: drawEvents(random, faults),
    spec: drawSpec(random, { isWindowed, hasFilter, start }),
    faults,
    healedAtMs: WORLD_STARTS_AT_MS + HEALED_AFTER_MS,
    overAtMs: WORLD_STARTS_AT_MS + HEALED_AFTER_MS + OVER_AFTER_MS,
  };
}

function drawStart(random: SeededRandom, beginsAtMs: number): Start {
  const kind = random.pick("shape", ["trimHorizon", "trimHorizon", "trimHorizon", "latest", "atTimestamp"]);
  if (kind !== "atTimestamp") return { kind };
  return { kind, atMs: random.between("shape", WORLD_STARTS_AT_MS, beginsAtMs) };
}

function drawRecords(random: SeededRandom, spreadMs: number, hasFilter: boolean): readonly StoryRecord[] {
  const recordCount = random.between("records", 5, 60);
  const keyCount = random.between("records", 1, 12);
  const poisonShare = random.pick("records", [0, 0.05, 0.3]);
  return Array.from({ length: recordCount }, (_, index) => ({
    key: `k${random.between("records", 1, keyCount)}`,
    atMs: WORLD_STARTS_AT_MS + Math.floor((index * spreadMs) / recordCount),
    dataBytes: random.pick("records", [10, 10, 200, 1_500]),
    isPoison: random.happens("records", poisonShare),
    isFiltered: hasFilter && random.happens("records", 0.4),
  }));
}

const eventKinds = [
  "outages",
  "zombies",
  "restarts",
  "updates",
  "reshards",
  "trims",
  "clockJumps",
  "clockSetBack",
] as const satisfies readonly StoryEvent["kind"][];

function drawEvents(random: SeededRandom, faults: ReadonlySet<FaultKind>): readonly StoryEvent[] {
  return eventKinds
    .filter((kind) => faults.has(kind))
    .flatMap((kind) =>
      Array.from({ length: random.between("events", 1, EVENTS_OF_A_KIND) }, () => ({
        kind,
        atMs: WORLD_STARTS_AT_MS + random.between("events", 0, HEALED_AFTER_MS),
      })),
    );
}

function drawSpec(
  random: SeededRandom,
  shape: { readonly isWindowed: boolean; readonly hasFilter: boolean; readonly start: Start },
): MappingSpec {
  const { isWindowed } = shape;
  return {
    uuid: random.uuid(UUID_STREAM),
    generation: 1,
    eventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/world",
    region: "us-east-1",
    functionArn: "arn:aws:lambda:us-east-1:000000000000:function:story",
    functionName: "story",
    roleArn: "arn:aws:iam::000000000000:role/story",
    source: { kind: "embeddedKinesis", streamName: "world" },
    start: shape.start,
    parallelizationFactor: isWindowed ? 1 : random.pick("shape", [1, 1, 2, 4]),
    lane: {
      ...drawChange(random, "shape"),
      windowFrom: "previousInvocation",
      isReporting: random.happens("shape", 0.5),
      tumblingMs: isWindowed ? random.pick("shape", [5_000, 20_000]) : 0,
      idleCloseMs: IDLE_CLOSE_MS,
      // Small, so that stories meet it (B-11).
      eventLimitBytes: random.pick("shape", [EVENT_LIMIT_BYTES, 6_000]),
      stateLimitBytes: STATE_LIMIT_BYTES,
    },
    filterPatterns: shape.hasFilter ? ['{"data":{"keep":[true]}}'] : [],
    onFailureArn: "arn:aws:s3:::given-up",
    isCountingEvents: true,
  };
}

/** What an update may change in mid-flight (H-10). Poison always ends: by retries, or by age. */
function drawChange(random: SeededRandom, name: string) {
  const retries = random.pick(name, [0, 1, 2, -1]);
  return {
    retries,
    maxAgeMs: retries < 0 ? 60_000 : random.pick(name, [-1, -1, 60_000]),
    batchSize: random.pick(name, [1, 2, 5, 10, 100]),
    windowMs: random.pick(name, [0, 0, 1_000, 3_000]),
    isBisecting: random.happens(name, 0.5),
  };
}

/** The mapping's next settings. */
export function drawUpdate(random: SeededRandom, spec: MappingSpec): MappingSpec {
  const isWindowed = spec.lane.tumblingMs > 0;
  return {
    ...spec,
    parallelizationFactor: isWindowed ? 1 : random.pick("updates", [1, 2, 4]),
    lane: { ...spec.lane, ...drawChange(random, "updates") },
  };
}
