// Mappings on queues in Redis: an app's own BullMQ and AWS's client produce, Redis dies, the process dies, a poison message comes to its end.
// The handlers' ledger is what is judged.

import { join } from "node:path";
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import { Queue } from "bullmq";
import { expect, onTestFinished, test } from "vitest";
import type { RunningBroker } from "../../scripts/brokers/broker.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import type { Queues } from "../../src/ports/queues.ts";
import { createRedisQueues } from "../../workers/redis/queues/redis-queues.ts";
import { grouped, inSoakElse } from "../in-soak.ts";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aHouse } from "./support/house.ts";
import { aFolder, aServer, configIn, inTime, queueArn } from "./support/live-server.ts";
import { disorderInGroups, doneOnce, messageLines, uncountedRepeats } from "./support/message-lines.ts";
import { started } from "./support/process.ts";
import { type Decide, goOn } from "./support/witness.ts";

const MESSAGE_COUNT = inSoakElse(50_000, 20_000);

async function aRedis(): Promise<RunningBroker> {
  const redis = await startBroker("redis", { own: true, durable: true });
  onTestFinished(() => redis.stop());
  return redis;
}

function aBull({ host, port }: RunningBroker, name: string): Queue {
  const queue = new Queue(name, { connection: { host, port, maxRetriesPerRequest: null } });
  queue.on("error", () => undefined);
  onTestFinished(() => queue.close());
  return queue;
}

function queuesOf({ url }: RunningBroker): Queues {
  const address = { url, keyPrefix: "millrace:", queuePrefix: "bull", caPem: null };
  const queues = createRedisQueues({ address, clock: createSystemClock(), sweepEveryMs: null });
  onTestFinished(() => queues.close());
  return queues;
}

function sqsAt(endpoint: string): SQSClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new SQSClient({ region: "us-east-1", credentials, maxAttempts: 1, endpoint });
  onTestFinished(() => client.destroy());
  return client;
}

const leftIn = async (queues: Queues, name: string): Promise<number> => {
  const counts = await queues.countMessages(name).catch(() => null);
  return counts === null ? Number.NaN : counts.visibleCount + counts.hiddenCount + counts.delayedCount;
};

const booking = (LEDGER: string, FAILING: number) => ({
  Handler: "message-ledger.book",
  Timeout: 3,
  Environment: { Variables: { LEDGER, FAILING: String(FAILING) } },
});

async function fill(bull: Queue, count: number, dataOf: (number: number) => unknown): Promise<void> {
  for (let from = 0; from < count; from += 1_000) {
    const numbers = Array.from({ length: Math.min(1_000, count - from) }, (_, index) => from + index);
    await bull.addBulk(numbers.map((number) => ({ name: "job", data: dataOf(number) })));
  }
}

test("Q-1, Q-12, Q-40: jobs of BullMQ and messages of AWS's client reach the handler; poison is tried twice, then a dead letter", async () => {
  const redis = await aRedis();
  const { witness, server, lambda } = await aHouse({
    function: { Timeout: 3 },
    members: { brokers: { redis: { url: redis.url } }, queues: ["dead"] },
  });
  const records = (): readonly SQSRecord[] =>
    witness.deliveries.flatMap(({ event }) => event.Records as readonly unknown[] as readonly SQSRecord[]);
  const poisoned: Decide = ({ event }) =>
    JSON.stringify(event).includes("poison") ? { do: "throw", message: "bad" } : goOn;
  witness.orders(poisoned);
  const sqs = sqsAt(server.url);
  const redrive = { deadLetterTargetArn: queueArn("dead"), maxReceiveCount: 2 };
  const Attributes = { VisibilityTimeout: "3", RedrivePolicy: JSON.stringify(redrive) };
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "orders", Attributes }));
  await mapped(server, lambda, { EventSourceArn: queueArn("orders"), FunctionName: "f", BatchSize: 1 });
  const bull = aBull(redis, "orders");
  const job = await bull.add("job", { body: "by BullMQ", attributes: { Author: "A" } });
  await bull.add("job", { plain: true }, { delay: 50 });
  const { MessageId } = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));

  await witness.sees(() => {
    const poison = records().filter(({ messageId }) => messageId === MessageId);
    return poison.length >= 2 && records().some(({ body }) => body.includes("plain"));
  });
  expect(records().find(({ messageId }) => messageId === job.id)).toMatchObject({
    body: "by BullMQ",
    messageAttributes: { Author: { stringValue: "A", dataType: "String" } },
    attributes: { ApproximateReceiveCount: "1" },
    eventSourceARN: queueArn("orders"),
  });
  expect(records().map(({ body }) => body)).toContain('{"plain":true}');
  const tries = records().filter(({ messageId }) => messageId === MessageId);
  expect(tries.map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(["1", "2"]);
  expect(new Set(tries.map(({ receiptHandle }) => receiptHandle)).size).toBe(2);
  await expect.poll(() => server.messages("dead"), inTime).toEqual(["poison"]);
  await expect.poll(() => bull.getJobCounts(), inTime).toMatchObject({ waiting: 0, active: 0, delayed: 0 });
  const dead = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: QueueUrl.replace("orders", "dead"),
      MessageSystemAttributeNames: ["All"],
    }),
  );
  expect(dead.Messages?.[0]).toMatchObject({
    MessageId,
    Attributes: { ApproximateReceiveCount: "3", DeadLetterQueueSourceArn: queueArn("orders") },
  });
});

test(`Q-10, Q-11, Q-19: ${grouped(MESSAGE_COUNT)} messages, each done at least once, while Redis dies twice in mid-batch and calls fail`, async () => {
  const redis = await aRedis();
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(
    {
      brokers: { redis: { url: redis.url } },
      queues: [{ name: "orders", VisibilityTimeout: 4 }],
      functions: { f: booking(ledger, 50) },
    },
    { folder },
  );
  await fill(aBull(redis, "orders"), MESSAGE_COUNT, (number) => ({ body: String(number) }));
  await mapped(server, lambdaAt(server.url), {
    EventSourceArn: queueArn("orders"),
    FunctionName: "f",
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 1,
  });
  for (const share of [0.2, 0.6]) {
    await expect.poll(() => doneOnce(messageLines(ledger)).size, inTime).toBeGreaterThan(share * MESSAGE_COUNT);
    await redis.kill();
    await redis.restart();
  }
  await expect.poll(() => doneOnce(messageLines(ledger)).size, { timeout: 120_000, interval: 200 }).toBe(MESSAGE_COUNT);
  const queues = queuesOf(redis);
  await expect.poll(() => leftIn(queues, "orders"), inTime).toBe(0);
  const lines = messageLines(ledger);
  expect(uncountedRepeats(lines)).toEqual([]);
  const repeatedCount = lines.filter(({ verdict }) => verdict === "done").length - MESSAGE_COUNT;
  // What was out when Redis died comes again, and nothing else.
  expect(repeatedCount).toBeLessThan(MESSAGE_COUNT / 5);
}, 240_000);

test("P-30, P-33, Q-45: FIFO over kill -9 of the process in mid-batch: groups in order, nothing lost, what was out comes again", async () => {
  const redis = await aRedis();
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  configIn(folder, {
    brokers: { redis: { url: redis.url } },
    queues: [{ name: "orders.fifo", VisibilityTimeout: 6 }],
    functions: { f: booking(ledger, 40) },
    mappings: [{ EventSourceArn: "sqs:orders.fifo", FunctionName: "f", BatchSize: 10 }],
  });
  const count = inSoakElse(5_000, 2_000);
  let process = await started(folder);
  await fill(aBull(redis, "orders.fifo"), count, (number) => ({ body: String(number), groupId: `g${number % 20}` }));
  for (const share of [0.1, 0.4]) {
    await expect.poll(() => doneOnce(messageLines(ledger)).size, inTime).toBeGreaterThan(share * count);
    await process.kill();
    process = await started(folder);
  }
  await expect.poll(() => doneOnce(messageLines(ledger)).size, { timeout: 120_000, interval: 200 }).toBe(count);
  await expect.poll(() => leftIn(queuesOf(redis), "orders.fifo"), { timeout: 30_000, interval: 500 }).toBe(0);
  await process.kill();
  const lines = messageLines(ledger);
  expect(disorderInGroups(lines)).toEqual([]);
  expect(uncountedRepeats(lines)).toEqual([]);
}, 240_000);
