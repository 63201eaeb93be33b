// Defaults, answers and updates of every kind of source, as pure functions: most kinds cannot be stored yet.

import { expect, test } from "vitest";
import { errorTextOf } from "../../src/control/api-answer.ts";
import { mappingBody } from "../../src/control/mapping/mapping-body.ts";
import { FIRST_RESULT } from "../../src/control/mapping/mapping-record.ts";
import { refuseUpdateMembers, refuseValues } from "../../src/control/mapping/mapping-rules.ts";
import { type MappingSettings, updatedSettings } from "../../src/control/mapping/mapping-settings.ts";
import { type SourceKind, sourceKinds } from "../../src/control/mapping/source-kinds.ts";
import { createdMapping, mappingStateName, stepMapping } from "../../src/core/mapping-state.ts";
import { surroundings } from "./doubles/house.ts";
import { created, recordOf, updated, updateOf, uuid } from "./doubles/settings.ts";

/** The members of an answer that have a value, without those that every mapping has. */
function shown(kind: SourceKind, settings: MappingSettings): object {
  const body = mappingBody(recordOf(kind, settings), {
    surroundings,
    isExact: false,
    isListed: false,
    lastResult: FIRST_RESULT,
  });
  const common = ["UUID", "FunctionArn", "EventSourceMappingArn", "LastModified", "State"];
  expect(Object.keys(body)).toHaveLength(33);
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => value !== null && !common.includes(name)));
}

const queueKeys = {
  BatchSize: 10,
  MaximumBatchingWindowInSeconds: 0,
  FunctionResponseTypes: [],
  StateTransitionReason: "USER_INITIATED",
};
const streamKeys = {
  BatchSize: 100,
  MaximumBatchingWindowInSeconds: 0,
  FunctionResponseTypes: [],
  BisectBatchOnFunctionError: false,
  DestinationConfig: { OnFailure: {} },
  LastProcessingResult: FIRST_RESULT,
  MaximumRecordAgeInSeconds: -1,
  MaximumRetryAttempts: -1,
  ParallelizationFactor: 1,
  TumblingWindowInSeconds: 0,
  StateTransitionReason: "User action",
};
const kafkaKeys = {
  BatchSize: 100,
  StartingPosition: "TRIM_HORIZON",
  MaximumRecordAgeInSeconds: -1,
  MaximumRetryAttempts: -1,
  LastProcessingResult: FIRST_RESULT,
  StateTransitionReason: "USER_INITIATED",
};
const laterKeys = { BatchSize: 100, LastProcessingResult: FIRST_RESULT, StateTransitionReason: "USER_INITIATED" };
const group = { ConsumerGroupId: uuid, SchemaRegistryConfig: null };

test.each<readonly [SourceKind, object]>([
  ["sqs", queueKeys],
  ["fifo", queueKeys],
  ["kinesis", streamKeys],
  ["kinesisConsumer", streamKeys],
  ["dynamodb", streamKeys],
  ["msk", { ...kafkaKeys, AmazonManagedKafkaEventSourceConfig: group }],
  ["selfManagedKafka", { ...kafkaKeys, SelfManagedKafkaEventSourceConfig: group }],
  ["activeMq", laterKeys],
  ["rabbitMq", laterKeys],
  ["documentDb", { ...laterKeys, DocumentDBEventSourceConfig: { CollectionName: null, FullDocument: "Default" } }],
])("section 2.2, B-8: what a mapping on %s shows that was asked for nothing", (kind, keys) => {
  expect(shown(kind, created(kind))).toEqual(keys);
});

test("section 2.3: servers come back sorted, pollers and access with their nulls", () => {
  const settings = created("selfManagedKafka", {
    SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["z:1", "a:1"] } },
    ProvisionedPollerConfig: { MaximumPollers: 7 },
    SourceAccessConfigurations: [{ Type: "IAM_AUTH" }],
    SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: "mine" },
  });
  expect(shown("selfManagedKafka", settings)).toMatchObject({
    SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["a:1", "z:1"] } },
    ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 7, PollerGroupName: null },
    SourceAccessConfigurations: [{ Type: "IAM_AUTH", URI: null }],
    SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: "mine", SchemaRegistryConfig: null },
  });
  expect(shown("sqs", created("sqs", { ProvisionedPollerConfig: { MinimumPollers: 5 } }))).toMatchObject({
    ProvisionedPollerConfig: { MinimumPollers: 5, MaximumPollers: 200, PollerGroupName: null },
  });
});

test("section 1.4: times have milliseconds at most", () => {
  const { StartingPositionTimestamp } = created("kinesis", { StartingPositionTimestamp: 1_700_000_000.123_456 });
  expect(StartingPositionTimestamp).toBe(1_700_000_000.123);
});

test("section 1.4: streams show whole minutes but in the answers of Create and Update, others milliseconds", () => {
  const at = (kind: SourceKind, isExact: boolean): unknown =>
    mappingBody(recordOf(kind, created(kind)), { surroundings, isExact, isListed: false, lastResult: "" })[
      "LastModified"
    ];
  expect(sourceKinds.map((kind) => at(kind, true))).toEqual(sourceKinds.map(() => 1_789_481_367.34));
  expect([at("kinesis", false), at("dynamodb", false), at("sqs", false), at("documentDb", false)]).toEqual([
    1_789_481_340, 1_789_481_340, 1_789_481_367.34, 1_789_481_367.34,
  ]);
});

test.each<readonly [string, SourceKind, object, object, object]>([
  [
    "a window of Kafka's, once set, stays",
    "msk",
    { MaximumBatchingWindowInSeconds: 3 },
    {},
    { MaximumBatchingWindowInSeconds: 3 },
  ],
  ["null keeps", "sqs", { BatchSize: 4 }, { BatchSize: null }, { BatchSize: 4 }],
  [
    "response types are cleared by none",
    "sqs",
    { FunctionResponseTypes: ["ReportBatchItemFailures"] },
    { FunctionResponseTypes: [] },
    { FunctionResponseTypes: [] },
  ],
  [
    "a clear filter takes its key along",
    "sqs",
    { FilterCriteria: { Filters: [{ Pattern: "{}" }] }, KMSKeyArn: "arn:aws:kms:x" },
    { FilterCriteria: {} },
    { FilterCriteria: undefined, KMSKeyArn: undefined },
  ],
  [
    "a key that is cleared leaves its filter",
    "sqs",
    { FilterCriteria: { Filters: [{ Pattern: "{}" }] }, KMSKeyArn: "arn:aws:kms:x" },
    { KMSKeyArn: "" },
    { FilterCriteria: { Filters: [{ Pattern: "{}" }] }, KMSKeyArn: undefined },
  ],
  [
    "concurrency is cleared by {}",
    "sqs",
    { ScalingConfig: { MaximumConcurrency: 2 } },
    { ScalingConfig: {} },
    { ScalingConfig: undefined },
  ],
  [
    "pollers are taken away by {}",
    "sqs",
    { ProvisionedPollerConfig: { MinimumPollers: 2 } },
    { ProvisionedPollerConfig: {} },
    { ProvisionedPollerConfig: undefined },
  ],
  [
    "metrics are cleared by an empty list",
    "kinesis",
    { MetricsConfig: { Metrics: ["EventCount"] } },
    { MetricsConfig: { Metrics: [] } },
    { MetricsConfig: undefined },
  ],
  [
    "a destination is cleared by {}",
    "kinesis",
    { DestinationConfig: { OnFailure: { Destination: "arn:aws:sqs:us-east-1:123456789012:q" } } },
    { DestinationConfig: {} },
    { DestinationConfig: { OnFailure: {} } },
  ],
  [
    "limits go back by -1",
    "kinesis",
    { MaximumRetryAttempts: 2, MaximumRecordAgeInSeconds: 60 },
    { MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: -1 },
    { MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: -1 },
  ],
  [
    "a registry stays when its block is sent empty",
    "msk",
    { AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: { SchemaRegistryURI: "u" } } },
    { AmazonManagedKafkaEventSourceConfig: {} },
    {
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: uuid, SchemaRegistryConfig: { SchemaRegistryURI: "u" } },
    },
  ],
  [
    "M-612: a registry is removed by {}",
    "msk",
    { AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: { SchemaRegistryURI: "u" } } },
    { AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: {} } },
    { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: uuid, SchemaRegistryConfig: undefined } },
  ],
  [
    "R-601: a new secret keeps the virtual host",
    "rabbitMq",
    {
      SourceAccessConfigurations: [
        { Type: "BASIC_AUTH", URI: "a" },
        { Type: "VIRTUAL_HOST", URI: "/" },
      ],
    },
    { SourceAccessConfigurations: [{ Type: "BASIC_AUTH", URI: "b" }] },
    {
      SourceAccessConfigurations: [
        { Type: "BASIC_AUTH", URI: "b" },
        { Type: "VIRTUAL_HOST", URI: "/" },
      ],
    },
  ],
  [
    "X-503: DocumentDB's full document may change",
    "documentDb",
    { DocumentDBEventSourceConfig: { DatabaseName: "d" } },
    { DocumentDBEventSourceConfig: { FullDocument: "UpdateLookup" } },
    { DocumentDBEventSourceConfig: { DatabaseName: "d", FullDocument: "UpdateLookup" } },
  ],
])("section 1.5: %s", (_name, kind, create, update, expected) => {
  const after = updated(kind, created(kind, create), update);
  for (const [member, value] of Object.entries(expected)) expect(Reflect.get(after, member)).toEqual(value);
});

const judged = { filterLimit: 5, functionTimeoutMs: 3_000, others: () => [] };
const unsupported = (name: string): string => `Unsupported '${name}' parameter for given event source mapping type.`;

test.each<readonly [string, SourceKind, object, string]>([
  [
    "a consumer group",
    "msk",
    { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: uuid } },
    unsupported("amazonManagedKafkaEventSourceConfig.consumerGroupId"),
  ],
  [
    "a consumer group of one's own Kafka",
    "selfManagedKafka",
    { SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: uuid } },
    unsupported("selfManagedKafkaEventSourceConfig.consumerGroupId"),
  ],
  [
    "how it consumes",
    "selfManagedKafka",
    { SelfManagedKafkaEventSourceConfig: { ConsumptionMode: "Stream" } },
    unsupported("ConsumptionMode"),
  ],
  [
    "database and collection",
    "documentDb",
    { DocumentDBEventSourceConfig: { DatabaseName: "d", CollectionName: "c" } },
    "Invalid parameters: collectionName, databaseName",
  ],
  [
    "R-601: a virtual host, even the same",
    "rabbitMq",
    { SourceAccessConfigurations: [{ Type: "VIRTUAL_HOST", URI: "/" }] },
    "Invalid parameters: VIRTUAL_HOST",
  ],
  [
    "R-601: no access on ActiveMQ",
    "activeMq",
    { SourceAccessConfigurations: [] },
    "BASIC_AUTH source access configuration was not provided",
  ],
  [
    "R-601: no access on RabbitMQ",
    "rabbitMq",
    { SourceAccessConfigurations: [] },
    "Invalid parameters: sourceAccessConfigurations",
  ],
  [
    "V23",
    "kinesis",
    { DestinationConfig: { OnFailure: {} } },
    "The Destination field is required for an OnFailure configuration.",
  ],
  [
    "V10 on the merged values",
    "sqs",
    { BatchSize: 11 },
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
  ],
  ["V11", "fifo", { MaximumBatchingWindowInSeconds: 1 }, "Batching window is not supported for FIFO queues"],
  [
    "V25 once its pollers are taken away",
    "msk",
    { ProvisionedPollerConfig: {} },
    "MetricsConfig is only available for Provisioned Mode. To configure MetricsConfig, please enable Provisioned Mode by specifying MinimumPollers in ProvisionedPollerConfig.",
  ],
])("section 1.5: an update of %s is refused", (_name, kind, raw, text) => {
  const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s";
  const before = created(kind, {
    ...(kind === "msk"
      ? { ProvisionedPollerConfig: { MinimumPollers: 1 }, MetricsConfig: { Metrics: ["KafkaMetrics"] } }
      : {}),
    ...(kind === "activeMq" || kind === "rabbitMq"
      ? { SourceAccessConfigurations: [{ Type: "BASIC_AUTH", URI: secret }] }
      : {}),
  });
  const request = updateOf(raw);
  expect(refuseValues(kind, before, judged)).toBe(null);
  const answer =
    refuseUpdateMembers(kind, request) ?? refuseValues(kind, updatedSettings(kind, before, request), judged);
  expect(answer === null ? null : errorTextOf(answer)).toBe(text);
});

test("R-601: queues in an update are passed over, they are no part of it", () => {
  const request = updateOf({ Queues: ["another"] });
  expect(refuseUpdateMembers("rabbitMq", request)).toBe(null);
  expect(updatedSettings("rabbitMq", created("rabbitMq", { Queues: ["q"] }), request).Queues).toEqual(["q"]);
});

test("section 5: 100 mappings and 2,000 pollers share a group", () => {
  const pollers = (most: number) => ({ ProvisionedPollerConfig: { MaximumPollers: most, PollerGroupName: "g" } });
  const refusedBy = (most: number, others: readonly MappingSettings[]): string | null => {
    const answer = refuseValues("msk", created("msk", pollers(most)), { ...judged, others: () => others });
    return answer === null ? null : errorTextOf(answer);
  };
  expect(refusedBy(1_000, [created("msk", pollers(1_000))])).toBe(null);
  expect(refusedBy(1_001, [created("msk", pollers(1_000))])).toContain("add up to 2001");
  expect(
    refusedBy(
      1,
      Array.from({ length: 99 }, () => created("msk", pollers(1))),
    ),
  ).toBe(null);
  expect(
    refusedBy(
      1,
      Array.from({ length: 100 }, () => created("msk", pollers(1))),
    ),
  ).toContain("has 100 event source mappings");
  expect(refusedBy(1_001, [created("msk", { ProvisionedPollerConfig: { MaximumPollers: 1_000 } })])).toBe(null);
});

test("H-11: a queue's mapping answers Disabled at once, made or changed; a stream's passes through", () => {
  const name = (isQuiet: boolean): readonly string[] => {
    const made = createdMapping({ isEnabled: false, isQuiet });
    const changed = stepMapping({ kind: "disabled" }, { kind: "update", isEnabled: null, isQuiet });
    return [mappingStateName(made.state), mappingStateName(changed.state)];
  };
  expect(name(true)).toEqual(["Disabled", "Disabled"]);
  expect(name(false)).toEqual(["Creating", "Updating"]);
});
