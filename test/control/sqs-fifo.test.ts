// FIFO queues at the door: what their messages must say, and what comes back.

import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { received, type Sqs, withQueue } from "./doubles/sqs-house.ts";

const fifo = (more: Record<string, string> = {}) =>
  withQueue({ QueueName: "q.fifo", Attributes: { FifoQueue: "true", ...more } });

const sender =
  ({ client, QueueUrl }: Sqs) =>
  (MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
    client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));

const bodies = (messages: Message[] | undefined) => messages?.map(({ Body }) => Body);

describe("FIFO queues", () => {
  test("Q-3: a message has its group, its id and a sequence number of 20 digits, in its answer and when it is received", async () => {
    const sqs = await fifo();
    const send = sender(sqs);
    const ids = { MessageGroupId: "g", MessageDeduplicationId: "d" };
    const sent = await send("one", ids);
    expect(sent.SequenceNumber).toMatch(/^\d{20}$/);
    const [message] = (await received(sqs, { MessageSystemAttributeNames: ["All"] })) ?? [];
    expect(message?.Attributes).toMatchObject({ ...ids, SequenceNumber: sent.SequenceNumber });
  });

  test("Q-44: a message that repeats another answers as that one; by content where the queue says so", async () => {
    const sqs = await fifo({ ContentBasedDeduplication: "true" });
    const send = sender(sqs);
    const first = await send("one", { MessageGroupId: "g" });
    const again = await send("one", { MessageGroupId: "h" });
    expect([again.MessageId, again.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber]);
    await send("two", { MessageGroupId: "g" });
    expect(bodies(await received(sqs, { MaxNumberOfMessages: 10 }))).toEqual(["one", "two"]);
  });

  test("what a message lacks is told in AWS's words, by single call and by batch", async () => {
    const sqs = await fifo();
    const send = sender(sqs);
    await expect(send("x", { MessageDeduplicationId: "d" })).rejects.toMatchObject({
      name: "MissingParameter",
      message: "The request must contain the parameter MessageGroupId.",
    });
    const noId =
      "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
    await expect(send("x", { MessageGroupId: "g" })).rejects.toMatchObject({
      name: "InvalidParameterValue",
      message: noId,
    });
    const batch = (more: object) =>
      sqs.client.send(
        new SendMessageBatchCommand({ QueueUrl: sqs.QueueUrl, Entries: [{ Id: "1", MessageBody: "x", ...more }] }),
      );
    await expect(batch({ MessageDeduplicationId: "d" })).rejects.toMatchObject({
      name: "InvalidParameterValue",
      message: "The request must contain the parameter MessageGroupId.",
    });
    await expect(batch({ MessageGroupId: "g" })).rejects.toMatchObject({ message: noId });
    await expect(
      send("x", { MessageGroupId: "g", MessageDeduplicationId: "d", DelaySeconds: 2 }),
    ).rejects.toMatchObject({
      message:
        "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.",
    });
    await send("x", { MessageGroupId: "g", MessageDeduplicationId: "d", DelaySeconds: 0 });
    const nowhere = { ...sqs, QueueUrl: sqs.QueueUrl.replace("q.fifo", "none.fifo") };
    await expect(sender(nowhere)("x", { MessageGroupId: "g" })).rejects.toMatchObject({ name: "QueueDoesNotExist" });
  });

  test("Q-45: a batch keeps its order, and a group in flight is held until it is deleted", async () => {
    const sqs = await fifo();
    const { client, QueueUrl } = sqs;
    const Entries = ["a1", "a2", "b1"].map((body) => ({
      Id: body,
      MessageBody: body,
      MessageGroupId: body.slice(0, 1),
      MessageDeduplicationId: body,
    }));
    const { Successful } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    const numbers = Successful?.map(({ SequenceNumber }) => SequenceNumber ?? "") ?? [];
    expect(numbers.toSorted()).toEqual(numbers);
    const [first] = (await received(sqs)) ?? [];
    expect(first?.Body).toBe("a1");
    expect(bodies(await received(sqs, { MaxNumberOfMessages: 10 }))).toEqual(["b1"]);
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
    expect(bodies(await received(sqs, { MaxNumberOfMessages: 10 }))).toEqual(["a2"]);
  });

  test("Q-47: a handle whose visibility is over deletes nothing, and that is told", async () => {
    const sqs = await fifo();
    const { client, QueueUrl } = sqs;
    await sender(sqs)("one", { MessageGroupId: "g", MessageDeduplicationId: "d" });
    const ReceiptHandle = (await received(sqs))?.[0]?.ReceiptHandle;
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    await expect(client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))).rejects.toMatchObject({
      name: "InvalidParameterValue",
      message: `Value ${ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    });
    const deleteBatch = () =>
      client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: "old", ReceiptHandle }] }));
    const { Successful, Failed } = await deleteBatch();
    expect(Successful).toBeUndefined();
    expect(Failed).toMatchObject([{ Id: "old", SenderFault: true, Code: "InvalidParameterValue" }]);
    const [again] = (await received(sqs)) ?? [];
    expect(again?.Body).toBe("one");
    // Once it has been received anew, the old handle is none of the message's, and that is no error; nor when it has been deleted.
    expect((await deleteBatch()).Failed).toBeUndefined();
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again?.ReceiptHandle }));
    expect((await deleteBatch()).Failed).toBeUndefined();
  });

  test("Q-50: a receive that is tried again under its id brings the same messages under the same handles, once", async () => {
    const sqs = await fifo();
    const { client, QueueUrl } = sqs;
    const send = sender(sqs);
    for (const body of ["one", "two"]) await send(body, { MessageGroupId: "g", MessageDeduplicationId: body });
    const attempt = (ReceiveRequestAttemptId: string) =>
      received(sqs, { ReceiveRequestAttemptId, MessageSystemAttributeNames: ["ApproximateReceiveCount"] });
    const first = await attempt("one-try");
    expect(bodies(first)).toEqual(["one"]);
    expect(await attempt("one-try")).toEqual(first);
    expect(await attempt("other-try")).toBeUndefined();
    // Once the messages were touched, the attempt is over.
    const ReceiptHandle = first?.[0]?.ReceiptHandle;
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    expect(bodies(await attempt("one-try"))).toEqual(["two"]);
    const standard = { ...sqs, QueueUrl: sqs.QueueUrl.replace(".fifo", "") };
    await client.send(new CreateQueueCommand({ QueueName: "q" }));
    await expect(received(standard, { ReceiveRequestAttemptId: "x" })).rejects.toMatchObject({
      message:
        "Value x for parameter ReceiveRequestAttemptId is invalid. Reason: The request include parameter that is not valid for this queue type.",
    });
  });

  test("its attributes are shown, its kind cannot be changed, and high throughput needs both of its settings", async () => {
    const { client, QueueUrl } = await fifo({ ContentBasedDeduplication: "true" });
    const shown = async () =>
      (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }))).Attributes;
    expect(await shown()).toMatchObject({
      FifoQueue: "true",
      ContentBasedDeduplication: "true",
      DeduplicationScope: "queue",
      FifoThroughputLimit: "perQueue",
    });
    const set = (Attributes: Record<string, string>) =>
      client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    await expect(set({ FifoQueue: "false" })).rejects.toMatchObject({
      name: "InvalidAttributeValue",
      message: "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
    });
    await expect(set({ FifoThroughputLimit: "perMessageGroupId" })).rejects.toMatchObject({
      name: "InvalidAttributeValue",
    });
    const high = { FifoThroughputLimit: "perMessageGroupId", DeduplicationScope: "messageGroup" };
    await set({ ...high, ContentBasedDeduplication: "false" });
    expect(await shown()).toMatchObject({ ...high, ContentBasedDeduplication: "false" });
    const create = (Attributes: Record<string, string>) =>
      client.send(new CreateQueueCommand({ QueueName: "q.fifo", Attributes }));
    await expect(create({ FifoQueue: "true", ContentBasedDeduplication: "true" })).rejects.toMatchObject({
      message:
        "A queue already exists with the same name and a different value for attribute ContentBasedDeduplication",
    });
    await create({ FifoQueue: "true", ...high });
  });
});

test("a group of a standard queue's message is kept and shown", async () => {
  const sqs = await withQueue();
  await sender(sqs)("one", { MessageGroupId: "tenant-7" });
  const [message] = (await received(sqs, { MessageSystemAttributeNames: ["MessageGroupId"] })) ?? [];
  expect(message?.Attributes).toEqual({ MessageGroupId: "tenant-7" });
});
