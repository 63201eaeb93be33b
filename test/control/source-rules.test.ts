// The service layer's rules for brokers, Kafka and DocumentDB: what is wrong by AWS's rules is told in AWS's words, and what this version
// does not build in one sentence, with nothing stored.

import { expect, test } from "vitest";
import { usualDocumentDb } from "../../src/control/change-reading.ts";
import { usualKafka } from "../../src/control/group-reading.ts";
import { enginesOf, sourceKindOfArn } from "../../src/control/mapping/source-kinds.ts";
import { aHouse } from "./doubles/house.ts";

const place = "us-east-1:123456789012";
const FunctionName = "handle";
const secret = `arn:aws:secretsmanager:${place}:secret:s-AbCdEf`;
const basic = { Type: "BASIC_AUTH", URI: secret };
const queue = { EventSourceArn: `arn:aws:sqs:${place}:queue`, FunctionName };
const fifo = { EventSourceArn: `arn:aws:sqs:${place}:queue.fifo`, FunctionName };
const table = {
  EventSourceArn: `arn:aws:dynamodb:${place}:table/t/stream/2025-02-22T03:03:25.490`,
  FunctionName,
  StartingPosition: "LATEST",
};
const clusterArn = `arn:aws:kafka:${place}:cluster/c/f3bb8a1e-0a0e-4c3c-9d3a-111111111111-1`;
const msk = { EventSourceArn: clusterArn, FunctionName, Topics: ["topic"] };
const endpoints = { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["kafka:1000"] } };
const kafka = {
  SelfManagedEventSource: endpoints,
  FunctionName,
  Topics: ["topic"],
  SourceAccessConfigurations: [basic],
};
const active = {
  EventSourceArn: `arn:aws:mq:${place}:broker:active:b-1`,
  FunctionName,
  Queues: ["q"],
  SourceAccessConfigurations: [basic],
};
const rabbit = { ...active, EventSourceArn: `arn:aws:mq:${place}:broker:rabbit:b-1` };
const documents = {
  EventSourceArn: `arn:aws:rds:${place}:cluster:c`,
  FunctionName,
  StartingPosition: "LATEST",
  DocumentDBEventSourceConfig: { DatabaseName: "db" },
  SourceAccessConfigurations: [basic],
};
const pollers = { MinimumPollers: 1 };
const registry = {
  SchemaRegistryURI: "https://registry.example.com",
  EventRecordFormat: "JSON",
  SchemaValidationConfigs: [{ Attribute: "VALUE" }],
};
const withRegistry = (changes: object): object => ({
  ...msk,
  ProvisionedPollerConfig: pollers,
  AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: { ...registry, ...changes } },
});
const withAccess = (base: object, ...entries: readonly object[]): object => ({
  ...base,
  SourceAccessConfigurations: entries,
});

const noPosition =
  "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.";
const noTime = "When the starting position is 'AT_TIMESTAMP', a starting position timestamp must be provided.";
const needless = "Timestamp only valid with StartingPosition AT_TIMESTAMP";
const noQueue =
  "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.";
const noBasic = "BASIC_AUTH source access configuration was not provided";
const foreignAccess = "Unsupported source access configurations type for given event source mapping type.";
const unsupported = (name: string): string => `Unsupported '${name}' parameter for given event source mapping type.`;

const refused: readonly (readonly [string, object, string])[] = [
  ["V14, Q-30, T-146: no such queue", { ...queue, EventSourceArn: `${queue.EventSourceArn}2` }, noQueue],
  [
    "V2 wins over V14",
    { ...queue, EventSourceArn: `${queue.EventSourceArn}2`, FunctionName: "x" },
    "Function does not exist",
  ],
  [
    "V10 wins over V14",
    { ...queue, EventSourceArn: `${queue.EventSourceArn}2`, BatchSize: 11 },
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
  ],
  ["V14: another account's queue", { ...queue, EventSourceArn: "arn:aws:sqs:us-east-1:999999999999:queue" }, noQueue],
  [
    "section 2.2: queues have no group of pollers",
    { ...queue, ProvisionedPollerConfig: { MinimumPollers: 2, PollerGroupName: "g" } },
    unsupported("provisionedPollerConfig.pollerGroupName"),
  ],
  [
    "V24: a maximum alone, below the default minimum",
    { ...queue, ProvisionedPollerConfig: { MaximumPollers: 1 } },
    "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]",
  ],
  ["V8a on DynamoDB", { ...table, StartingPositionTimestamp: 1 }, needless],
  ["V21: MSK without topics", { ...msk, Topics: undefined }, "Required 'topics' parameter is missing."],
  ["M-621: queues on MSK", { ...msk, Queues: ["q"] }, unsupported("queues")],
  ["V8 on MSK", { ...msk, StartingPosition: "AT_TIMESTAMP" }, noTime],
  ["M-621: a needless timestamp is looked at last", { ...msk, StartingPositionTimestamp: 1 }, needless],
  [
    "a time to come on MSK",
    { ...msk, StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: 9_999_999_999 },
    "StartingPositionTimestamp must not lie in the future.",
  ],
  ["M-601: BASIC_AUTH on MSK", withAccess(msk, basic), foreignAccess],
  [
    "M-003: pollers of Kafka",
    { ...msk, ProvisionedPollerConfig: { MaximumPollers: 2_001 } },
    "MinimumPollers should be between [1, 200] and MaximumPollers should be between [MinimumPollers, 2000]",
  ],
  [
    "M-604: what is given up does not go back to its topic",
    { ...msk, DestinationConfig: { OnFailure: { Destination: "kafka://topic" } } },
    "The OnFailure destination must be another topic than the source's, 'topic'.",
  ],
  [
    "M-613: a registry without pollers",
    { ...msk, AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: registry } },
    "SchemaRegistryConfig is only available for Provisioned Mode. To configure Schema Registry, please enable Provisioned Mode by specifying MinimumPollers in ProvisionedPollerConfig.",
  ],
  ["M-613: a bad address", withRegistry({ SchemaRegistryURI: "https://:" }), "Malformed SchemaRegistryURI provided."],
  [
    "M-613: no format",
    withRegistry({ EventRecordFormat: undefined }),
    "EventRecordFormat is a required field for SchemaRegistryConfig.",
  ],
  [
    "M-613: nothing to validate",
    withRegistry({ SchemaValidationConfigs: [] }),
    "SchemaValidationConfigs is a required field for SchemaRegistryConfig.",
  ],
  [
    "M-613: KEY twice",
    withRegistry({ SchemaValidationConfigs: [{ Attribute: "KEY" }, { Attribute: "KEY" }] }),
    "Duplicate KEY/VALUE Attribute in SchemaValidationConfigs.",
  ],
  [
    "M-611: Glue takes no access",
    withRegistry({
      SchemaRegistryURI: `arn:aws:glue:${place}:registry/r`,
      AccessConfigs: [{ Type: "BASIC_AUTH", URI: secret }],
    }),
    "A Glue schema registry takes no AccessConfigs.",
  ],
  [
    "M-611: half an access",
    withRegistry({ AccessConfigs: [{ Type: "BASIC_AUTH" }] }),
    "Each of AccessConfigs needs a Type and a URI.",
  ],
  ["V1: self-managed, but nowhere", { ...kafka, SelfManagedEventSource: {} }, "Unrecognized event source."],
  [
    "V21 wins over V20",
    { ...kafka, Topics: undefined, SourceAccessConfigurations: undefined },
    "Required 'topics' parameter is missing.",
  ],
  [
    "TM-54, M-603, M-622: V20 wins over queues, timestamps and servers",
    {
      ...kafka,
      SourceAccessConfigurations: undefined,
      Queues: ["q"],
      StartingPosition: "AT_TIMESTAMP",
      SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["https://k:1"] } },
    },
    "Required 'sourceAccessConfigurations' parameter is missing.",
  ],
  [
    "M-622: a server that is a URL",
    { ...kafka, SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["https://k:1"] } } },
    "The bootstrap server 'https://k:1' is not of the form host:port.",
  ],
  [
    "TM-54, M-209: share groups",
    { ...kafka, SelfManagedKafkaEventSourceConfig: { ConsumptionMode: "Queue" } },
    "ConsumptionMode Queue is not built yet in this version of Millrace: no client reads Kafka's share groups yet; Stream is carried out.",
  ],
  [
    "M-601: what signs by tokens",
    withAccess(kafka, { Type: "IAM_AUTH" }),
    "The source access configuration IAM_AUTH is not built yet in this version of Millrace: nothing here issues its tokens; name the cluster in `sources` and use BASIC_AUTH, SASL_SCRAM_512_AUTH, SASL_SCRAM_256_AUTH, CLIENT_CERTIFICATE_TLS_AUTH or none.",
  ],
  [
    "M-611: a registry in Glue",
    withRegistry({ SchemaRegistryURI: `arn:aws:glue:${place}:registry/r` }),
    "A Glue schema registry is not built yet in this version of Millrace: there is none here; one that speaks Confluent's HTTP protocol is read.",
  ],
  [
    "M-611: a registry's token",
    withRegistry({ AccessConfigs: [{ Type: "OAUTHBEARER_AUTH", URI: secret }] }),
    "OAUTHBEARER_AUTH of a schema registry is not built yet in this version of Millrace: BASIC_AUTH and certificates are carried out.",
  ],
  [
    "TM-20: a topic for what is given up, without pollers",
    { ...kafka, DestinationConfig: { OnFailure: { Destination: "kafka://dead" } } },
    "DestinationConfig to a Kafka topic is only available for Provisioned Mode. To configure DestinationConfig to a Kafka topic, please enable Provisioned Mode by specifying MinimumPollers in ProvisionedPollerConfig.",
  ],
  [
    "M-211: a log level without pollers",
    { ...kafka, LoggingConfig: { SystemLogLevel: "INFO" } },
    "LoggingConfig is only available for Provisioned Mode. To configure LoggingConfig, please enable Provisioned Mode by specifying MinimumPollers in ProvisionedPollerConfig.",
  ],
  ["M-601: a virtual host on Kafka", withAccess(kafka, { Type: "VIRTUAL_HOST", URI: "/" }), foreignAccess],
  ["M-601: no type", withAccess(kafka, { URI: secret }), "A source access configuration needs a Type."],
  [
    "M-601: no URI",
    withAccess(kafka, { Type: "BASIC_AUTH" }),
    "The source access configuration BASIC_AUTH needs a URI.",
  ],
  [
    "M-601: a password in place of a secret",
    withAccess(kafka, { Type: "BASIC_AUTH", URI: "user:password" }),
    "The URI of the source access configuration BASIC_AUTH must be the ARN of a secret.",
  ],
  [
    "M-601: IAM_AUTH has no URI",
    withAccess(kafka, { Type: "IAM_AUTH", URI: secret }),
    "The source access configuration IAM_AUTH takes no URI.",
  ],
  [
    "section 4.3: two mechanisms",
    withAccess(kafka, basic, { Type: "SASL_SCRAM_512_AUTH", URI: secret }),
    "A mapping has one authentication mechanism at most; this one has BASIC_AUTH, SASL_SCRAM_512_AUTH.",
  ],
  [
    "section 4.3: two certificates",
    withAccess(
      kafka,
      { Type: "SERVER_ROOT_CA_CERTIFICATE", URI: secret },
      { Type: "SERVER_ROOT_CA_CERTIFICATE", URI: secret },
    ),
    "The source access configuration SERVER_ROOT_CA_CERTIFICATE is given twice.",
  ],
  [
    "section 4.3: a scope without a bearer",
    withAccess(kafka, basic, { Type: "OAUTHBEARER_SCOPE", URI: "s" }),
    "The source access configuration OAUTHBEARER_SCOPE needs OAUTHBEARER_AUTH.",
  ],
  [
    "section 4.3: a bearer by IAM without an audience",
    withAccess(kafka, { Type: "IAM_OAUTHBEARER_AUTH" }),
    "The source access configuration IAM_OAUTHBEARER_AUTH needs OAUTHBEARER_AUDIENCE.",
  ],
  [
    "R-601: V2 wins over what is missing",
    { EventSourceArn: active.EventSourceArn, FunctionName: "x" },
    "Function does not exist",
  ],
  ["V21: a broker without queues", { ...active, Queues: undefined }, "Required 'queues' parameter is missing."],
  ["R-601: ActiveMQ without a user", { ...active, SourceAccessConfigurations: undefined }, noBasic],
  [
    "R-601: RabbitMQ without a user",
    { ...rabbit, SourceAccessConfigurations: [{ Type: "VIRTUAL_HOST", URI: "/" }] },
    "Invalid parameters: sourceAccessConfigurations",
  ],
  ["R-601: a virtual host on ActiveMQ", withAccess(active, basic, { Type: "VIRTUAL_HOST", URI: "/" }), foreignAccess],
  [
    "R-601: a starting position on a broker",
    { ...rabbit, StartingPosition: "LATEST" },
    unsupported("startingPosition"),
  ],
  [
    "section 2.2: a broker has no destination",
    { ...active, DestinationConfig: {} },
    "Unsupported DestinationConfig parameter for given event source mapping type.",
  ],
  [
    "X-611: no configuration",
    { ...documents, DocumentDBEventSourceConfig: undefined },
    "Invalid parameters: documentDBEventSourceConfig, databaseName",
  ],
  ["X-611: no database", { ...documents, DocumentDBEventSourceConfig: {} }, "Invalid parameters: databaseName"],
  [
    "X-611: no access, and the word twice",
    { ...documents, SourceAccessConfigurations: undefined },
    "Invalid parameters: sourceAccessConfigurations, sourceAccessConfigurations",
  ],
  [
    "TX-17, X-306, X-611: filters",
    { ...documents, FilterCriteria: { Filters: [{ Pattern: "{}" }] } },
    "Invalid parameters: filterCriteria",
  ],
  [
    "TX-17, X-001: a destination",
    { ...documents, DestinationConfig: { OnFailure: { Destination: queue.EventSourceArn } } },
    "Invalid parameters: destinationConfig",
  ],
  [
    "TX-17, X-001: a retry limit",
    { ...documents, MaximumRetryAttempts: 3 },
    "Invalid parameters: maximumRetryAttempts",
  ],
  [
    "TX-17, X-001, X-611: partial answers",
    { ...documents, FunctionResponseTypes: ["ReportBatchItemFailures"] },
    "Invalid parameters: functionResponseTypes",
  ],
  [
    "X-403: a destination and limits",
    { ...documents, DestinationConfig: { OnFailure: { Destination: queue.EventSourceArn } }, MaximumRetryAttempts: 1 },
    "Invalid parameters: maximumRetryAttempts, destinationConfig",
  ],
  [
    "V26: DocumentDB's secret is not there, which hides a missing position",
    { ...withAccess(documents, { Type: "BASIC_AUTH", URI: `${secret}missing` }), StartingPosition: undefined },
    "Lambda received ResourceNotFoundException from Secrets Manager.",
  ],
  ["V8 on DocumentDB", { ...documents, StartingPosition: "AT_TIMESTAMP" }, noTime],
  ["X-611: a needless timestamp is looked at last", { ...documents, StartingPositionTimestamp: 1 }, needless],
  ["M-501: DocumentDB's missing position is looked at last", { ...documents, StartingPosition: undefined }, noPosition],
];

test.each(refused)("%s", async (_name, request, text) => {
  const { control, tables } = await aHouse();
  const answer = await control.createMapping(request);
  expect(answer).toEqual({
    status: 400,
    errorType: "InvalidParameterValueException",
    body: { Type: "User", message: text },
  });
  expect(await tables.list("mappings")).toEqual([]);
});

test("V13, Q-23, T-145: a queue hides its messages at least as long as the function may run", async () => {
  const { control, queueSettings } = await aHouse();
  const textNow = async (): Promise<unknown> => (await control.createMapping(queue)).body?.["message"];
  queueSettings.set("queue", { visibilityMs: 2_000 });
  expect(await textNow()).toBe("Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds");
  queueSettings.set("queue", { visibilityMs: 3_000 });
  const { body } = await control.createMapping(queue);
  expect(body?.["message"]).toBeUndefined();
  // What has been made is not looked at again by a change that names no function.
  queueSettings.set("queue", { visibilityMs: 2_000 });
  expect(await control.updateMapping(body?.["UUID"] as string, { BatchSize: 5 })).toMatchObject({ status: 202 });
});

test("M-004: a function behind Kafka, a broker or DocumentDB runs 14 minutes at most", async () => {
  const { control, timeouts } = await aHouse();
  timeouts.set("handle", 841_000);
  for (const base of [msk, kafka, active, rabbit, documents]) {
    const { body } = await control.createMapping(base);
    expect(body?.["message"]).toBe(
      "Function timeout: 841 seconds is more than the 840 seconds of this event source mapping type",
    );
  }
});

test("X-612, M-621: a cluster elsewhere is there only where the configuration names it", async () => {
  const elsewhere = (arn: string): string => arn.replace("us-east-1", "eu-west-1");
  const hint = "(Millrace: it is of another account or region, and `sources` of the configuration does not name it)";
  const mskArn = elsewhere(clusterArn);
  const documentsArn = elsewhere(documents.EventSourceArn);
  const { control } = await aHouse();
  expect((await control.createMapping({ ...msk, EventSourceArn: mskArn })).body?.["message"]).toBe(
    `Cannot access cluster ${mskArn}. Please ensure the role can perform the DescribeClusterV2 (recommended) or DescribeCluster and GetBootstrapBrokers actions on your cluster in IAM. ${hint}`,
  );
  expect((await control.createMapping({ ...documents, EventSourceArn: documentsArn })).body?.["message"]).toBe(
    `The requested cluster ${documentsArn} does not exist. ${hint}`,
  );
  const named = await aHouse({
    kafkaClusters: [usualKafka(mskArn, null)],
    documentDbs: [usualDocumentDb(documentsArn)],
  });
  expect(await named.control.createMapping({ ...msk, EventSourceArn: mskArn })).toMatchObject({ status: 202 });
  expect(await named.control.createMapping({ ...documents, EventSourceArn: documentsArn })).toMatchObject({
    status: 202,
  });
});

test("V15: a table's stream that is not there, and one of another label", async () => {
  const { control, streams } = await aHouse();
  const missing = `Stream not found: ${table.EventSourceArn}`;
  expect((await control.createMapping(table)).body?.["message"]).toBe(missing);
  await streams.create("dynamodb/t/2025-02-22T03:03:25.491", { shardCount: 1, mode: "PROVISIONED" });
  expect((await control.createMapping(table)).body?.["message"]).toBe(missing);
  await streams.create("dynamodb/t/2025-02-22T03:03:25.490", { shardCount: 1, mode: "PROVISIONED" });
  expect(await control.createMapping(table)).toMatchObject({ status: 202, body: { State: "Creating" } });
});

test("V14, Q-30: a FIFO queue that is not there", async () => {
  const { control } = await aHouse();
  expect((await control.createMapping(fifo)).body?.["message"]).toBe(noQueue);
});

test("M-622: endpoints without servers are the model layer's", async () => {
  const { control } = await aHouse();
  const answer = await control.createMapping({ ...kafka, SelfManagedEventSource: { Endpoints: {} } });
  expect(answer.body).toEqual({
    message:
      "1 validation error detected: Value '{}' at 'selfManagedEventSource.endpoints' failed to satisfy constraint: Member must have length greater than or equal to 1",
  });
});

test("section 4.1: a broker runs what the configuration says of its ARN, and ActiveMQ where it says nothing", () => {
  const engineOf = enginesOf([{ arn: rabbit.EventSourceArn, engine: "rabbitMq" }]);
  expect(sourceKindOfArn(rabbit.EventSourceArn, engineOf)).toBe("rabbitMq");
  expect(sourceKindOfArn(active.EventSourceArn, engineOf)).toBe("activeMq");
});
