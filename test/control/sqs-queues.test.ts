// Queues, their attributes, tags and lists, as the unmodified client of the AWS SDK for JavaScript sees them.

import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  paginateListQueues,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { received, withQueue } from "./doubles/sqs-house.ts";

describe("queues", () => {
  test("a queue's URL is made of the host that was called; the same attributes create it again, others do not", async () => {
    const { client, url, QueueUrl } = await withQueue({ Attributes: { VisibilityTimeout: "5" } });
    expect(QueueUrl).toBe(`${url}/123456789012/q`);
    const again = (Attributes: Record<string, string>) =>
      client.send(new CreateQueueCommand({ QueueName: "q", Attributes }));
    expect((await again({ VisibilityTimeout: "5" })).QueueUrl).toBe(QueueUrl);
    expect((await again({})).QueueUrl).toBe(QueueUrl);
    await expect(again({ VisibilityTimeout: "6" })).rejects.toMatchObject({
      name: "QueueNameExists",
      message: "A queue already exists with the same name and a different value for attribute VisibilityTimeout",
    });
    expect((await client.send(new GetQueueUrlCommand({ QueueName: "q" }))).QueueUrl).toBe(QueueUrl);
    await expect(client.send(new GetQueueUrlCommand({ QueueName: "nix" }))).rejects.toMatchObject({
      name: "QueueDoesNotExist",
      message: "The specified queue does not exist.",
    });
    await expect(
      client.send(new GetQueueUrlCommand({ QueueName: "q", QueueOwnerAWSAccountId: "999999999999" })),
    ).rejects.toMatchObject({ name: "QueueDoesNotExist" });
  });

  test("attributes: all of them, some of them, changed ones, unknown ones", async () => {
    const { client, QueueUrl } = await withQueue();
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "late", DelaySeconds: 900 }));
    const attributes = async (...AttributeNames: string[]) =>
      (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: AttributeNames as "All"[] })))
        .Attributes;
    expect(await attributes("All")).toEqual({
      ApproximateNumberOfMessages: "1",
      ApproximateNumberOfMessagesDelayed: "1",
      ApproximateNumberOfMessagesNotVisible: "0",
      CreatedTimestamp: expect.stringMatching(/^\d{10}$/),
      DelaySeconds: "0",
      LastModifiedTimestamp: expect.stringMatching(/^\d{10}$/),
      MaximumMessageSize: "1048576",
      MessageRetentionPeriod: "345600",
      QueueArn: "arn:aws:sqs:us-east-1:123456789012:q",
      ReceiveMessageWaitTimeSeconds: "0",
      SqsManagedSseEnabled: "false",
      VisibilityTimeout: "30",
    });
    expect(await attributes("QueueArn", "RedrivePolicy")).toEqual({ QueueArn: "arn:aws:sqs:us-east-1:123456789012:q" });
    expect(await attributes()).toBeUndefined();
    await expect(attributes("Colour")).rejects.toMatchObject({
      name: "InvalidAttributeName",
      message: "Unknown Attribute Colour.",
    });
    const changed = { VisibilityTimeout: "0", MaximumMessageSize: "1024", DelaySeconds: "1" };
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: changed }));
    expect(await attributes("All")).toMatchObject(changed);
  });

  test("what has no effect is refused, and so are values out of bounds; what means what is so anyway is taken", async () => {
    const { client } = await withQueue();
    const create = (QueueName: string, Attributes: Record<string, string> = {}) =>
      client.send(new CreateQueueCommand({ QueueName, Attributes }));
    await expect(create("a.fifo", { FifoQueue: "true" })).rejects.toMatchObject({
      name: "UnsupportedOperation",
      message: "FIFO queues are not built yet: this version has standard queues only.",
    });
    const policy = JSON.stringify({ deadLetterTargetArn: "arn:aws:sqs:us-east-1:123456789012:q", maxReceiveCount: 3 });
    await expect(create("a", { RedrivePolicy: policy })).rejects.toMatchObject({
      name: "UnsupportedOperation",
      message: "Millrace does not carry out the queue attribute RedrivePolicy yet.",
    });
    for (const [name, value] of [
      ["VisibilityTimeout", "43201"],
      ["DelaySeconds", "-1"],
      ["MessageRetentionPeriod", "59"],
      ["MaximumMessageSize", "1e3"],
      ["ReceiveMessageWaitTimeSeconds", ""],
    ] as const) {
      await expect(create("a", { [name]: value })).rejects.toMatchObject({
        name: "InvalidAttributeValue",
        message: `Invalid value for the parameter ${name}.`,
      });
    }
    await expect(create("a", { FifoQueue: "false" })).rejects.toMatchObject({
      message: "Unknown Attribute FifoQueue.",
    });
    await expect(create("a b")).rejects.toMatchObject({
      message: "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
    });
    // Nothing of it was made.
    expect((await client.send(new ListQueuesCommand({}))).QueueUrls).toHaveLength(1);
    await create("a", { SqsManagedSseEnabled: "false", Policy: "", KmsMasterKeyId: "" });
  });

  test("lists go by prefix and by page", async () => {
    const sqs = await withQueue();
    for (const name of ["b1", "b2", "b3"]) await sqs.client.send(new CreateQueueCommand({ QueueName: name }));
    const pages = [];
    for await (const page of paginateListQueues({ client: sqs.client, pageSize: 2 }, { QueueNamePrefix: "b" })) {
      pages.push(page.QueueUrls?.map((each) => each.split("/").at(-1)));
    }
    expect(pages).toEqual([["b1", "b2"], ["b3"]]);
    expect((await sqs.client.send(new ListQueuesCommand({ QueueNamePrefix: "zz" }))).QueueUrls).toBeUndefined();
    await expect(sqs.client.send(new ListQueuesCommand({ MaxResults: 2, NextToken: "made up" }))).rejects.toMatchObject(
      {
        message: "Invalid or expired next token.",
      },
    );
  });

  test("tags are given at birth, added, taken away and listed", async () => {
    const { client, QueueUrl } = await withQueue({ tags: { team: "orders" } });
    await client.send(new TagQueueCommand({ QueueUrl, Tags: { stage: "dev", team: "all" } }));
    await client.send(new UntagQueueCommand({ QueueUrl, TagKeys: ["stage", "none"] }));
    await Promise.all(["a", "b"].map((key) => client.send(new TagQueueCommand({ QueueUrl, Tags: { [key]: "1" } }))));
    await client.send(new UntagQueueCommand({ QueueUrl, TagKeys: ["b"] }));
    expect((await client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags).toEqual({ team: "all", a: "1" });
  });

  test("a purge takes all messages, a deletion the queue", async () => {
    const sqs = await withQueue();
    const { client, QueueUrl } = sqs;
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    await client.send(new PurgeQueueCommand({ QueueUrl }));
    expect(await received(sqs)).toBeUndefined();
    await client.send(new DeleteQueueCommand({ QueueUrl }));
    for (const command of [
      new PurgeQueueCommand({ QueueUrl }),
      new DeleteQueueCommand({ QueueUrl }),
      new SendMessageCommand({ QueueUrl, MessageBody: "x" }),
      new ReceiveMessageCommand({ QueueUrl }),
      new SetQueueAttributesCommand({ QueueUrl, Attributes: {} }),
      new GetQueueAttributesCommand({ QueueUrl }),
      new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "1", MessageBody: "x" }] }),
      new TagQueueCommand({ QueueUrl, Tags: {} }),
    ]) {
      // A union of commands is not one that `send` takes.
      const sent = client.send(command as PurgeQueueCommand);
      await expect(sent).rejects.toMatchObject({ name: "QueueDoesNotExist" });
    }
  });
});
