// Queues, their attributes, tags and lists, as the unmodified client of the AWS SDK for JavaScript sees them.

import {
  AddPermissionCommand,
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  paginateListQueues,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  RemovePermissionCommand,
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

  test("queues of embedded brokers lie in the same store, and the door has none of them", async () => {
    const { client, queues } = await withQueue();
    await queues.createQueue("mq/broker/orders");
    await expect(client.send(new GetQueueUrlCommand({ QueueName: "mq/broker/orders" }))).rejects.toMatchObject({
      name: "QueueDoesNotExist",
    });
    const { QueueUrls } = await client.send(new ListQueuesCommand({}));
    expect(QueueUrls?.map((url) => url.replace(/^.*\//, ""))).toEqual(["q"]);
  });

  test("values out of bounds, names that cannot be and attributes of the other kind of queue are refused", async () => {
    const { client } = await withQueue();
    const create = (QueueName: string, Attributes: Record<string, string> = {}) =>
      client.send(new CreateQueueCommand({ QueueName, Attributes }));
    for (const [name, value] of [
      ["VisibilityTimeout", "43201"],
      ["DelaySeconds", "-1"],
      ["MessageRetentionPeriod", "59"],
      ["MaximumMessageSize", "1e3"],
      ["ReceiveMessageWaitTimeSeconds", ""],
      ["KmsDataKeyReusePeriodSeconds", "59"],
      ["SqsManagedSseEnabled", "yes"],
      ["Policy", "no JSON"],
    ] as const) {
      await expect(create("a", { [name]: value })).rejects.toMatchObject({
        name: "InvalidAttributeValue",
        message: `Invalid value for the parameter ${name}.`,
      });
    }
    await expect(create("a", { FifoQueue: "false" })).rejects.toMatchObject({
      message: "Unknown Attribute FifoQueue.",
    });
    await expect(create("a", { DeduplicationScope: "queue" })).rejects.toMatchObject({
      name: "InvalidAttributeName",
      message: "You can specify the DeduplicationScope only when FifoQueue is set to true.",
    });
    const standard = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
    await expect(create("a b")).rejects.toMatchObject({ message: standard });
    await expect(create("a.fifo")).rejects.toMatchObject({ message: standard });
    await expect(create("a", { FifoQueue: "true" })).rejects.toMatchObject({
      message:
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.",
    });
    // Nothing of it was made.
    expect((await client.send(new ListQueuesCommand({}))).QueueUrls).toHaveLength(1);
  });

  test("a policy and what concerns encryption are kept and shown, and the empty text takes them away", async () => {
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
    const { client, QueueUrl } = await withQueue({ Attributes: { Policy, SqsManagedSseEnabled: "true" } });
    const shown = async () => {
      const AttributeNames = ["Policy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"];
      return (
        await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: AttributeNames as "Policy"[] }))
      ).Attributes;
    };
    expect(await shown()).toEqual({ Policy, SqsManagedSseEnabled: "true" });
    const set = (Attributes: Record<string, string>) =>
      client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    await set({ KmsMasterKeyId: "key", KmsDataKeyReusePeriodSeconds: "6000" });
    expect(await shown()).toEqual({
      Policy,
      KmsMasterKeyId: "key",
      KmsDataKeyReusePeriodSeconds: "6000",
      SqsManagedSseEnabled: "false",
    });
    await expect(set({ KmsMasterKeyId: "key", SqsManagedSseEnabled: "true" })).rejects.toMatchObject({
      name: "InvalidAttributeName",
      message:
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    });
    await set({ Policy: "", SqsManagedSseEnabled: "true" });
    expect(await shown()).toEqual({ SqsManagedSseEnabled: "true" });
  });

  test("permissions are statements of the policy, in AWS's form", async () => {
    const { client, QueueUrl } = await withQueue();
    const add = (Label: string, AWSAccountIds: string[], Actions = ["ReceiveMessage"]) =>
      client.send(new AddPermissionCommand({ QueueUrl, Label, AWSAccountIds, Actions }));
    const remove = (Label: string) => client.send(new RemovePermissionCommand({ QueueUrl, Label }));
    const policy = async () => {
      const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["Policy"] });
      const { Policy } = (await client.send(asked)).Attributes ?? {};
      return Policy === undefined ? null : (JSON.parse(Policy) as unknown);
    };
    await add("one", ["111111111111", "222222222222"]);
    const arn = "arn:aws:sqs:us-east-1:123456789012:q";
    const root = (account: string) => `arn:aws:iam::${account}:root`;
    const statement = {
      Sid: "one",
      Effect: "Allow",
      Principal: { AWS: [root("111111111111"), root("222222222222")] },
      Action: "SQS:ReceiveMessage",
      Resource: arn,
    };
    expect(await policy()).toEqual({ Version: "2008-10-17", Id: `${arn}/SQSDefaultPolicy`, Statement: [statement] });
    await expect(add("one", ["111111111111"])).rejects.toMatchObject({
      message: "Value one for parameter Label is invalid. Reason: Already exists.",
    });
    await add("two", ["111111111111"], ["*"]);
    await remove("one");
    const two = { Sid: "two", Principal: { AWS: root("111111111111") }, Action: "SQS:*" };
    expect(await policy()).toMatchObject({ Statement: [two] });
    await remove("two");
    expect(await policy()).toBeNull();
    await expect(remove("two")).rejects.toMatchObject({
      message: "Value two for parameter Label is invalid. Reason: can't find label.",
    });
    await expect(add("x", ["111111111111"], ["Fly"])).rejects.toMatchObject({
      message: expect.stringMatching(/^Value SQS:Fly for parameter ActionName is invalid/),
    });
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

  test("keys of tags that begin with aws: are refused", async () => {
    const { client, QueueUrl } = await withQueue();
    await expect(client.send(new TagQueueCommand({ QueueUrl, Tags: { "aws:x": "1" } }))).rejects.toMatchObject({
      name: "InvalidParameterValue",
    });
    expect((await client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags).toBeUndefined();
  });

  test("a purge takes all messages, a deletion the queue", async () => {
    const sqs = await withQueue();
    const { client, QueueUrl } = sqs;
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    await client.send(new PurgeQueueCommand({ QueueUrl }));
    expect(await received(sqs)).toBeUndefined();
    await expect(client.send(new PurgeQueueCommand({ QueueUrl }))).rejects.toMatchObject({
      name: "PurgeQueueInProgress",
      message: "Only one PurgeQueue operation on q is allowed every 60 seconds.",
      $metadata: { httpStatusCode: 403 },
    });
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
