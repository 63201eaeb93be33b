// Mappings on Kafka where there is no cluster: records of embedded topics reach the handlers as Kafka's own events, and what they give up
// goes where the mapping says.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CreateEventSourceMappingCommandInput,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { startCommand } from "../cli/run-command.ts";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aFolder, aServer, inTime } from "./support/live-server.ts";

const arn = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-1";
const POISON = Buffer.from("poison").toString("base64");
const pollers = { ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 1 } };

interface KafkaEvent {
  readonly eventSource: string;
  readonly records: Readonly<Record<string, readonly { readonly offset: number; readonly value?: string }[]>>;
}

async function aHouse(sources: object) {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(
    {
      sources,
      functions: {
        f: { Handler: "event-ledger.book", Timeout: 5, Environment: { Variables: { LEDGER: ledger, POISON } } },
      },
    },
    { folder },
  );
  const lambda = lambdaAt(server.url);
  const events = (): readonly KafkaEvent[] =>
    existsSync(ledger)
      ? readFileSync(ledger, "utf8")
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line) as KafkaEvent)
      : [];
  const valuesOf = (event: KafkaEvent): readonly (string | null)[] =>
    Object.values(event.records)
      .flat()
      .map(({ value }) => (value === undefined ? null : Buffer.from(value, "base64").toString()));
  const produce = async (cluster: string, topic: string, body: object): Promise<void> => {
    const url = `${server.url}/_millrace/kafka/${encodeURIComponent(cluster)}/${topic}`;
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
    expect([answer.status, await answer.text()]).toEqual([200, expect.anything()]);
  };
  const look = async (cluster: string, topic: string): Promise<unknown> =>
    (await fetch(`${server.url}/_millrace/kafka/${encodeURIComponent(cluster)}/${topic}`)).json();
  const make = (members: Partial<CreateEventSourceMappingCommandInput>) =>
    mapped(server, lambda, { FunctionName: "f", Topics: ["orders"], ...members });
  const get = (uuid: string | undefined) => lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }));
  return { folder, server, lambda, events, valuesOf, produce, look, make, get };
}

test("M-101 to M-109, M-706: what millrace send and the local call give an embedded topic reaches its function", async () => {
  const { folder, server, events, valuesOf, produce, make, get } = await aHouse({ [arn]: { engine: "KAFKA" } });
  const UUID = await make({ EventSourceArn: arn });
  expect(await get(UUID)).toMatchObject({
    State: "Enabled",
    LastProcessingResult: "PROBLEM: Connection error. Please check your event source connection configuration.",
  });
  const words = ["send", "kafka:shop/orders", "--data", "by-command", "--endpoint", server.url];
  expect(await startCommand(folder, words).ended).toMatchObject({ code: 0 });
  await expect.poll(() => events().flatMap(valuesOf), inTime).toEqual(["by-command"]);
  const record = { key: "k", value: "by-call", headers: [{ name: "h", value: "é" }], timestamp: 1_545_084_650_987 };
  await produce("shop", "orders", { records: [record, { value: null }] });
  await expect.poll(() => events().flatMap(valuesOf), inTime).toEqual(["by-command", "by-call", null]);
  expect(events()[1]).toMatchObject({
    eventSource: "aws:kafka",
    eventSourceArn: arn,
    bootstrapServers: "localhost:9092",
    records: {
      "orders-0": [
        {
          topic: "orders",
          partition: 0,
          offset: 1,
          timestamp: 1_545_084_650_987,
          timestampType: "CREATE_TIME",
          key: Buffer.from("k").toString("base64"),
          headers: [{ h: [-61, -87] }],
        },
        { offset: 2 },
      ],
    },
  });
  await expect.poll(async () => (await get(UUID)).LastProcessingResult, inTime).toBe("OK");
});

test("M-001, M-424, TM-19: with pollers a record that fails goes to a topic of its cluster, the others are done", async () => {
  const key = "kafka://kafka.internal:9092";
  const { events, valuesOf, produce, look, make } = await aHouse({ [key]: { engine: "KAFKA" } });
  const cluster = "kafka.internal:9092";
  await produce(cluster, "dead", { records: [{ value: "first" }] });
  await produce(cluster, "orders", { records: ["a", "poison", "b"].map((value) => ({ key: "k", value })) });
  await make({
    SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["kafka.internal:9092"] } },
    SourceAccessConfigurations: [{ Type: "VPC_SUBNET", URI: "subnet:subnet-1" }],
    DestinationConfig: { OnFailure: { Destination: "kafka://dead" } },
    MaximumRetryAttempts: 0,
    BisectBatchOnFunctionError: true,
    ...pollers,
  });
  await expect.poll(async () => JSON.stringify(await look(cluster, "dead")), inTime).toContain("RetriesExhausted");
  await expect
    .poll(() => events().map(valuesOf), inTime)
    .toEqual([["a", "poison", "b"], ["a"], ["poison", "b"], ["poison"], ["b"]]);
  expect(events()[0]?.eventSource).toBe("SelfManagedKafka");
});

test("M-211: a mapping that asks for it has its pollers' lines in its function's log", async () => {
  const { folder, produce, make, events } = await aHouse({ [arn]: { engine: "KAFKA" } });
  await produce("shop", "orders", { partitions: 2, records: [{ value: "a" }] });
  const UUID = await make({ EventSourceArn: arn, LoggingConfig: { SystemLogLevel: "INFO" }, ...pollers });
  await expect.poll(() => events().length, inTime).toBe(1);
  const log = join(folder, "state", "logs", "f.log");
  const lines = (): string => (existsSync(log) ? readFileSync(log, "utf8") : "");
  await expect.poll(lines, inTime).toContain('"eventType":"POLLER_STATUS_EVENT"');
  const line = lines()
    .split("\n")
    .find((each) => each.includes("POLLER_STATUS_EVENT"));
  expect(JSON.parse(line?.split("\t").at(-1) ?? "")).toMatchObject({
    eventProcessorId: `${UUID}/0`,
    logLevel: "INFO",
    kafkaEventSourceConnection: {
      topics: ["orders"],
      totalPartitionCount: 2,
      assignedPartitionCount: 2,
      securityProtocol: "PLAINTEXT",
      saslMechanism: null,
    },
  });
});

test("a client makes, lists, changes and deletes a mapping on MSK; the group stays (M-201, M-508)", async () => {
  const { lambda, produce, events, valuesOf, make, get } = await aHouse({ [arn]: { engine: "KAFKA" } });
  await produce("shop", "orders", { records: [{ value: "a" }] });
  const members = { EventSourceArn: arn, AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: "mine" } };
  const UUID = await make(members);
  await expect.poll(() => events().flatMap(valuesOf), inTime).toEqual(["a"]);
  await expect.poll(async () => (await get(UUID)).LastProcessingResult, inTime).toBe("OK");
  const listed = await lambda.send(new ListEventSourceMappingsCommand({ EventSourceArn: arn }));
  expect(listed.EventSourceMappings).toMatchObject([
    { UUID, Topics: ["orders"], AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: "mine" } },
  ]);
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 7, ...pollers }));
  await expect.poll(() => get(UUID), inTime).toMatchObject({ State: "Enabled", BatchSize: 7 });
  await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
  await expect
    .poll(
      () =>
        get(UUID).then(
          () => "there",
          (error: Error) => error.name,
        ),
      inTime,
    )
    .toBe("ResourceNotFoundException");
  await produce("shop", "orders", { records: [{ value: "b" }] });
  await make(members);
  await expect.poll(() => events().flatMap(valuesOf), inTime).toEqual(["a", "b"]);
});
