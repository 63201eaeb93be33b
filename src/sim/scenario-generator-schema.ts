// What may stand in a `generate` entry of a scenario's records: how many, when, with which keys and of what size.

import { z } from "zod";
import { about, count, json, name, objectOf, seconds, share } from "./scenario-parts.ts";

const MOST_RECORDS = 10_000_000;
const MOST_DATA_BYTES = 1_048_576;

const bytes = (description: string) => count(0, MOST_DATA_BYTES, "bytes", description);

const generateSchema = z.strictObject({
  label: name("Beginning of the labels: r makes r1, r2 and so on; a step that sends r sends them all"),
  count: count(1, MOST_RECORDS, "records", "How many"),
  rate: z
    .number()
    .min(0.000_001)
    .max(1_000_000)
    .meta(about("Records a second, on average; this or every_ms; neither: all at once", "records a second, above 0"))
    .optional(),
  every_ms: z
    .number()
    .min(0)
    .max(604_800_000)
    .meta(about("Time between two records, on average; this or rate", "ms, 0 to 604,800,000"))
    .optional(),
  arrivals: z
    .enum(["even", "poisson", "burst"])
    .meta(about("How they are spread in time; even unless said", "even, poisson or burst"))
    .optional(),
  burst: count(1, MOST_RECORDS, "records", "With arrivals burst: how many come at once; 10 unless said").optional(),
  start_s: seconds(0, 31_536_000, "The first arrives so long after its send step has begun").optional(),
  keys: z
    .strictObject({
      count: count(1, MOST_RECORDS, "keys", "How many partition keys; 64 unless said").optional(),
      prefix: name("Beginning of each key; `key-` unless said").optional(),
      distribution: z
        .enum(["uniform", "zipf", "round-robin"])
        .meta(about("How often each comes; uniform unless said", "uniform, zipf or round-robin"))
        .optional(),
      hot_share: share("Part of the records that has the first key; the others share the rest").optional(),
    })
    .meta(about("Their partition keys", "an object"))
    .optional(),
  size: z
    .union([bytes("Bytes of the data"), z.strictObject({ min: bytes("Least"), max: bytes("Most") })])
    .meta(about("Bytes of each one's data, made up with a member `pad`", "a number of bytes, or { min, max }"))
    .optional(),
  poison_share: share("Part of the records whose data has `poison: true`").optional(),
  data: objectOf(
    json,
    "The data, as JSON; ${n}, ${label} and ${key} are filled in, a lone ${n} as a number; { n } unless said",
  ).optional(),
});

export type Generate = z.infer<typeof generateSchema>;

export const generatorSchema = z.strictObject({
  generate: generateSchema.meta(about("Makes many records", "an object with label and count")),
});
