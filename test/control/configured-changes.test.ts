// Mappings of the configuration that are there already are changed in place, though an update may not name all of their members.

import { expect, test } from "vitest";
import { aHouse, textOf } from "./doubles/house.ts";

const own = {
  FunctionName: "handle",
  SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["k:1"] } },
  Topics: ["orders"],
  SourceAccessConfigurations: [{ Type: "VPC_SUBNET", URI: "subnet:subnet-1" }],
};
const documents = {
  FunctionName: "handle",
  EventSourceArn: "arn:aws:rds:us-east-1:123456789012:cluster:c",
  StartingPosition: "LATEST",
  DocumentDBEventSourceConfig: { DatabaseName: "db", CollectionName: "c" },
  SourceAccessConfigurations: [
    { Type: "BASIC_AUTH", URI: "arn:aws:secretsmanager:us-east-1:123456789012:secret:s-AbCdEf" },
  ],
};

const rabbit = {
  FunctionName: "handle",
  EventSourceArn: "arn:aws:mq:us-east-1:123456789012:broker:rabbit:b-1",
  Queues: ["q"],
  SourceAccessConfigurations: [...documents.SourceAccessConfigurations, { Type: "VIRTUAL_HOST", URI: "/" }],
};

test.each([
  ["Kafka, group by its UUID", own],
  ["Kafka, group of its own", { ...own, SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: "mine" } }],
  ["DocumentDB", documents],
  ["RabbitMQ, with its virtual host", rabbit],
  ["SQS", { FunctionName: "handle", EventSourceArn: "arn:aws:sqs:us-east-1:123456789012:queue" }],
])("section 1.5: %s: the same again changes nothing, another BatchSize is an update", async (_name, body) => {
  const { control, placement } = await aHouse();
  const made = await control.applyConfigured(body);
  expect(made.status).toBe(202);
  await control.settled();
  const uuid = textOf(made, "UUID");
  expect(await control.applyConfigured(body)).toMatchObject({ status: 200, body: { UUID: uuid } });
  const changed = await control.applyConfigured({ ...body, BatchSize: 7 });
  expect(changed).toMatchObject({ status: 202, body: { UUID: uuid, BatchSize: 7 } });
  await control.settled();
  expect(placement.specs.get(uuid)).toMatchObject({ lane: { batchSize: 7 } });
});

const [basic] = documents.SourceAccessConfigurations;
const msk = {
  FunctionName: "handle",
  EventSourceArn: "arn:aws:kafka:us-east-1:123456789012:cluster/c/0e5ad2f5-3f0f-4b0a-9d4c-1f1b1b1b1b1b-1",
  Topics: ["orders"],
};
const queue = { FunctionName: "handle", EventSourceArn: "arn:aws:sqs:us-east-1:123456789012:queue" };
const pollers = { ProvisionedPollerConfig: { MinimumPollers: 1 } };

test.each([
  ["ScalingConfig", queue, { ScalingConfig: { MaximumConcurrency: 2 } }, null],
  ["ProvisionedPollerConfig", own, pollers, null],
  ["LoggingConfig", own, { ...pollers, LoggingConfig: { SystemLogLevel: "INFO" } }, null],
  ["SourceAccessConfigurations", msk, { SourceAccessConfigurations: [{ ...basic, Type: "SASL_SCRAM_512_AUTH" }] }, []],
  ["FunctionResponseTypes", own, { FunctionResponseTypes: ["ReportBatchItemFailures"] }, []],
  ["BisectBatchOnFunctionError", own, { BisectBatchOnFunctionError: true }, false],
])("section 1.5: %s that the configuration has no more is taken back, once", async (member, body, more, emptied) => {
  const { control } = await aHouse();
  expect(await control.applyConfigured({ ...body, ...more })).toMatchObject({ status: 202, body: more });
  await control.settled();
  expect(await control.applyConfigured(body)).toMatchObject({ status: 202, body: { [member]: emptied } });
  await control.settled();
  expect(await control.applyConfigured(body)).toMatchObject({ status: 200 });
});

test("M-002: a window that the configuration names no more stays, and is no change", async () => {
  const { control } = await aHouse();
  await control.applyConfigured({ ...own, MaximumBatchingWindowInSeconds: 3 });
  await control.settled();
  const again = await control.applyConfigured(own);
  expect(again).toMatchObject({ status: 200, body: { MaximumBatchingWindowInSeconds: 3 } });
});

test("M-604: another mapping's consumer group stands in the way, and that mapping stays as it is", async () => {
  const { control } = await aHouse();
  const grouped = { ...own, SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: "mine" } };
  await control.applyConfigured(grouped);
  const other = await control.applyConfigured({ ...grouped, Topics: ["payments"] });
  expect(other.errorType).toBe("ResourceConflictException");
});
