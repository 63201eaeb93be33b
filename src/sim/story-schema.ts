// A story of the simulated world as a scenario file holds it: the `story` member. It is what `millrace simulate --seeds` draws when it is
// given no file, and saves when a law is broken: settings under the API's names, records with their instants, and nothing else.

import { z } from "zod";
import type { Start } from "../ports/source.ts";
import { isTimed, msOf } from "./fault.ts";
import type { FaultPlan } from "./fault-plan.ts";
import { about, count, flag, seconds } from "./scenario-parts.ts";
import { createSeededRandom } from "./seeded-random.ts";
import { drawEvents, plainSpec, type Story, WORLD_STARTS_AT_MS } from "./story.ts";

const MOST_RECORDS = 100_000;
const MOST_BYTES = 6_291_456;
const LONGEST_S = 604_800;

const startSchema = z
  .union([z.enum(["TRIM_HORIZON", "LATEST"]), z.strictObject({ at_s: seconds(0, LONGEST_S, "The instant") })])
  .meta(about("Where it begins; TRIM_HORIZON unless said", "TRIM_HORIZON, LATEST or { at_s }"));

const storyMapping = z.strictObject({
  start: startSchema.exactOptional(),
  BatchSize: count(1, 10_000, "number", "BatchSize; 100 unless said").exactOptional(),
  MaximumBatchingWindowInSeconds: count(0, 300, "seconds", "Window; 0 unless said").exactOptional(),
  MaximumRetryAttempts: count(-1, 10_000, "number", "Retries; -1 unless said: no limit").exactOptional(),
  MaximumRecordAgeInSeconds: count(-1, 604_800, "seconds", "Age; -1 unless said: no limit").exactOptional(),
  BisectBatchOnFunctionError: flag("Whether a failed batch is halved").exactOptional(),
  ReportBatchItemFailures: flag("Whether the answer names the first failed record").exactOptional(),
  ParallelizationFactor: count(1, 10, "number", "Lanes a shard; 1 unless said").exactOptional(),
  TumblingWindowInSeconds: count(0, 900, "seconds", "Tumbling window; 0 unless said").exactOptional(),
  is_filtering: flag("Whether a filter passes over the records that are marked so").exactOptional(),
  payload_bytes: count(1_000, MOST_BYTES, "bytes", "The event's limit; 6,291,456 unless said").exactOptional(),
  state_bytes: count(1, 1_048_576, "bytes", "The window state's limit; 1,048,576 unless said").exactOptional(),
});

const storyRecord = z.strictObject({
  key: z.string().min(1).meta(about("Its partition key", "text that is not empty")),
  at_s: seconds(0, LONGEST_S, "When it is put, since the world began; 0 unless said").exactOptional(),
  bytes: count(0, MOST_BYTES, "bytes", "Length of its filling; 10 unless said").exactOptional(),
  is_poison: flag("Its batch fails whenever it is in it").exactOptional(),
  is_filtered: flag("The mapping's filter passes it over").exactOptional(),
});

export const storySchema = z
  .strictObject({
    shards: count(1, 100, "number", "Shards at the beginning; 1 unless said").exactOptional(),
    mapping: storyMapping.exactOptional(),
    records: z.array(storyRecord).max(MOST_RECORDS).meta(about("What is put on the stream", "a list of records")),
    begins_s: seconds(0, LONGEST_S, "When the mapping is made; 0 unless said").exactOptional(),
    healed_s: seconds(0, LONGEST_S, "From when on no timed fault befalls it; 60 unless said").exactOptional(),
    over_s: seconds(0, LONGEST_S, "By when all has to be done; 960 unless said").exactOptional(),
  })
  .meta(
    about("A story of one mapping, held against the checkers' laws: what exploring without a file saves", "an object"),
  );

export type StoryMember = z.infer<typeof storySchema>;

const DEFAULT_BYTES = 10;
const HEALED_S = 60;
const OVER_S = 960;

export function storyFrom(member: StoryMember, seed: number, { planned, drawn, healedAfterMs }: FaultPlan): Story {
  const { mapping = {}, records, shards = 1 } = member;
  const atMs = (at_s: number): number => WORLD_STARTS_AT_MS + msOf(at_s);
  const { lane, ...plain } = plainSpec(createSeededRandom(seed).uuid("mapping"));
  const ageInSeconds = mapping.MaximumRecordAgeInSeconds ?? -1;
  return {
    seed,
    shardCount: shards,
    records: records.map(({ key, at_s = 0, bytes = DEFAULT_BYTES, is_poison = false, is_filtered = false }) => ({
      key,
      atMs: atMs(at_s),
      dataBytes: bytes,
      isPoison: is_poison,
      isFiltered: is_filtered,
    })),
    beginsAtMs: atMs(member.begins_s ?? 0),
    events: [
      ...planned.filter(isTimed),
      ...drawEvents(createSeededRandom(seed), drawn, { mayHaveWindows: false, withinMs: healedAfterMs }),
    ],
    planned: planned.filter((fault) => !isTimed(fault)),
    drawn,
    healedAtMs: drawn.size > 0 ? WORLD_STARTS_AT_MS + healedAfterMs : atMs(member.healed_s ?? HEALED_S),
    overAtMs: atMs(member.over_s ?? OVER_S),
    spec: {
      ...plain,
      start: startFrom(mapping.start ?? "TRIM_HORIZON", atMs),
      parallelizationFactor: mapping.ParallelizationFactor ?? 1,
      filterPatterns: mapping.is_filtering === true ? ['{"data":{"keep":[true]}}'] : [],
      lane: {
        ...lane,
        batchSize: mapping.BatchSize ?? lane.batchSize,
        windowMs: msOf(mapping.MaximumBatchingWindowInSeconds ?? 0),
        retries: mapping.MaximumRetryAttempts ?? -1,
        maxAgeMs: ageInSeconds < 0 ? -1 : msOf(ageInSeconds),
        isBisecting: mapping.BisectBatchOnFunctionError ?? false,
        isReporting: mapping.ReportBatchItemFailures ?? false,
        tumblingMs: msOf(mapping.TumblingWindowInSeconds ?? 0),
        eventLimitBytes: mapping.payload_bytes ?? lane.eventLimitBytes,
        stateLimitBytes: mapping.state_bytes ?? lane.stateLimitBytes,
      },
    },
  };
}

function startFrom(start: z.infer<typeof startSchema>, atMs: (at_s: number) => number): Start {
  if (start === "TRIM_HORIZON") return { kind: "trimHorizon" };
  return start === "LATEST" ? { kind: "latest" } : { kind: "atTimestamp", atMs: atMs(start.at_s) };
}

/** What may be left out is left out. */
export function storyMemberOf(story: Story): StoryMember {
  const { spec, shardCount } = story;
  const { lane } = spec;
  const sinceBegin = (atMs: number): number => (atMs - WORLD_STARTS_AT_MS) / 1_000;
  const plain = plainSpec(spec.uuid).lane;
  const but = <T>(value: T, other: T): T | undefined => (value === other ? undefined : value);
  const ageInSeconds = lane.maxAgeMs < 0 ? -1 : lane.maxAgeMs / 1_000;
  return present({
    shards: but(shardCount, 1),
    begins_s: but(sinceBegin(story.beginsAtMs), 0),
    healed_s: but(sinceBegin(story.healedAtMs), HEALED_S),
    over_s: but(sinceBegin(story.overAtMs), OVER_S),
    mapping: present({
      start: startText(spec.start, sinceBegin),
      BatchSize: but(lane.batchSize, plain.batchSize),
      MaximumBatchingWindowInSeconds: but(lane.windowMs / 1_000, 0),
      MaximumRetryAttempts: but(lane.retries, -1),
      MaximumRecordAgeInSeconds: but(ageInSeconds, -1),
      BisectBatchOnFunctionError: but(lane.isBisecting, false),
      ReportBatchItemFailures: but(lane.isReporting, false),
      ParallelizationFactor: but(spec.parallelizationFactor, 1),
      TumblingWindowInSeconds: but(lane.tumblingMs / 1_000, 0),
      is_filtering: but(spec.filterPatterns.length > 0, false),
      payload_bytes: but(lane.eventLimitBytes, plain.eventLimitBytes),
      state_bytes: but(lane.stateLimitBytes, plain.stateLimitBytes),
    }),
    records: story.records.map(({ key, atMs, dataBytes, isPoison, isFiltered }) =>
      present({
        key,
        at_s: but(sinceBegin(atMs), 0),
        bytes: but(dataBytes, DEFAULT_BYTES),
        is_poison: but(isPoison, false),
        is_filtered: but(isFiltered, false),
      }),
    ),
  });
}

function startText(start: Start, sinceBegin: (atMs: number) => number) {
  if (start.kind === "latest") return "LATEST" as const;
  return start.kind === "atTimestamp" ? { at_s: sinceBegin(start.atMs) } : undefined;
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the members that have nothing to say. */
function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Present<T>;
}
