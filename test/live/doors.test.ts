// What was given up, read the way an app reads it: by a subscription of a topic, by a bucket's objects, by metrics. And what a function
// hears that subscribes to a topic.

import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
} from "@aws-sdk/client-cloudwatch";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { redisUrl } from "../brokers/redis-url.ts";
import { kinesisAt, lambdaAt, mapped, put } from "./support/aws-clients.ts";
import { aServer, functionArn, inTime, queueArn, streamArn, toldBy, topicArn } from "./support/live-server.ts";
import { aWitness, type Decide, goOn } from "./support/witness.ts";

const poisoned: Decide = ({ texts }) => (texts.includes("poison") ? { do: "throw", message: "bad order" } : goOn);

function clientsAt(endpoint: string) {
  const given = { endpoint, region: "us-east-1", credentials: { accessKeyId: "any", secretAccessKey: "any" } };
  const all = {
    sns: new SNSClient(given),
    sqs: new SQSClient(given),
    s3: new S3Client({ ...given, forcePathStyle: true }),
    cloudWatch: new CloudWatchClient(given),
  };
  onTestFinished(() => {
    for (const client of Object.values(all)) client.destroy();
  });
  return all;
}

test("O-2, O-10, O-11, M-1 to M-7: documents come by a subscription and as objects, and metrics tell of them", async () => {
  const witness = await aWitness();
  witness.orders(poisoned);
  const server = await aServer({
    functions: { "to-topic": toldBy(witness.url), "to-bucket": toldBy(witness.url) },
    streams: { orders: { shards: 1 } },
    buckets: ["given-up"],
  });
  const [lambda, kinesis] = [lambdaAt(server.url), kinesisAt(server.url)];
  const { sns, sqs, s3, cloudWatch } = clientsAt(server.url);
  const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "alarms" }));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "readers" }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queueArn("readers") }));
  const common = {
    EventSourceArn: streamArn("orders"),
    StartingPosition: "TRIM_HORIZON",
    BatchSize: 1,
    MaximumRetryAttempts: 0,
    MetricsConfig: { Metrics: ["EventCount"] as "EventCount"[] },
  } as const;
  const toTopic = {
    ...common,
    FunctionName: "to-topic",
    DestinationConfig: { OnFailure: { Destination: topicArn("alarms") } },
  };
  const toBucket = {
    ...common,
    FunctionName: "to-bucket",
    DestinationConfig: { OnFailure: { Destination: "arn:aws:s3:::given-up" } },
  };
  const uuid = (await mapped(server, lambda, toTopic)) ?? "";
  await mapped(server, lambda, toBucket);
  await put(kinesis, "orders", ["one", "poison", "two"]);

  const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  const envelope = JSON.parse(received.Messages?.[0]?.Body ?? "{}") as Readonly<Record<string, string>>;
  expect(envelope).toMatchObject({ Type: "Notification", TopicArn, SignatureVersion: "1" });
  expect(Object.keys(envelope)).not.toContain("Subject");
  expect(JSON.parse(envelope["Message"] ?? "")).toMatchObject({
    requestContext: { condition: "RetryAttemptsExhausted", functionArn: functionArn("to-topic") },
    KinesisBatchInfo: { batchSize: 1, streamArn: streamArn("orders") },
  });

  await expect
    .poll(async () => (await s3.send(new ListObjectsV2Command({ Bucket: "given-up" }))).KeyCount, inTime)
    .toBe(1);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: "given-up", Prefix: "aws/lambda/" }));
  const object = await s3.send(new GetObjectCommand({ Bucket: "given-up", Key: Contents[0]?.Key }));
  expect([object.ContentType, object.Metadata]).toEqual(["application/octet-stream", {}]);
  expect(JSON.parse((await object.Body?.transformToString()) ?? "")).toMatchObject({ payload: expect.any(String) });
  await witness.sees(() => witness.texts("to-topic").includes("two") && witness.texts("to-bucket").includes("two"));

  const now = Date.now();
  const span = { StartTime: new Date(now - 3_600_000), EndTime: new Date(now + 3_600_000), Period: 86_400 } as const;
  const ofMapping = [{ Name: "EventSourceMappingUUID", Value: uuid }];
  const sumOf = async (MetricName: string, Dimensions = ofMapping) => {
    const asked = { Namespace: "AWS/Lambda", MetricName, Dimensions, ...span, Statistics: ["Sum"] as "Sum"[] };
    const { Datapoints = [] } = await cloudWatch.send(new GetMetricStatisticsCommand(asked));
    // The span may lie on both sides of midnight.
    return Datapoints.length === 0 ? null : Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  };
  await expect.poll(() => sumOf("InvokedEventCount"), inTime).toBe(3);
  expect(await sumOf("PolledEventCount")).toBe(3);
  expect(await sumOf("FailedInvokeEventCount")).toBe(1);
  // It is told once the document has arrived, which may be later than the calls are.
  await expect.poll(() => sumOf("OnFailureDestinationDeliveredEventCount"), inTime).toBe(1);
  // M-3: without a filter there is no such metric; M-1: its dimension is the mapping's alone.
  expect(await sumOf("FilteredOutEventCount")).toBeNull();
  expect(await sumOf("PolledEventCount", [...ofMapping, { Name: "FunctionName", Value: "to-topic" }])).toBeNull();
  const ofFunction = [{ Name: "FunctionName", Value: "to-topic" }];
  expect(await sumOf("Invocations", ofFunction)).toBe(3);
  expect(await sumOf("Errors", ofFunction)).toBe(1);
  const MetricStat = {
    Metric: { Namespace: "AWS/Lambda", MetricName: "Duration", Dimensions: ofFunction },
    Period: 60,
    Stat: "SampleCount",
  };
  const queried = { MetricDataQueries: [{ Id: "d", MetricStat }], StartTime: span.StartTime, EndTime: span.EndTime };
  const { MetricDataResults = [] } = await cloudWatch.send(new GetMetricDataCommand(queried));
  expect(MetricDataResults[0]?.Values?.reduce((sum, value) => sum + value, 0)).toBe(3);
  expect(MetricDataResults[0]?.Timestamps?.every((each) => each instanceof Date && each.getTime() % 60_000 === 0)).toBe(
    true,
  );
  const { Metrics = [] } = await cloudWatch.send(
    new ListMetricsCommand({ Namespace: "AWS/Lambda", Dimensions: ofMapping }),
  );
  expect(Metrics.map(({ MetricName }) => MetricName)).toEqual([
    "FailedInvokeEventCount",
    "InvokedEventCount",
    "OnFailureDestinationDeliveredEventCount",
    "PolledEventCount",
  ]);
});

test("a function that is subscribed is invoked with SNS's event; a message for a queue that is gone is said to be lost", async () => {
  const witness = await aWitness();
  const server = await aServer({ functions: { reader: toldBy(witness.url) }, topics: { news: { queues: [] } } });
  const { sns } = clientsAt(server.url);
  const TopicArn = topicArn("news");
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "lambda", Endpoint: functionArn("reader") }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queueArn("gone") }));
  const { MessageId } = await sns.send(new PublishCommand({ TopicArn, Message: "hello", Subject: "news" }));
  await witness.sees(() => witness.deliveries.length === 1);
  expect(witness.deliveries[0]?.event).toMatchObject({
    Records: [
      {
        EventSource: "aws:sns",
        Sns: { MessageId, TopicArn, Subject: "news", Message: "hello", MessageAttributes: {} },
      },
    ],
  });
  await expect
    .poll(() => server.log.entries.filter(({ kind }) => kind === "undelivered"), inTime)
    .toMatchObject([{ topic: "news", endpoint: queueArn("gone"), deadLetterQueue: null }]);
});

test("a topic's queues may be in Redis: the message is there when the publish is answered", async () => {
  const redis = { url: redisUrl(), keyPrefix: `topics-${randomUUID()}:` };
  const server = await aServer({ brokers: { redis }, queues: ["readers"] });
  const { sns, sqs } = clientsAt(server.url);
  const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "news" }));
  const Attributes = { RawMessageDelivery: "true" };
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queueArn("readers"), Attributes }));
  await sns.send(new PublishCommand({ TopicArn, Message: "hello" }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: `${server.url}/000000000000/readers` }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(["hello"]);
});
