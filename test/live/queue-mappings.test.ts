// Mappings on queues, from AWS's own clients to the handler.

import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { GetEventSourceMappingCommand, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import type { SQSRecord } from "aws-lambda";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { mapped } from "./support/aws-clients.ts";
import { aHouse } from "./support/house.ts";
import { inTime, queueArn } from "./support/live-server.ts";
import { aGate, type Delivery, goOn } from "./support/witness.ts";

function sqsAt(endpoint: string): SQSClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new SQSClient({ region: "us-east-1", credentials, maxAttempts: 1, endpoint });
  onTestFinished(() => client.destroy());
  return client;
}

const recordsOf = (deliveries: readonly Delivery[]): readonly SQSRecord[] =>
  deliveries.flatMap(({ event }) => event.Records as readonly unknown[] as readonly SQSRecord[]);

const bodiesOf = (deliveries: readonly Delivery[]): readonly string[] => recordsOf(deliveries).map(({ body }) => body);

async function aQueue(client: SQSClient, QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
  return QueueUrl;
}

const send = (client: SQSClient, QueueUrl: string, bodies: readonly string[]) =>
  client.send(
    new SendMessageBatchCommand({
      QueueUrl,
      Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
    }),
  );

const countNames = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "ApproximateNumberOfMessagesDelayed",
] as const;

async function leftIn(
  client: SQSClient,
  QueueUrl: string,
  names: readonly (typeof countNames)[number][] = countNames,
): Promise<number> {
  const AttributeNames = [...names];
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}

test("T-120: messages of a standard queue are delivered and deleted; the mapping's words are those of a queue", async () => {
  const { witness, server, lambda } = await aHouse();
  const sqs = sqsAt(server.url);
  const url = await aQueue(sqs, "jobs");
  await send(sqs, url, ["a", "b", "c"]);
  const UUID = await mapped(server, lambda, { EventSourceArn: queueArn("jobs"), FunctionName: "f" });
  await witness.sees((all) => bodiesOf(all).length >= 3);
  await send(sqs, url, ["d"]);
  await witness.sees((all) => bodiesOf(all).length >= 4);
  expect([...bodiesOf(witness.deliveries)].sort()).toEqual(["a", "b", "c", "d"]);
  await expect.poll(() => leftIn(sqs, url), inTime).toBe(0);
  expect(await lambda.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({
    State: "Enabled",
    StateTransitionReason: "USER_INITIATED",
    BatchSize: 10,
  });
  const [record] = recordsOf(witness.deliveries);
  expect(record).toMatchObject({ eventSource: "aws:sqs", eventSourceARN: queueArn("jobs"), awsRegion: "us-east-1" });
  expect(record?.attributes.ApproximateReceiveCount).toBe("1");
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  await server.log.state(UUID, "Disabled");
});

/** Redis of its own, or none. */
async function membersOn(store: string): Promise<Readonly<Record<string, unknown>>> {
  if (store !== "Redis") return {};
  const redis = await startBroker("redis", { own: true, durable: true });
  onTestFinished(() => redis.stop());
  return { brokers: { redis: { url: redis.url } } };
}

test.for(["the embedded store", "Redis"] as const)(
  "T-122, T-136, Q-14: groups go in order, what is listed comes back, and a poison message ends as a dead letter, on %s",
  async (store) => {
    const { witness, server, lambda } = await aHouse({ members: await membersOn(store), function: { Timeout: 3 } });
    const sqs = sqsAt(server.url);
    await aQueue(sqs, "dead.fifo", { FifoQueue: "true" });
    const url = await aQueue(sqs, "jobs.fifo", {
      FifoQueue: "true",
      ContentBasedDeduplication: "true",
      VisibilityTimeout: "3",
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn("dead.fifo"), maxReceiveCount: 2 }),
    });
    witness.orders((delivery) => {
      const failing = recordsOf([delivery]).filter(({ body }) => body.endsWith("poison"));
      const batchItemFailures = failing.map(({ messageId }) => ({ itemIdentifier: messageId }));
      return { do: "return", value: { batchItemFailures } };
    });
    const bodies = ["a1", "b1", "a2", "b2", "a-poison", "b3"];
    await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: bodies.map((MessageBody, index) => ({
          Id: String(index),
          MessageBody,
          MessageGroupId: MessageBody.charAt(0),
        })),
      }),
    );
    await mapped(server, lambda, {
      EventSourceArn: queueArn("jobs.fifo"),
      FunctionName: "f",
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
    await expect.poll(() => server.messages("dead.fifo"), inTime).toEqual(["a-poison"]);
    await expect.poll(() => leftIn(sqs, url), inTime).toBe(0);
    const seen = bodiesOf(witness.deliveries);
    expect(seen.filter((body) => body.startsWith("b"))).toEqual(["b1", "b2", "b3"]);
    expect(seen.filter((body) => body.startsWith("a"))).toEqual(["a1", "a2", "a-poison", "a-poison"]);
    const groups = witness.deliveries.map((each) => new Set(bodiesOf([each]).map((body) => body.charAt(0))));
    expect(Math.max(...groups.map(({ size }) => size))).toBe(1);
    const counts = recordsOf(witness.deliveries).filter(({ body }) => body === "a-poison");
    expect(counts.map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(["1", "2"]);
  },
);

test("T-148, P-25: our own cap holds receives back; a disabled mapping lets its call end, and receives nothing more", async () => {
  const { witness, server, lambda } = await aHouse({ members: { maxFunctionThreads: 1 } });
  const sqs = sqsAt(server.url);
  const url = await aQueue(sqs, "jobs");
  await send(sqs, url, ["a", "b", "c", "d"]);
  const gate = aGate();
  witness.orders(async () => {
    await gate.opened;
    return goOn;
  });
  const input = { EventSourceArn: queueArn("jobs"), FunctionName: "f", BatchSize: 1 };
  const UUID = await mapped(server, lambda, input);
  await witness.sees((all) => all.length === 1);
  await server.log.entry(({ kind }) => kind === "no-thread");
  expect(await leftIn(sqs, url, ["ApproximateNumberOfMessages"])).toBe(3);
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  gate.open();
  await server.log.state(UUID, "Disabled");
  expect(await leftIn(sqs, url)).toBe(3);
  expect(witness.deliveries).toHaveLength(1);
});

test("a handler deletes its own message by the event's receipt; record refuses a mapping on a queue", async () => {
  const { witness, server, lambda } = await aHouse();
  const sqs = sqsAt(server.url);
  const url = await aQueue(sqs, "jobs");
  witness.orders(async (delivery) => {
    const [ReceiptHandle = ""] = recordsOf([delivery]).map(({ receiptHandle }) => receiptHandle);
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    return { do: "throw", message: "but it is gone" };
  });
  const UUID = await mapped(server, lambda, { EventSourceArn: queueArn("jobs"), FunctionName: "f" });
  await send(sqs, url, ["a"]);
  await expect.poll(() => witness.deliveries.length, inTime).toBe(1);
  await expect.poll(() => leftIn(sqs, url), inTime).toBe(0);
  const answer = await fetch(`${server.url}/_millrace/recordings?mapping=${UUID}`, { method: "POST" });
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { message: `Mapping ${UUID} polls a queue: recordings carry streams only.` },
  ]);
});
