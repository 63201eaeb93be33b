// What follows a call that failed, and an answer that names failed records, on a real Kafka by the whole server: the calls, the commits, and
// the documents as they are read back through the doors of their destinations.

import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { DeleteQueueCommand } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { inSoak } from "../in-soak.ts";
import { queueAt, sqsAt } from "./support/aws-clients.ts";
import { aKafkaHouse, clusterArn, type KafkaHouse, provisioned, shownOf } from "./support/kafka-house.ts";
import { inTime, queueArn, topicArn } from "./support/live-server.ts";
import { aGate, goOn, type Order } from "./support/witness.ts";

const failing: Order = { do: "throw", message: "this call fails" };
const to = (Destination: string) => ({ DestinationConfig: { OnFailure: { Destination } } });
const reporting = { FunctionResponseTypes: ["ReportBatchItemFailures" as const] };
const failed = (topic: string, offset: number): Order => ({
  do: "return",
  value: { batchItemFailures: [{ itemIdentifier: { partition: `${topic}-0`, offset } }] },
});

const queues = { queues: ["dead"] };

async function documentsOf({ server }: KafkaHouse): Promise<readonly Record<string, never>[]> {
  return (await server.messages("dead")).map((body) => JSON.parse(body));
}

function s3At(endpoint: string): S3Client {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new S3Client({ region: "us-east-1", credentials, endpoint, forcePathStyle: true });
  onTestFinished(() => client.destroy());
  return client;
}

/** Records over two partitions, all there before the mapping is. */
async function twoPartitions({ kafka }: KafkaHouse): Promise<string> {
  const topic = await kafka.topic({ partitionCount: 2 });
  await kafka.send(topic, [
    { value: "a", partition: 0 },
    { value: "b", partition: 0 },
    { value: "c", partition: 1 },
  ]);
  return topic;
}

const whole = { BatchSize: 3, MaximumBatchingWindowInSeconds: 5 };

test("TM-16, M-405, M-421: after two retries a queue has one document of both partitions, and they are committed", async () => {
  const house = await aKafkaHouse({ members: queues });
  const { kafka, witness, groupId } = house;
  const topic = await twoPartitions(house);
  witness.orders(() => failing);
  await house.map(topic, { ...provisioned, ...whole, MaximumRetryAttempts: 2, ...to(queueArn("dead")) });
  await expect.poll(() => documentsOf(house), inTime).toHaveLength(1);
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([2, 1]);
  const [document] = await documentsOf(house);
  expect(document).toMatchObject({
    requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: 3 },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    KafkaBatchInfo: {
      batchSize: 3,
      eventSourceArn: clusterArn,
      bootstrapServers: kafka.server,
      recordsInfo: {
        [`${topic}-0`]: { firstRecordOffset: "0", lastRecordOffset: "1" },
        [`${topic}-1`]: { firstRecordOffset: "0", lastRecordOffset: "0" },
      },
    },
  });
  expect(document).not.toHaveProperty("payload");
  expect(new Set(house.calls()).size).toBe(1);
  expect(house.calls()).toHaveLength(3);
});

test("TM-18, M-423: a bucket has one object, whose payload is the event as text", async () => {
  const house = await aKafkaHouse({ members: { buckets: ["dead"] } });
  const { witness, server } = house;
  const topic = await twoPartitions(house);
  witness.orders(() => failing);
  const uuid = await house.map(topic, {
    ...provisioned,
    ...whole,
    MaximumRetryAttempts: 0,
    ...to("arn:aws:s3:::dead"),
  });
  await expect.poll(() => server.objects("dead").length, inTime).toBe(1);
  const Key = server.objects("dead")[0]?.key ?? "";
  expect(Key.startsWith(`aws/lambda/${uuid}/${topic}-`)).toBe(true);
  const s3 = s3At(server.url);
  const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: "dead", Key }));
  expect(ContentType).toBe("application/octet-stream");
  const { payload, ...document } = JSON.parse((await Body?.transformToString()) ?? "");
  expect(document.KafkaBatchInfo.batchSize).toBe(3);
  expect(JSON.parse(payload)).toEqual(witness.deliveries[0]?.event);
});

/** A queue hears what the topic of SNS is told. */
const alarms = { queues: ["dead"], topics: { alarms: { queues: ["dead"], raw: true } } };

test("M-421: a topic of SNS has the document, too", async () => {
  const house = await aKafkaHouse({ members: alarms });
  const { kafka, witness, groupId } = house;
  const topic = await kafka.topic();
  await kafka.send(topic, ["a"]);
  witness.orders(() => failing);
  await house.map(topic, { ...provisioned, MaximumRetryAttempts: 0, ...to(topicArn("alarms")) });
  await expect.poll(() => documentsOf(house), inTime).toHaveLength(1);
  expect((await documentsOf(house))[0]).toMatchObject({
    requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: 1 },
    KafkaBatchInfo: { batchSize: 1 },
  });
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([1]);
});

test("TM-17, M-405: without a limit a destination makes eleven calls", { ...inSoak, timeout: 300_000 }, async () => {
  const house = await aKafkaHouse({ members: alarms });
  const { kafka, witness, groupId } = house;
  const topic = await kafka.topic();
  await kafka.send(topic, ["a"]);
  witness.orders(() => failing);
  await house.map(topic, to(topicArn("alarms")));
  await expect.poll(() => documentsOf(house), { timeout: 280_000, interval: 500 }).toHaveLength(1);
  expect((await documentsOf(house))[0]).toMatchObject({ requestContext: { approximateInvokeCount: 11 } });
  expect(house.calls()).toHaveLength(11);
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([1]);
});

test("TM-21, M-427: where the destination's queue is gone, what it would have had is dropped, and the next batch is called", async () => {
  const house = await aKafkaHouse({ members: queues });
  const { kafka, witness, server, groupId } = house;
  const topic = await kafka.topic();
  const sqs = sqsAt(server.url);
  witness.orders(({ texts }) => (texts.includes("bad") ? failing : goOn));
  await house.map(topic, { ...provisioned, MaximumRetryAttempts: 0, ...to(queueArn("dead")) });
  await sqs.send(new DeleteQueueCommand({ QueueUrl: await queueAt(sqs, "dead") }));
  await kafka.send(topic, ["bad"]);
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([1]);
  await kafka.send(topic, ["good"]);
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([2]);
  expect(witness.texts()).toEqual(["bad", "good"]);
  await server.log.entry((entry) => entry.kind === "reported" && entry.answer !== "delivered");
});

test("TM-23, M-408: halves down to the one record that fails, which the queue has", async () => {
  const house = await aKafkaHouse({ members: queues });
  const { kafka, witness, groupId } = house;
  const topic = await kafka.topic();
  await kafka.send(topic, ["0", "1", "poison", "3"]);
  witness.orders(({ texts }) => (texts.includes("poison") ? failing : goOn));
  await house.map(topic, {
    ...provisioned,
    BatchSize: 4,
    MaximumBatchingWindowInSeconds: 5,
    MaximumRetryAttempts: 0,
    BisectBatchOnFunctionError: true,
    ...to(queueArn("dead")),
  });
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([4]);
  expect(house.calls()).toEqual(["p0:0-3", "p0:0-1", "p0:2-3", "p0:2", "p0:3"]);
  expect(await documentsOf(house)).toMatchObject([
    {
      requestContext: { approximateInvokeCount: 1 },
      KafkaBatchInfo: {
        batchSize: 1,
        recordsInfo: { [`${topic}-0`]: { firstRecordOffset: "2", lastRecordOffset: "2" } },
      },
    },
  ]);
});

test("TM-24, M-408: with a retry each half has its own count", async () => {
  const house = await aKafkaHouse({ members: queues });
  const { kafka, witness, groupId } = house;
  const topic = await kafka.topic();
  await kafka.send(topic, ["poison", "1", "2", "3", "4"]);
  witness.orders(({ texts }) => (texts.includes("poison") ? failing : goOn));
  await house.map(topic, {
    ...provisioned,
    BatchSize: 5,
    MaximumBatchingWindowInSeconds: 5,
    MaximumRetryAttempts: 1,
    BisectBatchOnFunctionError: true,
    ...to(queueArn("dead")),
  });
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([5]);
  expect(house.calls()).toEqual(["p0:0-4", "p0:0-1", "p0:0", "p0:0", "p0:1", "p0:2-4"]);
  expect(await documentsOf(house)).toMatchObject([{ requestContext: { approximateInvokeCount: 2 } }]);
});

test.for(["checkpoint", "items"] as const)(
  "TM-26, M-409, M-411: an answer that names a record of one partition commits the other at once (%s)",
  async (partialAnswers) => {
    const house = await aKafkaHouse({ source: { partialAnswers } });
    const { kafka, witness, groupId } = house;
    const topic = await kafka.topic({ partitionCount: 2 });
    await kafka.send(
      topic,
      [0, 1].flatMap((partition) => ["a", "b", "c"].map((value) => ({ partition, value }))),
    );
    const second = aGate();
    witness.orders(async (delivery) => {
      if (delivery.texts.length === 6) return failed(topic, 1);
      await second.opened;
      return goOn;
    });
    await house.map(topic, { ...provisioned, ...reporting, BatchSize: 6, MaximumBatchingWindowInSeconds: 5 });
    await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([1, 3]);
    second.open();
    await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([3, 3]);
    const [first, ...rest] = house.calls();
    expect((first ?? "").split(" ").sort()).toEqual(["p0:0-2", "p1:0-2"]);
    expect(rest).toEqual([partialAnswers === "checkpoint" ? "p0:1-2" : "p0:1"]);
  },
);

test("TM-32, M-412, M-422: partial answers down to one record, which is then given up", async () => {
  const house = await aKafkaHouse({ members: queues });
  const { kafka, witness, groupId } = house;
  const topic = await kafka.topic();
  await kafka.send(topic, ["0", "1", "2"]);
  witness.orders((delivery) => failed(topic, shownOf(delivery) === "p0:0-2" ? 1 : 2));
  await house.map(topic, {
    ...provisioned,
    ...reporting,
    BatchSize: 3,
    MaximumBatchingWindowInSeconds: 5,
    MaximumRetryAttempts: 1,
    ...to(queueArn("dead")),
  });
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([3]);
  expect(house.calls()).toEqual(["p0:0-2", "p0:1-2", "p0:2", "p0:2"]);
  expect(await documentsOf(house)).toMatchObject([
    {
      requestContext: { approximateInvokeCount: 2 },
      responseContext: { statusCode: 200, functionError: null },
      KafkaBatchInfo: { batchSize: 1, recordsInfo: { [`${topic}-0`]: { firstRecordOffset: "2" } } },
    },
  ]);
});

test("TM-33, M-407: what is too old at the first call goes to the destination as one, and the rest is called", async () => {
  const house = await aKafkaHouse({ members: queues });
  const { kafka, groupId } = house;
  const topic = await kafka.topic();
  const anHourAgoMs = Date.now() - 3_600_000;
  await kafka.send(topic, [
    { value: "0", atMs: anHourAgoMs },
    { value: "1", atMs: anHourAgoMs },
    // A record from the future is never too old, however long this takes.
    { value: "2", atMs: Date.now() + 3_600_000 },
  ]);
  await house.map(topic, { ...provisioned, MaximumRecordAgeInSeconds: 60, ...to(queueArn("dead")) });
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([3]);
  expect(house.calls()).toEqual(["p0:2"]);
  const [document, ...more] = await documentsOf(house);
  expect(more).toEqual([]);
  expect(document).toMatchObject({
    requestContext: { condition: "RecordAgeExceeded", approximateInvokeCount: 1 },
    KafkaBatchInfo: {
      batchSize: 2,
      recordsInfo: { [`${topic}-0`]: { firstRecordOffset: "0", lastRecordOffset: "1" } },
    },
  });
  expect(document).not.toHaveProperty("responseContext");
});

test("TM-34, M-407: what grows old while its calls fail is given up, and not called again", async () => {
  const house = await aKafkaHouse({ members: queues });
  const { kafka, witness, groupId } = house;
  const topic = await kafka.topic();
  witness.orders(() => failing);
  await house.map(topic, { ...provisioned, MaximumRecordAgeInSeconds: 60, ...to(queueArn("dead")) });
  // Six seconds are left to it.
  await kafka.send(topic, [{ value: "a", atMs: Date.now() - 54_000 }]);
  await expect.poll(() => kafka.committed(groupId, topic), inTime).toEqual([1]);
  const callCount = witness.deliveries.length;
  expect(await documentsOf(house)).toMatchObject([{ requestContext: { condition: "RecordAgeExceeded" } }]);
  await kafka.send(topic, [{ value: "b", atMs: Date.now() + 3_600_000 }]);
  await witness.sees((all) => all.length > callCount);
  expect(witness.deliveries.slice(callCount).map(({ texts }) => texts)).toEqual([["b"]]);
});
