// The settings of a configuration file: names, types, bounds, defaults and what each means, in one place. Where AWS has a name
// for a setting, that is its name here, with AWS's own meaning, unit and bounds. docs/config.md, the JSON Schema of
// `millrace config schema`, and the help of every error are made from this. What no single setting can tell (names that must
// be there, ARNs) is judged by cross-checks.ts; a mapping's members are judged again, with AWS's texts, by the control plane.

import { availableParallelism } from "node:os";
import { z } from "zod";
import { destinationSchema } from "./destination-endpoints.ts";
import { DEFAULT_FILTER_LIMIT, MOST_FILTER_LIMIT } from "../core/filter/compile-filters.ts";
import { IDLE_CLOSE_MS } from "../core/settings.ts";
import { MOST_SHARDS } from "../ports/streams.ts";
import { functionSchema } from "./function-schema.ts";
import { mappingSchema } from "./mapping-schema.ts";
import { queueName, queueSchema } from "./queue-schema.ts";
import { registrySchema, registryUri, sourceArn, sourceSchema } from "./source-schema.ts";
import { sqsSchema } from "./sqs-schema.ts";
import { tableName, tableSchema } from "./table-schema.ts";
import { about, environment, form, text, whole } from "./schema-parts.ts";

const functionName = text(/^[a-zA-Z0-9-_]{1,64}$/, "letters, digits, - and _, at most 64", "Name of a function");
const streamName = text(/^[a-zA-Z0-9_.-]{1,128}$/, "letters, digits, _ . and -, at most 128", "Name of a stream");
const topicName = text(/^[a-zA-Z0-9_-]{1,256}$/, "letters, digits, - and _, at most 256", "Name of a standard topic");
const bucketName = text(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "3 to 63 of a-z, 0-9, . and -", "Name of a bucket");

const MOST_POLLERS = 4;
const defaultPollers = (): number => Math.max(1, Math.min(MOST_POLLERS, availableParallelism() - 1));

const streamSchema = z.strictObject({
  shards: whole(1, MOST_SHARDS, "shards", "Shards of the stream when it is made").default(1),
  retentionHours: whole(
    24,
    8_760,
    "hours",
    "How long records stay, when it is made; later IncreaseStreamRetentionPeriod and its opposite",
  ).default(24),
  redisKey: z
    .string()
    .min(1)
    .meta(about("Key of a plain Redis stream that knows nothing of Millrace: one shard", form("a key")))
    .optional(),
  dataField: z
    .string()
    .min(1)
    .meta(about("With redisKey: field that is the data; absent: the whole entry as JSON", form("a field's name")))
    .optional(),
  partitionKeyField: z
    .string()
    .min(1)
    .meta(about("With redisKey: field that is the partition key; absent: the entry's id", form("a field's name")))
    .optional(),
});

const topicSchema = z.strictObject({
  queues: z
    .array(queueName)
    .default([])
    .meta(about("Queues that are subscribed", form("a list of names of `queues`"))),
  raw: z
    .boolean()
    .meta(about("Raw message delivery: queues get the message without SNS's envelope", form("true or false")))
    .default(false),
});

const secretId = text(
  /^(?:arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:)?[\w/+=.@-]{1,519}$/,
  "a name of letters, digits and /_+=.@-, or an ARN",
  "Name or ARN of a secret",
);
const secretSchema = z
  .union([z.string(), z.record(z.string(), z.unknown())])
  .meta(about("A secret's value", form("text, an object that becomes JSON, { env: VARIABLE } or { file: PATH }")));

export const redisSchema = z.strictObject({
  url: z
    .string()
    .min(1)
    .meta(
      about("Address, user and password included; `${NAME}` stands for a variable of the environment", {
        ...form("redis://HOST:PORT or rediss://HOST:PORT"),
        ...environment("MILLRACE_REDIS_URL"),
      }),
    ),
  keyPrefix: z
    .string()
    .default("millrace:")
    .meta(about("Prefix of every key but those of queues", form("text"))),
  queuePrefix: z
    .string()
    .min(1)
    .meta(
      about(
        "BullMQ's prefix of queues, as an app gives it to `new Queue`; without it `bull`, which is BullMQ's own, or, where keyPrefix is another than by default, that and `bull`",
        form("text"),
      ),
    )
    .optional(),
  caFile: z
    .string()
    .min(1)
    .meta(about("File of a private CA's certificate, from the configuration file's folder", form("a PEM file")))
    .optional(),
});

export const configSchema = z.strictObject({
  $schema: z
    .string()
    .optional()
    .meta(about("For editors", form("a URL"))),
  account: text(/^\d{12}$/, "12 digits", "Account of every ARN")
    .meta(environment("MILLRACE_ACCOUNT"))
    .default("000000000000"),
  region: text(/^[a-z]{2,4}(-[a-z]+)+-\d$/, "a region, as us-east-1", "Region of every ARN")
    .meta(environment("MILLRACE_REGION"))
    .default("us-east-1"),
  host: z
    .string()
    .min(1)
    .meta(about("Address to listen on", { ...form("a name or an address"), ...environment("MILLRACE_HOST") }))
    .default("127.0.0.1"),
  port: whole(0, 65_535, "", "Port to listen on; 0 takes any free one")
    .meta(environment("MILLRACE_PORT"))
    .default(4_566),
  stateDir: z
    .string()
    .min(1)
    .meta(
      about("Folder of streams, mappings, checkpoints and journal", {
        ...form("a folder"),
        ...environment("MILLRACE_STATE_DIR"),
      }),
    )
    .default(".millrace"),
  allowedHosts: z
    .array(
      z
        .string()
        .min(1)
        .meta(about("A host", form("a name, or *.name for any subdomain"))),
    )
    .default([])
    .meta(
      about("Names in a Host header that are let in, beside the loopback's and `host`", {
        ...form("a list of names; in the environment with commas between"),
        ...environment("MILLRACE_ALLOWED_HOSTS"),
      }),
    ),
  pollers: whole(1, MOST_POLLERS, "threads", "Threads that poll")
    .meta({ ...environment("MILLRACE_POLLERS"), "x-default": "one less than the machine has cores, 1 to 4" })
    .default(defaultPollers),
  maxFunctionThreads: whole(1, 1_000, "threads", "Most function threads that run at once, over all functions")
    .meta(environment("MILLRACE_MAX_FUNCTION_THREADS"))
    .default(16),
  journalBytes: whole(1_048_576, 1_099_511_627_776, "bytes", "Bound of the journal's files, for each thread")
    .meta(environment("MILLRACE_JOURNAL_BYTES"))
    .default(268_435_456),
  logBytes: whole(65_536, 1_099_511_627_776, "bytes", "Bound of the log files of each function, under STATE/logs")
    .meta(environment("MILLRACE_LOG_BYTES"))
    .default(10_485_760),
  filtersPerMapping: whole(
    DEFAULT_FILTER_LIMIT,
    MOST_FILTER_LIMIT,
    "filters",
    "Most filters of a mapping, a quota that AWS raises on request",
  )
    .meta(environment("MILLRACE_FILTERS_PER_MAPPING"))
    .default(DEFAULT_FILTER_LIMIT),
  windowIdleSeconds: whole(
    0,
    3_600,
    "seconds",
    "Silence behind a tumbling window's end before it is closed by its final call",
  )
    .meta(environment("MILLRACE_WINDOW_IDLE_SECONDS"))
    .default(IDLE_CLOSE_MS / 1_000),
  transitionsMs: whole(
    0,
    600_000,
    "ms",
    "How long a mapping stays at least in a state that passes (Creating, Updating, Deleting and the like), so that a client meets it",
  )
    .meta(environment("MILLRACE_TRANSITIONS_MS"))
    .default(0),
  functions: z
    .record(functionName, functionSchema)
    .default({})
    .meta(about("Functions by name", form("objects by name"))),
  streams: z
    .record(streamName, streamSchema)
    .default({})
    .meta(about("Streams by name; made at the start where they are not there", form("objects by name"))),
  tables: z
    .record(tableName, tableSchema)
    .default({})
    .meta(about("Tables by name; made at the start where they are not there", form("objects by name"))),
  queues: z
    .array(queueSchema)
    .default([])
    .meta(
      about("Queues; made at the start where they are not there", form("a list of names, or of objects with name")),
    ),
  sqs: sqsSchema.prefault({}).meta(about("How mappings poll their queues", form("an object"))),
  topics: z
    .record(topicName, topicSchema)
    .default({})
    .meta(about("Topics by name", form("objects by name"))),
  buckets: z
    .array(bucketName)
    .default([])
    .meta(about("Buckets to make, folders under STATE/buckets", form("a list of names"))),
  secrets: z
    .record(secretId, secretSchema)
    .default({})
    .meta(about("Secrets by name or ARN, as GetSecretValue answers them", form("texts or objects by name or ARN"))),
  sources: z
    .record(sourceArn, sourceSchema)
    .default({})
    .meta(about("What a source's ARN does not tell, by ARN or servers", form("objects by ARN or kafka://HOST:PORT"))),
  schemaRegistries: z
    .record(registryUri, registrySchema)
    .default({})
    .meta(about("Where schema registries of Kafka's mappings really are", form("objects by SchemaRegistryURI"))),
  mappings: z
    .array(mappingSchema)
    .default([])
    .meta(about("Event source mappings, with the members of CreateEventSourceMapping", form("a list of mappings"))),
  brokers: z
    .strictObject({
      redis: redisSchema
        .meta(about("Redis, where streams then are; absent: the embedded store", form("an object with url")))
        .optional(),
    })
    .default({})
    .meta(about("Where brokers are", form("an object with redis"))),
  destinations: z
    .strictObject({
      sqs: destinationSchema.meta(about("Endpoint of queues", form("an object with endpoint"))).optional(),
      sns: destinationSchema.meta(about("Endpoint of topics", form("an object with endpoint"))).optional(),
      s3: destinationSchema.meta(about("Endpoint of buckets", form("an object with endpoint"))).optional(),
    })
    .default({})
    .meta(
      about(
        "Where on-failure documents go that leave this server; what is absent is here",
        form("an object with sqs, sns and s3"),
      ),
    ),
});

export type ConfigInput = z.output<typeof configSchema>;
/** What may be written in a file: `export default { … } satisfies ConfigFile`. */
export type ConfigFile = z.input<typeof configSchema>;
export type MappingInput = ConfigInput["mappings"][number];

/** Settings that a variable of the environment may set, in the form of a scalar or a list. */
export const topSettings = configSchema.shape;

/** JSON Schema, draft 2020-12, of what may be written in a file. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    io: "input",
    // The default of this machine would be the schema's on this machine only.
    override: ({ jsonSchema }) => {
      if (jsonSchema["x-default"] !== undefined) delete jsonSchema.default;
    },
  });
  return { ...schema, title: "millrace.config" };
}

/** The parts of a JSON Schema that we read back. */
export interface JsonSchema {
  readonly type?: unknown;
  readonly description?: unknown;
  readonly default?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly properties?: unknown;
  readonly items?: unknown;
  readonly additionalProperties?: unknown;
  readonly [name: string]: unknown;
}
