// A mapping of the configuration: the members of CreateEventSourceMapping, with what a file may say more shortly than the API.

import { z } from "zod";
import { MOST_FILTER_LIMIT } from "../core/filter/compile-filters.ts";
import { about, form, whole } from "./schema-parts.ts";

const destination = z
  .strictObject({
    Destination: z
      .string()
      .max(350)
      .meta(
        about(
          "Where what is given up goes",
          form("an ARN, sqs:NAME, sns:NAME or s3:NAME; of Kafka kafka://TOPIC, too"),
        ),
      )
      .optional(),
  })
  .meta(about("A destination", form("an object with Destination")))
  .optional();

/** Members that this schema hands on as they are: which source takes them is the control plane's to say. */
const passedOn = (description: string) =>
  z
    .unknown()
    .meta(about(description, form("as AWS has it")))
    .optional();

export const mappingSchema = z.strictObject({
  EventSourceArn: z
    .string()
    .min(1)
    .meta(about("The source", form("an ARN, kinesis:STREAM, dynamodb:TABLE, or sqs:QUEUE")))
    .optional(),
  FunctionName: z
    .string()
    .min(1)
    .max(256)
    .meta(about("The function", form("a name of `functions`, or its ARN"))),
  Enabled: z
    .boolean()
    .meta(about("Whether it polls; AWS's default: true", form("true or false")))
    .optional(),
  BatchSize: whole(1, 10_000, "records", "Most records of a batch; AWS's default: 100, of a queue 10").optional(),
  MaximumBatchingWindowInSeconds: whole(
    0,
    300,
    "seconds",
    "How long a batch may collect; AWS's default: 0, of Kafka, brokers and DocumentDB half a second",
  ).optional(),
  ParallelizationFactor: whole(1, 10, "lanes a shard", "Batches of a shard at once; AWS's default: 1").optional(),
  StartingPosition: z
    .enum(["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"])
    .meta(about("Where reading starts, when the mapping is made", form("TRIM_HORIZON, LATEST or AT_TIMESTAMP")))
    .optional(),
  StartingPositionTimestamp: z
    .union([z.number(), z.iso.datetime({ offset: true })])
    .meta(about("With AT_TIMESTAMP: the instant", form("epoch seconds, or 2026-01-31T12:00:00Z")))
    .optional(),
  DestinationConfig: z
    .strictObject({ OnFailure: destination, OnSuccess: destination })
    .meta(about("Where records go that were given up", form("an object with OnFailure")))
    .optional(),
  MaximumRecordAgeInSeconds: whole(
    -1,
    604_800,
    "seconds",
    "Age past which records are given up; -1: never; 0 to 59 are refused, as on AWS; AWS's default: -1",
  ).optional(),
  MaximumRetryAttempts: whole(-1, 10_000, "retries", "Retries of a batch; -1: no limit; AWS's default: -1").optional(),
  BisectBatchOnFunctionError: z
    .boolean()
    .meta(about("Whether a failed batch is halved before it is retried; AWS's default: false", form("true or false")))
    .optional(),
  TumblingWindowInSeconds: whole(0, 900, "seconds", "Tumbling window; 0: none; AWS's default: 0").optional(),
  FunctionResponseTypes: z
    .array(z.enum(["ReportBatchItemFailures"]).meta(about("A response type", form("ReportBatchItemFailures"))))
    .max(1)
    .meta(about("Whether the answer may name failed records; AWS's default: none", form("[ReportBatchItemFailures]")))
    .optional(),
  FilterCriteria: z
    .strictObject({
      Filters: z
        .array(
          z.strictObject({
            Pattern: z
              .union([z.string(), z.record(z.string(), z.unknown())])
              .meta(about("A filter pattern", form("a pattern as an object, or as its JSON text"))),
          }),
        )
        .max(MOST_FILTER_LIMIT)
        .default([])
        .meta(about("Filters: a record passes that fits one of them", form("a list of objects with Pattern"))),
    })
    .meta(about("Which records are delivered; AWS's default: all", form("an object with Filters")))
    .optional(),
  KMSKeyArn: z
    .string()
    .meta(about("Key of the filters: shown, and lists then show no filters; nothing is encrypted", form("an ARN")))
    .optional(),
  MetricsConfig: z
    .strictObject({
      Metrics: z
        .array(z.enum(["EventCount", "ErrorCount", "KafkaMetrics"]).meta(about("A group", form("EventCount"))))
        .max(3)
        .meta(about("Groups of metrics", form("[EventCount]")))
        .optional(),
    })
    .meta(about("Metrics to count, `{Metrics: [EventCount]}`; AWS's default: none", form("an object with Metrics")))
    .optional(),
  LoggingConfig: passedOn(
    "Kafka, with pollers: level of the mapping's lines in the function's log, `{SystemLogLevel: INFO}`",
  ),
  ScalingConfig: passedOn("Most invocations at once of a mapping on an SQS queue: `{MaximumConcurrency: 2}`"),
  ProvisionedPollerConfig: passedOn(
    "Least and most pollers of a mapping on an SQS queue or Kafka: `{MinimumPollers: 1}`",
  ),
  Topics: z
    .array(z.string().meta(about("A topic", form("a name"))))
    .meta(about("The one topic of a Kafka mapping", form("a list with one name")))
    .optional(),
  Queues: z
    .array(z.string().meta(about("A queue", form("a name"))))
    .meta(about("The one queue of a broker's mapping", form("a list with one name")))
    .optional(),
  SourceAccessConfigurations: passedOn(
    "How a broker or a cluster is signed in to: BASIC_AUTH, of RabbitMQ VIRTUAL_HOST, of Kafka SASL_SCRAM_512_AUTH and more (honoured.md)",
  ),
  SelfManagedEventSource: passedOn(
    "Bootstrap servers of a Kafka cluster of one's own: `{Endpoints: {KAFKA_BOOTSTRAP_SERVERS: [HOST:PORT]}}`",
  ),
  AmazonManagedKafkaEventSourceConfig: passedOn("Consumer group and schema registry of an MSK mapping"),
  SelfManagedKafkaEventSourceConfig: passedOn(
    "Consumer group and schema registry of a mapping on a Kafka cluster of one's own",
  ),
  DocumentDBEventSourceConfig: passedOn("Database, collection and form of documents of a DocumentDB mapping"),
  Tags: z
    .record(z.string(), z.string().meta(about("A tag's value", form("text"))))
    .meta(about("Tags of the mapping", form("texts by name")))
    .optional(),
});
