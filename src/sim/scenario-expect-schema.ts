// What may stand in a scenario's `expect`. Values inside are compared with the matchers of src/sim/match.

import { z } from "zod";
import { about, count, flag, json, labels, name, objectOf, seconds } from "./scenario-parts.ts";

const whole = (description: string) => count(0, 1_000_000_000, "numbers", description);
const range = z
  .union([whole("Exactly"), z.strictObject({ $gte: z.number().optional(), $lte: z.number().optional() })])
  .meta(about("How many", "a whole number, or { $gte, $lte }"));

const bounds = {
  count: range.optional(),
  max_records: whole("Most records of one invocation").optional(),
};
const invocationList = z
  .array(
    z.strictObject({
      records: labels("Its records, in order"),
      function: name("What was called; `function:1` is version 1").optional(),
      receive_counts: z.array(z.int()).meta(about("ApproximateReceiveCount of each", "a list of numbers")).optional(),
    }),
  )
  .meta(about("Invocations in order", "a list of { records }"));
const batches = z.array(labels("Records of an invocation")).meta(about("Invocations", "a list of lists of labels"));

const invocations = z
  .discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("any"), ...bounds }),
    z.strictObject({ mode: z.literal("none"), ...bounds }),
    z.strictObject({ mode: z.literal("sequence"), list: invocationList, ...bounds }),
    z.strictObject({ mode: z.literal("prefix"), list: invocationList, ...bounds }),
    z.strictObject({ mode: z.literal("union"), records: labels("Each exactly once"), ...bounds }),
    z.strictObject({ mode: z.literal("only"), records: labels("Of every invocation"), ...bounds }),
    z.strictObject({
      mode: z.literal("deliveries"),
      deliveries: objectOf(whole("How often"), "How often each record is delivered, by label"),
      last: batches.optional(),
      ...bounds,
    }),
    z.strictObject({
      mode: z.literal("per-function"),
      by_function: objectOf(batches, "Each function's own sequence"),
      ...bounds,
    }),
  ])
  .meta(about("What the function was called with", "an object with mode"));

const status = whole("HTTP status");

export const expectSchema = z
  .strictObject({
    responses: z
      .record(z.string(), z.strictObject({ status, body: json.optional() }))
      .meta(about("Answers by name of the step", "an object"))
      .optional(),
    errors: z
      .record(
        z.string(),
        z.strictObject({
          status,
          code: name("The error's type"),
          message: json,
          message_member: name("The body's member that holds the message").optional(),
          type: name("The body's member Type").optional(),
        }),
      )
      .meta(about("Errors by name of the step", "an object"))
      .optional(),
    states: z
      .array(z.strictObject({ after: name("Name of a step"), state: name("The state") }))
      .meta(about("States of the mapping", "a list of { after, state }"))
      .optional(),
    invocations: invocations.optional(),
    event_record: json.meta(about("Every record as it stands in the event", "a JSON value with matchers")).optional(),
    event_records: objectOf(json, "Records by label as they stand in the event").optional(),
    destination: z
      .array(z.looseObject({ key_time_equals: name("A member of the body").optional() }))
      .meta(about("What the on-failure destination received, in order", "a list"))
      .optional(),
    dead_letter_queue: z
      .array(z.strictObject({ record: name("A label"), same_message_id: flag("Under its own id").optional() }))
      .meta(about("What stands in the dead-letter queue, and nothing else", "a list of { record }"))
      .optional(),
    source_left: whole("Messages left on the queue").optional(),
    timing: z
      .array(
        z.strictObject({
          from: name("invocation:0 and so on"),
          to: name("invocation:1 and so on"),
          at_least_s: seconds(0, 31_536_000, "Least time between their starts"),
          at_most_s: seconds(0, 31_536_000, "Most time between their starts").optional(),
        }),
      )
      .meta(about("Time between invocations", "a list of { from, to, at_least_s }"))
      .optional(),
    concurrency: z
      .strictObject({ max: whole("Most invocations at once") })
      .meta(about("Invocations at once", "an object with max"))
      .optional(),
    given_up: z
      .union([labels("Just these"), objectOf(json, "Just these, each with its condition")])
      .meta(about("Which records were given up, and no others", "a list of labels, or { label: condition }"))
      .optional(),
    checkpoints: z
      .record(z.string(), z.string().nullable())
      .meta(about("Label of the record that each shard's checkpoint has reached; null: none", "{ shard: label }"))
      .optional(),
    batches: z
      .strictObject({
        count: range.optional(),
        closed_by: objectOf(range, "How many were closed by each reason").optional(),
      })
      .meta(about("First batches, without halves and rests", "an object"))
      .optional(),
    checkers: z
      .union([z.boolean(), z.array(name("Name of a checker"))])
      .meta(about("Laws that the run is held against; true: all", "true, or a list of names"))
      .optional(),
  })
  .meta(about("What has to have happened", "an object"));
