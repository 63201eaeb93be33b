// Delivers on-failure documents to SQS, SNS or S3 behind an endpoint that the configuration names, by AWS's own clients, each loaded with
// the first document for it; services without an endpoint are the embedded ones. Whatever goes wrong is an answer: the document is lost and
// counted, the lane goes on (O-15). A client tries three times by itself, and no longer than its time limits.

import type { S3Client } from "@aws-sdk/client-s3";
import type { SNSClient } from "@aws-sdk/client-sns";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { type DestinationAddress, destinationFromArn } from "../../src/destinations/destination-arn.ts";
import type { Report, ReportAnswer, Reporter } from "../../src/ports/reporter.ts";
import type { DestinationEndpoint, DestinationEndpoints } from "../../src/threads/protocol.ts";

const ATTEMPTS = 3;
const CONNECT_WITHIN_MS = 3_000;
const ANSWER_WITHIN_MS = 10_000;

export interface EndpointReporter extends Reporter {
  close(): void;
}

export function createEndpointReporter(endpoints: DestinationEndpoints, embedded: Reporter): EndpointReporter {
  let queues: Promise<QueueSender> | null = null;
  let topics: Promise<TopicSender> | null = null;
  let buckets: Promise<BucketSender> | null = null;

  /** Null: the service has no endpoint. */
  function sent(address: DestinationAddress, report: Report): Promise<void> | null {
    const { sqs, sns, s3 } = endpoints;
    switch (address.kind) {
      case "queue":
        if (sqs === null) return null;
        queues ??= queueSender(sqs);
        return queues.then((sender) => sender.send(address.name, report));
      case "topic":
        if (sns === null) return null;
        topics ??= topicSender(sns);
        return topics.then((sender) => sender.send(report));
      case "bucket":
        if (s3 === null) return null;
        buckets ??= bucketSender(s3);
        return buckets.then((sender) => sender.send(address.name, report));
    }
  }

  return {
    async send(report): Promise<ReportAnswer> {
      const address = destinationFromArn(report.destinationArn);
      const sending = address === null ? null : sent(address, report);
      if (sending === null) return await embedded.send(report);
      try {
        await sending;
        return { kind: "delivered" };
      } catch (error) {
        return { kind: "refused", detail: detailOf(error) };
      }
    },
    close() {
      for (const sender of [queues, topics, buckets]) void sender?.then(({ client }) => client.destroy());
    },
  };
}

/** With the error's code, by which AWS's documentation lists it. */
function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.message === "" && "code" in error ? String(error.code) : error.message;
  return `${error.name}: ${text}`;
}

function settingsOf({ endpoint, region, accessKeyId, secretAccessKey, sessionToken }: DestinationEndpoint) {
  return {
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) },
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_WITHIN_MS,
      requestTimeout: ANSWER_WITHIN_MS,
      throwOnRequestTimeout: true,
    },
  };
}

interface QueueSender {
  readonly client: SQSClient;
  send(name: string, report: Report): Promise<void>;
}

async function queueSender(endpoint: DestinationEndpoint): Promise<QueueSender> {
  const { GetQueueUrlCommand, SendMessageCommand, SQSClient: Client } = await import("@aws-sdk/client-sqs");
  const client = new Client(settingsOf(endpoint));
  /** By ARN. A queue that is made anew keeps its address. */
  const urls = new Map<string, string>();
  return {
    client,
    async send(QueueName, { destinationArn, body: MessageBody }) {
      let QueueUrl = urls.get(destinationArn);
      if (QueueUrl === undefined) {
        const QueueOwnerAWSAccountId = destinationArn.split(":")[4] ?? "";
        const found = await client.send(new GetQueueUrlCommand({ QueueName, QueueOwnerAWSAccountId }));
        QueueUrl = found.QueueUrl ?? "";
        urls.set(destinationArn, QueueUrl);
      }
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    },
  };
}

interface TopicSender {
  readonly client: SNSClient;
  send(report: Report): Promise<void>;
}

async function topicSender(endpoint: DestinationEndpoint): Promise<TopicSender> {
  const { PublishCommand, SNSClient: Client } = await import("@aws-sdk/client-sns");
  const client = new Client(settingsOf(endpoint));
  return {
    client,
    async send({ destinationArn: TopicArn, body: Message }) {
      await client.send(new PublishCommand({ TopicArn, Message }));
    },
  };
}

interface BucketSender {
  readonly client: S3Client;
  send(bucket: string, report: Report): Promise<void>;
}

async function bucketSender(endpoint: DestinationEndpoint): Promise<BucketSender> {
  const { PutObjectCommand, S3Client: Client } = await import("@aws-sdk/client-s3");
  // Only AWS's own names are sure to stand for every bucket.
  const forcePathStyle = !/\.amazonaws\.com(?:\.cn)?$/.test(new URL(endpoint.endpoint).hostname);
  const client = new Client({ ...settingsOf(endpoint), forcePathStyle });
  return {
    client,
    async send(Bucket, { objectKey: Key, body: Body }) {
      if (Key === null) throw new Error(`the document for the bucket ${Bucket} has no key`);
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: "application/octet-stream" }));
    },
  };
}
