// A story drawn from a seed: a mapping's settings, records and when they come, what is done to mapping and stream meanwhile, and which
// faults befall them. Some kinds of fault are off in each story, so that each is also seen without the others.

import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../core/settings.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Start } from "../ports/source.ts";
import { HEALED_AFTER_MS } from "./fault-plan.ts";
import { type ChangedSettings, type Fault, type FaultKind, faultKinds, msOf, type TimedFault } from "./fault.ts";
import type { SeededRandom } from "./seeded-random.ts";

export interface StoryRecord {
  /** The key's MD5 says which shard takes it. */
  readonly key: string;
  readonly atMs: number;
  readonly dataBytes: number;
  /** Its batch fails whenever it is in it. */
  readonly isPoison: boolean;
  readonly isFiltered: boolean;
}

/** A timed fault. One that was drawn before there were shards to name takes its shard as it befalls. */
export type StoryEvent =
  | TimedFault
  | {
      readonly kind: "split" | "merge" | "trim";
      readonly at_s: number;
      /** Which of the shards there are: 0 the first, towards 1 the last. */
      readonly place: number;
      /** Of a trim. */
      readonly records: number;
    };

export interface Story {
  readonly seed: number;
  readonly spec: MappingSpec;
  readonly shardCount: number;
  readonly records: readonly StoryRecord[];
  /** When the mapping is made. */
  readonly beginsAtMs: number;
  readonly events: readonly StoryEvent[];
  /** Faults at effects, and crashes, that befall where they say. */
  readonly planned: readonly Fault[];
  /** Kinds of which more are drawn while it runs. */
  readonly drawn: ReadonlySet<FaultKind>;
  /** From here on no fault befalls it any more. */
  readonly healedAtMs: number;
  /** By then it must have caught up. */
  readonly overAtMs: number;
}

/** The world begins on a whole minute of 2026. */
export const WORLD_STARTS_AT_MS = 1_790_000_040_000;
/** Longer than the longest wait between two retries, age, windows and the silence that closes them together. */
const OVER_AFTER_MS = 900_000;
const UUID_STREAM = "mapping";
const DEFAULT_BATCH_SIZE = 100;
const EVENTS_OF_A_KIND = 3;
const LONGEST_PAUSE_MS = 70_000;
const LONGEST_OUTAGE_MS = 20_000;
const LONGEST_JUMP_MS = 20_000;
const MOST_TRIMMED = 8;

export function drawStory(
  seed: number,
  random: SeededRandom,
  /** Kinds that may befall at all; where that is not all of them, they do. */
  allowed: readonly FaultKind[] = faultKinds,
): Story {
  const share = random.pick("swarm", [0.2, 0.5]);
  const swarm = faultKinds.filter(() => random.happens("swarm", share));
  const drawn = new Set(allowed.length < faultKinds.length ? allowed : swarm);
  const isWindowed = random.happens("shape", 0.25);
  const spreadMs = random.pick("records", [0, 2_000, 20_000, 50_000]);
  const beginsAtMs = WORLD_STARTS_AT_MS + random.pick("shape", [0, 0, spreadMs / 2, spreadMs]);
  const hasFilter = !isWindowed && random.happens("shape", 0.3);
  // Windows and a filter exclude one another (W-3), so that only some updates may switch windows on.
  const mayHaveWindows = isWindowed || (!hasFilter && drawn.has("update") && random.happens("shape", 0.3));
  // With windows and with a timestamp, what a record's arrival means is told apart only while the clock goes forward.
  const start = drawStart(random, beginsAtMs);
  if (mayHaveWindows || start.kind === "atTimestamp") drawn.delete("clock-set-back");
  const shardCount = random.between("shape", 1, 3);
  const records = drawRecords(random, spreadMs, hasFilter);
  const spec = drawSpec(random, { isWindowed, hasFilter, start });
  return {
    seed,
    shardCount,
    records,
    beginsAtMs,
    events: drawEvents(random, drawn, { mayHaveWindows, withinMs: HEALED_AFTER_MS }),
    spec,
    planned: [],
    drawn,
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

/** Timed faults of the drawn kinds, in an order by kind, all within the span. */
export function drawEvents(
  random: SeededRandom,
  drawn: ReadonlySet<FaultKind>,
  { mayHaveWindows, withinMs }: { readonly mayHaveWindows: boolean; readonly withinMs: number },
): readonly StoryEvent[] {
  if (withinMs < 1) return [];
  return faultKinds
    .filter((kind) => drawn.has(kind))
    .flatMap((kind) => {
      const count = random.between("events", 1, EVENTS_OF_A_KIND);
      const events = Array.from({ length: count }, () =>
        drawEvent(random, kind, { at_s: random.between("events", 0, withinMs - 1) / 1_000, mayHaveWindows }),
      );
      return events.filter((each) => each !== null);
    });
}

/** Null: a kind that befalls at effects. */
function drawEvent(
  random: SeededRandom,
  kind: FaultKind,
  { at_s, mayHaveWindows }: { readonly at_s: number; readonly mayHaveWindows: boolean },
): StoryEvent | null {
  const drawnSeconds = (leastMs: number, mostMs: number): number => random.between(kind, leastMs, mostMs) / 1_000;
  switch (kind) {
    case "outage":
      return { kind, at_s, for_s: drawnSeconds(100, LONGEST_OUTAGE_MS) };
    case "zombie":
      return { kind, at_s };
    case "restart":
      return { kind, at_s, grace_s: random.pick(kind, [0, 3, 900]), for_s: drawnSeconds(0, LONGEST_PAUSE_MS) };
    case "update":
      return { kind, at_s, settings: drawUpdate(random, mayHaveWindows) };
    case "split":
    case "merge":
    case "trim":
      return { kind, at_s, place: random.draw(kind), records: random.between(kind, 1, MOST_TRIMMED) };
    case "clock-jump":
    case "clock-set-back":
      return { kind, at_s, by_s: drawnSeconds(1, LONGEST_JUMP_MS) };
    default:
      return null;
  }
}

function drawSpec(
  random: SeededRandom,
  shape: { readonly isWindowed: boolean; readonly hasFilter: boolean; readonly start: Start },
): MappingSpec {
  const { isWindowed } = shape;
  const plain = plainSpec(random.uuid(UUID_STREAM));
  return {
    ...plain,
    start: shape.start,
    parallelizationFactor: isWindowed ? 1 : random.pick("shape", [1, 1, 2, 4]),
    lane: {
      ...plain.lane,
      ...drawChange(random, "shape"),
      isReporting: random.happens("shape", 0.5),
      tumblingMs: isWindowed ? random.pick("shape", [5_000, 20_000]) : 0,
      // Small, so that stories meet it (B-11).
      eventLimitBytes: random.pick("shape", [EVENT_LIMIT_BYTES, 6_000]),
      // Small in some, so that windows end early (W-12): `{"counted":[10,20,30]}` is over it.
      stateLimitBytes: random.pick("shape", [STATE_LIMIT_BYTES, STATE_LIMIT_BYTES, 21]),
    },
    filterPatterns: shape.hasFilter ? ['{"data":{"keep":[true]}}'] : [],
  };
}

/** The mapping of a story, every setting at its default. */
export function plainSpec(uuid: string): MappingSpec {
  return {
    uuid,
    generation: 1,
    eventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/world",
    region: "us-east-1",
    functionArn: "arn:aws:lambda:us-east-1:000000000000:function:story",
    functionName: "story",
    roleArn: "arn:aws:iam::000000000000:role/story",
    source: { kind: "embeddedKinesis", streamName: "world" },
    queue: null,
    start: { kind: "trimHorizon" },
    parallelizationFactor: 1,
    lane: {
      batchSize: DEFAULT_BATCH_SIZE,
      windowMs: 0,
      windowFrom: "previousInvocation",
      retries: -1,
      maxAgeMs: -1,
      isBisecting: false,
      isReporting: false,
      tumblingMs: 0,
      idleCloseMs: IDLE_CLOSE_MS,
      eventLimitBytes: EVENT_LIMIT_BYTES,
      stateLimitBytes: STATE_LIMIT_BYTES,
    },
    filterPatterns: [],
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

/** The mapping's next settings, under the API's names. */
function drawUpdate(random: SeededRandom, mayHaveWindows: boolean): ChangedSettings {
  const tumblingMs = mayHaveWindows ? random.pick("update", [0, 5_000, 20_000, 60_000]) : 0;
  const { retries, maxAgeMs, batchSize, windowMs, isBisecting } = drawChange(random, "update");
  return {
    BatchSize: batchSize,
    MaximumBatchingWindowInSeconds: windowMs / 1_000,
    MaximumRetryAttempts: retries,
    MaximumRecordAgeInSeconds: maxAgeMs < 0 ? -1 : maxAgeMs / 1_000,
    BisectBatchOnFunctionError: isBisecting,
    TumblingWindowInSeconds: tumblingMs / 1_000,
    ParallelizationFactor: tumblingMs > 0 ? 1 : random.pick("update", [1, 2, 4]),
  };
}

/** The settings after such an update. */
export function updatedSpec(spec: MappingSpec, change: ChangedSettings): MappingSpec {
  const { lane } = spec;
  const ageMs = change.MaximumRecordAgeInSeconds;
  return {
    ...spec,
    parallelizationFactor: change.ParallelizationFactor ?? spec.parallelizationFactor,
    lane: {
      ...lane,
      batchSize: change.BatchSize ?? lane.batchSize,
      windowMs: msOrElse(change.MaximumBatchingWindowInSeconds, lane.windowMs),
      retries: change.MaximumRetryAttempts ?? lane.retries,
      maxAgeMs: ageMs === -1 ? -1 : msOrElse(ageMs, lane.maxAgeMs),
      isBisecting: change.BisectBatchOnFunctionError ?? lane.isBisecting,
      tumblingMs: msOrElse(change.TumblingWindowInSeconds, lane.tumblingMs),
    },
  };
}

const msOrElse = (amount_s: number | undefined, otherMs: number): number =>
  amount_s === undefined ? otherMs : msOf(amount_s);
