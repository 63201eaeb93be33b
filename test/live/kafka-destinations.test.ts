// Mappings on Kafka whose destination is a topic of their own cluster, embedded and real.

import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { expect, onTestFinished, test } from "vitest";
import { sharedBrokerUrl } from "../brokers/shared-broker.ts";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aFolder, aServer, inTime } from "./support/live-server.ts";

const arn = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-0a0e-4c3c-9d3a-111111111111-1";

const members = (ledger: string, source: object, failed?: string) => ({
  sources: { [arn]: { engine: "KAFKA", ...source } },
  functions: {
    f: {
      Handler: "kafka-failing.book",
      Timeout: 5,
      Environment: { Variables: { LEDGER: ledger, ...(failed === undefined ? {} : { FAILED: failed }) } },
    },
  },
});

const onTopic = (topic: string, dead: string) => ({
  EventSourceArn: arn,
  FunctionName: "f",
  Topics: [topic],
  StartingPosition: "TRIM_HORIZON" as const,
  MaximumRetryAttempts: 0,
  ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 1 },
  DestinationConfig: { OnFailure: { Destination: `kafka://${dead}` } },
});

interface Event {
  readonly records: Readonly<Record<string, readonly { readonly offset: number; readonly value: string }[]>>;
}

const eventsIn = (ledger: string): readonly Event[] =>
  existsSync(ledger)
    ? readFileSync(ledger, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line): Event => JSON.parse(line))
    : [];
const offsetsIn = ({ records }: Event): readonly number[] =>
  Object.values(records).flatMap((list) => list.map(({ offset }) => offset));

test("TM-19, TM-26, M-424: of an embedded topic the record that a partial answer is left with goes to another topic", async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(members(ledger, {}, "2"), { folder });
  const at = (topic: string): string => `${server.url}/_millrace/kafka/shop/${topic}`;
  const produce = async (topic: string, body: object) => {
    const answer = await fetch(at(topic), { method: "POST", body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
  };
  await produce("dead", { partitions: 1, records: [{ key: "first", value: "made" }] });
  await produce("orders", { partitions: 1, records: ["a", "b", "c"].map((key) => ({ key, value: `of ${key}` })) });
  const mapping = { ...onTopic("orders", "dead"), FunctionResponseTypes: ["ReportBatchItemFailures" as const] };
  await mapped(server, lambdaAt(server.url), mapping);

  const dead = async (): Promise<readonly { readonly key: string; readonly value: string }[]> => {
    const answer = await fetch(`${at("dead")}?partition=0&offset=1`);
    const { records }: { records: readonly { readonly key: string; readonly value: string }[] } = JSON.parse(
      await answer.text(),
    );
    return records;
  };
  await expect.poll(dead, inTime).toHaveLength(1);
  const [message] = await dead();
  expect(message?.key).toBe("c");
  expect(JSON.parse(message?.value ?? "")).toMatchObject({
    requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 1 },
    responseContext: { statusCode: 200, functionError: null },
    KafkaBatchInfo: { batchSize: 1, eventSourceArn: arn, recordInfo: { offset: "2" } },
    payload: { eventSource: "aws:kafka", records: { "orders-0": [{ offset: 2, value: "b2YgYw==" }] } },
  });
  expect(eventsIn(ledger).map(offsetsIn)).toEqual([[0, 1, 2], [2]]);
});

test("TM-19, M-424: of a real topic every record of a failed batch goes to another topic, by its own key", async () => {
  const host = new URL(await sharedBrokerUrl("kafka")).host;
  const topic = `orders-${randomUUID()}`;
  const dead = `dead-${randomUUID()}`;
  const kafka = new Kafka({ brokers: [host], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [topic, dead].map((each) => ({ topic: each, numPartitions: 2 })) });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  const keys = ["a", "a", null];
  await producer.send({ topic, messages: keys.map((key, number) => ({ key, value: `v${number}`, partition: 0 })) });
  await producer.disconnect();

  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(members(ledger, { servers: [host] }), { folder });
  await mapped(server, lambdaAt(server.url), onTopic(topic, dead));

  const seen: { readonly key: string | null; readonly value: string }[] = [];
  const consumer = kafka.consumer({ groupId: randomUUID() });
  await consumer.connect();
  onTestFinished(() => consumer.disconnect());
  await consumer.subscribe({ topic: dead, fromBeginning: true });
  await consumer.run({
    async eachMessage({ message: { key, value } }) {
      seen.push({ key: key?.toString() ?? null, value: value?.toString() ?? "" });
    },
  });
  await expect.poll(() => seen.length, inTime).toBe(3);
  const documents = seen.map(({ value }) => JSON.parse(value));
  const byOffset = new Map(
    documents.map(({ KafkaBatchInfo: info }, index) => [info.recordInfo.offset, seen[index]?.key]),
  );
  expect(byOffset).toEqual(new Map(keys.map((key, offset) => [String(offset), key])));
  for (const { payload } of documents) expect(payload.records[`${topic}-0`]).toHaveLength(1);
});
