// SQS's older query protocol, by hand: forms in, XML out, read back by a parser that is not ours. What a whole older client makes of it is
// in test/clients.

import { XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { type Sqs, withQueue } from "./doubles/sqs-house.ts";

const parser = new XMLParser({ parseTagValue: false, trimValues: false, ignoreAttributes: false, htmlEntities: true });

const VERSION = "2012-11-05";

/** A form to an address; the XML's root without its declaration. */
async function post(url: string, members: Readonly<Record<string, string>>) {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(members) });
  const text = await answer.text();
  const { "?xml": _declaration, ...root } = parser.parse(text.replace(/\?>\n/, "?>")) as Record<string, unknown>;
  return { status: answer.status, type: answer.headers.get("content-type"), root, text };
}

const caller =
  ({ url, QueueUrl }: Sqs) =>
  (Action: string, members: Readonly<Record<string, string>> = {}) =>
    post(url, { Action, Version: VERSION, QueueUrl, ...members });

const metadata = { RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) };

describe("the query protocol", () => {
  test("a queue is made with attributes and tags, and shows them as elements that repeat", async () => {
    const sqs = await withQueue();
    const made = await post(sqs.url, {
      Action: "CreateQueue",
      Version: VERSION,
      QueueName: "made",
      "Attribute.1.Name": "VisibilityTimeout",
      "Attribute.1.Value": "40",
      "Attribute.2.Name": "DelaySeconds",
      "Attribute.2.Value": "1",
      "Tag.1.Key": "team",
      "Tag.1.Value": "a&b <c>",
    });
    const QueueUrl = `${sqs.url}/123456789012/made`;
    expect(made).toMatchObject({
      status: 200,
      type: "text/xml",
      root: {
        CreateQueueResponse: {
          "@_xmlns": "http://queue.amazonaws.com/doc/2012-11-05/",
          CreateQueueResult: { QueueUrl },
          ResponseMetadata: metadata,
        },
      },
    });
    const call = caller({ ...sqs, QueueUrl });
    const shown = await call("GetQueueAttributes", {
      "AttributeName.1": "VisibilityTimeout",
      "AttributeName.2": "DelaySeconds",
    });
    expect(shown.root["GetQueueAttributesResponse"]).toMatchObject({
      GetQueueAttributesResult: {
        Attribute: [
          { Name: "DelaySeconds", Value: "1" },
          { Name: "VisibilityTimeout", Value: "40" },
        ],
      },
    });
    expect((await call("ListQueueTags")).root["ListQueueTagsResponse"]).toMatchObject({
      ListQueueTagsResult: { Tag: { Key: "team", Value: "a&b <c>" } },
    });
    const all = await post(sqs.url, { Action: "ListQueues", Version: VERSION });
    expect(all.root["ListQueuesResponse"]).toMatchObject({
      ListQueuesResult: { QueueUrl: [QueueUrl, `${sqs.url}/123456789012/q`] },
    });
  });

  test("a message goes out and comes back with attributes of each type, by the queue's own address, too", async () => {
    const sqs = await withQueue();
    const call = caller(sqs);
    const text = "line\r\nend \t & <x> 🎉";
    const sent = await post(sqs.QueueUrl, {
      Action: "SendMessage",
      MessageBody: text,
      "MessageAttribute.1.Name": "kind",
      "MessageAttribute.1.Value.DataType": "String",
      "MessageAttribute.1.Value.StringValue": "größer",
      "MessageAttribute.2.Name": "zip",
      "MessageAttribute.2.Value.DataType": "Binary",
      "MessageAttribute.2.Value.BinaryValue": "AP8B",
      "MessageSystemAttribute.1.Name": "AWSTraceHeader",
      "MessageSystemAttribute.1.Value.DataType": "String",
      "MessageSystemAttribute.1.Value.StringValue": "Root=1-2-3",
    });
    const result = (sent.root["SendMessageResponse"] as Record<string, unknown>)["SendMessageResult"];
    expect(result).toMatchObject({ MessageId: expect.any(String), MD5OfMessageAttributes: expect.any(String) });
    const received = await call("ReceiveMessage", {
      MaxNumberOfMessages: "10",
      "AttributeName.1": "All",
      "MessageAttributeName.1": "kind",
      "MessageAttributeName.2": "zip",
    });
    const message = {
      Body: text,
      MD5OfMessageAttributes: (result as Record<string, unknown>)["MD5OfMessageAttributes"],
      Attribute: expect.arrayContaining([
        { Name: "ApproximateReceiveCount", Value: "1" },
        { Name: "AWSTraceHeader", Value: "Root=1-2-3" },
      ]),
      MessageAttribute: [
        { Name: "kind", Value: { StringValue: "größer", DataType: "String" } },
        { Name: "zip", Value: { BinaryValue: "AP8B", DataType: "Binary" } },
      ],
      ReceiptHandle: expect.any(String),
    };
    expect(received.root["ReceiveMessageResponse"]).toMatchObject({ ReceiveMessageResult: { Message: message } });
    const { ReceiptHandle = "" } = (/<ReceiptHandle>(?<ReceiptHandle>[^<]+)</.exec(received.text)?.groups ?? {}) as {
      ReceiptHandle?: string;
    };
    const deleted = await call("DeleteMessage", { ReceiptHandle });
    expect(deleted.root).toEqual({
      DeleteMessageResponse: {
        "@_xmlns": "http://queue.amazonaws.com/doc/2012-11-05/",
        ResponseMetadata: metadata,
      },
    });
    expect((await call("ReceiveMessage")).root["ReceiveMessageResponse"]).toMatchObject({ ReceiveMessageResult: "" });
  });

  test("a form that says no version is SQS's where its action is", async () => {
    const sqs = await withQueue();
    const { root } = await post(sqs.url, { Action: "GetQueueUrl", QueueName: "q" });
    expect(root).toMatchObject({ GetQueueUrlResponse: { GetQueueUrlResult: { QueueUrl: sqs.QueueUrl } } });
  });

  test("a batch's entries are answered one by one", async () => {
    const call = caller(await withQueue());
    const entry = (index: number, members: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(members).map(([name, value]) => [`SendMessageBatchRequestEntry.${index}.${name}`, value]),
      );
    const answer = await call("SendMessageBatch", {
      ...entry(2, { Id: "late", MessageBody: "x", DelaySeconds: "901" }),
      ...entry(1, { Id: "good", MessageBody: "x", "MessageAttribute.1.Name": "a" }),
      ...entry(10, { Id: "last", MessageBody: "y" }),
    });
    expect(answer.root["SendMessageBatchResponse"]).toMatchObject({
      SendMessageBatchResult: {
        SendMessageBatchResultEntry: { Id: "last", MD5OfMessageBody: expect.any(String) },
        BatchResultErrorEntry: [
          { Id: "good", SenderFault: "true", Code: "InvalidParameterValue" },
          { Id: "late", SenderFault: "true", Code: "InvalidParameterValue" },
        ],
      },
    });
  });

  test("other forms of lists and maps are read, too", async () => {
    const sqs = await withQueue();
    const call = caller(sqs);
    await call("TagQueue", { "Tag.entry.1.key": "a", "Tag.entry.1.value": "1", "Tag.2.Key": "unread" });
    await call("TagQueue", { "Tag.2.Key": "b", "Tag.2.Value": "2", "Tag.10.Key": "c", "Tag.10.Value": "3" });
    await call("UntagQueue", { TagKey: "b" });
    const listed = (await sqs.queues.describeQueue("q"))?.tags;
    expect(listed).toEqual({ a: "1", c: "3" });
    const odd = { "Attribute.1.Name": "__proto__", "Attribute.1.Value": "x" };
    expect((await call("SetQueueAttributes", odd)).root).toMatchObject({
      ErrorResponse: { Error: { Code: "InvalidAttributeName" } },
    });
  });

  test("Q-52: errors have AWS's older names and form", async () => {
    const sqs = await withQueue();
    const call = caller(sqs);
    const refused = async (action: string, members: Record<string, string>) => {
      const { status, root } = await call(action, members);
      return [status, root];
    };
    const form = (Code: string, Message: string) => ({
      ErrorResponse: {
        "@_xmlns": "http://queue.amazonaws.com/doc/2012-11-05/",
        Error: { Type: "Sender", Code, Message, Detail: "" },
        RequestId: metadata.RequestId,
      },
    });
    expect(await refused("SendMessage", { QueueUrl: `${sqs.url}/123456789012/none`, MessageBody: "x" })).toEqual([
      400,
      form("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist for this wsdl version."),
    ]);
    expect(await refused("SendMessage", {})).toEqual([
      400,
      form("MissingParameter", "The request must contain the parameter MessageBody."),
    ]);
    expect(await refused("ReceiveMessage", { MaxNumberOfMessages: "11" })).toEqual([
      400,
      form(
        "InvalidParameterValue",
        "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
      ),
    ]);
    expect(await refused("ReceiveMessage", { MaxNumberOfMessages: "many" })).toEqual([
      400,
      form("MalformedInput", "STRING_VALUE can not be converted to an Integer"),
    ]);
    expect(await refused("DeleteMessage", { ReceiptHandle: "x" })).toEqual([
      404,
      form("ReceiptHandleIsInvalid", 'The input receipt handle "x" is not a valid receipt handle.'),
    ]);
    expect((await refused("MakeCoffee", {}))[1]).toMatchObject({ ErrorResponse: { Error: { Code: "InvalidAction" } } });
  });

  test("no GET acts", async () => {
    const sqs = await withQueue();
    const members = String(new URLSearchParams({ Action: "SendMessage", Version: VERSION, MessageBody: "x" }));
    for (const url of [`${sqs.QueueUrl}?${members}`, `${sqs.url}/?${members}&QueueUrl=${sqs.QueueUrl}`]) {
      expect((await fetch(url)).status).toBeGreaterThanOrEqual(400);
    }
    expect(await sqs.queues.countMessages("q")).toMatchObject({ visibleCount: 0 });
  });
});
