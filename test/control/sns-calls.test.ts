// SNS's door with the AWS SDK's own client, and its wire form by hand.

import { once } from "node:events";
import http from "node:http";
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  ListTagsForResourceCommand,
  ListTopicsCommand,
  PublishBatchCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
  TagResourceCommand,
  UnsubscribeCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-sns";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, onTestFinished, test } from "vitest";
import { bodies } from "../stores/aside.ts";
import { aServedHouse } from "./doubles/served.ts";

async function aTopic() {
  const house = await aServedHouse();
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  const sns = new SNSClient({ endpoint: house.url, region: "us-east-1", credentials, maxAttempts: 1 });
  onTestFinished(() => sns.destroy());
  const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "t" }));
  await house.queues.createQueue("q");
  const queueArn = TopicArn.replace(":sns:", ":sqs:").replace(/t$/, "q");
  const taken = async () => bodies(await house.queues.receive("q", { max: 10, visibilityMs: 30_000 })) ?? [];
  return { ...house, sns, TopicArn, queueArn, taken };
}

describe("topics", () => {
  test("a topic is made once, listed, described, changed, tagged and deleted", async () => {
    const { sns, TopicArn } = await aTopic();
    expect(TopicArn).toBe("arn:aws:sns:us-east-1:123456789012:t");
    expect(await sns.send(new CreateTopicCommand({ Name: "t" }))).toMatchObject({ TopicArn });
    await sns.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: "DisplayName", AttributeValue: "<Tea>" }));
    const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
    expect(Attributes).toMatchObject({
      TopicArn,
      Owner: "123456789012",
      DisplayName: "<Tea>",
      SubscriptionsConfirmed: "0",
      SubscriptionsPending: "0",
    });
    await sns.send(
      new TagResourceCommand({
        ResourceArn: TopicArn,
        Tags: [
          { Key: "a", Value: "b" },
          { Key: "c", Value: "" },
        ],
      }),
    );
    await sns.send(new UntagResourceCommand({ ResourceArn: TopicArn, TagKeys: ["a"] }));
    expect(await sns.send(new ListTagsForResourceCommand({ ResourceArn: TopicArn }))).toMatchObject({
      Tags: [{ Key: "c", Value: "" }],
    });
    expect(await sns.send(new ListTopicsCommand({}))).toMatchObject({ Topics: [{ TopicArn }] });
    await sns.send(new DeleteTopicCommand({ TopicArn }));
    await sns.send(new DeleteTopicCommand({ TopicArn }));
    expect((await sns.send(new ListTopicsCommand({}))).Topics).toEqual([]);
  });

  test("topics are listed by the hundred, and a token that is none is refused", async () => {
    const { sns, topics } = await aTopic();
    await topics.remove("t");
    for (let index = 0; index < 101; index += 1)
      await topics.create({ name: `t${String(index).padStart(3, "0")}`, attributes: {}, tags: {} });
    const first = await sns.send(new ListTopicsCommand({}));
    const { NextToken } = first;
    const second = await sns.send(new ListTopicsCommand({ NextToken }));
    expect([
      first.Topics?.length,
      second.Topics?.map(({ TopicArn }) => TopicArn?.split(":").at(-1)),
      second.NextToken,
    ]).toEqual([100, ["t100"], undefined]);
    await expect(sns.send(new ListTopicsCommand({ NextToken: "x" }))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });

  test.each([
    [{ Name: "no spaces" }, "Invalid parameter: Topic Name"],
    [
      { Name: "t.fifo", Attributes: { FifoTopic: "true" } },
      "Invalid parameter: Topic Name Reason: FIFO topics are not built: this version has standard topics only",
    ],
    [{ Name: "new", Attributes: { Nonsense: "1" } }, "Invalid parameter: AttributeName"],
    [
      { Name: "new", Attributes: { DeliveryPolicy: "{}" } },
      "Invalid parameter: Attributes Reason: Millrace does not carry out DeliveryPolicy",
    ],
    [
      { Name: "t", Attributes: { DisplayName: "other" } },
      "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    ],
    [
      { Name: "t", Tags: [{ Key: "a", Value: "b" }] },
      "Invalid parameter: Tags Reason: Topic already exists with different tags",
    ],
  ])("what cannot be made is refused: %j", async (input, message) => {
    const { sns, topics } = await aTopic();
    await expect(sns.send(new CreateTopicCommand(input))).rejects.toMatchObject({
      name: "InvalidParameterException",
      message,
    });
    expect(topics.list().map(({ name }) => name)).toEqual(["t"]);
  });
});

describe("subscriptions", () => {
  test("a queue is subscribed at once, shown, changed, and hears no more once it is not", async () => {
    const { sns, TopicArn, queueArn, taken } = await aTopic();
    const { SubscriptionArn = "" } = await sns.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: "sqs",
        Endpoint: queueArn,
        Attributes: { RawMessageDelivery: "true" },
      }),
    );
    expect(SubscriptionArn).toMatch(/^arn:aws:sns:us-east-1:123456789012:t:[0-9a-f-]{36}$/);
    const listed = { SubscriptionArn, Owner: "123456789012", Protocol: "sqs", Endpoint: queueArn, TopicArn };
    expect((await sns.send(new ListSubscriptionsCommand({}))).Subscriptions).toEqual([listed]);
    expect((await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions).toEqual([listed]);
    await sns.send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn,
        AttributeName: "FilterPolicy",
        AttributeValue: '{"a":["b"]}',
      }),
    );
    expect((await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes).toMatchObject({
      RawMessageDelivery: "true",
      PendingConfirmation: "false",
      FilterPolicy: '{"a":["b"]}',
      FilterPolicyScope: "MessageAttributes",
    });
    await sns.send(new PublishCommand({ TopicArn, Message: "unwanted" }));
    const MessageAttributes = { a: { DataType: "String", StringValue: "b" } };
    await sns.send(new PublishCommand({ TopicArn, Message: "wanted", MessageAttributes }));
    expect(await taken()).toEqual(["wanted"]);
    await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    await sns.send(new PublishCommand({ TopicArn, Message: "late", MessageAttributes }));
    expect(await taken()).toEqual([]);
  });

  test.each([
    [
      "email",
      "a@b.example",
      {},
      /^Invalid parameter: Protocol Reason: Millrace delivers to sqs, lambda, http, https, and not to email$/,
    ],
    ["pigeon", "x", {}, /^Invalid parameter: Amazon SNS does not support this protocol string: pigeon$/],
    ["sqs", "http://q", {}, /^Invalid parameter: SQS endpoint ARN$/],
    [
      "sqs",
      "arn:aws:sqs:eu-west-1:123456789012:q",
      {},
      /^Invalid parameter: Endpoint Reason: queues of this server are /,
    ],
    ["http", "ftp://q", {}, /^Invalid parameter: Endpoint must match the specified protocol$/],
    ["lambda", "f", {}, /^Invalid parameter: Lambda endpoint ARN$/],
    ["sqs", "Q", { FilterPolicy: "{" }, /^Invalid parameter: FilterPolicy: failed to parse JSON\.$/],
    [
      "sqs",
      "Q",
      { FilterPolicy: '{"a":{"b":["c"]}}' },
      /^Invalid parameter: FilterPolicy: Filter policy scope MessageAttributes does not/,
    ],
    ["sqs", "Q", { RedrivePolicy: "{}x" }, /^Invalid parameter: RedrivePolicy: failed to parse JSON\.$/],
    [
      "sqs",
      "Q",
      { DeliveryPolicy: "{}" },
      /^Invalid parameter: Attributes Reason: Millrace does not carry out DeliveryPolicy$/,
    ],
  ])("what cannot be subscribed is refused: %s %s %j", async (Protocol, Endpoint, Attributes, message) => {
    const { sns, TopicArn, queueArn } = await aTopic();
    const asked = { TopicArn, Protocol, Endpoint: Endpoint === "Q" ? queueArn : Endpoint, Attributes };
    await expect(sns.send(new SubscribeCommand(asked))).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringMatching(message),
    });
    expect((await sns.send(new ListSubscriptionsCommand({}))).Subscriptions).toEqual([]);
  });

  test("an address confirms by following the link that it is posted, and hears from then on", async () => {
    const { sns, TopicArn } = await aTopic();
    const posts: { readonly type: unknown; readonly body: string }[] = [];
    const lookers = new Set<() => void>();
    const server = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        posts.push({ type: request.headers["x-amz-sns-message-type"], body: Buffer.concat(parts).toString() });
        response.end();
        for (const look of lookers) look();
      });
    });
    const arrived = (count: number): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (posts.length < count) return;
          lookers.delete(look);
          resolve();
        };
        lookers.add(look);
        look();
      });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const asked = { TopicArn, Protocol: "http", Endpoint: `http://127.0.0.1:${port}/hook` };
    expect(await sns.send(new SubscribeCommand(asked))).toMatchObject({ SubscriptionArn: "pending confirmation" });
    expect((await sns.send(new ListSubscriptionsCommand({}))).Subscriptions).toMatchObject([
      { SubscriptionArn: "PendingConfirmation" },
    ]);
    await arrived(1);
    expect(posts[0]?.type).toBe("SubscriptionConfirmation");
    const { SubscribeURL, Token } = JSON.parse(posts[0]?.body ?? "") as {
      readonly SubscribeURL: string;
      readonly Token: string;
    };
    await expect(sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token: "guess" }))).rejects.toMatchObject({
      message: "Invalid parameter: Token",
    });
    const followed = await fetch(SubscribeURL);
    expect([followed.status, await followed.text()]).toEqual([200, expect.stringContaining("<SubscriptionArn>")]);
    expect(await sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token }))).toMatchObject({
      SubscriptionArn: expect.stringContaining(TopicArn),
    });
    await sns.send(new PublishCommand({ TopicArn, Message: "hello", Subject: "news" }));
    await arrived(2);
    expect(JSON.parse(posts[1]?.body ?? "")).toMatchObject({ Type: "Notification", Message: "hello", Subject: "news" });
  });
});

describe("messages", () => {
  test("a body for each protocol, an envelope with attributes, and ten at once", async () => {
    const { sns, TopicArn, queueArn, taken } = await aTopic();
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queueArn }));
    const Message = JSON.stringify({ default: "d", sqs: "for queues", sms: "short" });
    await sns.send(new PublishCommand({ TopicArn, Message, MessageStructure: "json" }));
    const { Successful, Failed } = await sns.send(
      new PublishBatchCommand({
        TopicArn,
        PublishBatchRequestEntries: [
          { Id: "one", Message: "1", MessageAttributes: { n: { DataType: "Number", StringValue: "5" } } },
          { Id: "two", Message: "2", Subject: "\n" },
          {
            Id: "three",
            Message: "3",
            MessageAttributes: { b: { DataType: "Binary", BinaryValue: Buffer.from("xyz") } },
          },
        ],
      }),
    );
    expect(Successful?.map(({ Id }) => Id)).toEqual(["one", "three"]);
    expect(Failed).toMatchObject([{ Id: "two", Code: "InvalidParameter", SenderFault: true }]);
    expect((await taken()).map((body) => JSON.parse(body) as unknown)).toMatchObject([
      { Message: "for queues" },
      { Message: "1", MessageAttributes: { n: { Type: "Number", Value: "5" } } },
      { Message: "3", MessageAttributes: { b: { Type: "Binary", Value: Buffer.from("xyz").toString("base64") } } },
    ]);
  });

  test("raw delivery carries a message's attributes over, with digests that SQS's client checks", async () => {
    const { sns, url, TopicArn, queueArn } = await aTopic();
    const Attributes = { RawMessageDelivery: "true" };
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queueArn, Attributes }));
    const MessageAttributes = {
      z: { DataType: "Number.int", StringValue: "5" },
      a: { DataType: "Binary", BinaryValue: Buffer.from("xyz") },
      l: { DataType: "String.Array", StringValue: '["a","b"]' },
    };
    await sns.send(new PublishCommand({ TopicArn, Message: "hello", MessageAttributes }));
    const credentials = { accessKeyId: "any", secretAccessKey: "any" };
    const sqs = new SQSClient({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 });
    onTestFinished(() => sqs.destroy());
    const QueueUrl = `${url}/123456789012/q`;
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"] }));
    expect(Messages).toMatchObject([
      { Body: "hello", MD5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
    expect(Messages?.[0]?.MessageAttributes).toEqual({
      z: { DataType: "Number.int", StringValue: "5" },
      a: { DataType: "Binary", BinaryValue: new Uint8Array(Buffer.from("xyz")) },
      l: { DataType: "String.Array", StringValue: '["a","b"]' },
    });
  });

  test.each([
    [{ Message: "" }, "InvalidParameterException", "Invalid parameter: Empty message"],
    [{ Message: "x".repeat(262_145) }, "InvalidParameterException", "Invalid parameter: Message too long"],
    [{ Message: "x", Subject: "é".repeat(101) }, "InvalidParameterException", "Invalid parameter: Subject"],
    [
      { Message: "{}", MessageStructure: "json" },
      "InvalidParameterException",
      "Invalid parameter: Message Structure - No default entry in JSON message body",
    ],
    [
      { Message: "no", MessageStructure: "json" },
      "InvalidParameterException",
      "Invalid parameter: Message Structure - JSON message body failed to parse",
    ],
    [
      { Message: "x", MessageAttributes: { n: { DataType: "Number", StringValue: "five" } } },
      "InvalidParameterValueException",
      "Could not cast message attribute 'n' value to number.",
    ],
  ])("what cannot be published is refused: %#", async (input, name, message) => {
    const { sns, TopicArn } = await aTopic();
    await expect(sns.send(new PublishCommand({ TopicArn, ...input }))).rejects.toMatchObject({ name, message });
  });

  test("a topic that is not there is NotFound, with its text", async () => {
    const { sns, TopicArn } = await aTopic();
    await expect(sns.send(new PublishCommand({ TopicArn: `${TopicArn}x`, Message: "x" }))).rejects.toMatchObject({
      name: "NotFoundException",
      message: "Topic does not exist",
      $metadata: { httpStatusCode: 404 },
    });
  });
});

test("the wire form, by hand", async () => {
  const { url, TopicArn } = await aTopic();
  const body = new URLSearchParams({ Action: "Publish", Version: "2010-03-31", TopicArn, Message: "hi" });
  const answer = await fetch(url, { method: "POST", body });
  expect([answer.headers.get("content-type"), await answer.text()]).toEqual([
    "text/xml",
    expect.stringMatching(
      /^<PublishResponse xmlns="https:\/\/sns\.amazonaws\.com\/doc\/2010-03-31\/"><PublishResult><MessageId>[0-9a-f-]{36}<\/MessageId><\/PublishResult><ResponseMetadata><RequestId>[0-9a-f-]{36}<\/RequestId><\/ResponseMetadata><\/PublishResponse>$/,
    ),
  ]);
  const byGet = await fetch(`${url}/?${body.toString()}`);
  expect([byGet.status, await byGet.text()]).toEqual([400, expect.stringContaining("<Code>InvalidAction</Code>")]);
});
