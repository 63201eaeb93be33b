// What may stand in a scenario's `steps`: a form for each word of `do`.

import { z } from "zod";
import { about, count, flag, json, labels, name, objectOf, seconds } from "./scenario-parts.ts";
import { handlerSchema } from "./scenario-handler-schema.ts";

const YEAR_S = 31_536_000;

const at = {
  at_s: seconds(0, YEAR_S, "Taken so long after the beginning, and not before").optional(),
};
const within = { within_s: seconds(0.001, YEAR_S, "How long the wait may take; 120 unless said").optional() };
const mapping = { mapping: name("`mapping`, or a name of extra_mappings").optional() };
const answer = { name: name("Name of its answer in expectations").optional() };
const source = {
  source: z
    .enum(["source", "other_source"])
    .meta(about("Which of the sources; `source` unless said", "source or other_source"))
    .optional(),
};
const shardName = z
  .union([z.string().min(1), z.int().min(0).max(1_000_000)])
  .meta(about("Id of a shard, or its number", "a shard's id or its number"));
const lasts = (description: string) => seconds(0, YEAR_S, description);

export const stepSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("create-mapping"), ...mapping, ...answer, ...at }),
  z.strictObject({
    do: z.literal("update-mapping"),
    set: objectOf(json, "Members of UpdateEventSourceMapping, without UUID"),
    ...mapping,
    ...answer,
    ...at,
  }),
  z.strictObject({ do: z.literal("enable"), ...mapping, ...answer, ...at }),
  z.strictObject({ do: z.literal("disable"), ...mapping, ...answer, ...at }),
  z.strictObject({
    do: z.literal("call"),
    op: name("An operation of the mapping API", "GetEventSourceMapping"),
    params: objectOf(json, "Its members").optional(),
    ...answer,
    ...at,
  }),
  z.strictObject({
    do: z.literal("send"),
    records: labels("Labels of records and generators"),
    batch: flag("In one call").optional(),
    pause_s: seconds(0, 86_400, "Time that passes after each call").optional(),
    background: flag("The next step does not wait for records that arrive later").optional(),
    ...answer,
    ...at,
  }),
  z.strictObject({
    do: z.literal("wait-state"),
    state: name("The mapping's state, as Enabled"),
    ...mapping,
    ...answer,
    ...within,
    ...at,
  }),
  z.strictObject({ do: z.literal("wait-gone"), ...mapping, ...answer, ...within, ...at }),
  z.strictObject({
    do: z.literal("wait-invocations"),
    count: count(0, 1_000_000_000, "invocations", "So many in all; 1 unless said").optional(),
    ...within,
    ...at,
  }),
  z.strictObject({
    do: z.literal("wait-destination"),
    count: count(0, 1_000_000_000, "documents", "So many in all; 1 unless said").optional(),
    ...within,
    ...at,
  }),
  z.strictObject({
    do: z.literal("wait-dead-letters"),
    count: count(0, 1_000_000_000, "messages", "So many in all; 1 unless said").optional(),
    ...within,
    ...at,
  }),
  z.strictObject({ do: z.literal("wait-drained"), ...within, ...at }),
  z.strictObject({ do: z.literal("wait"), seconds: lasts("So long"), ...at }),
  z.strictObject({ do: z.literal("observe"), seconds: lasts("So long, to see that nothing else happens"), ...at }),
  z.strictObject({
    do: z.literal("check-empty"),
    queue: z
      .enum(["dead_letter_queue", "source"])
      .meta(about("Which queue; `dead_letter_queue` unless said", "dead_letter_queue or source"))
      .optional(),
    ...at,
  }),
  z.strictObject({ do: z.literal("purge-queue"), ...at }),
  z.strictObject({
    do: z.literal("delete-function"),
    function: name("Which; `function` unless said").optional(),
    ...at,
  }),
  z.strictObject({ do: z.literal("delete-source"), ...at }),
  z.strictObject({
    do: z.literal("set-clock"),
    by_s: z
      .number()
      .min(-YEAR_S)
      .max(YEAR_S)
      .meta(about("The wall clock is set on by so much, or back", "seconds, below 0 for back")),
    ...at,
  }),
  z.strictObject({
    do: z.literal("split-shard"),
    shard: shardName,
    hash_key: z
      .string()
      .regex(/^(0|[1-9]\d{0,38})$/)
      .meta(about("Where the second child begins; the middle unless said", "a decimal number in quotes"))
      .optional(),
    ...source,
    ...at,
  }),
  z.strictObject({
    do: z.literal("merge-shards"),
    shards: z
      .array(shardName)
      .length(2)
      .meta(about("Two neighbours", "two shards", { examples: [["0", "1"]] })),
    ...source,
    ...at,
  }),
  z.strictObject({
    do: z.literal("outage"),
    seconds: lasts("How long the source cannot be reached; the next steps go on meanwhile"),
    ...source,
    ...at,
  }),
  z.strictObject({
    do: z.literal("throttle"),
    function: name("Which; `function` unless said").optional(),
    concurrency: count(0, 1_000, "invocations", "Reserved concurrency from now on; 0 unless said")
      .nullable()
      .optional(),
    seconds: lasts("How long; for good unless said").optional(),
    ...at,
  }),
  z.strictObject({
    do: z.literal("deploy"),
    function: name("Which; `function` unless said").optional(),
    handler: handlerSchema,
    ...at,
  }),
  z.strictObject({
    do: z.literal("crash"),
    down_s: seconds(0, YEAR_S, "How long nothing runs; 1 unless said").optional(),
    ...at,
  }),
  z.strictObject({
    do: z.literal("restart"),
    down_s: seconds(0, YEAR_S, "How long nothing runs; 1 unless said").optional(),
    grace_s: seconds(0, 900, "How long invocations may still run; 30 unless said").optional(),
    ...at,
  }),
]);

export type Step = z.infer<typeof stepSchema>;
