// What may stand in a scenario file: names, types, bounds and meanings, in one place. Types, the checks of a file, the help of its errors
// and docs/millrace.scenario.schema.json are made from this. What no single member can tell (labels, names of steps) is judged by
// src/wiring/scenario-checks.ts, members of API calls by the control plane.

import { z } from "zod";
import { faultsMemberSchema } from "./fault-plan.ts";
import { generatorSchema } from "./scenario-generator-schema.ts";
import { expectSchema } from "./scenario-expect-schema.ts";
import { handlerSchema } from "./scenario-handler-schema.ts";
import { about, count, flag, json, name, objectOf, seconds } from "./scenario-parts.ts";
import { storySchema } from "./story-schema.ts";
import { stepSchema } from "./scenario-step-schema.ts";

const sourceSchema = z
  .strictObject({
    type: z
      .enum(["kinesis-stream", "dynamodb-stream", "sqs-queue", "kafka-self-managed"])
      .meta(about("Kind of the source", "kinesis-stream, dynamodb-stream, sqs-queue or kafka-self-managed")),
    shards: count(1, 1_000, "shards", "Of a stream: its shards when it is made; 1 unless said").optional(),
    key: name("Of a table: its partition key, a text").optional(),
    view: z
      .enum(["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"])
      .meta(about("Of a table: view type of its stream", "a stream view type"))
      .optional(),
    fifo: flag("Of a queue: it is a FIFO queue").optional(),
    attributes: objectOf(json, "Of a queue: attributes as SetQueueAttributes takes them").optional(),
    exists: flag("false: only its ARN is made up, and nothing is created").optional(),
  })
  .meta(about("A source", "an object with type"));

const functionSchema = z.strictObject({
  name: name("Name of the function"),
  timeout_s: seconds(0.001, 900, "How long an invocation may take; 3 unless said").optional(),
  reserved_concurrency: count(
    0,
    1_000,
    "invocations",
    "Most invocations at once, beyond which calls are throttled",
  ).optional(),
  versions: z
    .array(
      z.strictObject({
        version: name("Its number"),
        tag: name("For people: what tells it from the others").optional(),
      }),
    )
    .meta(about("Published versions, in order", "a list of { version }"))
    .optional(),
  aliases: z
    .array(z.strictObject({ name: name("Name of the alias"), version: name("The version it means") }))
    .meta(about("Aliases", "a list of { name, version }"))
    .optional(),
});

const setupSchema = z.strictObject({
  source: sourceSchema.optional(),
  other_source: sourceSchema.optional(),
  functions: z.array(functionSchema).meta(about("Functions that are there", "a list of { name }")).optional(),
  destination: z
    .strictObject({ type: z.enum(["sqs", "sns", "s3"]).meta(about("Its kind", "sqs, sns or s3")) })
    .meta(about("The on-failure destination", "an object with type"))
    .optional(),
  dead_letter_queue: z
    .strictObject({
      max_receive_count: count(1, 1_000, "receives", "Receives before a message moves"),
      fifo: flag("It is a FIFO queue").optional(),
    })
    .meta(about("Redrive policy of the source queue", "an object with max_receive_count"))
    .optional(),
  secret: z
    .strictObject({ value: json })
    .meta(about("A secret that the mapping may name", "an object with value"))
    .optional(),
});

/** Of a table whose key has the usual name. */
const EXAMPLE_ITEM = { id: { S: "a" } };

const image = (description: string) =>
  z
    .record(
      z.string(),
      z
        .record(z.string(), json)
        .meta(about("A typed value", 'typed JSON, as { "S": "text" }', { examples: [{ S: "text" }] })),
    )
    .meta(about(description, "an object", { examples: [EXAMPLE_ITEM] }));

const changeSchema = z
  .strictObject({
    eventName: z
      .enum(["INSERT", "MODIFY", "REMOVE"])
      .meta(about("What became of the item", "INSERT, MODIFY or REMOVE")),
    Keys: image("Its keys, in typed JSON"),
    NewImage: image("The item after it").optional(),
    OldImage: image("The item before it").optional(),
    SizeBytes: count(0, 1_000_000_000, "bytes", "Size of keys and images").optional(),
  })
  .meta(
    about(
      "Of a table: the change that the write makes, null for none; unless said it comes of the items written before",
      "an object with eventName and Keys, or null",
      { examples: [{ eventName: "INSERT", Keys: EXAMPLE_ITEM, NewImage: EXAMPLE_ITEM }] },
    ),
  );

const recordSchema = z.strictObject({
  label: name("Name of the record in steps and expectations"),
  partitionKey: z
    .string()
    .meta(about("Of a stream: the partition key, 1 to 256 characters; the label unless said", "text"))
    .optional(),
  data: z.string().meta(about("Of a stream: the data, sent as its UTF-8 bytes", "text")).optional(),
  body: z.string().meta(about("Of a queue: the message's body; the label unless said", "text")).optional(),
  group: name("Of a FIFO queue: the message group; the label unless said").optional(),
  dedup: name(
    "Of a FIFO queue: the deduplication id; the label unless said, or of the content where the queue takes it so",
  ).optional(),
  message_attributes: objectOf(json, "Of a queue: attributes as SendMessage takes them").optional(),
  delay_s: count(
    0,
    900,
    "seconds",
    "Of a queue: it stays hidden so long; the queue's own delay unless said",
  ).optional(),
  op: z
    .enum(["put", "update", "delete"])
    .meta(about("Of a table: the write; put unless said", "put, update or delete"))
    .optional(),
  item: image(
    "Of a table: the item, in typed JSON; of an update its key and the members to set; of a delete its key",
  ).optional(),
  change: changeSchema.nullable().optional(),
  at_s: seconds(0, 31_536_000, "Arrives so long after its send step has begun").optional(),
});

const mappingRequest = objectOf(json, "Members of CreateEventSourceMapping");

export const scenarioSchema = z.strictObject({
  $schema: z.string().meta(about("Where an editor finds the schema of this file", "an address")).optional(),
  schema: z.literal(1).meta(about("Version of the format", "1")).optional(),
  id: name("Its name; the file's unless said").optional(),
  title: z.string().meta(about("What happens, in one sentence", "text")).optional(),
  source: z
    .enum(["kinesis", "dynamodb", "sqs", "sqs-fifo", "kafka-self-managed", "api"])
    .meta(about("What it is about; api: nothing is delivered", "a kind of source, or api"))
    .optional(),
  area: name("For people: what part it is about").optional(),
  difficulty: name("For people: how likely it goes wrong").optional(),
  evidence: z.looseObject({}).meta(about("For people: when and how it was recorded on AWS", "an object")).optional(),
  requires: z
    .array(name("A requirement"))
    .meta(about("What a runner must offer: destination.sqs, .sns, .s3; long-clock", "a list of texts"))
    .optional(),
  seed: count(0, 4_294_967_295, "number", "All chance of the run; --seed comes before it; 1 unless said").optional(),
  starts_at: z.iso
    .datetime({ offset: true })
    .meta(about("The world's first instant", "an instant like 2026-11-29T12:00:00Z"))
    .optional(),
  setup: setupSchema
    .meta(about("What is there beforehand; a stream of one shard and one function unless said", "an object"))
    .optional(),
  mapping: mappingRequest.nullable().optional(),
  extra_mappings: z
    .array(z.strictObject({ name: name("Its name in steps"), request: mappingRequest }))
    .meta(about("Further mappings", "a list of { name, request }"))
    .optional(),
  handler: handlerSchema.nullable().optional(),
  handlers: z.record(z.string(), handlerSchema).meta(about("Handlers by function's name", "an object")).optional(),
  records: z
    .array(z.union([recordSchema, generatorSchema]))
    .meta(about("What is put on the source", "a list of records and generators"))
    .optional(),
  faults: faultsMemberSchema
    .meta(about("Mishaps of the world: written one by one, or drawn from the seed", "a list of { kind }, or { draw }"))
    .optional(),
  story: storySchema.optional(),
  steps: z
    .array(stepSchema)
    .meta(
      about(
        "What happens, in order; unless said the mapping is made, all is sent, and all has ended",
        "a list of steps",
      ),
    )
    .optional(),
  expect: expectSchema.optional(),
});

export type ScenarioRecord = z.infer<typeof recordSchema>;
export type ScenarioFile = z.infer<typeof scenarioSchema>;

export interface JsonSchema {
  readonly [name: string]: unknown;
}

/** Draft 7, which editors know, of what may be written in a file. */
export function scenarioJsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(scenarioSchema, { io: "input", target: "draft-7", reused: "inline" });
  return { $schema, title: "millrace.scenario", description: "A scenario file of Millrace", ...schema };
}
