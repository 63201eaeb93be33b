// AWS's members of a mapping as a form has them: what each is called, how it is typed, what it does, and for which sources. The server
// judges what is sent; that each member it carries out is here, and no other, is held against its own table by a test.

export const formKinds = ["sqs", "kinesis", "dynamodb", "msk", "selfManagedKafka", "mq", "documentDb"] as const;

/** Queues of both sorts, and brokers of both engines, take the same members. */
export type FormKind = (typeof formKinds)[number];

export const kindTitles: Readonly<Record<FormKind, string>> = {
  kinesis: "Kinesis stream",
  sqs: "SQS queue",
  dynamodb: "DynamoDB stream",
  msk: "Kafka topic of MSK",
  selfManagedKafka: "Kafka topic of a cluster of one's own",
  mq: "queue of RabbitMQ or ActiveMQ",
  documentDb: "change stream of DocumentDB",
};

/** How a member is typed, and what of the text becomes its value. */
export type FieldType =
  | { readonly kind: "text"; readonly example?: string }
  | { readonly kind: "number"; readonly min: number; readonly max: number }
  | { readonly kind: "flag" }
  | { readonly kind: "choice"; readonly values: readonly string[] }
  /** A date, or epoch seconds. */
  | { readonly kind: "time" }
  /** A list of one. */
  | { readonly kind: "only"; readonly example: string }
  /** A pattern on each line. */
  | { readonly kind: "patterns" }
  /** One text deep within: `OnFailure`, `Destination`. */
  | { readonly kind: "deep"; readonly path: readonly string[]; readonly example: string; readonly isNumber?: boolean }
  /** `["ReportBatchItemFailures"]`, or an empty list. */
  | { readonly kind: "report" }
  /** Anything else: AWS's JSON. */
  | { readonly kind: "json"; readonly example: string };

export interface FormField {
  readonly member: string;
  readonly type: FieldType;
  readonly help: string;
  readonly for: readonly FormKind[];
  /** Only when a mapping is made. */
  readonly isFixed?: boolean;
  /** Shown without being asked for. */
  readonly isUsual?: boolean;
  readonly isNeeded?: boolean;
}

const streams: readonly FormKind[] = ["kinesis", "dynamodb"];
const kafka: readonly FormKind[] = ["msk", "selfManagedKafka"];
const text: FieldType = { kind: "text" };
const number = (min: number, max: number): FieldType => ({ kind: "number", min, max });

export const formFields: readonly FormField[] = [
  {
    member: "EventSourceArn",
    type: { kind: "text", example: "arn:aws:kinesis:us-east-1:000000000000:stream/orders" },
    help: "The ARN of the source.",
    for: formKinds.filter((kind) => kind !== "selfManagedKafka"),
    isFixed: true,
    isUsual: true,
    isNeeded: true,
  },
  {
    member: "SelfManagedEventSource",
    type: { kind: "json", example: '{"Endpoints":{"KAFKA_BOOTSTRAP_SERVERS":["127.0.0.1:9092"]}}' },
    help: "The cluster's servers.",
    for: ["selfManagedKafka"],
    isFixed: true,
    isUsual: true,
    isNeeded: true,
  },
  {
    member: "FunctionName",
    type: text,
    help: "Name or ARN of the function, with a version or an alias or without.",
    for: formKinds,
    isUsual: true,
    isNeeded: true,
  },
  {
    member: "Topics",
    type: { kind: "only", example: "orders" },
    help: "The topic.",
    for: kafka,
    isFixed: true,
    isUsual: true,
    isNeeded: true,
  },
  {
    member: "Queues",
    type: { kind: "only", example: "orders" },
    help: "The broker's queue.",
    for: ["mq"],
    isFixed: true,
    isUsual: true,
    isNeeded: true,
  },
  {
    member: "DocumentDBEventSourceConfig",
    type: { kind: "json", example: '{"DatabaseName":"shop","CollectionName":"orders","FullDocument":"UpdateLookup"}' },
    help: "The database, the collection, and whether an update brings its whole document.",
    for: ["documentDb"],
    isUsual: true,
    isNeeded: true,
  },
  {
    member: "StartingPosition",
    type: { kind: "choice", values: ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"] },
    help: "TRIM_HORIZON: the oldest record that is there; LATEST: what comes from now on; AT_TIMESTAMP: from an instant on.",
    for: [...streams, ...kafka, "documentDb"],
    isFixed: true,
    isUsual: true,
    isNeeded: true,
  },
  {
    member: "StartingPositionTimestamp",
    type: { kind: "time" },
    help: "With AT_TIMESTAMP: a date such as 2026-11-30T08:00:00Z, or epoch seconds.",
    for: [...streams, ...kafka, "documentDb"],
    isFixed: true,
  },
  {
    member: "BatchSize",
    type: number(1, 10_000),
    help: "The most records of one call. AWS's default is 100, of queues 10.",
    for: formKinds,
    isUsual: true,
  },
  {
    member: "MaximumBatchingWindowInSeconds",
    type: number(0, 300),
    help: "How long a batch that is not full waits for more. 0: not at all.",
    for: formKinds,
    isUsual: true,
  },
  {
    member: "ParallelizationFactor",
    type: number(1, 10),
    help: "Batches of one shard that run at once; records of one key stay in order.",
    for: streams,
  },
  {
    member: "MaximumRetryAttempts",
    type: number(-1, 10_000),
    help: "How often a failed batch is tried again. −1: until its records are too old.",
    for: [...streams, ...kafka],
    isUsual: true,
  },
  {
    member: "MaximumRecordAgeInSeconds",
    type: number(-1, 604_800),
    help: "Older records are given up. −1: never for their age.",
    for: [...streams, ...kafka],
  },
  {
    member: "BisectBatchOnFunctionError",
    type: { kind: "flag" },
    help: "Halve a batch that fails, so that one bad record is found.",
    for: [...streams, ...kafka],
    isUsual: true,
  },
  {
    member: "FunctionResponseTypes",
    type: { kind: "report" },
    help: "The function answers which records of a batch failed; the others count as done.",
    for: ["sqs", ...streams, ...kafka],
    isUsual: true,
  },
  {
    member: "TumblingWindowInSeconds",
    type: number(0, 900),
    help: "The function gets its own state of a window of this length with each call. 0: none. Not with a factor, nor with filters.",
    for: streams,
  },
  {
    member: "DestinationConfig",
    type: {
      kind: "deep",
      path: ["OnFailure", "Destination"],
      example: "arn:aws:sqs:us-east-1:000000000000:orders-failed",
    },
    help: "OnFailure: where a document goes of records that are given up: a queue, a topic or a bucket by its ARN.",
    for: [...streams, ...kafka],
    isUsual: true,
  },
  {
    member: "FilterCriteria",
    type: { kind: "patterns" },
    help: 'Patterns, one a line; a record that fits one of them is delivered. {"data":{"type":["order"]}}',
    for: formKinds.filter((kind) => kind !== "documentDb"),
    isUsual: true,
  },
  {
    member: "ScalingConfig",
    type: { kind: "deep", path: ["MaximumConcurrency"], example: "10", isNumber: true },
    help: "MaximumConcurrency: calls of this queue that run at once, 2 to 1,000.",
    for: ["sqs"],
  },
  {
    member: "ProvisionedPollerConfig",
    type: { kind: "json", example: '{"MinimumPollers":1,"MaximumPollers":3}' },
    help: "Pollers of its own. On Kafka with it retry limit, record age, bisect and partial answers are in force.",
    for: ["sqs", ...kafka],
  },
  {
    member: "SourceAccessConfigurations",
    type: { kind: "json", example: '[{"Type":"BASIC_AUTH","URI":"arn:aws:secretsmanager:…"}]' },
    help: "How to sign in at the source: types, and secrets by their ARN.",
    for: [...kafka, "mq", "documentDb"],
    isUsual: true,
  },
  {
    member: "AmazonManagedKafkaEventSourceConfig",
    type: { kind: "json", example: '{"ConsumerGroupId":"orders"}' },
    help: "The consumer group, and a schema registry.",
    for: ["msk"],
  },
  {
    member: "SelfManagedKafkaEventSourceConfig",
    type: { kind: "json", example: '{"ConsumerGroupId":"orders"}' },
    help: "The consumer group, and a schema registry.",
    for: ["selfManagedKafka"],
  },
  {
    member: "MetricsConfig",
    type: { kind: "json", example: '{"Metrics":["EventCount"]}' },
    help: "Counts of events for CloudWatch's calls and the page of metrics.",
    for: ["sqs", ...streams, ...kafka],
  },
  {
    member: "LoggingConfig",
    type: { kind: "json", example: '{"SystemLogLevel":"INFO"}' },
    help: "Lines of the pollers in the function's log.",
    for: kafka,
  },
  {
    member: "KMSKeyArn",
    type: text,
    help: "Shown, and lists then show no filters; nothing is encrypted.",
    for: formKinds,
  },
  {
    member: "Enabled",
    type: { kind: "flag" },
    help: "Whether it reads its source from the start.",
    for: formKinds,
    isFixed: true,
    isUsual: true,
  },
  {
    member: "Tags",
    type: { kind: "json", example: '{"team":"orders"}' },
    help: "Names and values; ListTags shows them.",
    for: formKinds,
    isFixed: true,
  },
];

/** The kind of source of a mapping by its ARN; null where it has none, or one of another service. */
export function formKindOf(arn: unknown): FormKind | null {
  if (typeof arn !== "string") return "selfManagedKafka";
  const service = arn.split(":")[2] ?? "";
  const kinds: Readonly<Record<string, FormKind>> = {
    sqs: "sqs",
    kinesis: "kinesis",
    dynamodb: "dynamodb",
    kafka: "msk",
    mq: "mq",
    rds: "documentDb",
  };
  return kinds[service] ?? null;
}
