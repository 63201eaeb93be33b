// SQS as the unmodified client of the AWS SDK for JavaScript sees it, which checks the digests of what it sends and receives; and
// the wire form of errors, by hand. The queues are those of a real store.

import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  type CreateQueueCommandInput,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  paginateListQueues,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  TagQueueCommand,
  UntagQueueCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, onTestFinished, test } from "vitest";
import { aServedHouse } from "./doubles/served.ts";

interface Sqs {
  readonly client: SQSClient;
  readonly url: string;
  readonly QueueUrl: string;
}

async function withQueue(more: Omit<CreateQueueCommandInput, "QueueName"> = {}): Promise<Sqs> {
  const { url } = await aServedHouse();
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  const client = new SQSClient({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName: "q", ...more }));
  return { client, url, QueueUrl };
}

async function received({ client, QueueUrl }: Sqs, more: Omit<ReceiveMessageCommandInput, "QueueUrl"> = {}) {
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, ...more }));
  return Messages;
}

/** A call by hand: status, error header and body. */
async function raw(url: string, operation: string, body: unknown) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "x-amz-target": `AmazonSQS.${operation}`, "content-type": "application/x-amz-json-1.0" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const { headers, status } = answer;
  expect(headers.get("content-type")).toBe("application/x-amz-json-1.0");
  return { status, queryError: headers.get("x-amzn-query-error"), body: JSON.parse(await answer.text()) as unknown };
}

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
    expect((await client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags).toEqual({ team: "all" });
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

describe("messages", () => {
  test("a message goes out and comes back with its attributes, digests and counts", async () => {
    const sqs = await withQueue();
    const { client, QueueUrl } = sqs;
    const sent = await client.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: "Grüße 🎉 <&>",
        MessageAttributes: {
          "order.id": { DataType: "Number", StringValue: "129.90" },
          "order.kind": { DataType: "String.label", StringValue: "größer" },
          zip: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255, 1]) },
        },
        MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: "Root=1-2-3" } },
      }),
    );
    // Computed apart, by the public algorithm.
    expect(sent).toMatchObject({
      MD5OfMessageAttributes: "f63839f3808a471dfcb9b0a184bd77a8",
      MD5OfMessageSystemAttributes: "3f71502e2b401dca4ffefa0d1f324c78",
      MessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const [message] =
      (await received(sqs, { MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] })) ?? [];
    expect(message).toMatchObject({
      MessageId: sent.MessageId,
      Body: "Grüße 🎉 <&>",
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      MessageAttributes: {
        "order.id": { DataType: "Number", StringValue: "129.90" },
        "order.kind": { DataType: "String.label", StringValue: "größer" },
        zip: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255, 1]) },
      },
      Attributes: {
        ApproximateReceiveCount: "1",
        AWSTraceHeader: "Root=1-2-3",
        SenderId: "123456789012",
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
    });
  });

  test("only what is asked for is shown: attributes by name, by what they begin with, and none", async () => {
    const sqs = await withQueue({ Attributes: { VisibilityTimeout: "0" } });
    const MessageAttributes = Object.fromEntries(
      ["a.one", "a.two", "ab", "c"].map((name) => [name, { DataType: "String", StringValue: name }]),
    );
    await sqs.client.send(new SendMessageCommand({ QueueUrl: sqs.QueueUrl, MessageBody: "x", MessageAttributes }));
    const shown = async (...MessageAttributeNames: string[]) =>
      Object.keys((await received(sqs, { MessageAttributeNames }))?.[0]?.MessageAttributes ?? {});
    expect(await shown("a.*")).toEqual(["a.one", "a.two", "ab"]);
    expect(await shown("c", "nix")).toEqual(["c"]);
    expect(await shown(".*")).toHaveLength(4);
    const [bare] = (await received(sqs)) ?? [];
    expect(Object.keys(bare ?? {}).toSorted()).toEqual(["Body", "MD5OfBody", "MessageId", "ReceiptHandle"]);
    expect(
      (await received(sqs, { MessageSystemAttributeNames: ["ApproximateReceiveCount"] }))?.[0]?.Attributes,
    ).toEqual({
      ApproximateReceiveCount: "5",
    });
  });

  test("a received message is hidden, comes back when its visibility is set to 0, and is deleted by its last handle", async () => {
    const sqs = await withQueue();
    const { client, QueueUrl } = sqs;
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    const first = (await received(sqs))?.[0]?.ReceiptHandle;
    expect(await received(sqs)).toBeUndefined();
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: first, VisibilityTimeout: 0 }));
    await expect(
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: first, VisibilityTimeout: 9 })),
    ).rejects.toMatchObject({ name: "MessageNotInflight" });
    const second = (await received(sqs, { VisibilityTimeout: 43_200 }))?.[0]?.ReceiptHandle;
    // Out of date: no error, and nothing is deleted.
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first }));
    const counts = async () =>
      (
        await client.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessagesNotVisible"] }),
        )
      ).Attributes;
    expect(await counts()).toEqual({ ApproximateNumberOfMessagesNotVisible: "1" });
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: second }));
    expect(await counts()).toEqual({ ApproximateNumberOfMessagesNotVisible: "0" });
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: second }));
    await expect(
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: second, VisibilityTimeout: 9 })),
    ).rejects.toMatchObject({ message: expect.stringMatching(/Message does not exist or is not available/) });
    await expect(client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "made up" }))).rejects.toMatchObject({
      name: "ReceiptHandleIsInvalid",
      message: 'The input receipt handle "made up" is not a valid receipt handle.',
    });
  });

  test("a long poll ends with the message that comes, or with nothing", async () => {
    const sqs = await withQueue();
    const waiting = received(sqs, { WaitTimeSeconds: 20 });
    const second = received(sqs, { WaitTimeSeconds: 20 });
    const { client, QueueUrl } = sqs;
    const Entries = ["a", "b"].map((body) => ({ Id: body, MessageBody: body }));
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    const both = await Promise.all([waiting, second]);
    expect(new Set(both.map((messages) => messages?.map((each) => each.Body).join()))).toEqual(new Set(["a", "b"]));
    expect(await received(sqs, { WaitTimeSeconds: 1 })).toBeUndefined();
  });

  test("a client that has gone takes no message with it", async () => {
    const sqs = await withQueue();
    const { client, QueueUrl } = sqs;
    const gone = new AbortController();
    const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 });
    const waiting = client.send(command, { abortSignal: gone.signal });
    // The call has arrived once a later one has been answered.
    await received(sqs);
    gone.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    // Its connection's end is heard within a moment; until then a message would go to it and come back after its visibility.
    await expect
      .poll(async () => {
        await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
        return (await received(sqs))?.[0]?.Body;
      })
      .toBe("one");
  });

  test("batches: each entry by itself, the request as a whole", async () => {
    const sqs = await withQueue();
    const { client, QueueUrl } = sqs;
    const answer = await client.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: "good", MessageBody: "one" },
          { Id: "late", MessageBody: "two", DelaySeconds: 901 },
          { Id: "bad", MessageBody: "\u0000" },
        ],
      }),
    );
    expect(answer.Successful).toMatchObject([{ Id: "good" }]);
    expect(answer.Failed).toMatchObject([
      { Id: "late", SenderFault: true, Code: "InvalidParameterValue" },
      { Id: "bad", SenderFault: true, Code: "InvalidMessageContents" },
    ]);
    const [message] = (await received(sqs)) ?? [];
    const ReceiptHandle = message?.ReceiptHandle;
    const changed = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: [
          { Id: "1", ReceiptHandle, VisibilityTimeout: 60 },
          { Id: "2", ReceiptHandle: "x", VisibilityTimeout: 60 },
        ],
      }),
    );
    expect([changed.Successful, changed.Failed]).toMatchObject([
      [{ Id: "1" }],
      [{ Id: "2", Code: "ReceiptHandleIsInvalid" }],
    ]);
    const deleted = await client.send(
      new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: "1", ReceiptHandle }] }),
    );
    expect(deleted).toMatchObject({ Successful: [{ Id: "1" }] });
    const refused = (Entries: { Id: string; MessageBody: string }[]) =>
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    const entry = (Id: string, MessageBody = "x") => ({ Id, MessageBody });
    await expect(refused([])).rejects.toMatchObject({ name: "EmptyBatchRequest" });
    await expect(refused([entry("a"), entry("a")])).rejects.toMatchObject({ name: "BatchEntryIdsNotDistinct" });
    await expect(refused([entry("a b")])).rejects.toMatchObject({ name: "InvalidBatchEntryId" });
    const eleven = Array.from({ length: 11 }, (_, index) => entry(`${index}`));
    await expect(refused(eleven)).rejects.toMatchObject({ name: "TooManyEntriesInBatchRequest" });
    const half = "x".repeat(600_000);
    await expect(refused([entry("a", half), entry("b", half)])).rejects.toMatchObject({ name: "BatchRequestTooLong" });
  });

  test("messages that cannot be are refused in SQS's words", async () => {
    const { client, QueueUrl } = await withQueue();
    const send = (MessageBody: string, more: object = {}) =>
      client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
    await expect(send("")).rejects.toMatchObject({ message: "The request must contain the parameter MessageBody." });
    await expect(send("x".repeat(1_048_577))).rejects.toMatchObject({
      message: "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
    });
    await send("x".repeat(1_048_576));
    await expect(send("x", { MessageGroupId: "g" })).rejects.toMatchObject({ name: "UnsupportedOperation" });
    const attribute = (value: object, name = "a") => send("x", { MessageAttributes: { [name]: value } });
    for (const [value, text] of [
      [{ DataType: "", StringValue: "x" }, /non-empty message attribute type/],
      [{ DataType: "Text", StringValue: "x" }, /supported type prefixes is Binary, Number, and String/],
      [
        { DataType: "String", StringValue: "" },
        /non-empty message attribute value for message attribute type 'String'/,
      ],
      [{ DataType: "Number", StringValue: "one" }, /Can't cast the value/],
    ] as const) {
      await expect(attribute(value)).rejects.toMatchObject({ message: expect.stringMatching(text) });
    }
    await expect(attribute({ DataType: "String", StringValue: "x" }, "AWS.x")).rejects.toMatchObject({
      message: expect.stringMatching(/attribute name 'AWS.x' is invalid/),
    });
  });
});

describe("the wire form of errors", () => {
  test.each([
    [
      "ReceiveMessage",
      { MaxNumberOfMessages: 11 },
      400,
      "InvalidParameterValue;Sender",
      "com.amazon.coral.service#InvalidParameterValueException",
      "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
    ],
    [
      "ReceiveMessage",
      { WaitTimeSeconds: 21 },
      400,
      "InvalidParameterValue;Sender",
      "com.amazon.coral.service#InvalidParameterValueException",
      "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
    ],
    [
      "ReceiveMessage",
      { VisibilityTimeout: -1 },
      400,
      "InvalidParameterValue;Sender",
      "com.amazon.coral.service#InvalidParameterValueException",
      "Value -1 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.",
    ],
    [
      "DeleteMessage",
      {},
      400,
      "MissingParameter;Sender",
      "com.amazon.coral.service#MissingRequiredParameterException",
      "The request must contain the parameter ReceiptHandle.",
    ],
    [
      "DeleteMessage",
      { ReceiptHandle: "x" },
      404,
      "ReceiptHandleIsInvalid;Sender",
      "com.amazonaws.sqs#ReceiptHandleIsInvalid",
      'The input receipt handle "x" is not a valid receipt handle.',
    ],
    [
      "SendMessage",
      { MessageBody: 5 },
      400,
      "MalformedInput;Sender",
      "com.amazon.coral.service#SerializationException",
      "NUMBER_VALUE can not be converted to a String",
    ],
    [
      "SendMessage",
      { MessageBody: "x", QueueUrl: "nowhere" },
      404,
      "InvalidAddress;Sender",
      "com.amazonaws.sqs#InvalidAddress",
      "The address nowhere is not valid for this endpoint.",
    ],
    [
      "SendMessage",
      { MessageBody: "x", QueueUrl: "http://x/999999999999/q" },
      400,
      "AWS.SimpleQueueService.NonExistentQueue;Sender",
      "com.amazonaws.sqs#QueueDoesNotExist",
      "The specified queue does not exist.",
    ],
  ])("%s %j", async (operation, members, status, queryError, type, message) => {
    const { url, QueueUrl } = await withQueue();
    expect(await raw(url, operation, { QueueUrl, ...members })).toEqual({
      status,
      queryError,
      body: { __type: type, message },
    });
  });

  test("a call may go to the queue's own address; a body that is no JSON is told", async () => {
    const { url, QueueUrl } = await withQueue();
    expect(await raw(QueueUrl, "SendMessage", { QueueUrl, MessageBody: "x" })).toMatchObject({
      status: 200,
      queryError: null,
    });
    expect(await raw(url, "SendMessage", "{")).toMatchObject({
      status: 400,
      body: { __type: "com.amazon.coral.service#SerializationException" },
    });
  });

  test("another call gets the unknown-operation error, with what is offered", async () => {
    const { url } = await withQueue();
    expect(await raw(url, "StartMessageMoveTask", {})).toEqual({
      status: 400,
      queryError: null,
      body: {
        __type: "UnknownOperationException",
        message: expect.stringMatching(/^Millrace offers of SQS CreateQueue, GetQueueUrl, .*ReceiveMessage/),
      },
    });
  });
});
