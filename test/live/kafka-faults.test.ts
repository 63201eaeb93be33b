// What goes wrong around a mapping on a real Kafka, by the whole server: processes and threads that die in mid-batch, topics that are missing
// or made anew, a group that others have, and a mapping that is disabled in mid-batch.

import type { Worker } from "node:worker_threads";
import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { inSoak } from "../in-soak.ts";
import { updated } from "./support/aws-clients.ts";
import { aKafkaHouse, clusterArn, shownOf } from "./support/kafka-house.ts";
import { kafkaSide } from "./support/kafka-side.ts";
import { aFolder, configIn, inTime, toldBy } from "./support/live-server.ts";
import { started } from "./support/process.ts";
import { aGate, aWitness, goOn } from "./support/witness.ts";

const CONNECTION_TEXT = "PROBLEM: Connection error. Please check your event source connection configuration.";
/** Who died is in its group until its session is over. */
const afterSession = { timeout: 100_000, interval: 100 };
const six = ["r0", "r1", "r2", "r3", "r4", "r5"];

test("TM-49, M-401: kill -9 of the process in mid-batch: that batch comes again, nothing before it and nothing twice after it", async () => {
  const kafka = await kafkaSide();
  const witness = await aWitness();
  const topic = await kafka.topic();
  const folder = aFolder();
  const groupId = `g-${randomUUID()}`;
  configIn(folder, {
    sources: { [clusterArn]: { engine: "KAFKA", servers: [kafka.server] } },
    functions: { f: toldBy(witness.url) },
    mappings: [
      {
        EventSourceArn: clusterArn,
        FunctionName: "f",
        Topics: [topic],
        StartingPosition: "TRIM_HORIZON",
        BatchSize: 2,
        AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: groupId },
      },
    ],
  });
  const never = aGate();
  let isHolding = true;
  witness.orders(async ({ texts }) => {
    if (isHolding && texts.includes("r4")) await never.opened;
    return goOn;
  });
  await kafka.send(topic, six);
  const first = await started(folder);
  await witness.sees((all) => all.length === 3);
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([4]);
  await first.kill();
  isHolding = false;
  const second = await started(folder);
  await expect.poll(() => kafka.committed(groupId, topic), afterSession).toEqual([6]);
  expect(witness.deliveries.map(shownOf)).toEqual(["p0:0-1", "p0:2-3", "p0:4-5", "p0:4-5"]);
  await second.kill();
}, 180_000);

test("P-12, M-401: a poller thread that dies in mid-batch is replaced, and goes on at what its group committed", {
  ...inSoak,
  timeout: 180_000,
}, async () => {
  const threads: Worker[] = [];
  const onThread = (worker: Worker): void => void threads.push(worker);
  process.on("worker", onThread);
  onTestFinished(() => void process.off("worker", onThread));
  const house = await aKafkaHouse({ members: { pollers: 1 } });
  const { kafka, witness, groupId } = house;
  const topic = await kafka.topic();
  await kafka.send(topic, six);
  const never = aGate();
  let isHolding = true;
  witness.orders(async ({ texts }) => {
    if (isHolding && texts.includes("r4")) await never.opened;
    return goOn;
  });
  const uuid = await house.map(topic, { BatchSize: 2 });
  await witness.sees((all) => all.length === 3);
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([4]);
  isHolding = false;
  await threads.at(-1)?.terminate();
  await expect.poll(() => kafka.committed(groupId, topic), afterSession).toEqual([6]);
  expect(house.calls()).toEqual(["p0:0-1", "p0:2-3", "p0:4-5", "p0:4-5"]);
  expect(await house.get(uuid)).toMatchObject({ State: "Enabled", LastProcessingResult: "OK" });
});

test("TM-50, M-706, M-812: a topic that is missing is waited for and never made; once it is there all of it is read", async () => {
  const house = await aKafkaHouse();
  const { kafka, witness } = house;
  const topic = `t-${randomUUID()}`;
  const uuid = await house.map(topic);
  await expect
    .poll(() => house.get(uuid), inTime)
    .toMatchObject({ State: "Enabled", LastProcessingResult: CONNECTION_TEXT });
  expect(await kafka.admin.listTopics()).not.toContain(topic);
  await kafka.topic({ name: topic });
  await kafka.send(topic, ["a", "b", "c"]);
  await expect.poll(() => witness.texts(), { timeout: 90_000, interval: 50 }).toEqual(["a", "b", "c"]);
  await expect.poll(async () => (await house.get(uuid)).LastProcessingResult, inTime).toBe("OK");
}, 150_000);

test("M-707: a topic that is deleted and made again is read from its first record", async () => {
  const house = await aKafkaHouse();
  const { kafka, witness, groupId } = house;
  const topic = await kafka.topic();
  await kafka.send(topic, ["old 0", "old 1", "old 2"]);
  const uuid = await house.map(topic);
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([3]);
  await kafka.admin.deleteTopics({ topics: [topic] });
  await expect.poll(async () => (await house.get(uuid)).LastProcessingResult, afterSession).toBe(CONNECTION_TEXT);
  await kafka.topic({ name: topic });
  await kafka.send(topic, ["new 0", "new 1", "new 2", "new 3"]);
  await expect
    .poll(() => witness.texts().filter((text) => text.startsWith("new")), afterSession)
    .toEqual(["new 0", "new 1", "new 2", "new 3"]);
  await expect.poll(async () => (await house.get(uuid)).LastProcessingResult, inTime).toBe("OK");
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([4]);
}, 240_000);

test("M-202: while another program has all partitions of the group the mapping is Enabled and calls nobody; then it goes on behind what that committed", async () => {
  const house = await aKafkaHouse();
  const { kafka, witness, groupId } = house;
  const topic = await kafka.topic();
  const foreign: number[] = [];
  // Its own way of sharing gives the one partition to the first by name, which is it.
  const member = await kafka.foreignMember(groupId, topic, (_partition, offsets) => void foreign.push(...offsets));
  const uuid = await house.map(topic);
  await expect
    .poll(async () => (await kafka.admin.describeGroups([groupId])).groups[0]?.members.length, inTime)
    .toBe(2);
  await kafka.send(topic, ["a", "b"]);
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([2]);
  expect(await house.get(uuid)).toMatchObject({ State: "Enabled", LastProcessingResult: "No records processed" });
  expect(witness.deliveries).toEqual([]);
  await member.disconnect();
  await kafka.send(topic, ["c"]);
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([3]);
  expect([foreign, house.calls()]).toEqual([[0, 1], ["p0:2"]]);
  await expect.poll(async () => (await house.get(uuid)).LastProcessingResult, inTime).toBe("OK");
});

test("M-705: a group whose members share out in a way that is nobody else's disables the mapping, and an update mends it", async () => {
  const house = await aKafkaHouse({ source: { disabledAfterSeconds: 1 } });
  const { kafka, witness, groupId, server, lambda } = house;
  const topic = await kafka.topic();
  const stranger = kafka.client.consumer({
    groupId,
    partitionAssigners: [
      () => ({
        name: "its own",
        version: 0,
        assign: async () => [],
        protocol: () => ({ name: "its own", metadata: Buffer.alloc(0) }),
      }),
    ],
  });
  await stranger.connect();
  onTestFinished(() => stranger.disconnect());
  await stranger.subscribe({ topic });
  await stranger.run({ eachMessage: async () => {} });
  await expect
    .poll(async () => (await kafka.admin.describeGroups([groupId])).groups[0]?.members.length, inTime)
    .toBe(1);
  const uuid = await house.map(topic);
  await expect.poll(async () => (await house.get(uuid)).State, inTime).toBe("Disabled");
  expect(await house.get(uuid)).toMatchObject({
    StateTransitionReason: "ESM_CONFIG_NOT_VALID",
    LastProcessingResult: CONNECTION_TEXT,
  });
  await stranger.disconnect();
  await kafka.send(topic, ["a"]);
  await updated(server, lambda, { UUID: uuid, Enabled: true, state: "Enabled" });
  await expect.poll(() => witness.texts(), inTime).toEqual(["a"]);
});

test("TM-52, M-507, M-823: disabled in mid-batch the batch ends and is committed; enabled it goes on behind it", async () => {
  const house = await aKafkaHouse();
  const { kafka, witness, groupId, server, lambda } = house;
  const topic = await kafka.topic();
  await kafka.send(topic, ["a", "b", "c", "d"]);
  const gate = aGate();
  witness.orders(async () => {
    await gate.opened;
    return goOn;
  });
  const uuid = await house.map(topic, { BatchSize: 2 });
  await witness.sees((all) => all.length === 1);
  const disabled = updated(server, lambda, { UUID: uuid, Enabled: false, state: "Disabled" });
  await expect.poll(async () => (await house.get(uuid)).State, inTime).toBe("Disabling");
  expect(await kafka.committed(groupId, topic)).toEqual([null]);
  gate.open();
  await disabled;
  expect(await kafka.committed(groupId, topic)).toEqual([2]);
  expect(house.calls()).toEqual(["p0:0-1"]);
  await updated(server, lambda, { UUID: uuid, Enabled: true, state: "Enabled" });
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([4]);
  expect(house.calls()).toEqual(["p0:0-1", "p0:2-3"]);
});

test("TM-48, M-803: a function that runs for longer than the group's session is called once, and what it did is committed", {
  ...inSoak,
  timeout: 180_000,
}, async () => {
  const house = await aKafkaHouse({ function: { Timeout: 120 } });
  const { kafka, witness, groupId, server } = house;
  const topic = await kafka.topic();
  await kafka.send(topic, ["a"]);
  const gate = aGate();
  witness.orders(async () => {
    await gate.opened;
    return goOn;
  });
  await house.map(topic);
  await witness.sees((all) => all.length === 1);
  // The session is 30 s.
  await new Promise((resolve) => setTimeout(resolve, 40_000));
  gate.open();
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([1]);
  expect(house.calls()).toEqual(["p0:0"]);
  expect(server.log.entries.filter(({ kind }) => kind === "unit-opened")).toHaveLength(1);
});

test("TM-42, M-504: with LATEST a partition that is added is read from its first record", {
  ...inSoak,
  timeout: 180_000,
}, async () => {
  const house = await aKafkaHouse();
  const { kafka, witness } = house;
  const topic = await kafka.topic();
  await kafka.send(topic, ["before"]);
  await house.map(topic, { StartingPosition: "LATEST" });
  await kafka.admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
  // A producer that knew the topic before would not know the partition for minutes.
  const later = await kafkaSide();
  await later.send(
    topic,
    ["0", "1", "2", "3", "4"].map((value) => ({ partition: 1, value })),
  );
  // Metadata is looked at every 30 s.
  await expect.poll(() => witness.texts(), afterSession).toEqual(["0", "1", "2", "3", "4"]);
});
