// Mappings on queues, from AWS's own clients to the handler.

import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetEventSourceMappingCommand, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import type { SQSRecord } from "aws-lambda";
import { expect, onTestFinished, test } from "vitest";
import { mapped } from "./support/aws-clients.ts";
import { aHouse } from "./support/house.ts";
import { inTime, queueArn } from "./support/live-server.ts";
import type { Delivery } from "./support/witness.ts";

function sqsAt(endpoint: string): SQSClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new SQSClient({ region: "us-east-1", credentials, maxAttempts: 1, endpoint });
  onTestFinished(() => client.destroy());
  return client;
}

const recordsOf = (deliveries: readonly Delivery[]): readonly SQSRecord[] =>
  deliveries.flatMap(({ event }) => event.Records as readonly unknown[] as readonly SQSRecord[]);

const bodiesOf = (deliveries: readonly Delivery[]): readonly string[] => recordsOf(deliveries).map(({ body }) => body);

async function aQueue(client: SQSClient, QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
  return QueueUrl;
}

const send = (client: SQSClient, QueueUrl: string, bodies: readonly string[]) =>
  client.send(
    new SendMessageBatchCommand({
      QueueUrl,
      Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
    }),
  );

const countNames = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "ApproximateNumberOfMessagesDelayed",
] as const;

async function leftIn(client: SQSClient, QueueUrl: string): Promise<number> {
  const AttributeNames = [...countNames];
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return countNames.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}

test("T-120: messages of a standard queue are delivered and deleted; the mapping's words are those of a queue", async () => {
  const { witness, server, lambda } = await aHouse();
  const sqs = sqsAt(server.url);
  const url = await aQueue(sqs, "jobs");
  await send(sqs, url, ["a", "b", "c"]);
  const UUID = await mapped(server, lambda, { EventSourceArn: queueArn("jobs"), FunctionName: "f" });
  await witness.sees((all) => bodiesOf(all).length >= 3);
  await send(sqs, url, ["d"]);
  await witness.sees((all) => bodiesOf(all).length >= 4);
  expect([...bodiesOf(witness.deliveries)].sort()).toEqual(["a", "b", "c", "d"]);
  await expect.poll(() => leftIn(sqs, url), inTime).toBe(0);
  expect(await lambda.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({
    State: "Enabled",
    StateTransitionReason: "USER_INITIATED",
    BatchSize: 10,
  });
  const [record] = recordsOf(witness.deliveries);
  expect(record).toMatchObject({ eventSource: "aws:sqs", eventSourceARN: queueArn("jobs"), awsRegion: "us-east-1" });
  expect(record?.attributes.ApproximateReceiveCount).toBe("1");
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  await server.log.state(UUID, "Disabled");
});
