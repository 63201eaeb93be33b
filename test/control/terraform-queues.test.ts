// Terraform's calls for queues, as its provider makes them: create and wait until every attribute is what was sent, read, policies as
// resources of their own, a plan that finds nothing, changes, and destruction, which waits until nobody knows the queue.

import { expect, test } from "vitest";
import { aServedHouse } from "./doubles/served.ts";

type Attributes = Readonly<Record<string, string>>;

interface Provider {
  call(operation: string, body: object): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  attributesOf(QueueUrl: string): Promise<Attributes>;
  /** The attributes that are not yet what was sent, by the provider's own comparison. */
  unlike(QueueUrl: string, expected: Attributes): Promise<readonly string[]>;
}

const jsonMembers = ["Policy", "RedrivePolicy", "RedriveAllowPolicy"];

function providerOf(url: string): Provider {
  const provider: Provider = {
    async call(operation, body) {
      const headers = {
        "x-amz-target": `AmazonSQS.${operation}`,
        "content-type": "application/x-amz-json-1.0",
        "user-agent": "APN/1.0 HashiCorp/1.0 Terraform/1.9.0",
      };
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
      return { status: answer.status, body: JSON.parse(await answer.text()) as Record<string, unknown> };
    },
    async attributesOf(QueueUrl) {
      const { body } = await provider.call("GetQueueAttributes", { QueueUrl, AttributeNames: ["All"] });
      return body["Attributes"] as Attributes;
    },
    async unlike(QueueUrl, expected) {
      const got = await provider.attributesOf(QueueUrl);
      return Object.entries(expected)
        .filter(([name, value]) => {
          const found = got[name] ?? "";
          if (!jsonMembers.includes(name) || value === "" || found === "") return found !== value;
          return JSON.stringify(JSON.parse(found)) !== JSON.stringify(JSON.parse(value));
        })
        .map(([name]) => name);
    },
  };
  return provider;
}

const defaults = {
  DelaySeconds: "0",
  MaximumMessageSize: "262144",
  MessageRetentionPeriod: "345600",
  ReceiveMessageWaitTimeSeconds: "0",
  VisibilityTimeout: "30",
};

async function created(provider: Provider, QueueName: string, Attributes: Attributes): Promise<string> {
  const tags = { Name: QueueName };
  const { status, body } = await provider.call("CreateQueue", { QueueName, Attributes, tags });
  expect([status, body["QueueUrl"]]).toEqual([200, expect.stringMatching(/^http:/)]);
  const url = String(body["QueueUrl"]);
  expect(await provider.unlike(url, Attributes)).toEqual([]);
  expect((await provider.call("ListQueueTags", { QueueUrl: url })).body).toEqual({ Tags: tags });
  return url;
}

test("a queue, one for its dead letters, and its policies are applied, read, changed and destroyed", async () => {
  const provider = providerOf((await aServedHouse()).url);
  const arn = (name: string) => `arn:aws:sqs:us-east-1:123456789012:${name}`;
  const dead = await created(provider, "dead", { ...defaults, SqsManagedSseEnabled: "true" });
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 4 });
  const jobs = await created(provider, "jobs", { ...defaults, RedrivePolicy });
  await created(provider, "jobs.fifo", {
    ...defaults,
    FifoQueue: "true",
    ContentBasedDeduplication: "true",
    DeduplicationScope: "messageGroup",
    FifoThroughputLimit: "perMessageGroupId",
    KmsMasterKeyId: "alias/aws/sqs",
    KmsDataKeyReusePeriodSeconds: "300",
  });
  const planned = await provider.attributesOf(jobs);

  // aws_sqs_queue_policy, aws_sqs_queue_redrive_policy and aws_sqs_queue_redrive_allow_policy set one attribute and wait for it.
  const statement = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: arn("jobs") };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const byQueue = { redrivePermission: "byQueue", sourceQueueArns: [arn("jobs")] };
  const apply = async (QueueUrl: string, Attributes: Attributes) => {
    expect((await provider.call("SetQueueAttributes", { QueueUrl, Attributes })).status).toBe(200);
    expect(await provider.unlike(QueueUrl, Attributes)).toEqual([]);
  };
  await apply(jobs, { Policy });
  await apply(dead, { RedriveAllowPolicy: JSON.stringify(byQueue) });
  await apply(dead, { RedriveAllowPolicy: JSON.stringify({ redrivePermission: "allowAll" }) });
  await apply(jobs, { RedrivePolicy: "" });
  await apply(jobs, { RedrivePolicy });
  await apply(jobs, { VisibilityTimeout: "31", DelaySeconds: "1" });
  await apply(jobs, { VisibilityTimeout: "30", DelaySeconds: "0" });
  await apply(jobs, { Policy: "" });
  await apply(dead, { RedriveAllowPolicy: "" });
  const { LastModifiedTimestamp: _at, ...after } = await provider.attributesOf(jobs);
  expect(planned).toMatchObject(after);

  for (const QueueUrl of [jobs, dead]) {
    expect((await provider.call("DeleteQueue", { QueueUrl })).status).toBe(200);
    const gone = await provider.call("GetQueueAttributes", { QueueUrl, AttributeNames: ["All"] });
    expect(gone).toMatchObject({ status: 400, body: { __type: "com.amazonaws.sqs#QueueDoesNotExist" } });
  }
});
