// What the service layer refuses of a mapping's members, in AWS's words; the model's own refusals are mapping-model-validation.test.ts's.

import { expect, test } from "vitest";
import { aHouse, functionArn, minimal, streamArn } from "./doubles/house.ts";

const queueArn = "arn:aws:sqs:us-east-1:123456789012:queue";
const onQueue = { EventSourceArn: queueArn, FunctionName: "handle" };
const fifoArn = `${queueArn}.fifo`;
const tableArn = "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2025-02-22T03:03:25.490";
const clusterArn = "arn:aws:kafka:us-east-1:123456789012:cluster/c/f3bb8a1e-0a0e-4c3c-9d3a-111111111111-1";
const withPattern = (Pattern: string) => ({ FilterCriteria: { Filters: [{ Pattern }] } });
const rule = (name: string, text: string) =>
  `1 validation error detected: Value ${name} failed to satisfy constraint: ${text}`;
const unsupported = (name: string) => `Unsupported '${name}' parameter for given event source mapping type.`;

/** Refused by the service layer. */
const service: readonly (readonly [string, object, string])[] = [
  ["V1: no source", { FunctionName: "handle" }, "Unrecognized event source."],
  ["V1 wins over V2", { FunctionName: "nobody" }, "Unrecognized event source."],
  ["V1: an ARN of no source's service", { ...minimal, EventSourceArn: "arn:aws:s3:::b" }, "Unrecognized event source."],
  [
    "V1: a table is no stream",
    { ...minimal, EventSourceArn: "arn:aws:dynamodb:us-east-1:123456789012:table/t" },
    "Unrecognized event source.",
  ],
  ["V2: no such function", { ...minimal, FunctionName: "nobody" }, "Function does not exist"],
  ["V2: no such version", { ...minimal, FunctionName: "handle:2" }, "Function does not exist"],
  ["V2: no such alias", { ...minimal, FunctionName: `${functionArn}:dead` }, "Function does not exist"],
  [
    "V2: another account's function",
    { ...minimal, FunctionName: "999999999999:function:handle" },
    "Function does not exist",
  ],
  [
    "section 1.3: a long name",
    { ...minimal, FunctionName: "f".repeat(65) },
    rule(`'${"f".repeat(65)}' at 'functionName'`, "Member must have length less than or equal to 64"),
  ],
  [
    "V3 on a queue wins over V2",
    { FunctionName: "nobody", EventSourceArn: queueArn, DestinationConfig: { OnSuccess: { Destination: queueArn } } },
    "Unsupported DestinationConfig parameter for given event source mapping type.",
  ],
  [
    "V3 on a stream",
    { ...minimal, DestinationConfig: { OnSuccess: { Destination: queueArn } } },
    "OnSuccess configuration is not supported for event source mappings.",
  ],
  ["V4: queues on a stream", { ...minimal, Queues: ["q"] }, unsupported("queues")],
  [
    "V4: ScalingConfig on a stream, as V3 writes it",
    { ...minimal, ScalingConfig: { MaximumConcurrency: 2 } },
    "Unsupported ScalingConfig parameter for given event source mapping type.",
  ],
  [
    "V4: pollers on a stream",
    { ...minimal, ProvisionedPollerConfig: { MinimumPollers: 1 } },
    unsupported("provisionedPollerConfig"),
  ],
  [
    "V4: a log level on a stream",
    { ...minimal, LoggingConfig: { SystemLogLevel: "INFO" } },
    unsupported("loggingConfig"),
  ],
  [
    "V4: both kinds of source at once",
    {
      EventSourceArn: clusterArn,
      FunctionName: "handle",
      Topics: ["topic"],
      SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["k:1"] } },
    },
    unsupported("selfManagedEventSource"),
  ],
  [
    "V5: no starting position, Kinesis",
    { EventSourceArn: streamArn, FunctionName: "handle" },
    `${rule("null at 'startingPosition'", "Member must not be null")}.`,
  ],
  [
    "V5: no starting position, DynamoDB",
    { EventSourceArn: tableArn, FunctionName: "handle" },
    `${rule("null at 'startingPosition'", "Member must not be null")}.`,
  ],
  [
    "V7: AT_TIMESTAMP on DynamoDB",
    { EventSourceArn: tableArn, FunctionName: "handle", StartingPosition: "AT_TIMESTAMP" },
    `Unsupported starting position for arn type: ${tableArn}`,
  ],
  ["V8: no timestamp", { ...minimal, StartingPosition: "AT_TIMESTAMP" }, "Need to specify a timestamp"],
  [
    "V8: no timestamp, MSK",
    { EventSourceArn: clusterArn, FunctionName: "handle", Topics: ["topic"], StartingPosition: "AT_TIMESTAMP" },
    "When the starting position is 'AT_TIMESTAMP', a starting position timestamp must be provided.",
  ],
  [
    "V8a: a timestamp beside LATEST",
    { ...minimal, StartingPositionTimestamp: 1 },
    "Timestamp only valid with StartingPosition AT_TIMESTAMP",
  ],
  [
    "V8b: a timestamp to come",
    { ...minimal, StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: 1_789_481_368.9 },
    "Received Exception while reading from provided stream. The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: 1789481368000, currentTimestampInMillis: 1789481367345",
  ],
  [
    "V9, Q-33: a position on a queue",
    { ...onQueue, StartingPosition: "LATEST" },
    "StartingPosition is not valid for SQS event sources.",
  ],
  [
    "V10, B-9: 11 without a window",
    { ...onQueue, BatchSize: 11 },
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
  ],
  [
    "V11, T-139: a window on a FIFO queue",
    { EventSourceArn: fifoArn, FunctionName: "handle", MaximumBatchingWindowInSeconds: 1 },
    "Batching window is not supported for FIFO queues",
  ],
  [
    "V12: 11 on a FIFO queue",
    { EventSourceArn: fifoArn, FunctionName: "handle", BatchSize: 11 },
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
  ],
  ["V15: no such stream", { ...minimal, EventSourceArn: `${streamArn}2` }, `Stream not found: ${streamArn}2`],
  [
    "V15: another account's stream",
    { ...minimal, EventSourceArn: streamArn.replace("123456789012", "999999999999") },
    `Stream not found: ${streamArn.replace("123456789012", "999999999999")}`,
  ],
  [
    "V15: another partition's stream",
    { ...minimal, EventSourceArn: streamArn.replace("arn:aws:", "arn:aws-cn:") },
    `Stream not found: ${streamArn.replace("arn:aws:", "arn:aws-cn:")}`,
  ],
  ["V18: no pattern", { ...minimal, FilterCriteria: { Filters: [{}] } }, "Invalid filter pattern definition."],
  ["Q-32: a bad filter on a queue", { ...onQueue, ...withPattern("one") }, "Invalid filter pattern definition."],
  [
    "V18: a null pattern",
    { ...minimal, FilterCriteria: { Filters: [{ Pattern: null }] } },
    "Invalid filter pattern definition.",
  ],
  ["V18: plain text", { ...minimal, ...withPattern("plain") }, "Invalid filter pattern definition."],
  [
    "V18: broken JSON",
    { ...minimal, FilterCriteria: { Filters: [{ Pattern: '{"a":[' }] } },
    "Invalid filter pattern definition.",
  ],
  [
    "V18: a value that is no list",
    { ...minimal, FilterCriteria: { Filters: [{ Pattern: '{"eventSource":"aws:sqs"}' }] } },
    "Invalid filter pattern definition.",
  ],
  [
    "V18: an empty list",
    { ...minimal, FilterCriteria: { Filters: [{ Pattern: '{"eventSource":[]}' }] } },
    "Invalid filter pattern definition.",
  ],
  [
    "V19, E-11: age 0",
    { ...minimal, MaximumRecordAgeInSeconds: 0 },
    "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)",
  ],
  [
    "V19, E-11: age 59",
    { ...minimal, MaximumRecordAgeInSeconds: 59 },
    "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)",
  ],
  [
    "V20: self-managed Kafka without access",
    {
      FunctionName: "handle",
      Topics: ["topic"],
      SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["k:1"] } },
    },
    "Required 'sourceAccessConfigurations' parameter is missing.",
  ],
  [
    "V21: Kafka without topics",
    { FunctionName: "handle", EventSourceArn: clusterArn },
    "Required 'topics' parameter is missing.",
  ],
  [
    "V24: tumbling beside parallelization",
    { ...minimal, TumblingWindowInSeconds: 30, ParallelizationFactor: 2 },
    "Parallelization factor must be equal to 1 when tumbling window period is configured",
  ],
  [
    "V24: concurrency beside pollers",
    {
      EventSourceArn: queueArn,
      FunctionName: "handle",
      ScalingConfig: { MaximumConcurrency: 2 },
      ProvisionedPollerConfig: { MinimumPollers: 2 },
    },
    "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers as the control mechanism and remove maximum concurrency.",
  ],
  [
    "V24: pollers crossed",
    {
      EventSourceArn: queueArn,
      FunctionName: "handle",
      ProvisionedPollerConfig: { MinimumPollers: 20, MaximumPollers: 10 },
    },
    "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]",
  ],
  [
    "V25: metrics on Kafka without pollers",
    {
      EventSourceArn: clusterArn,
      FunctionName: "handle",
      Topics: ["topic"],
      MetricsConfig: { Metrics: ["EventCount"] },
    },
    "MetricsConfig is only available for Provisioned Mode. To configure MetricsConfig, please enable Provisioned Mode by specifying MinimumPollers in ProvisionedPollerConfig.",
  ],
  [
    "V15, P-5: a consumer that is not registered",
    { ...minimal, EventSourceArn: `${streamArn}/consumer/c:1` },
    `Stream not found: ${streamArn}/consumer/c:1`,
  ],
  [
    "W-3: a filter beside a tumbling window",
    { ...minimal, TumblingWindowInSeconds: 30, FilterCriteria: { Filters: [{ Pattern: '{"data":{"a":[1]}}' }] } },
    "Filter criteria must be empty when tumbling window period is configured",
  ],
  [
    "O-rules: a FIFO queue as destination",
    { ...minimal, DestinationConfig: { OnFailure: { Destination: fifoArn } } },
    `The OnFailure destination must be a standard SQS queue, a standard SNS topic or an S3 bucket; '${fifoArn}' is none of these.`,
  ],
  [
    "M-1: a metric group of Kafka's",
    { ...minimal, MetricsConfig: { Metrics: ["KafkaMetrics"] } },
    "Unsupported metric group 'KafkaMetrics' for given event source mapping type.",
  ],
  [
    "section 1.6: 51 tags",
    { ...minimal, Tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, ""])) },
    "Number of tags exceeds resource tag limit.",
  ],
];

test.each(service)("%s is an InvalidParameterValueException, and nothing is stored", async (_name, request, text) => {
  const { control, tables } = await aHouse();
  const answer = await control.createMapping(request);
  expect(answer).toEqual({
    status: 400,
    errorType: "InvalidParameterValueException",
    body: { Type: "User", message: text },
  });
  expect(await tables.list("mappings")).toEqual([]);
  expect(await tables.list("tags")).toEqual([]);
});

test("E-10, E-11, B-9: the bounds themselves are taken", async () => {
  const { control } = await aHouse();
  const low = await control.createMapping({
    ...minimal,
    MaximumRetryAttempts: 0,
    MaximumRecordAgeInSeconds: 60,
    BatchSize: 1,
  });
  const high = await control.createMapping({
    ...minimal,
    FunctionName: "other",
    MaximumRetryAttempts: 10_000,
    MaximumRecordAgeInSeconds: 604_800,
    BatchSize: 10_000,
  });
  expect([low.status, high.status]).toEqual([202, 202]);
});

test("V17: a stream that cannot be reached is refused with what to do about it", async () => {
  const { control, streams } = await aHouse();
  streams.problem = { code: "unreachable", text: "PROBLEM: x", detail: "redis 127.0.0.1:6379 refuses connections" };
  const answer = await control.createMapping(minimal);
  expect(answer.body?.["message"]).toBe(
    `Cannot access stream ${streamArn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, DescribeStreamSummary, ListShards, and ListStreams Actions on your stream. (Millrace: redis 127.0.0.1:6379 refuses connections)`,
  );
});
