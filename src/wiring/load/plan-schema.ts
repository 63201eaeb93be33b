// What may stand in a load plan: names, types, bounds and meanings, in one place. Types, the checks of a file, the help of its errors and
// docs/millrace.load.schema.json are made from this. What no single member can tell is judged by plan-checks.ts, members of the mapping by
// the control plane.

import { z } from "zod";
import { mappingSchema } from "../../config/mapping-schema.ts";
import { about, count, flag, json, name, objectOf, share } from "../../sim/scenario-parts.ts";
import type { JsonSchema } from "../../sim/scenario-schema.ts";

export const MOST_SECONDS = 31_536_000;
const MOST_RATE = 1_000_000;
export const MOST_RECORDS = 10_000_000;
const MOST_DATA_BYTES = 1_048_576;
const MOST_KEYS = 1_000_000;
const MOST_VALUES = 100;

/** Members of a mapping that the plan's source and function make. */
export const MADE_MEMBERS = ["EventSourceArn", "FunctionName", "SelfManagedEventSource", "Topics", "Queues"] as const;

const time = (description: string, example: string) =>
  z
    .string()
    .regex(/^\d+(?:\.\d+)? ?(?:ms|s|m|min|h|d)$/)
    .meta(about(description, "a time with its unit: 40ms, 1.5s, 2m, 1h", { examples: [example] }));

const rate = (least: number, description: string) =>
  z
    .number()
    .min(least)
    .max(MOST_RATE)
    .meta(about(description, "records a second", { examples: [100] }));

const bytes = (description: string) => count(0, MOST_DATA_BYTES, "bytes", description);

const SOURCE_FORM =
  "kinesis:STREAM, dynamodb:TABLE, sqs:QUEUE, rabbitmq:BROKER/QUEUE, activemq:BROKER/QUEUE, kafka:CLUSTER/TOPIC or documentdb:CLUSTER/DATABASE/COLLECTION";

const sourceName = z
  .string()
  .min(1)
  .meta(about("The source", SOURCE_FORM, { examples: ["kinesis:orders"] }));

const sourceSchema = z
  .union([
    sourceName,
    z.strictObject({
      name: sourceName,
      shards: count(1, 1_000, "shards", "Of a Kinesis stream; 1 unless said").optional(),
      partitions: count(1, 1_000, "partitions", "Of a Kafka topic; 1 unless said").optional(),
      key: name("Of a table: its partition key, a text; `id` unless said", "id").optional(),
      view: z
        .enum(["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"])
        .meta(about("Of a table: what its stream shows; NEW_AND_OLD_IMAGES unless said", "a stream view type"))
        .optional(),
      visibility: time("Of a queue: its visibility timeout, whole seconds; 30s unless said", "30s").optional(),
      maxReceiveCount: count(
        1,
        1_000,
        "receives",
        "Of a queue: receives after which a message moves to a dead-letter queue, which is made; unless said there is none",
      ).optional(),
    }),
  ])
  .meta(about("Where the records go", "a source, or { name, … }"));

const took = z
  .union([
    time("Always so long", "40ms"),
    z.strictObject({ min: time("Least", "10ms"), max: time("Most", "90ms") }),
    z.strictObject({ mean: time("Mean", "40ms"), deviation: time("Standard deviation", "10ms") }),
    z.strictObject({ p50: time("Half take up to this", "40ms"), p99: time("99 of 100 take up to this", "200ms") }),
  ])
  .meta(
    about(
      "How long an invocation takes, each drawn from the seed; 50ms unless said",
      "a time, { min, max }, { mean, deviation } or, lognormally distributed, { p50, p99 }",
    ),
  );

/** What any function of a plan has. */
const common = {
  name: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .meta(
      about("Its name; `load` unless said", "letters, digits, - and _, at most 64", { examples: ["orders-process"] }),
    )
    .optional(),
  timeout: time("How long an invocation may take, whole seconds up to 15m; 3s unless said", "3s").optional(),
  memoryMb: count(128, 10_240, "MB", "Its memory, with which its cost is reckoned; 128 unless said").optional(),
  reservedConcurrency: count(
    0,
    1_000,
    "invocations",
    "Most invocations at once, beyond which calls are throttled; unless said none are reserved",
  ).optional(),
};

const functionSchema = z
  .union([
    z.strictObject({
      ...common,
      took: took.optional(),
      perRecord: time("Added for each record of the event; 0ms unless said", "1ms").optional(),
      coldStart: time("Added where no environment is free that has run before; 0ms unless said", "500ms").optional(),
      errorShare: share("Part of the invocations that throws; 0 unless said").optional(),
      throttleShare: share("Simulated: part of the calls that is throttled instead of run; 0 unless said").optional(),
      onPoison: z
        .enum(["throw", "report"])
        .meta(
          about(
            "What follows a poisoned record: the invocation throws, or its answer names the record; report unless said where the mapping has ReportBatchItemFailures, else throw",
            "throw or report",
          ),
        )
        .optional(),
    }),
    z.strictObject({
      ...common,
      handler: name("File and export, from this file's folder, without the extension", "handlers/orders.process"),
      environment: objectOf(z.string(), "Variables of its environment").optional(),
      bundle: flag("false: Node loads the file as it is").optional(),
    }),
  ])
  .meta(about("What takes the records", "a model of a function, or one with `handler`"));

const phase = z
  .union([
    z.strictObject({
      rate: rate(0.001, "Records a second"),
      for: time("For how long", "60s"),
    }),
    z.strictObject({
      ramp: z
        .strictObject({ from: rate(0, "Rate at its beginning"), to: rate(0, "Rate at its end") })
        .meta(about("The rate goes from one to another in a straight line", "{ from, to }, records a second")),
      for: time("For how long", "30s"),
    }),
    z.strictObject({ burst: count(1, MOST_RECORDS, "records", "So many at one instant") }),
    z.strictObject({ pause: time("Nothing is sent for so long", "5s") }),
  ])
  .meta(about("A part of the sending", "{ rate, for }, { ramp: { from, to }, for }, { burst } or { pause }"));

const keysObject = z.strictObject({
  count: count(1, MOST_KEYS, "keys", "How many; 64 unless said").optional(),
  prefix: name("Beginning of each, before its number; `key-` unless said", "key-").optional(),
  distribution: z
    .enum(["uniform", "zipf", "round-robin"])
    .meta(about("How often each comes; uniform unless said", "uniform, zipf or round-robin"))
    .optional(),
  hotShare: share("Part of the records that has the first key; the others share the rest").optional(),
});

const sendSchema = z.strictObject({
  phases: z
    .array(phase)
    .min(1)
    .max(10_000)
    .meta(
      about("One after another; each begins anew", "a list of phases", { examples: [[{ rate: 100, for: "60s" }]] }),
    ),
  arrivals: z
    .enum(["even", "poisson"])
    .meta(about("How the records of a rate or ramp are spread in time; even unless said", "even or poisson"))
    .optional(),
  perShard: flag(
    "Each arrival is one record on every shard or partition, at one instant: rates and bursts are of each of them",
  ).optional(),
  keys: z
    .union([
      keysObject,
      z.literal("none").meta(about("Of Kafka: records without a key, which take the partitions in turn", "none")),
    ])
    .meta(about("Partition keys, record keys, or a table's keys", "an object; of Kafka none, too"))
    .optional(),
  groups: keysObject.meta(about("Of a FIFO queue: its message groups", "an object, as keys")).optional(),
  size: z
    .union([
      bytes("Bytes of each one's data"),
      z.strictObject({ min: bytes("Least"), max: bytes("Most") }),
      z
        .array(
          z.strictObject({
            bytes: bytes("Bytes of the data"),
            share: z
              .number()
              .min(0)
              .max(1_000_000)
              .meta(about("How often, beside the other shares", "a number, 0 or more")),
          }),
        )
        .min(1)
        .max(100)
        .meta(about("Some sizes, each with its share", "a list of { bytes, share }")),
    ])
    .meta(
      about(
        "Of each record's data, filled up with a member `pad`; as long as it is unless said",
        "bytes, { min, max }, or a list of { bytes, share }",
      ),
    )
    .optional(),
  poisonShare: share("Part of the records whose data has `poison: true`; 0 unless said").optional(),
  data: objectOf(
    json,
    'The data, as JSON; ${n} and ${key} are filled in, a lone ${n} as a number; { n: "${n}" } unless said',
  ).optional(),
});

const sweptValue = z
  .union([z.number(), z.string(), z.boolean()])
  .meta(about("A value", "a number, a text, or true or false"));

const price = (description: string) =>
  z.number().min(0).max(1_000_000).meta(about(description, "US dollars, 0 or more"));

export const planSchema = z.strictObject({
  $schema: z.string().meta(about("Where an editor finds the schema of this file", "an address")).optional(),
  run: z
    .enum(["simulated", "live"])
    .meta(about("Under virtual time, or on a server; simulated unless said", "simulated or live"))
    .optional(),
  seed: count(0, 4_294_967_295, "number", "All chance of the plan; 1 unless said").optional(),
  repetitions: count(1, 1_000, "runs", "Runs of each setting, each with the next seed; 1 unless said").optional(),
  wait: time(
    "How long nothing may end, after the last record was sent, before what is left is given up; 60s unless said",
    "60s",
  ).optional(),
  source: sourceSchema,
  mapping: mappingSchema
    .omit({ EventSourceArn: true, FunctionName: true, SelfManagedEventSource: true, Topics: true, Queues: true })
    .meta(
      about("Members of CreateEventSourceMapping, but for those that source and function make", "an object", {
        examples: [{ BatchSize: 100 }],
      }),
    )
    .optional(),
  function: functionSchema.optional(),
  send: sendSchema.meta(about("What is sent, and when", "an object with phases")),
  sweep: z
    .record(
      z.string().min(1),
      z
        .array(sweptValue)
        .min(1)
        .max(MOST_VALUES)
        .meta(about("Its values", "a list of values", { examples: [[10, 100, 1_000]] })),
    )
    .meta(
      about(
        "Each combination is run: values by a member of the mapping (`ScalingConfig.MaximumConcurrency` for one inside another), by shards, partitions or reservedConcurrency",
        "lists of values by name",
      ),
    )
    .optional(),
  expect: z
    .array(name("An expectation", "iteratorAge.p99 < 2s"))
    .max(100)
    .meta(about("What has to hold; the exit code is 1 where it does not", "a list of expectations"))
    .optional(),
  prices: z
    .strictObject({
      perMillionRequests: price("Of a million requests; 0.2 unless said").optional(),
      perGbSecond: price("Of a GB-second; 0.0000166667 unless said").optional(),
    })
    .meta(about("With what costs are reckoned", "an object"))
    .optional(),
});

/** What a load plan in TypeScript exports. */
export type LoadPlanFile = z.input<typeof planSchema>;

export type PlanInput = z.infer<typeof planSchema>;
export type SourceInput = Exclude<PlanInput["source"], string>;
export type FunctionInput = NonNullable<PlanInput["function"]>;
export type KeysInput = z.infer<typeof keysObject>;

/** Draft 7, which editors know, of what may be written in a file. */
export function planJsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(planSchema, { io: "input", target: "draft-7", reused: "inline" });
  return { $schema, title: "millrace.load", description: "A load plan of Millrace", ...schema };
}
