// Delivers on-failure documents to SQS, SNS or S3 behind an endpoint that the configuration names, by AWS's own clients, each loaded with
// the first document for it; services without an endpoint are the embedded ones. Whatever goes wrong is an answer: the document is lost and
// counted, the lane goes on (O-15). How often it is tried is endpoint-tries.ts's.

import type { S3Client } from "@aws-sdk/client-s3";
import type { SNSClient } from "@aws-sdk/client-sns";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { type DestinationAddress, destinationFromArn } from "../../src/destinations/destination-arn.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Report, ReportAnswer, Reporter } from "../../src/ports/reporter.ts";
import type { DestinationEndpoint, DestinationEndpoints } from "../../src/threads/protocol.ts";
import { triedAtEndpoint } from "./endpoint-tries.ts";

const CONNECT_WITHIN_MS = 3_000;
const ANSWER_WITHIN_MS = 10_000;

export interface EndpointReporter extends Reporter {
  close(): void;
}

export function createEndpointReporter(
  endpoints: DestinationEndpoints,
  { embedded, clock }: { readonly embedded: Reporter; readonly clock: Clock },
): EndpointReporter {
  let queues: Promise<QueueSender> | null = null;
  let topics: Promise<TopicSender> | null = null;
  let buckets: Promise<BucketSender> | null = null;

  async function sendTo(at: DestinationEndpoint, address: DestinationAddress, report: Report): Promise<void> {
    switch (address.kind) {
      case "queue":
        queues ??= queueSender(at);
        return await (await queues).send(address.name, report);
      case "topic":
        topics ??= topicSender(at);
        return await (await topics).send(report);
      case "bucket":
        buckets ??= bucketSender(at);
        return await (await buckets).send(address.name, report);
    }
  }

  return {
    async send(report): Promise<ReportAnswer> {
      const address = destinationFromArn(report.destinationArn);
      const at = address === null ? null : endpoints[SERVICE[address.kind]];
      // The service has no endpoint: its places are here.
      if (address === null || at === null) return await embedded.send(report);
      const flaw = await triedAtEndpoint(() => sendTo(at, address, report), { endpoint: at.endpoint, clock });
      return flaw === null ? { kind: "delivered" } : { kind: "refused", detail: flaw };
    },
    close() {
      for (const sender of [queues, topics, buckets]) void sender?.then(({ client }) => client.destroy());
    },
  };
}

const SERVICE = { queue: "sqs", topic: "sns", bucket: "s3" } as const;

function settingsOf({ endpoint, region, accessKeyId, secretAccessKey, sessionToken }: DestinationEndpoint) {
  return {
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) },
    maxAttempts: 1,
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
