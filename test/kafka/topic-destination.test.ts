// A real topic as a mapping's destination.

import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { createTopicReporter, type TopicReporter } from "../../src/destinations/topic-reporter.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import type { ReportMessage } from "../../src/ports/reporter.ts";
import { createKafkaProducer } from "../../workers/destinations/kafka-producer.ts";
import { sharedBrokerUrl } from "../brokers/shared-broker.ts";

const server = new URL(await sharedBrokerUrl("kafka")).host;
const kafka = new Kafka({ brokers: [server], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
beforeAll(() => admin.connect());
afterAll(() => admin.disconnect());

function aReporter(servers: readonly string[]): TopicReporter {
  const producer = createKafkaProducer({
    address: { servers, security: { tls: null, sasl: null } },
    clientId: "millrace",
    secretText: () => Promise.resolve(null),
  });
  const others = { send: () => Promise.resolve({ kind: "refused", detail: "not asked" } as const) };
  return createTopicReporter({ producer, others, clock: createSystemClock() });
}

async function aTopic(numPartitions: number, maxMessageBytes?: number): Promise<string> {
  const topic = `dead-${randomUUID()}`;
  const configEntries =
    maxMessageBytes === undefined ? [] : [{ name: "max.message.bytes", value: String(maxMessageBytes) }];
  await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] });
  return topic;
}

interface Seen {
  readonly partition: number;
  readonly key: string | null;
  readonly value: string;
}

async function recordsIn(topic: string, count: number): Promise<readonly Seen[]> {
  const consumer = kafka.consumer({ groupId: randomUUID() });
  const seen: Seen[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    async eachMessage({ partition, message: { key, value } }) {
      seen.push({ partition, key: key?.toString() ?? null, value: value?.toString() ?? "" });
      if (seen.length === count) resolve();
    },
  });
  await promise;
  await consumer.disconnect();
  return seen;
}

const message = (value: string, key: string | null = null): ReportMessage => {
  return { key: key === null ? null : Buffer.from(key), value };
};
const report = (topic: string, messages: readonly ReportMessage[]) => {
  return { mappingUuid: "m", destinationArn: `kafka://${topic}`, body: "", objectKey: null, messages };
};

describe("TM-19, M-424: a topic of the same cluster", () => {
  test("gets each message, those of a key in one partition and in order, the others all over", async () => {
    const topic = await aTopic(4);
    const reporter = aReporter([server]);
    const keyed = Array.from({ length: 8 }, (_, number) => message(`${number}`, `key ${number % 2}`));
    const bare = Array.from({ length: 8 }, (_, number) => message(`bare ${number}`));
    expect(await reporter.send(report(topic, [...keyed, ...bare]))).toEqual({ kind: "delivered" });
    await reporter.close();

    const seen = await recordsIn(topic, 16);
    for (const key of ["key 0", "key 1"]) {
      const own = seen.filter((each) => each.key === key);
      expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
      expect(own.map(({ value }) => value)).toEqual(
        keyed.filter((each) => String(each.key) === key).map(({ value }) => value),
      );
    }
    expect(new Set(seen.filter(({ key }) => key === null).map(({ partition }) => partition)).size).toBe(4);
  });

  test("gets many large messages, in as many requests as it takes", async () => {
    const topic = await aTopic(1);
    const reporter = aReporter([server]);
    const messages = Array.from({ length: 12 }, (_, number) => message(`${number}:${"x".repeat(300_000)}`));
    expect(await reporter.send(report(topic, messages))).toEqual({ kind: "delivered" });
    await reporter.close();
    const seen = await recordsIn(topic, 12);
    expect(seen.map(({ value }) => Number.parseInt(value, 10))).toEqual(messages.map((_, number) => number));
  });

  test("M-427: with a limit of its own it takes what fits, and the rest is told", async () => {
    const topic = await aTopic(1, 1_000);
    const reporter = aReporter([server]);
    const messages = [message("a"), message("x".repeat(2_000)), message("b")];
    expect(await reporter.send(report(topic, messages))).toEqual({
      kind: "refused",
      detail: `1 of 3 messages: the topic ${topic} takes no message so large (max.message.bytes)`,
    });
    await reporter.close();
    expect((await recordsIn(topic, 2)).map(({ value }) => value)).toEqual(["a", "b"]);
  });

  test("M-427: one that is not there is never made", async () => {
    const topic = `none-${randomUUID()}`;
    const reporter = aReporter([server]);
    expect(await reporter.send(report(topic, [message("a")]))).toEqual({
      kind: "refused",
      detail: `there is no topic ${topic} in Kafka at ${server}`,
    });
    await reporter.close();
    expect(await admin.listTopics()).not.toContain(topic);
  });
});

describe("TM-21, M-427: a cluster", () => {
  test("that cannot be reached is tried three times", async () => {
    const reporter = aReporter(["127.0.0.1:1"]);
    expect(await reporter.send(report("dead", [message("a")]))).toEqual({
      kind: "refused",
      detail: expect.stringMatching(/^Kafka at 127\.0\.0\.1:1 cannot be reached: .*, after 3 tries$/),
    });
    await reporter.close();
  });

  test("that has been killed and has come back gets the next report", async () => {
    const broker = await startBroker("kafka", { own: true });
    try {
      const own = new Kafka({ brokers: [`${broker.host}:${broker.port}`], logLevel: logLevel.NOTHING }).admin();
      await own.connect();
      await own.createTopics({ topics: [{ topic: "dead", numPartitions: 1 }] });
      await own.disconnect();
      const reporter = aReporter([`${broker.host}:${broker.port}`]);
      expect(await reporter.send(report("dead", [message("a")]))).toEqual({ kind: "delivered" });
      await broker.kill();
      expect(await reporter.send(report("dead", [message("b")]))).toMatchObject({ kind: "refused" });
      await broker.restart();
      expect(await reporter.send(report("dead", [message("c")]))).toEqual({ kind: "delivered" });
      await reporter.close();
    } finally {
      await broker.stop();
    }
  });
});
