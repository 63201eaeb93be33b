// What may stand for a handler in a scenario file: a script, or a file with the user's own code.

import { z } from "zod";
import { about, count, flag, json, name, objectOf, seconds, share } from "./scenario-parts.ts";

const condition = z
  .strictObject({
    path: name("A path within the record, as `dynamodb.Keys.id.S`").optional(),
    data_field: name("A member of the JSON in a Kinesis record's data").optional(),
    receive_count_at_most: z
      .strictObject({ body_field: name("A member of the message's JSON body") })
      .meta(about("Of a queue: the receive count is not above this", "an object with body_field"))
      .optional(),
    equals: json.optional(),
    one_of: z.array(json).min(1).meta(about("In place of equals: the value is one of these", "a list")).optional(),
  })
  .meta(
    about("Holds for a record", "{ path, equals }, { data_field, equals } or { receive_count_at_most }", {
      examples: [{ data_field: "poison", equals: true }],
    }),
  );

const delay = z
  .union([
    seconds(0, 86_400, "Always so long"),
    z.strictObject({ min: seconds(0, 86_400, "Least"), max: seconds(0, 86_400, "Most") }),
    z.strictObject({ mean: seconds(0, 86_400, "Mean"), deviation: seconds(0, 86_400, "Standard deviation") }),
  ])
  .meta(about("How long an invocation takes", "seconds, { min, max } or { mean, deviation }"));

/** What all scripts take. */
const common = {
  delay_s: delay.optional(),
  delay_per_record_s: seconds(0, 3_600, "Added for each record of the event").optional(),
  cold_start_s: seconds(0, 900, "Added where no environment is free that has run before").optional(),
  throttle: share("Part of the calls that is throttled instead of run").optional(),
};

/** What scripts take that do something only now and then. */
const chance = {
  when: condition.optional(),
  share: share("Only in so many of the cases in which it would").optional(),
  times: count(0, 1_000_000, "times", "Only so often; afterwards null is returned").optional(),
  from_s: seconds(0, 31_536_000, "Only from so long after the beginning").optional(),
  until_s: seconds(0, 31_536_000, "Only until so long after the beginning").optional(),
};

const scriptSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("return"), value: json.optional(), ...common }),
  z.strictObject({ do: z.literal("return-event"), ...common }),
  z.strictObject({
    do: z.literal("return-bytes"),
    value: z.string().meta(about("The answer's bytes", "text")).optional(),
    ...common,
  }),
  z.strictObject({
    do: z.literal("throw"),
    message: z.string().meta(about("The error's message", "text")).optional(),
    ...chance,
    ...common,
  }),
  z.strictObject({
    do: z.literal("report"),
    identifier: name("Path of the item identifier within a record", "kinesis.sequenceNumber"),
    ...chance,
    ...common,
  }),
  z.strictObject({ do: z.literal("time-out"), ...chance, ...common }),
]);

export type Script = z.infer<typeof scriptSchema>;

const fileSchema = z.strictObject({
  file: name("File of the handler, from this file's folder"),
  export: name("Name of its export; `handler` unless said").optional(),
  environment: objectOf(z.string(), "Variables of its environment").optional(),
  bundle: flag("false: Node loads the file as it is").optional(),
});

export type HandlerFile = z.infer<typeof fileSchema>;

export const handlerSchema = z
  .union([scriptSchema, fileSchema])
  .meta(about("What the function does", "a script with `do`, or { file, export }"));

export type ScenarioHandler = Script | HandlerFile;

export const isHandlerFile = (handler: ScenarioHandler): handler is HandlerFile => "file" in handler;
