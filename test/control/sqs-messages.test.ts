// Messages by one and by ten, as the unmodified client of the AWS SDK for JavaScript sees them.

import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { received, withQueue } from "./doubles/sqs-house.ts";

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

  test("Q-48: a received message is hidden, comes back when its visibility is set to 0, and is deleted by its last handle", async () => {
    const sqs = await withQueue();
    const { client, QueueUrl } = sqs;
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    const first = (await received(sqs))?.[0]?.ReceiptHandle;
    expect(await received(sqs)).toBeUndefined();
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: first, VisibilityTimeout: 0 }));
    // Visible again by now: as recorded no error, and it stays visible.
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: first, VisibilityTimeout: 9 }));
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
    const refused = (Entries: SendMessageBatchRequestEntry[]) =>
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    const entry = (Id: string, MessageBody = "x") => ({ Id, MessageBody });
    await expect(refused([])).rejects.toMatchObject({ name: "EmptyBatchRequest" });
    await expect(refused([entry("a"), entry("a")])).rejects.toMatchObject({ name: "BatchEntryIdsNotDistinct" });
    await expect(refused([entry("a b")])).rejects.toMatchObject({ name: "InvalidBatchEntryId" });
    const eleven = Array.from({ length: 11 }, (_, index) => entry(`${index}`));
    await expect(refused(eleven)).rejects.toMatchObject({ name: "TooManyEntriesInBatchRequest" });
    const half = "x".repeat(600_000);
    await expect(refused([entry("a", half), entry("b", half)])).rejects.toMatchObject({ name: "BatchRequestTooLong" });
    const MessageAttributes = { a: { DataType: "String", StringValue: half } };
    await expect(refused([{ ...entry("a", half), MessageAttributes }])).rejects.toMatchObject({
      message: "Batch requests cannot be longer than 1048576 bytes. You have sent 1200007 bytes.",
    });
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
    await expect(send("x", { MessageDeduplicationId: "d" })).rejects.toMatchObject({
      name: "InvalidParameterValue",
      message:
        "Value d for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type.",
    });
    await expect(send("x", { MessageGroupId: "a b" })).rejects.toMatchObject({
      message:
        "Value a b for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
    });
    const attribute = (value: object, name = "a") => send("x", { MessageAttributes: { [name]: value } });
    for (const [value, text] of [
      [{ DataType: "", StringValue: "x" }, /non-empty message attribute type/],
      [{ DataType: "Text", StringValue: "x" }, /supported type prefixes is Binary, Number, and String/],
      [
        { DataType: "String", StringValue: "" },
        /^Message \(user\) attribute 'a' must contain a non-empty value of type 'String'\.$/,
      ],
      [{ DataType: "Number", StringValue: "one" }, /Can't cast the value/],
      // Judged in one pass: a long one would otherwise hold the server up for minutes.
      [{ DataType: "Number", StringValue: `${"1".repeat(900_000)}x` }, /Can't cast the value/],
    ] as const) {
      await expect(attribute(value)).rejects.toMatchObject({ message: expect.stringMatching(text) });
    }
    await expect(attribute({ DataType: "String", StringValue: "x" }, "AWS.x")).rejects.toMatchObject({
      message: expect.stringMatching(/attribute name 'AWS.x' is invalid/),
    });
  });
});
