// Mappings on a real Kafka side by side, by the whole server: MSK and a cluster of one's own, several pollers, filters, and records that a
// schema registry decodes.

import { SchemaRegistry } from "@kafkajs/confluent-schema-registry";
import { expect, test } from "vitest";
import { startTestRegistry } from "../kafka/registry/test-registry.ts";
import { aKafkaHouse, clusterArn, provisioned, selfManaged } from "./support/kafka-house.ts";
import { inTime, queueArn } from "./support/live-server.ts";
import { aGate, goOn } from "./support/witness.ts";

test("TM-06, M-101 to M-104: the same records through MSK and through a cluster of one's own, each with a group of its own", async () => {
  const house = await aKafkaHouse({ names: ["f", "g"] });
  const { kafka, witness, server } = house;
  const topic = await kafka.topic({ name: `a-b-1-${server.url.split(":").at(-1)}`, partitionCount: 3 });
  await kafka.send(topic, [{ partition: 2, key: "k", value: "v", headers: { h: Buffer.from([0xc3, 0xa9]) } }]);
  const own = selfManaged(kafka.server);
  await house.map(topic);
  await house.map(topic, { ...own, FunctionName: "g", SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: topic } });
  await witness.sees((all) => all.length === 2);
  const eventOf = (name: string) => witness.deliveries.find(({ functionName }) => functionName === name)?.event;
  const [msk, smk] = [eventOf("f"), eventOf("g")];
  const bootstrapServers = kafka.server;
  expect(msk).toEqual({
    eventSource: "aws:kafka",
    eventSourceArn: clusterArn,
    bootstrapServers,
    records: msk?.records,
  });
  expect(smk).toEqual({ eventSource: "SelfManagedKafka", bootstrapServers, records: msk?.records });
  expect(msk?.records).toMatchObject({
    [`${topic}-2`]: [{ topic, partition: 2, offset: 0, key: "aw==", value: "dg==", headers: [{ h: [-61, -87] }] }],
  });
  await expect.poll(() => kafka.committed(topic, topic), inTime).toEqual([null, null, 1]);
  await expect.poll(() => kafka.committed(house.groupId, topic), inTime).toEqual([null, null, 1]);
});

test("M-203, M-205: two pollers are two members of the group, and share its partitions", async () => {
  const house = await aKafkaHouse({ source: { callsAPoller: 1 } });
  const { kafka, witness, groupId } = house;
  const topic = await kafka.topic({ partitionCount: 4 });
  await house.map(topic, {
    ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 2 },
    MaximumBatchingWindowInSeconds: 0,
  });
  // By the broker: two members, with shares of one size.
  const isShared = async (): Promise<boolean> => {
    const { groups } = await kafka.admin.describeGroups([groupId]);
    const sizes = (groups[0]?.members ?? []).map(({ memberAssignment }) => memberAssignment.length);
    return sizes.length === 2 && sizes[0] === sizes[1] && groups[0]?.state === "Stable";
  };
  await expect.poll(isShared, inTime).toBe(true);
  // One call each at a time: both are out at once only where both have some.
  const gate = aGate();
  witness.orders(async () => {
    await gate.opened;
    return goOn;
  });
  await kafka.send(
    topic,
    [0, 1, 2, 3].map((partition) => ({ partition, value: `${partition}` })),
  );
  await witness.sees((all) => all.length === 2);
  gate.open();
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([1, 1, 1, 1]);
  expect(witness.texts().toSorted()).toEqual(["0", "1", "2", "3"]);
});

test("TM-35, TM-36, M-311, M-317: filters on the value; what they pass over is committed with the batch, or at once", async () => {
  const house = await aKafkaHouse();
  const { kafka, witness, groupId } = house;
  const topic = await kafka.topic();
  const kinds = Array.from({ length: 10 }, (_, index) => ([2, 5, 9].includes(index) ? "x" : "y"));
  await kafka.send(
    topic,
    kinds.map((kind) => JSON.stringify({ kind })),
  );
  await house.map(topic, {
    MaximumBatchingWindowInSeconds: 1,
    FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ value: { kind: ["x"] } }) }] },
  });
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([10]);
  expect(house.calls()).toEqual(["p0:2,5,9"]);
  await kafka.send(topic, [JSON.stringify({ kind: "y" }), JSON.stringify({ kind: "y" })]);
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([12]);
  expect(witness.deliveries).toHaveLength(1);
});

const order = { type: "record" as const, name: "Order", namespace: "shop", fields: [{ name: "id", type: "long" }] };
const registryUri = "https://registry.internal";

test("TM-58 to TM-60, M-112, M-113, M-414, M-615: decoded, then filtered, then called; what has no schema goes to the destination, and nothing goes while the registry is away", async () => {
  await using registry = await startTestRegistry();
  const house = await aKafkaHouse({
    members: { queues: ["dead"], schemaRegistries: { [registryUri]: { url: registry.url } } },
  });
  const { kafka, witness, server, groupId } = house;
  const topic = await kafka.topic();
  const producer = new SchemaRegistry({ host: registry.url });
  const { id } = await producer.register(order);
  const encoded = (number: number) => producer.encode(id, { id: number });
  const unknown = Buffer.from([0, 0, 0, 9, 9, 1]);
  const values = [await encoded(1), unknown, Buffer.from("plain"), await encoded(2), await encoded(7)];
  await registry.goAway();
  await kafka.send(
    topic,
    values.map((value) => ({ value })),
  );
  const uuid = await house.map(topic, {
    ...provisioned,
    DestinationConfig: { OnFailure: { Destination: queueArn("dead") } },
    FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ value: { id: [{ numeric: ["<", 5] }] } }) }] },
    AmazonManagedKafkaEventSourceConfig: {
      ConsumerGroupId: groupId,
      SchemaRegistryConfig: {
        SchemaRegistryURI: registryUri,
        EventRecordFormat: "JSON",
        SchemaValidationConfigs: [{ Attribute: "VALUE" }],
      },
    },
  });
  await expect.poll(async () => (await house.get(uuid)).LastProcessingResult, inTime).toMatch(/^PROBLEM/);
  expect([await kafka.committed(groupId, topic), witness.deliveries, await server.messages("dead")]).toEqual([
    [null],
    [],
    [],
  ]);
  await registry.comeBack();
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([5]);
  expect(witness.texts()).toEqual(['{"id":1}', '{"id":2}']);
  expect(witness.deliveries.flatMap(({ event }) => Object.values(event.records ?? {}).flat())[0]).toMatchObject({
    offset: 0,
    valueSchemaMetadata: { dataFormat: "AVRO", schemaId: String(id) },
  });
  const conditions = (await server.messages("dead")).map((body) => {
    const { requestContext, KafkaBatchInfo } = JSON.parse(body);
    return [requestContext.condition, KafkaBatchInfo.recordsInfo[`${topic}-0`].firstRecordOffset];
  });
  expect(conditions).toEqual([
    ["SCHEMA_NOT_FOUND", "1"],
    ["DESERIALIZATION_ERROR", "2"],
  ]);
  await expect.poll(async () => (await house.get(uuid)).LastProcessingResult, inTime).toBe("OK");
});
