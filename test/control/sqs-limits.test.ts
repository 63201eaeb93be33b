// What the door itself keeps count of: messages in flight, twelve hours of visibility, a purge a minute, and who sends from inside a function.

import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import type { FedSource } from "../../src/control/self-feeding.ts";
import { accessKeyOf } from "../../src/ports/calling-function.ts";
import { aMessage } from "../stores/aside.ts";
import { handClock } from "./doubles/house.ts";
import { aServedHouse } from "./doubles/served.ts";
import { received, withQueue } from "./doubles/sqs-house.ts";

test("Q-51: 120,000 messages may be in flight: then a short poll is refused, and what a FIFO queue or a long poll hears is nothing", async () => {
  const sqs = await withQueue();
  const { queues, client, QueueUrl } = sqs;
  const many = Array.from({ length: 10_000 }, () => aMessage("x"));
  for (let round = 0; round < 12; round += 1) {
    await queues.sendMany("q", many);
    await queues.receive("q", { max: 10_000, visibilityMs: 43_200_000 });
  }
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "one more" }));
  await expect(received(sqs)).rejects.toMatchObject({ name: "OverLimit", $metadata: { httpStatusCode: 403 } });
  expect(await received(sqs, { WaitTimeSeconds: 1 })).toBeUndefined();
  await queues.purge("q");
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "after all" }));
  expect(await received(sqs)).toMatchObject([{ Body: "after all" }]);
}, 60_000);

test("Q-48: a message is hidden for twelve hours at most, counted from its receive", async () => {
  const clock = handClock();
  const sqs = await withQueue({}, clock);
  const { client, QueueUrl } = sqs;
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
  const ReceiptHandle = (await received(sqs))?.[0]?.ReceiptHandle;
  const change = (VisibilityTimeout: number) =>
    client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
  await change(43_200);
  clock.advance(3_600_000);
  await change(39_600);
  await expect(change(39_601)).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message:
      "Value 39601 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]",
  });
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
});

test("Q-49: a queue may be purged again after a minute", async () => {
  const clock = handClock();
  const { client, QueueUrl } = await withQueue({}, clock);
  const purge = () => client.send(new PurgeQueueCommand({ QueueUrl }));
  await purge();
  clock.advance(59_999);
  await expect(purge()).rejects.toMatchObject({ name: "PurgeQueueInProgress" });
  clock.advance(1);
  await purge();
});

test("messages that a function sends are told to the watch, as many as were taken", async () => {
  const fed: [string, FedSource, number][] = [];
  const { url } = await aServedHouse([], { selfFeeding: { fed: (...told) => void fed.push(told) } });
  const clientOf = (accessKeyId: string) => {
    const credentials = { accessKeyId, secretAccessKey: "any" };
    const client = new SQSClient({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 });
    onTestFinished(() => client.destroy());
    return client;
  };
  const own = clientOf(accessKeyOf("f"));
  const { QueueUrl } = await own.send(new CreateQueueCommand({ QueueName: "q" }));
  const Entries = ["a", "b", "\u0000"].map((MessageBody, index) => ({ Id: `${index}`, MessageBody }));
  await own.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  await own.send(new SendMessageCommand({ QueueUrl, MessageBody: "c" }));
  await own.send(new ReceiveMessageCommand({ QueueUrl }));
  await clientOf("any").send(new SendMessageCommand({ QueueUrl, MessageBody: "d" }));
  const source = { service: "sqs", name: "q" };
  expect(fed).toEqual([
    ["f", source, 2],
    ["f", source, 1],
  ]);
});
