// The members of a mapping as the service model bounds them (section 2.1): types, ranges, lengths, patterns. Which source takes
// which member, and with what default, is the table's (mapping-table.ts).

import { type Parsed, type Shape, wholePattern } from "../shape.ts";

const REGION = String.raw`(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}`;

/** Section 4.2. Matched against the whole value. */
export const functionNamePattern = wholePattern(
  `(arn:(aws[a-zA-Z-]*)?:lambda:${REGION}:\\d{12}:|((${REGION}:)?(\\d{12}:)?))(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`,
);

export const sourceArnPattern = wholePattern(`arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:(${REGION})?:(\\d{12})?:(.*)`);

const destinationPattern = wholePattern(`$|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|${sourceArnPattern.text}`);
const kmsKeyPattern = wholePattern(`(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()`);

const text = (min: number, max: number) => ({ kind: "string", min, max }) as const;
const integer = (min: number, max: number) => ({ kind: "integer", min, max }) as const;
const oneOf = (...values: readonly string[]) => ({ kind: "string", oneOf: values }) as const;

const destination = {
  kind: "structure",
  members: { Destination: { kind: "string", max: 350, pattern: destinationPattern } },
} as const;

const accessConfigs = {
  kind: "list",
  max: 23,
  item: {
    kind: "structure",
    members: {
      Type: oneOf(
        "BASIC_AUTH",
        "VPC_SUBNET",
        "VPC_SECURITY_GROUP",
        "SASL_SCRAM_512_AUTH",
        "SASL_SCRAM_256_AUTH",
        "VIRTUAL_HOST",
        "CLIENT_CERTIFICATE_TLS_AUTH",
        "SERVER_ROOT_CA_CERTIFICATE",
        "OAUTHBEARER_AUTH",
        "OAUTHBEARER_SCOPE",
        "OAUTHBEARER_AUDIENCE",
        "OAUTHBEARER_LOGICAL_CLUSTER",
        "OAUTHBEARER_IDENTITY_POOL",
        "IAM_AUTH",
        "IAM_OAUTHBEARER_AUTH",
      ),
      URI: { kind: "string", min: 1, max: 200, pattern: wholePattern(String.raw`[ a-zA-Z0-9-\/*:_+=.@-]*`) },
    },
  },
} as const;

const schemaRegistry = {
  kind: "structure",
  members: {
    SchemaRegistryURI: {
      kind: "string",
      min: 1,
      max: 10_000,
      pattern: wholePattern(String.raw`[a-zA-Z0-9-\/*:_+=.@-]*`),
    },
    EventRecordFormat: oneOf("JSON", "SOURCE"),
    AccessConfigs: {
      kind: "list",
      item: {
        kind: "structure",
        members: {
          Type: oneOf("BASIC_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH", "SERVER_ROOT_CA_CERTIFICATE", "OAUTHBEARER_AUTH"),
          URI: { kind: "string", max: 10_000, pattern: sourceArnPattern },
        },
      },
    },
    SchemaValidationConfigs: {
      kind: "list",
      item: { kind: "structure", members: { Attribute: oneOf("KEY", "VALUE") } },
    },
  },
} as const;

const consumerGroup = {
  kind: "string",
  min: 1,
  max: 200,
  pattern: wholePattern(String.raw`[a-zA-Z0-9-\/*:_+=.@-]*`),
} as const;

/** In the order of the service model, which is the order in which we collect model-layer faults. */
export const memberShapes = {
  EventSourceArn: { kind: "string", max: 10_000, pattern: sourceArnPattern },
  FunctionName: { kind: "string", min: 1, max: 256, pattern: functionNamePattern },
  Enabled: { kind: "boolean" },
  BatchSize: integer(1, 10_000),
  FilterCriteria: {
    kind: "structure",
    // A pattern's length and form are judged with the filter itself (V18).
    members: { Filters: { kind: "list", item: { kind: "structure", members: { Pattern: { kind: "string" } } } } },
  },
  MaximumBatchingWindowInSeconds: integer(0, 300),
  ParallelizationFactor: integer(1, 10),
  StartingPosition: oneOf("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"),
  StartingPositionTimestamp: { kind: "timestamp" },
  DestinationConfig: { kind: "structure", members: { OnSuccess: destination, OnFailure: destination } },
  MaximumRecordAgeInSeconds: integer(-1, 604_800),
  BisectBatchOnFunctionError: { kind: "boolean" },
  MaximumRetryAttempts: integer(-1, 10_000),
  Tags: { kind: "map", value: text(0, 256), keyMin: 1, keyMax: 128 },
  TumblingWindowInSeconds: integer(0, 900),
  Topics: {
    kind: "list",
    min: 1,
    max: 1,
    item: { kind: "string", min: 1, max: 249, pattern: wholePattern(String.raw`[^.]([a-zA-Z0-9\-_.]+)`) },
  },
  Queues: { kind: "list", min: 1, max: 1, item: text(1, 1_000) },
  SourceAccessConfigurations: accessConfigs,
  SelfManagedEventSource: {
    kind: "structure",
    members: {
      Endpoints: {
        kind: "structure",
        // A server's form is looked at late, with the other values (M-622).
        members: { KAFKA_BOOTSTRAP_SERVERS: { kind: "list", min: 1, max: 10, item: text(1, 300) } },
        leastEntries: 1,
      },
    },
  },
  FunctionResponseTypes: { kind: "list", min: 0, max: 1, item: oneOf("ReportBatchItemFailures") },
  AmazonManagedKafkaEventSourceConfig: {
    kind: "structure",
    members: { ConsumerGroupId: consumerGroup, SchemaRegistryConfig: schemaRegistry },
  },
  SelfManagedKafkaEventSourceConfig: {
    kind: "structure",
    members: {
      ConsumerGroupId: consumerGroup,
      SchemaRegistryConfig: schemaRegistry,
      ConsumptionMode: oneOf("Stream", "Queue"),
    },
  },
  ScalingConfig: { kind: "structure", members: { MaximumConcurrency: integer(2, 1_000) } },
  DocumentDBEventSourceConfig: {
    kind: "structure",
    members: {
      DatabaseName: { kind: "string", min: 1, max: 63, pattern: wholePattern(String.raw`[^ /\.$\x22]*`) },
      CollectionName: {
        kind: "string",
        min: 1,
        max: 57,
        pattern: wholePattern(String.raw`(^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*)`),
      },
      FullDocument: oneOf("UpdateLookup", "Default"),
    },
  },
  KMSKeyArn: { kind: "string", max: 10_000, pattern: kmsKeyPattern },
  MetricsConfig: {
    kind: "structure",
    members: {
      Metrics: { kind: "list", min: 0, max: 3, item: oneOf("EventCount", "ErrorCount", "KafkaMetrics") },
    },
  },
  LoggingConfig: { kind: "structure", members: { SystemLogLevel: oneOf("DEBUG", "INFO", "WARN") } },
  ProvisionedPollerConfig: {
    kind: "structure",
    members: {
      MinimumPollers: integer(1, 200),
      MaximumPollers: integer(1, 10_000),
      PollerGroupName: { kind: "string", max: 128, pattern: wholePattern("[a-zA-Z0-9-_]*") },
    },
  },
} as const satisfies { readonly [name: string]: Shape };

export type MemberName = keyof typeof memberShapes;

export const createShape = { kind: "structure", members: memberShapes, required: ["FunctionName"] } as const;

const {
  EventSourceArn: _source,
  SelfManagedEventSource: _endpoints,
  StartingPosition: _position,
  StartingPositionTimestamp: _timestamp,
  Topics: _topics,
  Queues: _queues,
  Tags: _tags,
  ...updateMembers
} = memberShapes;

/** Members outside this shape are passed over by an update, as AWS passes over what it does not know (section 1.5). */
export const updateShape = { kind: "structure", members: updateMembers } as const;

export type CreateRequest = Parsed<typeof createShape>;
export type UpdateRequest = Parsed<typeof updateShape>;
